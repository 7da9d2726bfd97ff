"""Import WARC files of any tool and saved pages, and the summary that `gongbao import` prints."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import case, func, select, union_all

from archive.db.frontier import TOLERANCE
from archive.db.store import Store, is_page
from archive.db.tables import articles, captures, pages, quarantine, rejects
from archive.db.warc_files import count_rejects, last_reject
from archive.errors import ImportFault
from archive.ingest.catalog import CaptureRow, PendingCapture
from archive.ingest.from_warc import UNTYPED, is_capture, pending_capture, provenance_of, usable_url
from archive.ingest.inputs import Input, SavedPage, find_inputs
from archive.ingest.keep import ArchiveWriter
from archive.ingest.revisits import resolve_revisits
from archive.settings import ArchiveSettings
from archive.times import Clock, iso, parse_time, utc_now
from archive.warc import builder
from archive.warc.builder import digest_fits
from archive.warc.parser import LIMIT, Record, read_warc

REPLICA = "replica"  # provenance of sample releases; imports keep it
RECENT = 100  # requests that are held until their response comes, and responses whose requests may still come


@dataclass(slots=True)
class ImportSummary:
    """Counts of an import: new and known captures, and faults."""

    new: int = 0
    known: int = 0
    faults: int = 0


@dataclass(slots=True)
class Importer:
    """Imports inputs into an archive.

    `report` is called with every fault, `progress` with a WARC file and the offset reached in it.
    """

    settings: ArchiveSettings
    store: Store
    archive: ArchiveWriter
    report: Callable[[ImportFault], None]
    progress: Callable[[Path, int], None] = lambda _path, _offset: None
    clock: Clock = utc_now
    summary: ImportSummary = field(default_factory=ImportSummary)

    def import_path(self, path: Path) -> None:
        """Import a WARC file, a folder of them, or a folder of saved pages."""
        self.run(find_inputs(path))

    def run(self, inputs: Iterable[Input]) -> None:
        """Import inputs in order; their captures are in the store when this returns."""
        for each in inputs:
            if isinstance(each, ImportFault):
                self._fault(each)
            elif isinstance(each, SavedPage):
                self._import_page(each)
            else:
                self.import_warc(each)
        self.archive.flush()

    def import_warc(self, path: Path) -> None:
        """Import the new captures of a WARC file with their requests, then resolve revisits."""
        state = _WarcImport(path)
        for record in read_warc(path):
            if isinstance(record, ImportFault):
                self._fault(record)
                continue
            self.progress(path, record.offset + record.length)
            try:
                self._record(state, record)
            except ImportFault as fault:
                self._fault(ImportFault(f"{path} at offset {record.offset}: {fault}"))
        self._copy_pending(state)
        self.archive.flush()
        resolve_revisits(self.settings.data, self.archive.catalog, self._fault)

    def _import_page(self, page: SavedPage) -> None:
        try:
            self._saved_page(page)
        except (ImportFault, OSError) as error:
            self._fault(ImportFault(f"{page.location}: {getattr(error, 'strerror', None) or error}"))

    def _record(self, state: "_WarcImport", record: Record) -> None:
        if record.kind == "warcinfo":
            is_replica = provenance_of(record) == REPLICA
            state.provenance = REPLICA if is_replica else f"import {state.path.name}"
        elif record.kind == "request":
            self._request(state, record)
        elif is_capture(record):
            self._capture(state, record)

    def _capture(self, state: "_WarcImport", record: Record) -> None:
        if digest_fits(record.field("WARC-Block-Digest"), record.block) is False:
            raise ImportFault("the record is damaged: its WARC-Block-Digest does not fit its bytes")
        pending = pending_capture(record, state.provenance, self.archive.catalog)
        self._refuse_future(parse_time(pending.row.fetched_at), TOLERANCE)
        self._copy_pending(state)
        if self._is_known(pending.row, dated=True, has_id=record.record_id is not None):
            self.summary.known += 1
            return
        state.pending = _PendingRecord(record, pending, state.take_requests(record))

    def _copy_pending(self, state: "_WarcImport") -> None:
        """Copy the last capture; it waited for its request, which mostly follows it."""
        last, state.pending = state.pending, None
        if last:
            self.archive.copy_capture(last.record, last.pending, last.requests)
            self.summary.new += 1

    def _request(self, state: "_WarcImport", record: Record) -> None:
        response_id = record.uri("WARC-Concurrent-To")
        if response_id and state.pending and response_id == state.pending.record.record_id:
            state.pending.requests.append(record)
        elif response_id and response_id in state.response_ids:
            self.archive.copy_request(record, state.provenance)
        else:
            state.requests.append(record)

    def _saved_page(self, page: SavedPage) -> None:
        if page.path.stat().st_size > LIMIT:
            raise ImportFault(f"the file has {page.path.stat().st_size} bytes, more than the {LIMIT >> 20} MB limit")
        if page.fetched_at:
            self._refuse_future(page.fetched_at)
        body = page.path.read_bytes()
        provenance = f"import {page.listed_in}" + ("" if page.fetched_at else " (time of import)")
        record = _resource(usable_url(page.url), page.fetched_at or self.clock(), body)
        pending = pending_capture(record, provenance, self.archive.catalog)
        if self._is_known(pending.row, dated=page.fetched_at is not None, has_id=False):
            self.summary.known += 1
            return
        self.archive.copy_capture(record, pending)
        self.summary.new += 1

    def _refuse_future(self, time: datetime, tolerance: timedelta = timedelta(0)) -> None:
        """Refuse a capture of the future: it would hide all later ones of its page."""
        if time > self.clock() + tolerance:
            raise ImportFault(f"it is not {iso(time)} yet; a time without a zone is UTC, Beijing's ends with +08:00")

    def _is_known(self, row: CaptureRow, *, dated: bool, has_id: bool) -> bool:
        """True if the archive has a capture, by its record id, else by page, digest and, if known, time."""
        if has_id:
            return self._is_known_id(row)
        for each in self.archive.pending():
            if (each.urlkey, each.digest) == (row.urlkey, row.digest) and (
                    not dated or each.fetched_at == row.fetched_at):
                return True
        same = select(captures.c.id).join(pages).where(is_page(row.urlkey), captures.c.digest == row.digest)
        rejected = select(rejects.c.id).where(rejects.c.url == row.url, rejects.c.digest == row.digest)
        if dated:
            same = same.where(captures.c.fetched_at == row.fetched_at)
            rejected = rejected.where(rejects.c.fetched_at == row.fetched_at)
        with self.store.read() as connection:
            return connection.execute(union_all(same, rejected)).first() is not None

    def _is_known_id(self, row: CaptureRow) -> bool:
        """True if the archive has the record id; ImportFault if it is that of another capture."""
        found = [(each.url, each.fetched_at) for each in self.archive.pending() if each.record_id == row.record_id]
        same = union_all(*(select(each.c.url, each.c.fetched_at).where(each.c.record_id == row.record_id)
                           for each in (captures, rejects)))
        with self.store.read() as connection:
            found += [(each.url, each.fetched_at) for each in connection.execute(same)]
        if found and (row.url, row.fetched_at) not in found:
            raise ImportFault(f"the record id {row.record_id[:80]} is that of another capture: {found[0][0][:200]}")
        return bool(found)

    def _fault(self, fault: ImportFault) -> None:
        self.summary.faults += 1
        self.report(fault)


@dataclass(frozen=True, slots=True)
class _PendingRecord:
    """A new capture that is not copied yet, with its requests so far."""

    record: Record
    pending: PendingCapture
    requests: list[Record]


class _WarcImport:
    """State of the import of one WARC file; requests may come before or after their response."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.provenance = f"import {path.name}"
        self.requests: deque[Record] = deque(maxlen=RECENT)  # without a response so far
        self.response_ids: deque[str] = deque(maxlen=RECENT)
        self.pending: _PendingRecord | None = None

    def take_requests(self, response: Record) -> list[Record]:
        """Remove and return the requests of a response; later ones find its id in `response_ids`."""
        response_id, request_id = response.record_id or "", response.uri("WARC-Concurrent-To")
        self.response_ids.append(response_id)
        own = [each for each in self.requests
               if (response_id and each.uri("WARC-Concurrent-To") == response_id)
               or (request_id and each.record_id == request_id)]
        self.requests = deque((each for each in self.requests if each not in own), maxlen=RECENT)
        return own


