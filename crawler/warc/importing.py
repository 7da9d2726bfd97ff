"""What others archived or saved, into the archive: WARC files of any tool, folders of saved pages, single files."""

import os
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlalchemy import select

from crawler.catalogue import Entry, Kept
from crawler.config import CrawlerSettings
from crawler.errors import ImportFault
from crawler.store import Store
from crawler.tables import captures, pages
from crawler.times import Clock, iso, utc_now
from crawler.warc import records
from crawler.warc.archive import Archive
from crawler.warc.entries import UNTYPED, is_capture, kept_of, provenance_of, usable_url
from crawler.warc.folders import Saved, saved_pages, warcs_in
from crawler.warc.framing import LIMIT, Record, read_warc
from crawler.warc.records import digest_fits
from crawler.warc.revisits import tie

REPLICA = "replica"  # captures of samples stay marked as such wherever they go
WAITING = 100  # requests that wait for their response


@dataclass(slots=True)
class Summary:
    """What an import did, counted in captures."""

    new: int = 0
    known: int = 0
    faults: int = 0


@dataclass(slots=True)
class Importer:
    """Imports one path after the other; `tell` gets every fault, `advance` the offset reached in a WARC file."""

    settings: CrawlerSettings
    store: Store
    archive: Archive
    tell: Callable[[ImportFault], None]
    advance: Callable[[Path, int], None] = lambda _path, _offset: None
    clock: Clock = utc_now
    summary: Summary = field(default_factory=Summary)

    def path(self, path: Path) -> None:
        """Import a WARC file, a folder of saved pages (with its index.csv), or the WARC files in a folder."""
        if not os.path.isdir(path):  # False also where it may not look, which reading the file then says
            self.warc(path)
        elif os.path.exists(path / "index.csv"):
            self.saved(saved_pages(path))
        else:
            self._warcs(path)

    def warc(self, path: Path) -> None:
        """Import the captures of a WARC file, and the requests that belong to those that are new."""
        state = _Warc(path)
        for record in read_warc(path):
            if isinstance(record, ImportFault):
                self._fault(record)
                continue
            self.advance(path, record.offset + record.length)
            try:
                self._record(state, record)
            except ImportFault as fault:
                self._fault(ImportFault(f"{path} at offset {record.offset}: {fault}"))
        self._adopt(state)
        self.archive.flush()
        tie(self.settings.data, self.archive.catalogue, self._fault)

    def saved(self, found: Iterator[Saved | ImportFault]) -> None:
        """Import saved pages."""
        for each in found:
            if isinstance(each, ImportFault):
                self._fault(each)
                continue
            try:
                self._saved(each)
            except (ImportFault, OSError) as error:
                self._fault(ImportFault(f"{each.place}: {getattr(error, 'strerror', None) or error}"))
        self.archive.flush()

    def _warcs(self, folder: Path) -> None:
        for each in warcs_in(folder):
            self._fault(each) if isinstance(each, ImportFault) else self.warc(each)

    def _record(self, state: "_Warc", record: Record) -> None:
        if record.kind == "warcinfo":
            said = provenance_of(record)
            state.provenance = REPLICA if said == REPLICA else f"import {state.path.name}"
        elif record.kind == "request":
            self._request(state, record)
        elif is_capture(record):
            self._capture(state, record)

    def _capture(self, state: "_Warc", record: Record) -> None:
        if digest_fits(record.field("WARC-Block-Digest"), record.block) is False:
            raise ImportFault("the record is damaged: its WARC-Block-Digest does not fit its bytes")
        kept = kept_of(record, state.provenance)
        self._adopt(state)
        if self._is_known(kept.entry, dated=True, named=record.record_id is not None):
            self.summary.known += 1
            return
        state.held = _Held(record, kept, state.take_requests(record))

    def _adopt(self, state: "_Warc") -> None:
        """Copy the capture that waited for its request, which mostly stands right behind it."""
        held, state.held = state.held, None
        if held:
            self.archive.adopt(held.record, held.kept, held.requests)
            self.summary.new += 1

    def _request(self, state: "_Warc", record: Record) -> None:
        answer = _plain(record.field("WARC-Concurrent-To"))
        if answer and state.held and answer == state.held.record.record_id:
            state.held.requests.append(record)
        elif answer and answer in state.answered:
            self.archive.accompany(record, state.provenance)
        else:
            state.requests.append(record)

    def _saved(self, page: Saved) -> None:
        if page.path.stat().st_size > LIMIT:
            raise ImportFault(f"the file has {page.path.stat().st_size} bytes, more than the {LIMIT >> 20} MB "
                              "that are taken")
        if page.fetched_at and page.fetched_at > self.clock():
            raise ImportFault(f"it is not {iso(page.fetched_at)} yet; a time without a zone is UTC, "
                              "Beijing's ends with +08:00")
        body = page.path.read_bytes()
        provenance = f"import {page.listed_in}" + ("" if page.fetched_at else " (time of import)")
        record = _resource(usable_url(page.url), page.fetched_at or self.clock(), body)
        kept = kept_of(record, provenance)
        if self._is_known(kept.entry, dated=page.fetched_at is not None, named=False):
            self.summary.known += 1
            return
        self.archive.adopt(record, kept)
        self.summary.new += 1

    def _is_known(self, entry: Entry, *, dated: bool, named: bool) -> bool:
        """Whether the archive has a capture: by its record's id, else by page, digest, and time where that is told."""
        if named:
            return self._is_named(entry)
        for each in self.archive.pending():
            if (each.urlkey, each.digest) == (entry.urlkey, entry.digest) and (
                    not dated or each.fetched_at == entry.fetched_at):
                return True
        same = select(captures.c.id).join(pages).where(pages.c.urlkey == entry.urlkey,
                                                       captures.c.digest == entry.digest)
        if dated:
            same = same.where(captures.c.fetched_at == entry.fetched_at)
        with self.store.read() as connection:
            return connection.execute(same.limit(1)).first() is not None

    def _is_named(self, entry: Entry) -> bool:
        held = [(each.url, each.fetched_at) for each in self.archive.pending() if each.record_id == entry.record_id]
        same = select(captures.c.url, captures.c.fetched_at).where(captures.c.record_id == entry.record_id)
        with self.store.read() as connection:
            held += [(row.url, row.fetched_at) for row in connection.execute(same)]
        if held and (entry.url, entry.fetched_at) not in held:
            raise ImportFault(f"the record id {entry.record_id[:80]} is that of another capture: {held[0][0][:200]}")
        return bool(held)

    def _fault(self, fault: ImportFault) -> None:
        self.summary.faults += 1
        self.tell(fault)


