"""The archive: the one writer of captures. What it returns is kept; what it has flushed is on disk and in the store."""

from datetime import timedelta
from types import TracebackType

from sqlalchemy import select

from crawler.articles import Reader
from crawler.capture import Capture
from crawler.catalogue import Catalogue, Entry, Kept, to_be_read
from crawler.config import CrawlerSettings
from crawler.extract.article import Unreadable
from crawler.source import source_of
from crawler.store import Store
from crawler.tables import captures, pages
from crawler.times import Clock, iso, utc_now
from crawler.urls import urlkey
from crawler.warc import records
from crawler.warc.bodies import BodyError, decode
from crawler.warc.exchange import Exchange, header
from crawler.warc.writer import WarcFile, create

BATCH = 64  # captures that share one fsync and one transaction
PAUSE = timedelta(seconds=1)  # after which the next capture is flushed at once
FULL = 1_000_000_000  # bytes after which the next file is begun


class Archive:
    """Keeps exchanges: `keep` writes a WARC record, `flush` brings it to disk and then into the store.

    Use `Archive.open`, and close it (or use it in `with`): what was not flushed is flushed then.
    """

    def __init__(self, settings: CrawlerSettings, catalogue: Catalogue, provenance: str, clock: Clock) -> None:
        self._data = settings.data
        self._catalogue = catalogue
        self._provenance = provenance
        self._clock = clock
        self._file: WarcFile | None = None
        self._pending: list[Kept] = []
        self._flushed = clock()

    @classmethod
    def open(cls, settings: CrawlerSettings, store: Store, provenance: str, clock: Clock = utc_now,
             *, reader: Reader | None = None) -> "Archive":
        """The archive of these settings, with everything repaired that a dead process left behind.

        `provenance` says how captures come here: crawl, replica, or import with a file name.
        """
        return cls(settings, Catalogue(store, settings.page_limit, reader), provenance, clock)

    def keep(self, exchange: Exchange) -> Capture:
        """Write request and response to the file, and give what the readers get: the body without encodings.

        A body that cannot be decoded is kept as sent, and comes back empty.
        """
        repeated = self._repeated(exchange.url) if exchange.status == 304 else None
        file = self._ready(self._provenance)
        answer = records.response(exchange, file.info, repeated)
        request = records.request(exchange, file.info, answer.record_id)
        offset = file.append(answer.data + request.data)
        entry = _entry(exchange, answer, repeated, (file.name, offset, self._provenance))
        capture, content = _content(exchange, entry)
        self._note(Kept(entry, content))
        return capture

    def flush(self) -> None:
        """Bring what was kept to disk, then into the store, and read it; on failure nothing of it is in the store."""
        self._flushed = self._clock()
        if not self._pending:
            return
        if self._file:
            self._file.sync()
        self._catalogue.add(self._pending)
        self._pending = []

    def close(self) -> None:
        """Flush, and give the file its final name."""
        try:
            self.flush()
        finally:
            file, self._file = self._file, None
            if file:
                file.close()

    def __enter__(self) -> "Archive":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()

    def _note(self, kept: Kept) -> None:
        self._pending.append(kept)
        if len(self._pending) >= BATCH or self._clock() - self._flushed > PAUSE:
            self.flush()

    def _ready(self, provenance: str) -> WarcFile:
        """The file to append to, whose warcinfo in force says this provenance."""
        if self._file and self._file.size >= FULL:
            self.flush()
            self._file.close()
            self._file = None
        now = self._clock()
        file = self._file = self._file or create(self._data, now)
        if not file.info or file.provenance != provenance:
            info = records.warcinfo(file.name.rpartition("/")[2], iso(now), provenance)
            file.append(info.data)
            file.info, file.provenance = info.record_id, provenance
        return file

    def _repeated(self, url: str) -> records.Repeated | None:
        """The newest full answer at an address, which "not modified" speaks of."""
        key = urlkey(url)
        for kept in reversed(self._pending):
            if kept.entry.status == 200 and urlkey(kept.entry.url) == key:
                return records.Repeated(kept.entry.record_id, kept.entry.url, kept.entry.fetched_at, kept.entry.digest)
        newest = (select(captures.c.record_id, captures.c.url, captures.c.fetched_at, captures.c.digest)
                  .join(pages).where(pages.c.urlkey == key, captures.c.status == 200, captures.c.kind == "response")
                  .order_by(captures.c.fetched_at.desc(), captures.c.id.desc()).limit(1))
        with self._catalogue.store.read() as connection:
            row = connection.execute(newest).first()
        return records.Repeated(*row) if row else None


def _entry(exchange: Exchange, packed: records.Packed, repeated: records.Repeated | None,
           place: tuple[str, int, str]) -> Entry:
    name, offset, provenance = place
    found = None if exchange.source else source_of(exchange.url)
    return Entry(
        record_id=packed.record_id, url=records.target(exchange.url), fetched_at=iso(exchange.fetched_at),
        kind="revisit" if repeated else "response", status=exchange.status,
        content_type=header(exchange.response_headers, "Content-Type"), digest=packed.digest,
        length=len(exchange.body), provenance=provenance, warc_file=name, warc_offset=offset,
        warc_length=len(packed.data), etag=header(exchange.response_headers, "ETag"),
        last_modified=header(exchange.response_headers, "Last-Modified"),
        repeats=repeated.record_id if repeated else None, source=exchange.source or (found.id if found else None))


def _content(exchange: Exchange, entry: Entry) -> tuple[Capture, Capture | Unreadable | None]:
    """The capture for whoever asked, and what of it is to be read."""
    wanted = to_be_read(entry.kind, entry.status, entry.url)
    try:
        body, fault = decode(exchange.body, exchange.response_headers), None
    except BodyError as error:
        body, fault = b"", Unreadable(str(error))
    capture = Capture(entry.url, body, exchange.fetched_at, entry.content_type, exchange.status)
    return capture, (fault or capture) if wanted else None
