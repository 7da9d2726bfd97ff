"""Documents: as an engine indexes them, and as the store holds them."""

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from archive.records import Article, Stamp
from archive.urls import host_of
from crawler.source import all_sources


class Grade(StrEnum):
    """How far a release concerns a topic or organization: it is about it, or only mentions it."""

    ABOUT = "about"
    MENTIONED = "mentioned"


class Reason(StrEnum):
    """Evidence of a grade; `tag_…` of archive/messages.py words each for readers."""

    TITLE = "title"
    LEAD = "lead"
    REPEATED = "repeated"
    ISSUER = "issuer"
    SIGNATURE = "signature"
    PART = "part"
    FORM = "form"
    NUMBER = "number"
    NAMED = "named"


@dataclass(frozen=True, slots=True)
class FieldSpan:
    """Span of a tag's words: `field` is title or body, `start` and `end` are character offsets into its text."""

    field: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Tag:
    """A vocabulary entry found in a document: its spans in reading order, its grade and the reason for it.

    An issuer that the text does not name has no spans. `ancestors` are, for an organization, those that it is a company
    or department of, nearest first.
    """

    id: str
    spans: tuple[FieldSpan, ...]
    grade: Grade = Grade.ABOUT
    reason: Reason = Reason.NAMED
    ancestors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A document as an engine indexes it. Organizations, topics and places are vocabulary ids of what it is about, the
    `mentioned_…` those that it only mentions; `parent_organizations` are those whose companies and departments its
    organizations are, `mentioned_parent_organizations` the same of all of them; `type` is its kind of release.
    `first_day` and `last_day` bound the publication date (equal for an exact day, None when undated); `minute` is
    minutes since midnight where known, `number` the notice number as printed, which is searched like the title."""

    id: str
    seq: int
    rev: int
    source: str
    language: str
    title: str
    body: str
    organizations: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    first_day: date | None = None
    last_day: date | None = None
    month_known: bool = False
    minute: int | None = None
    original: bool = True
    number: str | None = None
    type: str | None = None
    mentioned_organizations: tuple[str, ...] = ()
    mentioned_topics: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    mentioned_places: tuple[str, ...] = ()
    parent_organizations: tuple[str, ...] = ()
    mentioned_parent_organizations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A document with its article. `fetched_at`, `added_at` and `changed_at` are ISO 8601 text in UTC."""

    id: str
    seq: int
    rev: int
    cause: str
    added_at: str
    changed_at: str
    page_id: int
    capture_id: int
    fetched_at: str
    provenance: str
    article: Article
    organizations: tuple[Tag, ...]
    topics: tuple[Tag, ...]
    places: tuple[Tag, ...] = ()
    type: Tag | None = None

    @property
    def title(self) -> str:
        """The title as printed."""
        return self.article.title

    @property
    def body(self) -> str:
        """The paragraphs, joined by newlines."""
        return self.article.body

    @property
    def source(self) -> str:
        """The id of the source."""
        return self.article.source

    @property
    def url(self) -> str:
        """The URL of the page."""
        return self.article.url

    @property
    def urlkey(self) -> str:
        """The canonical URL, which identifies the page."""
        return self.article.urlkey

    @property
    def language(self) -> str:
        """The language of the text: en, zh or und."""
        return self.article.language

    @property
    def published(self) -> Stamp:
        """The publication date, as exact as the page gives it, with its evidence."""
        return self.article.published


def to_document(stored: StoredDocument) -> Document:
    """The document to index. An undated release has no days, never guessed ones."""
    article, published = stored.article, stored.article.published
    return Document(
        id=stored.id, seq=stored.seq, rev=stored.rev, source=article.source, language=article.language,
        title=article.title, body=article.body,
        organizations=_graded(stored.organizations, Grade.ABOUT), topics=_graded(stored.topics, Grade.ABOUT),
        places=_graded(stored.places, Grade.ABOUT),
        mentioned_organizations=_graded(stored.organizations, Grade.MENTIONED),
        mentioned_topics=_graded(stored.topics, Grade.MENTIONED),
        mentioned_places=_graded(stored.places, Grade.MENTIONED),
        parent_organizations=_parents(stored.organizations, (Grade.ABOUT,)),
        mentioned_parent_organizations=_parents(stored.organizations, tuple(Grade)),
        type=stored.type.id if stored.type else None,
        first_day=published.first_day(), last_day=published.last_day(),
        month_known=published.precision in ("minute", "day", "month"),
        minute=minute_of_day(article), original=is_original(article), number=article.number)


def _graded(tags: tuple[Tag, ...], grade: Grade) -> tuple[str, ...]:
    return tuple(each.id for each in tags if each.grade is grade)


def _parents(tags: tuple[Tag, ...], grades: tuple[Grade, ...]) -> tuple[str, ...]:
    """The ancestors of the tags of these grades, each once."""
    return tuple(dict.fromkeys(each for tag in tags if tag.grade in grades for each in tag.ancestors))


def minute_of_day(article: Article) -> int | None:
    """Minutes since midnight, local time of the publication; None where the page gives no time."""
    moment = article.published.moment() if article.published.precision == "minute" else None
    return moment.hour * 60 + moment.minute if moment else None


def is_original(article: Article) -> bool:
    """True where the page is on a host of its own source: no clone, no republisher, no removed source."""
    return article.clone_of is None and on_own_host(article.source, article.url)


def on_own_host(source: str, url: str) -> bool:
    """True where a URL is on a host of the named source, and that source is no republisher.

    >>> on_own_host("camce", "https://www.sino-chart.com/en/a.htm")
    False
    """
    return any(each.id == source and not each.republisher and host_of(url) in each.hosts for each in all_sources())


def organization_of(article: Article) -> str | None:
    """The organization whose site the source of an article is, None for a republisher or an unknown source."""
    return next((each.organization for each in all_sources() if each.id == article.source and not each.republisher),
                None)


def details_hash(article: Article) -> str:
    """SHA-256 of every field with its evidence; `Article.content_hash` covers the content alone."""
    everything = json.dumps(_worded(article), ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(everything.encode("utf-8", "surrogatepass")).hexdigest()


def _worded(article: Article) -> dict[str, Any]:
    """Every field with messages as English sentences: the form that hashes of older versions were made of."""
    stamp = article.published
    return {**article.to_dict(), "defects": [str(each) for each in article.defects],
            "published": {"value": stamp.value, "precision": stamp.precision,
                          "evidence": [{"text": each.text, "place": str(each.place)} for each in stamp.evidence]}}
