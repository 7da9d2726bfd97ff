"""The one writer of captures: append records to a WARC file, then insert batches of them into the store."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from types import TracebackType

from sqlalchemy import select

from archive.db.store import is_page
from archive.db.tables import captures, pages
from archive.ingest.catalog import CaptureRow, Catalog, PendingCapture
from archive.ingest.file_catalog import BATCH
from archive.ingest.from_warc import redirect_of, usable_url
from archive.ingest.recover import recover
from archive.ingest.worker import CatalogWorker
from archive.records import Capture, Unreadable
from archive.settings import ArchiveSettings
from archive.times import Clock, iso, utc_now
from archive.urls import urlkey
from archive.warc import builder
from archive.warc.coding import BodyError, decode
from archive.warc.http import Exchange, header, status_code
from archive.warc.parser import Record
from archive.warc.random_access import http_message
from archive.warc.writer import WarcFile, create

MAX_PENDING = 4 * BATCH  # captures that may wait for a busy worker
FLUSH_INTERVAL = timedelta(seconds=1)  # after which the next capture is flushed at once
MAX_FILE_SIZE = 1_000_000_000  # bytes after which a new file is begun


class ArchiveWriter:
    """Keeps captures: `keep` and `copy_capture` append records, `flush` syncs the file and inserts the rows.

    Make one with `ArchiveWriter.open`; close it, or use it in `with`: both flush it.
    """

    def __init__(self, settings: ArchiveSettings, catalog: Catalog, provenance: str, clock: Clock) -> None:
        self._settings = settings
        self.catalog = catalog
        self._provenance = provenance
        self._clock = clock
        self._file: WarcFile | None = None
        self._pending: list[PendingCapture] = []
        self._flushed_at = clock()
        self._parallel = False
        self._worker: CatalogWorker | None = None

    @classmethod
    def open(cls, settings: ArchiveSettings, catalog: Catalog, provenance: str, clock: Clock = utc_now,
             *, parallel: bool = False) -> "ArchiveWriter":
        """A writer into the archive of these settings; recovers files of dead processes first.

        `provenance` is the origin of captures: crawl, replica, or import with a file name. With `parallel`, a worker
        process reads and inserts full batches; `flush` waits for it.
        """
        recover(settings.data, catalog)
        writer = cls(settings, catalog, provenance, clock)
        writer._parallel = parallel
        return writer

    def keep(self, exchange: Exchange) -> Capture:
        """Append request and response to the file; returns the capture with its body decoded.

        A body that cannot be decoded is kept as sent, and empty in the capture returned.
        """
        key = urlkey(self.catalog.reader.canonical(usable_url(exchange.url)))
        original = self._original(key) if exchange.status == 304 else None
        file = self._file_for(self._provenance)
        response = builder.response(exchange, file.warcinfo_id, original)
        request = builder.request(exchange, file.warcinfo_id, response.record_id)
        offset = file.append(response.data + request.data)
        row = self._row(exchange, response, key)
        if original:
            row = replace(row, kind="revisit", repeats=original.record_id)
        capture, fault = decode_exchange(exchange)
        content = (fault or capture) if self.catalog.should_read(row.kind, row.status, row.url) else None
        pending = PendingCapture(row, content, redirect_of(row.url, row.status, header(
            exchange.response_headers, "Location")), is_asked=True, is_retry=exchange.is_retry)
        self._add(pending.located(file.name, offset, len(response.data)))
        return capture

    def copy_capture(self, record: Record, pending: PendingCapture, requests: Iterable[Record] = ()) -> None:
        """Copy a capture of another archive with its id and time; `pending` is its result of `pending_capture`.

        Its requests are appended in the same write: they have no rows, so after a crash in between the capture would be
        known and its requests never be copied.
        """
        file = self._file_for(pending.row.provenance)
        copied, *others = (_copy(each, file) for each in (record, *requests))
        offset = file.append(b"".join(each.data for each in (copied, *others)))
        row = replace(pending.row, record_id=copied.record_id)
        self._add(replace(pending, row=row).located(file.name, offset, len(copied.data)))

    def copy_request(self, request: Record, provenance: str) -> None:
        """Copy a request whose capture was copied before."""
        file = self._file_for(provenance)
        file.append(_copy(request, file).data)

    def pending(self) -> list[CaptureRow]:
        """The rows that the store may not have yet."""
        submitted = self._worker.pending if self._worker else []
        return [each.row for each in (*submitted, *self._pending)]

    def flush(self) -> None:
        """Sync the file, then read and insert all pending captures; on failure none of them is in the store."""
        self._sync()
        if self._worker:
            self._pending = self._worker.drain() + self._pending
        self.catalog.add(self._pending)
        self._pending = []

    def close(self) -> None:
        """Flush and give the file its final name; if the flush fails, the next `open` recovers the file."""
        flushed = False
        try:
            self.flush()
            flushed = True
        finally:
            self._release(finished=flushed)

    def __enter__(self) -> "ArchiveWriter":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        if kind is None or issubclass(kind, Exception):
            self.close()
        else:  # Ctrl-C may come between any two steps; the file is consistent, and the next `open` recovers it
            self._release(finished=False)

    def _release(self, *, finished: bool) -> None:
        """End the worker and close the file; pending captures are dropped."""
        self._pending = []
        worker, self._worker = self._worker, None
        if worker:
            worker.close()
        file, self._file = self._file, None
        if file:
            file.close(finished=finished)

    def _add(self, pending: PendingCapture) -> None:
        self._pending.append(pending)
        if len(self._pending) >= BATCH and self._parallel:
            self._submit()
        elif len(self._pending) >= BATCH or self._clock() - self._flushed_at > FLUSH_INTERVAL:
            self.flush()

    def _sync(self) -> None:
        self._flushed_at = self._clock()
        if self._file and self._pending:
            self._file.sync()

    def _submit(self) -> None:
        """Submit pending captures to the worker if it is idle; if too many are pending, flush, which waits for it."""
        if self._worker is None:  # started with the first full batch: a slow crawl, which fills none, gains nothing
            self._worker = CatalogWorker(self._settings, self.catalog.reader)
            self.flush()
        elif self._worker.is_idle():
            self._sync()
            batch, self._pending = self._pending, []
            self._worker.submit(batch)
        elif self._worker.is_dead or len(self._pending) >= MAX_PENDING:
            self.flush()

    def _file_for(self, provenance: str) -> WarcFile:
        """The file to append to; its last warcinfo record has this provenance."""
        if self._file and self._file.size >= MAX_FILE_SIZE:
            self.flush()
            self._file.close()
            self._file = None
        now = self._clock()
        file = self._file = self._file or create(self._settings.data, now)
        if not file.warcinfo_id or file.provenance != provenance:
            info = builder.warcinfo(file.name.rpartition("/")[2], iso(now), provenance)
            file.append(info.data)
            file.warcinfo_id, file.provenance = info.record_id, provenance
        return file

    def _original(self, key: str) -> builder.RefersTo | None:
        """The capture that a 304 refers to: the newest response with status 200 of the same page."""
        for each in reversed(self.pending()):
            if each.status == 200 and each.urlkey == key and each.kind == "response":
                return builder.RefersTo(each.record_id, each.url, each.fetched_at, each.digest)
        newest = (select(captures.c.record_id, captures.c.url, captures.c.fetched_at, captures.c.digest)
                  .join(pages).where(is_page(key), captures.c.status == 200, captures.c.kind == "response")
                  .order_by(captures.c.fetched_at.desc(), captures.c.id.desc()).limit(1))
        with self.catalog.store.read() as connection:
            row = connection.execute(newest).first()
        return builder.RefersTo(*row) if row else None

    def _row(self, exchange: Exchange, record: builder.BuiltRecord, key: str) -> CaptureRow:
        """The row of a response, without the location of its record."""
        headers = exchange.response_headers
        return CaptureRow(
            record_id=record.record_id, url=builder.target_uri(exchange.url), urlkey=key,
            fetched_at=iso(exchange.fetched_at), kind="response", status=status_code(str(exchange.status)) or 0,
            content_type=header(headers, "Content-Type"), digest=record.digest, length=len(exchange.body),
            provenance=self._provenance, warc_file="", warc_offset=0, warc_length=0, etag=header(headers, "ETag"),
            last_modified=header(headers, "Last-Modified"),
            source=exchange.source or self.catalog.reader.source_of(exchange.url))


def _copy(record: Record, file: WarcFile) -> builder.BuiltRecord:
    return builder.copy_record(record.fields, record.block, http_message(record).body, file.warcinfo_id)


def decode_exchange(exchange: Exchange) -> tuple[Capture, Unreadable | None]:
    """The capture of an exchange with its body decoded; with an empty body, and the reason, if that fails."""
    try:
        body, fault = decode(exchange.body, exchange.response_headers), None
    except BodyError as error:
        body, fault = b"", Unreadable(error.reason)
    content_type = header(exchange.response_headers, "Content-Type")
    return Capture(builder.target_uri(exchange.url), body, exchange.fetched_at, content_type, exchange.status), fault
