"""A store filled by hand, without crawling: what the tests of documents and sync stand on."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, func, insert, select

from archive.db.store import Store
from archive.db.tables import articles, captures, pages
from archive.records import Article, Evidence, Stamp
from archive.urls import page_id, urlkey
from crawler.reader import READER_VERSION
from crawler.settings import CrawlerSettings
from indexer.documents.document import Document
from indexer.engines.base import Checkpoint, Engine, ResultPage
from indexer.engines.factory import open_engine
from indexer.errors import EngineError
from indexer.query.model import Query
from indexer.settings import IndexerSettings
from indexer.sync import update_documents
from indexer.vocabulary.loader import load

NOW = datetime(2026, 11, 21, 3, 33, tzinfo=UTC)
MOFCOM = "http://english.mofcom.gov.cn/article/newsrelease/press/202005/{}.shtml"


def an_article(number: int = 1, **fields: Any) -> Article:
    """A release of the English ministry site; every field can be given."""
    url = fields.pop("url", MOFCOM.format(20200500000000 + number))
    given = {"source": "mofcom_en", "layout": "G2", "title": f"Release {number}", "body": "MOFCOM met the press.",
             "language": "en", "published": Stamp("2020-05-08", "day", (Evidence("2020-05-08", "PubDate"),))}
    return Article(**{"url": url, "urlkey": urlkey(url), **given, **fields})


@dataclass(slots=True)
class MadeArchive:
    """Writes the crawler's rows as the archive does: a re-read replaces a row by one with a higher id."""

    store: Store

    @classmethod
    def at(cls, folder: Any) -> "MadeArchive":
        return cls(Store.open(CrawlerSettings(data=folder)))

    def capture(self, article: Article, at: str = "2026-01-01T00:00:00Z", reader: int = READER_VERSION) -> int:
        """Keep a capture of the article's page and read it; the id of the capture."""
        with self.store.begin() as connection:
            page = connection.scalar(select(pages.c.id).where(pages.c.urlkey == article.urlkey))
            if page is None:
                page = connection.execute(insert(pages).values(
                    urlkey=article.urlkey, public_id=page_id(article.urlkey), url=article.url, source=article.source,
                    first_seen=at)).inserted_primary_key[0]
            number = (connection.scalar(select(func.max(captures.c.id))) or 0) + 1
            connection.execute(insert(captures).values(
                id=number, record_id=f"urn:{number}", page_id=page, url=article.url, fetched_at=at, kind="response",
                status=200, digest="sha1:", length=1, provenance="crawl", warc_file="a.warc.gz", warc_offset=0,
                warc_length=1))
        self.read(number, article, reader)
        return number

    def read(self, capture: int, article: Article, reader: int = READER_VERSION) -> None:
        """Read a capture once more: the article replaces what was read of it before."""
        self.forget(capture)
        facts = {name: value for name, value in article.to_dict().items() if name not in ("title", "body")}
        with self.store.begin() as connection:
            page = connection.scalar(select(captures.c.page_id).where(captures.c.id == capture))
            connection.execute(insert(articles).values(
                page_id=page, capture_id=capture, source=article.source, layout=article.layout, reader=reader,
                content_hash=article.content_hash(), title=article.title, body=article.body,
                language=article.language, published=article.published.value, precision=article.published.precision,
                facts=facts))

    def forget(self, capture: int) -> None:
        """Take away what was read of a capture, as a reader does that cannot read it any more."""
        with self.store.begin() as connection:
            connection.execute(delete(articles).where(articles.c.capture_id == capture))


class MemoryEngine:
    """An engine that keeps documents in a dictionary, which outlives it as a folder does."""

    def __init__(self, held: dict[str, Any] | None = None, refuses: Iterable[str] = ()) -> None:
        self.held = {"documents": {}, "checkpoint": None} if held is None else held
        self.refuses = set(refuses)
        self.fails_after: int | None = None
        self.writes = 0
        self.closed = False

    def checkpoint(self) -> Checkpoint | None:
        return self.held["checkpoint"]

    def write(self, documents: Iterable[Document], gone: Iterable[str], upto: Checkpoint) -> None:
        if self.fails_after is not None and self.writes >= self.fails_after:
            raise EngineError("no space left on the disk")
        given = {each.id: each for each in documents}
        if bad := [each.title for each in given.values() if each.title in self.refuses]:
            raise EngineError(f"not fit to index: {bad}")
        self.writes += 1
        kept = {name: each for name, each in self.held["documents"].items() if name not in set(gone)}
        self.held.update(documents=kept | given, checkpoint=upto)

    def search(self, query: Query, *, limit: int = 20, offset: int = 0, facets: bool = False) -> ResultPage:
        raise NotImplementedError

    def count(self) -> int:
        return len(self.held["documents"])

    def close(self) -> None:
        self.closed = True

    def titles(self) -> set[str]:
        return {each.title for each in self.held["documents"].values()}


def edited(article: Article, **fields: Any) -> Article:
    """The same page saying something else."""
    return replace(article, **fields)


def fill(archive: MadeArchive, numbers: Iterable[int]) -> list[int]:
    """Documents for these numbers; the ids of their captures."""
    captures = [archive.capture(an_article(number)) for number in numbers]
    update_documents(archive.store, load(), NOW)
    return captures


@contextmanager
def reading(settings: IndexerSettings) -> Iterator[Engine]:
    """The index of these settings, open for searching."""
    engine = open_engine(settings, writable=False)
    yield engine
    engine.close()