def _resource(url: str, time: datetime, body: bytes) -> Record:
    start = body.removeprefix(b"\xef\xbb\xbf").lstrip()[:5]
    media = "text/html" if start.startswith(b"<") else "application/pdf" if start == b"%PDF-" else UNTYPED
    return Record(tuple(builder.resource(url, iso(time), media)), body)


# In the order of the summary line.
OUTCOMES = READ, QUARANTINED, NO_RELEASE, FOREIGN = (
    "read", "in quarantine", "no release by address or answer", "of no source known here")
REASONS = 5  # reasons of the quarantine that are listed


@dataclass(frozen=True, slots=True)
class StoreEnd:
    """Ids of the newest capture and the newest reject of a store, 0 without one; later ones have higher ids."""

    capture: int
    reject: int


def store_end(store: Store) -> StoreEnd:
    """The present end of a store."""
    with store.read() as connection:
        return StoreEnd(connection.scalar(select(func.max(captures.c.id))) or 0, last_reject(connection))


def import_outcome(store: Store, after: StoreEnd) -> Iterator[str]:
    """Lines with the outcomes of captures imported after an end, and the most frequent quarantine reasons."""
    # A crawl may insert captures at the same time.
    imported = (captures.c.id > after.capture) & (captures.c.provenance != "crawl")
    outcome = case((articles.c.id.is_not(None), READ), (quarantine.c.capture_id.is_not(None), QUARANTINED),
                   (pages.c.source.is_(None), FOREIGN), else_=NO_RELEASE).label("outcome")
    outcomes = select(outcome, func.count()).select_from(
        captures.join(pages).outerjoin(articles, articles.c.capture_id == captures.c.id).outerjoin(
            quarantine, quarantine.c.capture_id == captures.c.id)).where(imported).group_by("outcome")
    number = func.count().label("number")
    reasons = select(number, quarantine.c.reason).join(captures).where(imported).group_by(
        quarantine.c.reason).order_by(number.desc(), quarantine.c.reason).limit(REASONS)
    with store.read() as connection:
        counts = {row.outcome: row[1] for row in connection.execute(outcomes)}
        quarantined = [f"  quarantined: {row.number} × {row.reason}" for row in connection.execute(reasons)]
    if counts:
        yield "of the new: " + ", ".join(f"{counts[each]} {each}" for each in OUTCOMES if each in counts)
    yield from quarantined


def reject_lines(store: Store, after: int = 0) -> list[str]:
    """A line for each reason of rejects, of those after a reject id."""
    with store.read() as connection:
        return [f"set aside: {number} × {reason}; their records are kept, and `gongbao index` tries them again"
                for reason, number in count_rejects(connection, after)]
