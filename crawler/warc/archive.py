"""The archive: the one writer of captures. What it returns is kept; what it has flushed is on disk and in the store."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from types import TracebackType

from sqlalchemy import select

from crawler.articles import Reader
from crawler.capture import Capture
from crawler.catalogue import Catalogue, Entry, Kept, to_be_read
from crawler.cataloguer import Cataloguer
from crawler.config import CrawlerSettings
from crawler.extract.article import Unreadable
from crawler.source import source_of
from crawler.store import Store
from crawler.tables import captures, pages
from crawler.times import Clock, iso, utc_now
from crawler.urls import urlkey
from crawler.warc import records
from crawler.warc.bodies import BodyError, decode
from crawler.warc.entries import placed, usable_url
from crawler.warc.exchange import Exchange, header
from crawler.warc.framing import Record
from crawler.warc.reader import message_of
from crawler.warc.recovery import recover
from crawler.warc.writer import WarcFile, create

BATCH = 64  # captures that share one fsync and one transaction
WAITING = 4 * BATCH  # captures that may wait for a busy helper
PAUSE = timedelta(seconds=1)  # after which the next capture is flushed at once
FULL = 1_000_000_000  # bytes after which the next file is begun


class Archive:
    """Keeps exchanges: `keep` writes a WARC record, `flush` brings it to disk and then into the store.

    Use `Archive.open`, and close it (or use it in `with`): what was not flushed is flushed then.
    """

    def __init__(self, settings: CrawlerSettings, catalogue: Catalogue, provenance: str, clock: Clock) -> None:
        self._settings = settings
        self.catalogue = catalogue
        self._provenance = provenance
        self._clock = clock
        self._file: WarcFile | None = None
        self._pending: list[Kept] = []
        self._flushed = clock()
        self._parallel = False
        self._helper: Cataloguer | None = None

    @classmethod
    def open(cls, settings: CrawlerSettings, store: Store, provenance: str, clock: Clock = utc_now,
             *, reader: Reader | None = None, parallel: bool = False) -> "Archive":
        """The archive of these settings, with everything repaired that a dead process left behind.

        `provenance` says how captures come here: crawl, replica, or import with a file name. With `parallel` full
        batches are read and catalogued by a process of their own while the next one is kept; `flush` waits for it.
        """
        catalogue = Catalogue(store, reader)
        recover(settings.data, catalogue)
        archive = cls(settings, catalogue, provenance, clock)
        archive._parallel = parallel and reader is None
        return archive

    def keep(self, exchange: Exchange) -> Capture:
        """Write request and response to the file, and give what the readers get: the body without encodings.

        A body that cannot be decoded is kept as sent, and comes back empty.
        """
        key = urlkey(usable_url(exchange.url))
        repeated = self._repeated(key) if exchange.status == 304 else None
        file = self._ready(self._provenance)
        answer = records.response(exchange, file.info, repeated)
        request = records.request(exchange, file.info, answer.record_id)
        offset = file.append(answer.data + request.data)
        entry = _entry(exchange, answer, key, self._provenance)
        if repeated:
            entry = replace(entry, kind="revisit", repeats=repeated.record_id)
        capture, content = _content(exchange, entry)
        self._note(placed(Kept(entry, content), file.name, offset, len(answer.data)))
        return capture

    def adopt(self, record: Record, kept: Kept, requests: Iterable[Record] = ()) -> None:
        """Copy a capture of another archive, its id and its time kept; `kept` is the row that `kept_of` made of it.

        Its requests, which have no rows of their own, are written in one piece with it: whoever dies between the two
        would leave a capture that is known, and whose request is never copied.
        """
        file = self._ready(kept.entry.provenance)
        copied, *others = (records.copy(each.fields, each.block, message_of(each).body, file.info)
                           for each in (record, *requests))
        offset = file.append(b"".join(each.data for each in (copied, *others)))
        self._note(placed(replace(kept, entry=replace(kept.entry, record_id=copied.record_id)), file.name, offset,
                          len(copied.data)))

    def accompany(self, request: Record, provenance: str) -> None:
        """Copy a request that came long after its capture."""
        file = self._ready(provenance)
        file.append(records.copy(request.fields, request.block, message_of(request).body, file.info).data)

    def pending(self) -> list[Entry]:
        """The rows that the store may not have yet."""
        outstanding = self._helper.outstanding if self._helper else []
        return [each.entry for each in (*outstanding, *self._pending)]

    def flush(self) -> None:
        """Bring what was kept to disk, then into the store, and read it; on failure nothing of it is in the store."""
        self._sync()
        if self._helper:
            self._pending = self._helper.settle() + self._pending
        self.catalogue.add(self._pending)
        self._pending = []

    def close(self) -> None:
        """Flush, and give the file its final name; if the flush fails, the next `open` catalogues what is in it."""
        flushed = False
        try:
            self.flush()
            flushed = True
        finally:
            self._leave(finished=flushed)

    def __enter__(self) -> "Archive":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        if kind is None or issubclass(kind, Exception):
            self.close()
        else:  # Ctrl-C strikes between any two steps; what the file holds is certain, and the next `open` goes by that
            self._leave(finished=False)

    def _leave(self, *, finished: bool) -> None:
        self._pending = []
        helper, self._helper = self._helper, None
        if helper:
            helper.close()
        file, self._file = self._file, None
        if file:
            file.close(finished=finished)

    def _note(self, kept: Kept) -> None:
        self._pending.append(kept)
        if len(self._pending) >= BATCH and self._parallel:
            self._hand_over()
        elif len(self._pending) >= BATCH or self._clock() - self._flushed > PAUSE:
            self.flush()

    def _sync(self) -> None:
        self._flushed = self._clock()
        if self._file and self._pending:
            self._file.sync()

    def _hand_over(self) -> None:
        """Give the full batches to the helper; while it is busy a few may wait, then everybody waits for it."""
        if self._helper is None:
            self._helper = Cataloguer(self._settings)  # it is not worth it before a crawl is fast enough
            self.flush()
        elif self._helper.is_free():
            self._sync()
            batch, self._pending = self._pending, []
            self._helper.take(batch)
        elif self._helper.is_dead or len(self._pending) >= WAITING:
            self.flush()

    def _ready(self, provenance: str) -> WarcFile:
        """The file to append to, whose warcinfo in force says this provenance."""
        if self._file and self._file.size >= FULL:
            self.flush()
            self._file.close()
            self._file = None
        now = self._clock()
        file = self._file = self._file or create(self._settings.data, now)
        if not file.info or file.provenance != provenance:
            info = records.warcinfo(file.name.rpartition("/")[2], iso(now), provenance)
            file.append(info.data)
            file.info, file.provenance = info.record_id, provenance
        return file

    def _repeated(self, key: str) -> records.Repeated | None:
        """The newest full answer at an address, which "not modified" speaks of."""
        for each in reversed(self.pending()):
            if each.status == 200 and each.urlkey == key and each.kind == "response":
                return records.Repeated(each.record_id, each.url, each.fetched_at, each.digest)
        newest = (select(captures.c.record_id, captures.c.url, captures.c.fetched_at, captures.c.digest)
                  .join(pages).where(pages.c.urlkey == key, captures.c.status == 200, captures.c.kind == "response")
                  .order_by(captures.c.fetched_at.desc(), captures.c.id.desc()).limit(1))
        with self.catalogue.store.read() as connection:
            row = connection.execute(newest).first()
        return records.Repeated(*row) if row else None


def _entry(exchange: Exchange, packed: records.Packed, key: str, provenance: str) -> Entry:
    """The row of a response, still without its place in a file."""
    found = None if exchange.source else source_of(exchange.url)
    return Entry(
        record_id=packed.record_id, url=records.target(exchange.url), urlkey=key, fetched_at=iso(exchange.fetched_at),
        kind="response", status=exchange.status, content_type=header(exchange.response_headers, "Content-Type"),
        digest=packed.digest, length=len(exchange.body), provenance=provenance, warc_file="", warc_offset=0,
        warc_length=0, etag=header(exchange.response_headers, "ETag"),
        last_modified=header(exchange.response_headers, "Last-Modified"),
        source=exchange.source or (found.id if found else None))


def _content(exchange: Exchange, entry: Entry) -> tuple[Capture, Capture | Unreadable | None]:
    """The capture for whoever asked, and what of it is to be read."""
    wanted = to_be_read(entry.kind, entry.status, entry.url)
    try:
        body, fault = decode(exchange.body, exchange.response_headers), None
    except BodyError as error:
        body, fault = b"", Unreadable(str(error))
    capture = Capture(entry.url, body, exchange.fetched_at, entry.content_type, exchange.status)
    return capture, (fault or capture) if wanted else None