@dataclass(frozen=True, slots=True)
class _Held:
    """A new capture that is not copied yet, and its requests so far."""

    record: Record
    kept: Kept
    requests: list[Record]


class _Warc:
    """Where the import of one WARC file stands; requests may stand before or after their response."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.provenance = f"import {path.name}"
        self.requests: deque[Record] = deque(maxlen=WAITING)
        self.answered: deque[str] = deque(maxlen=WAITING)
        self.held: _Held | None = None

    def take_requests(self, response: Record) -> list[Record]:
        """The waiting requests of a response, which do not wait any more; later ones will find it in `answered`."""
        answer, named = response.record_id or "", _plain(response.field("WARC-Concurrent-To"))
        self.answered.append(answer)
        mine = [each for each in self.requests
                if (answer and _plain(each.field("WARC-Concurrent-To")) == answer)
                or (named and each.record_id == named)]
        self.requests = deque((each for each in self.requests if each not in mine), maxlen=WAITING)
        return mine


def _resource(url: str, time: datetime, body: bytes) -> Record:
    start = body.removeprefix(b"\xef\xbb\xbf").lstrip()[:5]
    media = "text/html" if start.startswith(b"<") else "application/pdf" if start == b"%PDF-" else UNTYPED
    return Record(tuple(records.resource(url, iso(time), media)), body)


def _plain(record_id: str | None) -> str:
    return (record_id or "").strip("<> ")
