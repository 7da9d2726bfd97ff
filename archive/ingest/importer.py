"""Import WARC files of any tool, folders of saved pages and single files, and summarise what came in."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlalchemy import case, func, select

from archive.db.store import Store
from archive.db.tables import articles, captures, pages, quarantine
from archive.errors import ImportFault
from archive.ingest.catalog import CaptureRow, PendingCapture
from archive.ingest.inputs import Input, SavedPage, find_inputs
from archive.ingest.keep import ArchiveWriter
from archive.ingest.revisits import resolve_revisits
from archive.ingest.rows import UNTYPED, is_capture, pending_capture, provenance_of, usable_url
from archive.settings import ArchiveSettings
from archive.times import Clock, iso, utc_now
from archive.warc import builder
from archive.warc.builder import digest_fits
from archive.warc.parser import LIMIT, Record, read_warc, strip_brackets

REPLICA = "replica"  # captures of samples stay marked as such wherever they go
WAITING = 100  # requests that wait for their response


@dataclass(slots=True)
class ImportSummary:
    """What an import did, counted in captures."""

    new: int = 0
    known: int = 0
    faults: int = 0


@dataclass(slots=True)
class Importer:
    """Imports one path after the other; `tell` gets every fault, `advance` the offset reached in a WARC file."""

    settings: ArchiveSettings
    store: Store
    archive: ArchiveWriter
    tell: Callable[[ImportFault], None]
    advance: Callable[[Path, int], None] = lambda _path, _offset: None
    clock: Clock = utc_now
    summary: ImportSummary = field(default_factory=ImportSummary)

    def path(self, path: Path) -> None:
        """Import everything behind a path: a WARC file, a folder of them, or a folder of saved pages."""
        self.run(find_inputs(path))

    def run(self, inputs: Iterable[Input]) -> None:
        """Import inputs in their order; what was kept is in the store when this returns."""
        for each in inputs:
            if isinstance(each, ImportFault):
                self._fault(each)
            elif isinstance(each, SavedPage):
                self._saved_page(each)
            else:
                self.warc(each)
        self.archive.flush()

    def warc(self, path: Path) -> None:
        """Import the captures of a WARC file, and the requests that belong to those that are new."""
        state = _WarcImport(path)
        for record in read_warc(path):
            if isinstance(record, ImportFault):
                self._fault(record)
                continue
            self.advance(path, record.offset + record.length)
            try:
                self._record(state, record)
            except ImportFault as fault:
                self._fault(ImportFault(f"{path} at offset {record.offset}: {fault}"))
        self._copy(state)
        self.archive.flush()
        resolve_revisits(self.settings.data, self.archive.catalog, self._fault)

    def _saved_page(self, page: SavedPage) -> None:
        try:
            self._import_page(page)
        except (ImportFault, OSError) as error:
            self._fault(ImportFault(f"{page.place}: {getattr(error, 'strerror', None) or error}"))

    def _record(self, state: "_WarcImport", record: Record) -> None:
        if record.kind == "warcinfo":
            said = provenance_of(record)
            state.provenance = REPLICA if said == REPLICA else f"import {state.path.name}"
        elif record.kind == "request":
            self._request(state, record)
        elif is_capture(record):
            self._capture(state, record)

    def _capture(self, state: "_WarcImport", record: Record) -> None:
        if digest_fits(record.field("WARC-Block-Digest"), record.block) is False:
            raise ImportFault("the record is damaged: its WARC-Block-Digest does not fit its bytes")
        pending = pending_capture(record, state.provenance, self.archive.catalog)
        self._copy(state)
        if self._is_known(pending.row, dated=True, named=record.record_id is not None):
            self.summary.known += 1
            return
        state.held = _PendingRecord(record, pending, state.take_requests(record))

    def _copy(self, state: "_WarcImport") -> None:
        """Copy the capture that waited for its request, which mostly stands right behind it."""
        held, state.held = state.held, None
        if held:
            self.archive.copy(held.record, held.pending, held.requests)
            self.summary.new += 1

    def _request(self, state: "_WarcImport", record: Record) -> None:
        answer = strip_brackets(record.field("WARC-Concurrent-To"))
        if answer and state.held and answer == state.held.record.record_id:
            state.held.requests.append(record)
        elif answer and answer in state.answered:
            self.archive.copy_request(record, state.provenance)
        else:
            state.requests.append(record)

    def _import_page(self, page: SavedPage) -> None:
        if page.path.stat().st_size > LIMIT:
            raise ImportFault(f"the file has {page.path.stat().st_size} bytes, more than the {LIMIT >> 20} MB "
                              "that are taken")
        if page.fetched_at and page.fetched_at > self.clock():
            raise ImportFault(f"it is not {iso(page.fetched_at)} yet; a time without a zone is UTC, "
                              "Beijing's ends with +08:00")
        body = page.path.read_bytes()
        provenance = f"import {page.listed_in}" + ("" if page.fetched_at else " (time of import)")
        record = _resource(usable_url(page.url), page.fetched_at or self.clock(), body)
        pending = pending_capture(record, provenance, self.archive.catalog)
        if self._is_known(pending.row, dated=page.fetched_at is not None, named=False):
            self.summary.known += 1
            return
        self.archive.copy(record, pending)
        self.summary.new += 1

    def _is_known(self, row: CaptureRow, *, dated: bool, named: bool) -> bool:
        """Whether the archive has a capture: by its record's id, else by page, digest, and time where that is told."""
        if named:
            return self._is_named(row)
        for each in self.archive.pending():
            if (each.urlkey, each.digest) == (row.urlkey, row.digest) and (
                    not dated or each.fetched_at == row.fetched_at):
                return True
        same = select(captures.c.id).join(pages).where(pages.c.urlkey == row.urlkey,
                                                       captures.c.digest == row.digest)
        if dated:
            same = same.where(captures.c.fetched_at == row.fetched_at)
        with self.store.read() as connection:
            return connection.execute(same.limit(1)).first() is not None

    def _is_named(self, row: CaptureRow) -> bool:
        held = [(each.url, each.fetched_at) for each in self.archive.pending() if each.record_id == row.record_id]
        same = select(captures.c.url, captures.c.fetched_at).where(captures.c.record_id == row.record_id)
        with self.store.read() as connection:
            held += [(row.url, row.fetched_at) for row in connection.execute(same)]
        if held and (row.url, row.fetched_at) not in held:
            raise ImportFault(f"the record id {row.record_id[:80]} is that of another capture: {held[0][0][:200]}")
        return bool(held)

    def _fault(self, fault: ImportFault) -> None:
        self.summary.faults += 1
        self.tell(fault)


