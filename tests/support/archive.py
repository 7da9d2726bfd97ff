"""Archives for tests: on disk with an open store, filled through WARC files or row by row, and indexed."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any
from uuid import uuid4

from sqlalchemy import Row, delete, func, insert, select

from archive.db.changed_pages import queue_pages
from archive.db.store import Store, is_page
from archive.db.tables import articles, captures, pages, quarantine, rejects, revisions, runs, warc_files
from archive.ingest.catalog import Catalog
from archive.ingest.importer import Importer
from archive.ingest.keep import ArchiveWriter
from archive.messages import Message, message
from archive.records import Article, Capture, Evidence, Stamp, Unreadable
from archive.times import Clock, parse_time
from archive.urls import page_id, urlkey
from archive.warc.coding import decode
from archive.warc.http import Exchange
from archive.warc.random_access import http_message, load_record
from crawler.reader import READER_VERSION, SourceReader
from crawler.settings import CrawlerSettings
from indexer.engines.base import Checkpoint, Engine
from indexer.engines.factory import open_engine
from indexer.lineage import token_of
from indexer.settings import IndexerSettings
from indexer.sync import update_documents, update_index
from indexer.vocabulary.loader import load
from support.store_copies import Copy, copy_store, make_store, restore_store

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
HTML = [(b"Content-Type", b"text/html; charset=utf-8")]
TABLES = {each.name: each for each in (pages, captures, articles, quarantine, revisions, rejects, warc_files)}


def after(**time: float) -> datetime:
    """A time after NOW: `after(hours=2)`."""
    return NOW + timedelta(**time)


# --- what goes into an archive


def release_url(number: int = 1) -> str:
    """A URL of the form that releases have at mofcom_en."""
    return f"http://english.mofcom.gov.cn/article/newsrelease/press/202005/{20200500000000 + number}.shtml"


PUB_DATE = message("meta", name="PubDate")


def stamp(day: str, place: Message = PUB_DATE) -> Stamp:
    """A publication date that is known to the day."""
    return Stamp(day, "day", (Evidence(day, place),))


def an_article(number: int = 1, /, **fields: Any) -> Article:
    """A release of mofcom_en; every field can be given."""
    url = fields.pop("url", release_url(number))
    given = {"source": "mofcom_en", "layout": "G2", "title": f"Release {number}", "body": "MOFCOM met the press.",
             "language": "en", "published": stamp("2020-05-08")}
    return Article(**{"url": url, "urlkey": urlkey(url), **given, **fields})


def edited(article: Article, **fields: Any) -> Article:
    """The article of the same page after it was edited at its source."""
    return replace(article, **fields)


def exchange(url: str = "", body: bytes = b"<h1>one</h1>", *, at: datetime = NOW, status: int = 200,
             content_type: str = "", headers: list[tuple[bytes, bytes]] = HTML, **more: Any) -> Exchange:
    """A request and its response; without a URL, of release 1."""
    given = [(b"Content-Type", content_type.encode())] if content_type else headers
    return Exchange(url or release_url(), at, status, "OK", given, body, **more)


# --- readers


def read_as_title(capture: Capture) -> Article | Unreadable:
    """Read the whole body as the title; a body that contains "unreadable", and an empty one, is refused."""
    text = capture.body.decode("utf-8", "replace")
    if "unreadable" in text or not text:
        return Unreadable(message("no_title"), ("h1",))
    return Article("mofcom_en", capture.url, urlkey(capture.url), "test", text, text, "en")


@dataclass(frozen=True)
class FunctionReader(SourceReader):
    """A reader with the registry of real sources that reads captures with a function."""

    function: Callable[[Capture], Article | Unreadable] = read_as_title

    def read(self, capture: Capture) -> Article | Unreadable:
        return self.function(capture)


READER = FunctionReader(1)


def load_capture(data: Path, row: Row[Any]) -> Capture:
    """The capture of a row, read from its WARC file and decoded."""
    message = http_message(load_record(data, row))
    body = decode(message.body, message.headers)
    return Capture(row.url, body, parse_time(row.fetched_at), row.content_type, row.status)


# --- the archive


@dataclass(slots=True)
class Archive:
    """A data folder with its open store; close it, or use it in `with`."""

    settings: CrawlerSettings
    store: Store

    @classmethod
    def open(cls, folder: Path, **settings: Any) -> "Archive":
        """The archive of a data folder, made where it is missing, on the database of the fixture `database`."""
        folder.mkdir(parents=True, exist_ok=True)
        made = CrawlerSettings(data=folder, **{"database": os.environ.get("GONGBAO_DATABASE", ""), **settings})
        if not made.has_store():
            make_store(made, NOW)
        return cls(made, Store.open(made, clock=lambda: NOW))

    @property
    def data(self) -> Path:
        """The data folder."""
        return self.settings.data

    def __enter__(self) -> "Archive":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the store."""
        self.store.close()

    # -- copies of the store

    def copy(self) -> Copy:
        """A consistent copy of the store, as an operator keeps one."""
        return copy_store(self.store)

    def restore(self, copy: Copy) -> None:
        """Replace the store by a copy; all other files stay."""
        self.close()
        restore_store(self.settings, copy)
        self.store = Store.open(self.settings, clock=lambda: NOW)

    # -- with WARC files

    def writer(self, provenance: str = "crawl", *, clock: Clock = lambda: NOW,
               reader: SourceReader = READER) -> ArchiveWriter:
        """A writer of captures to WARC files and store."""
        return ArchiveWriter.open(self.settings, Catalog(self.store, reader), provenance, clock)

    def import_files(self, *paths: Path, clock: Clock = lambda: NOW) -> tuple[tuple[int, int], list[str]]:
        """Import WARC files and saved pages; the counts (new, known), and the faults."""
        faults: list[str] = []
        with self.writer("import", clock=clock) as writer:
            importer = Importer(self.settings, self.store, writer, lambda fault: faults.append(str(fault)), clock=clock)
            for path in paths:
                importer.import_path(path)
        assert importer.summary.faults == len(faults)
        return (importer.summary.new, importer.summary.known), faults

    def files(self) -> dict[str, bytes]:
        """The bytes of every file below `warc/`, by path."""
        found = sorted((self.data / "warc").rglob("*"))
        return {each.relative_to(self.data).as_posix(): each.read_bytes() for each in found if each.is_file()}

    # -- rows

    def rows(self, name: str, *columns: Any) -> list[Row[Any]]:
        """The rows of a table, in the order of their ids."""
        table = TABLES[name]
        (order,) = table.primary_key
        with self.store.read() as connection:
            return list(connection.execute(select(*(columns or [table])).order_by(order)))

    def counts(self) -> dict[str, int | None]:
        """The number of rows by table, without rejects and WARC files."""
        with self.store.read() as connection:
            return {name: connection.scalar(select(func.count()).select_from(each)) for name, each in TABLES.items()
                    if name not in ("rejects", "warc_files")}

    # -- without WARC files: the rows that a crawl writes, put down directly

    def capture(self, article: Article, at: str = "2026-01-01T00:00:00Z", reader: int = READER_VERSION) -> int:
        """Add the rows of one more capture of a page and of its article; the id of the capture."""
        with self.store.begin() as connection:
            page = connection.scalar(select(pages.c.id).where(is_page(article.urlkey)))
            if page is None:
                page = connection.execute(insert(pages).values(
                    urlkey=article.urlkey, public_id=page_id(article.urlkey), url=article.url, source=article.source,
                    first_seen=at)).inserted_primary_key[0]
            number = connection.execute(insert(captures).values(
                record_id=f"urn:{uuid4()}", page_id=page, url=article.url, fetched_at=at, kind="response",
                status=200, digest="sha1:", length=1, provenance="crawl", warc_file="a.warc.gz", warc_offset=0,
                warc_length=1)).inserted_primary_key[0]
        self.read(number, article, reader)
        return number

    def read(self, capture: int, article: Article, reader: int = READER_VERSION) -> None:
        """Replace the article of a capture, as reading it again does."""
        self.forget(capture)
        facts = {name: value for name, value in article.to_dict().items() if name not in ("title", "body")}
        with self.store.begin() as connection:
            page = connection.scalar(select(captures.c.page_id).where(captures.c.id == capture))
            connection.execute(insert(articles).values(
                page_id=page, capture_id=capture, source=article.source, layout=article.layout, reader=reader,
                content_hash=article.content_hash(), title=article.title, body=article.body,
                language=article.language, published=article.published.value, precision=article.published.precision,
                facts=facts))
            queue_pages(connection, [page])

    def forget(self, capture: int) -> None:
        """Delete the article of a capture, as a reader does that can no longer read it."""
        with self.store.begin() as connection:
            page = connection.scalar(select(captures.c.page_id).where(captures.c.id == capture))
            connection.execute(delete(articles).where(articles.c.capture_id == capture))
            queue_pages(connection, [page])

    def add_run(self, source: str, verdict: str, *, live: bool = True, reasons: Iterable[str] = ()) -> None:
        """Add a finished run of the day before NOW."""
        with self.store.begin() as connection:
            connection.execute(insert(runs).values(
                source=source, verdict=verdict, live=live, reasons=list(reasons), counts={},
                started_at="2026-11-20T02:00:00Z", finished_at="2026-11-20T02:05:00Z"))


# --- documents and index


def checkpoint_at(store: Store, rev: int) -> Checkpoint:
    """The checkpoint of an index that holds every change of a store up to a rev."""
    with store.read() as connection:
        return Checkpoint(store.uuid, rev, token_of(connection, rev) or "")


def add_documents(archive: Archive, numbers: Iterable[int]) -> list[int]:
    """Add releases with these numbers, and their documents; returns the capture ids."""
    captured = [archive.capture(an_article(number)) for number in numbers]
    update_documents(archive.store, load(), NOW)
    return captured


def add_index(archive: Archive) -> None:
    """Make documents of the articles, and the search index of the documents."""
    update_documents(archive.store, load(), NOW)
    update_index(archive.store, IndexerSettings(data=archive.data))


@contextmanager
def reading(settings: IndexerSettings) -> Iterator[Engine]:
    """The index of these settings, open for searching."""
    engine = open_engine(settings, writable=False)
    yield engine
    engine.close()
