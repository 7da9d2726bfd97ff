"""Documents: what an engine indexes, what the store holds of it, and how one is made of the other."""

import hashlib
import json
from dataclasses import dataclass
from datetime import date

from archive.records import Article, Stamp
from archive.urls import host_of
from crawler.source import all_sources


@dataclass(frozen=True, slots=True)
class FieldSpan:
    """Span of a tag's words: `field` is title or body, `start` and `end` are character offsets into its text."""

    field: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Tag:
    """One vocabulary entry found in a document, with the places it was found at (at least one, in reading order)."""

    id: str
    spans: tuple[FieldSpan, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """What an engine indexes. Ids of organizations and topics are vocabulary ids; `first_day` and `last_day` bound
    the publication (equal for an exact day, None when undated); `minute` is minutes since midnight where known,
    `number` the notice number as printed: it is found like the title, which often lacks it."""

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


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """One document of the archive. `fetched_at`, `added_at` and `changed_at` are ISO 8601 text in UTC."""

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

    @property
    def title(self) -> str:
        """The headline as the page prints it."""
        return self.article.title

    @property
    def body(self) -> str:
        """The paragraphs, joined by a newline."""
        return self.article.body

    @property
    def source(self) -> str:
        """The id of the source that the page belongs to."""
        return self.article.source

    @property
    def url(self) -> str:
        """The address of the page."""
        return self.article.url

    @property
    def urlkey(self) -> str:
        """The one key of the page."""
        return self.article.urlkey

    @property
    def language(self) -> str:
        """The language the release is written in."""
        return self.article.language

    @property
    def published(self) -> Stamp:
        """When the release was published, as exact as the page says it, with the evidence."""
        return self.article.published


def to_document(stored: StoredDocument) -> Document:
    """The searchable form of a stored document; an undated release has no days, never a guessed one."""
    article, published = stored.article, stored.article.published
    return Document(
        id=stored.id, seq=stored.seq, rev=stored.rev, source=article.source, language=article.language,
        title=article.title, body=article.body,
        organizations=tuple(tag.id for tag in stored.organizations), topics=tuple(tag.id for tag in stored.topics),
        first_day=published.first_day(), last_day=published.last_day(),
        month_known=published.precision in ("minute", "day", "month"),
        minute=minute_of_day(article), original=is_original(article), number=article.number)


def minute_of_day(article: Article) -> int | None:
    """Minutes since midnight at the place of publication, None where the page gives no time of day."""
    moment = article.published.moment() if article.published.precision == "minute" else None
    return moment.hour * 60 + moment.minute if moment else None


def is_original(article: Article) -> bool:
    """Whether the page stands on a host of its own source: no clone, no republisher, no forgotten source."""
    return article.clone_of is None and on_own_host(article.source, article.url)


def on_own_host(name: str, url: str) -> bool:
    """Whether an address is on a host of a source that publishes releases of its own.

    >>> on_own_host("camce", "https://www.sino-chart.com/en/a.htm")
    False
    """
    return any(each.id == name and not each.republisher and host_of(url) in each.hosts for each in all_sources())


def details_hash(article: Article) -> str:
    """The identity of every field with its evidence, where `Article.content_hash` is that of what is said alone."""
    everything = json.dumps(article.to_dict(), ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(everything.encode("utf-8", "surrogatepass")).hexdigest()