@dataclass(frozen=True, slots=True)
class _PendingRecord:
    """A new capture that is not copied yet, and its requests so far."""

    record: Record
    pending: PendingCapture
    requests: list[Record]


class _WarcImport:
    """Where the import of one WARC file stands; requests may stand before or after their response."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.provenance = f"import {path.name}"
        self.requests: deque[Record] = deque(maxlen=WAITING)
        self.answered: deque[str] = deque(maxlen=WAITING)
        self.held: _PendingRecord | None = None

    def take_requests(self, response: Record) -> list[Record]:
        """The waiting requests of a response, which do not wait any more; later ones will find it in `answered`."""
        answer, named = response.record_id or "", strip_brackets(response.field("WARC-Concurrent-To"))
        self.answered.append(answer)
        mine = [each for each in self.requests
                if (answer and strip_brackets(each.field("WARC-Concurrent-To")) == answer)
                or (named and each.record_id == named)]
        self.requests = deque((each for each in self.requests if each not in mine), maxlen=WAITING)
        return mine


def _resource(url: str, time: datetime, body: bytes) -> Record:
    start = body.removeprefix(b"\xef\xbb\xbf").lstrip()[:5]
    media = "text/html" if start.startswith(b"<") else "application/pdf" if start == b"%PDF-" else UNTYPED
    return Record(tuple(builder.resource(url, iso(time), media)), body)


# In the order in which they are told.
OUTCOMES = READ, QUARANTINED, NO_RELEASE, FOREIGN = (
    "read", "in quarantine", "no release by address or answer", "of no source known here")
REASONS = 5  # the most frequent ones


def last_capture(store: Store) -> int:
    """The number of the newest capture, 0 where there is none; those that come later have higher ones."""
    with store.read() as connection:
        return connection.scalar(select(func.max(captures.c.id))) or 0


def import_outcome(store: Store, after: int) -> Iterator[str]:
    """Lines that tell how many of the captures imported after a number are releases, and what the others are."""
    # Captures of a crawl that runs beside the import are none of its own.
    imported = (captures.c.id > after) & (captures.c.provenance != "crawl")
    result = case((articles.c.id.is_not(None), READ), (quarantine.c.capture_id.is_not(None), QUARANTINED),
                (pages.c.source.is_(None), FOREIGN), else_=NO_RELEASE).label("result")
    results = select(result, func.count()).select_from(
        captures.join(pages).outerjoin(articles, articles.c.capture_id == captures.c.id).outerjoin(
            quarantine, quarantine.c.capture_id == captures.c.id)).where(imported).group_by("result")
    number = func.count().label("number")
    reasons = select(number, quarantine.c.reason).join(captures).where(imported).group_by(
        quarantine.c.reason).order_by(number.desc(), quarantine.c.reason).limit(REASONS)
    with store.read() as connection:
        numbers = {row.result: row[1] for row in connection.execute(results)}
        why = [f"  quarantined: {row.number} × {row.reason}" for row in connection.execute(reasons)]
    if numbers:
        yield "of the new: " + ", ".join(f"{numbers[each]} {each}" for each in OUTCOMES if each in numbers)
    yield from why
