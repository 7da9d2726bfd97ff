"""Article -> Document: what an engine gets to index. Pure."""

import hashlib
import json

from crawler.errors import SourceError
from crawler.extract.article import Article
from crawler.source import source
from crawler.urls import host_of
from indexer.documents.document import Document
from indexer.documents.stored import StoredDocument


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
    return article.clone_of is None and stands_at_its_source(article.source, article.url)


def stands_at_its_source(name: str, url: str) -> bool:
    """Whether an address is on a host of a source that publishes releases of its own.

    >>> stands_at_its_source("camce", "https://www.sino-chart.com/en/a.htm")
    False
    """
    try:
        publisher = source(name)
    except SourceError:
        return False
    return not publisher.republisher and host_of(url) in publisher.hosts


def details_hash(article: Article) -> str:
    """The identity of every field with its evidence, where `Article.content_hash` is that of what is said alone."""
    everything = json.dumps(article.to_dict(), ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(everything.encode("utf-8", "surrogatepass")).hexdigest()
