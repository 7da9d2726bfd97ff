"""Small archives for the tests of the store, the WARC files and the import."""

import gzip
import io
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select

from archive.db.store import Store
from archive.db.tables import articles, captures, pages, quarantine, revisions
from archive.ingest.catalog import Catalog
from archive.ingest.importer import Importer
from archive.ingest.keep import ArchiveWriter
from archive.messages import message
from archive.records import Article, Capture, Unreadable
from archive.times import parse_time
from archive.urls import urlkey
from archive.warc.coding import decode
from archive.warc.http import Exchange
from archive.warc.reader import http_message, load_record
from crawler.reader import SourceReader
from crawler.settings import CrawlerSettings

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
TABLES = {each.name: each for each in (pages, captures, articles, quarantine, revisions)}
FIRST = "<urn:uuid:00000000-0000-4000-8000-000000000001>"  # the id of `record(…, number=1)`
HTML = [(b"Content-Type", b"text/html; charset=utf-8")]


def saved(folder, name, body=b"<h1>saved</h1>"):
    """Put a saved page into a folder; its name."""
    (folder / name).write_bytes(body)
    return name


def release(number=1):
    """An address that has the form of an article."""
    return f"http://english.mofcom.gov.cn/article/newsrelease/press/202001/{20200102900000 + number}.shtml"


def exchange(url="", body=b"<h1>one</h1>", *, at=NOON, status=200, headers=HTML, **more):
    return Exchange(url or release(), at, status, "OK", headers, body, **more)


def reads(capture):
    """A reader that takes the whole body for the title, and refuses pages that say so."""
    text = capture.body.decode("utf-8", "replace")
    if "unreadable" in text or not text:
        return Unreadable(message("no_title"), ("h1",))
    return Article("mofcom_en", capture.url, urlkey(capture.url), "test", text, text, "en")


@dataclass(frozen=True)
class FunctionReader(SourceReader):
    """A reader that knows the real sources, and reads with a function."""

    function: Callable[[Capture], Article | Unreadable] = reads

    def read(self, capture: Capture) -> Article | Unreadable:
        return self.function(capture)


READER = FunctionReader(1)


def load(data, row):
    """The capture that a row points at."""
    message = http_message(load_record(data, row))
    body = decode(message.body, message.headers)
    return Capture(row.url, body, parse_time(row.fetched_at), row.content_type, row.status)


@dataclass
class Room:
    """A data folder with an open store."""

    settings: CrawlerSettings
    store: Store

    @property
    def data(self) -> Path:
        return self.settings.data

    def archive(self, provenance="crawl", *, clock=lambda: NOON, reader=READER):
        return ArchiveWriter.open(self.settings, Catalog(self.store, reader), provenance, clock)

    def rows(self, name, *columns):
        table = TABLES[name]
        order = table.c.capture_id if name == "quarantine" else table.c.id
        with self.store.read() as connection:
            return list(connection.execute(select(*(columns or [table])).order_by(order)))

    def counts(self):
        with self.store.read() as connection:
            return {name: connection.scalar(select(func.count()).select_from(each)) for name, each in TABLES.items()}

    def files(self):
        """Name and bytes of every file below the WARC folder."""
        found = sorted((self.data / "warc").rglob("*"))
        return {each.relative_to(self.data).as_posix(): each.read_bytes() for each in found if each.is_file()}


@contextmanager
def room(folder, **settings):
    made = CrawlerSettings(data=folder / "data", **settings)
    with Store.open(made, clock=lambda: NOON) as store:
        yield Room(made, store)


def after(**time):
    return NOON + timedelta(**time)


def bring(here, *paths, clock=lambda: NOON):
    """Import; gives (new, known) and the faults."""
    faults = []
    with here.archive("import", clock=clock) as archive:
        importer = Importer(here.settings, here.store, archive, lambda fault: faults.append(str(fault)), clock=clock)
        for path in paths:
            importer.import_path(path)
    assert importer.summary.faults == len(faults)
    return (importer.summary.new, importer.summary.known), faults


def record(kind, url, block, *, number=1, date="2020-05-17T10:30:00Z", fields=()):
    """A WARC record as another tool may write it, not compressed."""
    head = [("WARC-Type", kind), ("WARC-Record-ID", f"<urn:uuid:00000000-0000-4000-8000-{number:012}>"),
            ("WARC-Date", date), ("WARC-Target-URI", url), ("Content-Type", f"application/http; msgtype={kind}"),
            *fields, ("Content-Length", str(len(block)))]
    lines = "".join(f"{key}: {value}\r\n" for key, value in head if value is not None)
    return b"WARC/1.0\r\n" + lines.encode() + b"\r\n" + block + b"\r\n\r\n"


def answer(body=b"<h1>one</h1>", head=b"Content-Type: text/html\r\n"):
    return b"HTTP/1.1 200 OK\r\n" + head + b"\r\n" + body


def warc(path, *records, packed=True):
    """A WARC file of these records, each its own gzip member."""
    path.write_bytes(b"".join(gzip.compress(each) for each in records) if packed else b"".join(records))
    return path


class FullDisk(io.FileIO):
    """A file on a disk that is full after `room` more bytes; a write that crosses the line is torn."""

    room = 0

    def write(self, data):
        if self.room <= 0:
            raise OSError(28, "No space left on device")
        taken = super().write(bytes(data)[:self.room])
        self.room -= taken
        return taken
