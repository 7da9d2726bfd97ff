"""The archive: the one writer of captures. What it returns is kept; what it has flushed is on disk and in the store."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from types import TracebackType

from sqlalchemy import select

from archive.db.tables import captures, pages
from archive.ingest.catalog import CaptureRow, Catalog, PendingCapture
from archive.ingest.recover import recover
from archive.ingest.rows import placed, usable_url
from archive.ingest.worker import CatalogWorker
from archive.records import Capture, Unreadable
from archive.settings import ArchiveSettings
from archive.times import Clock, iso, utc_now
from archive.urls import urlkey
from archive.warc import builder
from archive.warc.coding import BodyError, decode
from archive.warc.http import Exchange, header
from archive.warc.parser import Record
from archive.warc.reader import http_message
from archive.warc.writer import WarcFile, create

BATCH = 64  # captures that share one fsync and one transaction
WAITING = 4 * BATCH  # captures that may wait for a busy helper
PAUSE = timedelta(seconds=1)  # after which the next capture is flushed at once
FULL = 1_000_000_000  # bytes after which the next file is begun


class ArchiveWriter:
    """Keeps exchanges: `keep` writes a WARC record, `flush` brings it to disk and then into the store.

    Use `Archive.open`, and close it (or use it in `with`): what was not flushed is flushed then.
    """

    def __init__(self, settings: ArchiveSettings, catalog: Catalog, provenance: str, clock: Clock) -> None:
        self._settings = settings
        self.catalog = catalog
        self._provenance = provenance
        self._clock = clock
        self._file: WarcFile | None = None
        self._pending: list[PendingCapture] = []
        self._flushed = clock()
        self._parallel = False
        self._helper: CatalogWorker | None = None

    @classmethod
    def open(cls, settings: ArchiveSettings, catalog: Catalog, provenance: str, clock: Clock = utc_now,
             *, parallel: bool = False) -> "ArchiveWriter":
        """The archive of these settings, with everything repaired that a dead process left behind.

        `provenance` says how captures come here: crawl, replica, or import with a file name. With `parallel` full
        batches are read and catalogued by a process of their own while the next one is kept; `flush` waits for it.
        """
        recover(settings.data, catalog)
        writer = cls(settings, catalog, provenance, clock)
        writer._parallel = parallel
        return writer

    def keep(self, exchange: Exchange) -> Capture:
        """Write request and response to the file, and give what the readers get: the body without encodings.

        A body that cannot be decoded is kept as sent, and comes back empty.
        """
        key = urlkey(usable_url(exchange.url))
        repeated = self._repeated(key) if exchange.status == 304 else None
        file = self._ready(self._provenance)
        answer = builder.response(exchange, file.info, repeated)
        request = builder.request(exchange, file.info, answer.record_id)
        offset = file.append(answer.data + request.data)
        row = self._row(exchange, answer, key)
        if repeated:
            row = replace(row, kind="revisit", repeats=repeated.record_id)
        capture, fault = decode_exchange(exchange)
        wanted = self.catalog.should_read(row.kind, row.status, row.url)
        content = (fault or capture) if wanted else None
        self._note(placed(PendingCapture(row, content), file.name, offset, len(answer.data)))
        return capture

    def copy(self, record: Record, pending: PendingCapture, requests: Iterable[Record] = ()) -> None:
        """Copy a capture of another archive, its id and its time kept; `pending` is what `pending_capture` made of it.

        Its requests, which have no rows of their own, are written in one piece with it: whoever dies between the two
        would leave a capture that is known, and whose request is never copied.
        """
        file = self._ready(pending.row.provenance)
        copied, *others = (builder.copy(each.fields, each.block, http_message(each).body, file.info)
                           for each in (record, *requests))
        offset = file.append(b"".join(each.data for each in (copied, *others)))
        self._note(placed(replace(pending, row=replace(pending.row, record_id=copied.record_id)), file.name, offset,
                          len(copied.data)))

    def copy_request(self, request: Record, provenance: str) -> None:
        """Copy a request that came long after its capture."""
        file = self._ready(provenance)
        file.append(builder.copy(request.fields, request.block, http_message(request).body, file.info).data)

    def pending(self) -> list[CaptureRow]:
        """The rows that the store may not have yet."""
        outstanding = self._helper.outstanding if self._helper else []
        return [each.row for each in (*outstanding, *self._pending)]

    def flush(self) -> None:
        """Bring what was kept to disk, then into the store, and read it; on failure nothing of it is in the store."""
        self._sync()
        if self._helper:
            self._pending = self._helper.settle() + self._pending
        self.catalog.add(self._pending)
        self._pending = []

    def close(self) -> None:
        """Flush, and give the file its final name; if the flush fails, the next `open` catalogues what is in it."""
        flushed = False
        try:
            self.flush()
            flushed = True
        finally:
            self._leave(finished=flushed)

    def __enter__(self) -> "ArchiveWriter":
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

    def _note(self, pending: PendingCapture) -> None:
        self._pending.append(pending)
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
            # A worker does not pay before a crawl is fast enough to fill batches.
            self._helper = CatalogWorker(self._settings, self.catalog.reader)
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
            info = builder.warcinfo(file.name.rpartition("/")[2], iso(now), provenance)
            file.append(info.data)
            file.info, file.provenance = info.record_id, provenance
        return file

    def _repeated(self, key: str) -> builder.Repeated | None:
        """The newest full answer at an address, which "not modified" speaks of."""
        for each in reversed(self.pending()):
            if each.status == 200 and each.urlkey == key and each.kind == "response":
                return builder.Repeated(each.record_id, each.url, each.fetched_at, each.digest)
        newest = (select(captures.c.record_id, captures.c.url, captures.c.fetched_at, captures.c.digest)
                  .join(pages).where(pages.c.urlkey == key, captures.c.status == 200, captures.c.kind == "response")
                  .order_by(captures.c.fetched_at.desc(), captures.c.id.desc()).limit(1))
        with self.catalog.store.read() as connection:
            row = connection.execute(newest).first()
        return builder.Repeated(*row) if row else None

    def _row(self, exchange: Exchange, packed: builder.Packed, key: str) -> CaptureRow:
        """The row of a response, still without its place in a file."""
        headers = exchange.response_headers
        return CaptureRow(
            record_id=packed.record_id, url=builder.target(exchange.url), urlkey=key,
            fetched_at=iso(exchange.fetched_at), kind="response", status=exchange.status,
            content_type=header(headers, "Content-Type"), digest=packed.digest, length=len(exchange.body),
            provenance=self._provenance, warc_file="", warc_offset=0, warc_length=0, etag=header(headers, "ETag"),
            last_modified=header(headers, "Last-Modified"),
            source=exchange.source or self.catalog.reader.source_of(exchange.url))


def decode_exchange(exchange: Exchange) -> tuple[Capture, Unreadable | None]:
    """The capture of an exchange, its body decoded; if that fails, the body is empty and the reason is given, too."""
    try:
        body, fault = decode(exchange.body, exchange.response_headers), None
    except BodyError as error:
        body, fault = b"", Unreadable(error.reason)
    content_type = header(exchange.response_headers, "Content-Type")
    return Capture(builder.target(exchange.url), body, exchange.fetched_at, content_type, exchange.status), fault
