"""Check every record of a WARC file against its digests and its row; find records without a row, and rows without one.

Rows and records are read side by side in the order of their offsets, so memory does not grow with their number.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, select

from archive.check.faults import FROM_FILES, Fault
from archive.data_folder import REPAIR
from archive.db.tables import captures, rejects
from archive.errors import ImportFault
from archive.ingest.from_warc import capture_of, is_capture
from archive.warc.builder import digest_fits
from archive.warc.parser import Record, read_warc
from archive.warc.random_access import http_message

StoredRow = Row[*tuple[Any, ...]]
Rows = Iterator[StoredRow]
_FETCHED = 1000  # rows at a time


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A WARC file as the store knows it: `rows` captures, the last of which ends at `end`."""

    name: str
    rows: int = 0
    end: int = 0
    catalogued: int = 0


def stored_rows(connection: Connection) -> Rows:
    """The rows of all captures, file by file in order of their offsets."""
    columns = (captures.c.warc_file, captures.c.warc_offset, captures.c.warc_length, captures.c.record_id,
               captures.c.url, captures.c.kind, captures.c.digest, captures.c.length)
    query = select(*columns).order_by(captures.c.warc_file, captures.c.warc_offset)
    return iter(connection.execution_options(yield_per=_FETCHED).execute(query))


def check_records(connection: Connection, path: Path, rows: Rows, known: KnownFile) -> Iterator[Fault]:
    """Compare the records of a file with the rows that refer to it, in order of offset.

    What is behind the byte up to which the file is catalogued has no rows yet.
    """
    yield from _Comparison(connection, path, rows, known).faults()


@dataclass(slots=True)
class _Comparison:
    """A file and its rows, read side by side; `lost` counts rows without a record, `unknown` records without a row."""

    connection: Connection
    path: Path
    rows: Rows
    known: KnownFile
    is_damaged: bool = False  # since the last whole record
    lost: int = 0
    unknown: int = 0
    row: StoredRow | None = None

    def faults(self) -> Iterator[Fault]:
        """The faults of the file."""
        self.row = next(self.rows, None)
        for record in read_warc(self.path):
            if isinstance(record, ImportFault):
                self.is_damaged = True
                yield Fault(str(record), REPAIR)
            else:
                yield from self._record_faults(record)
        self._skip_rows(None)
        if self.lost:
            yield Fault(f"{self.path} has no records where {self.lost} rows of the store say so", REPAIR)
        if self.unknown:
            yield Fault(f"{self.unknown} captures in {self.path} have no row in the store", FROM_FILES)

    def _record_faults(self, record: Record) -> Iterator[Fault]:
        self._skip_rows(record.offset)
        self.is_damaged = False
        yield from _digest_faults(self.path, record)
        if self.row and self.row.warc_offset == record.offset:
            yield from _row_faults(self.path, record, self.row)
            self.row = next(self.rows, None)
        elif record.offset < self.known.catalogued and self._lacks_row(record):
            self.unknown += 1

    def _lacks_row(self, record: Record) -> bool:
        """True for a usable capture without a row: the database refused none, and no copy of the record has one."""
        if not is_capture(record):
            return False
        try:
            capture_of(record)
        except ImportFault:
            return False
        refused = select(rejects.c.id).where(
            rejects.c.warc_file == self.known.name, rejects.c.warc_offset == record.offset)
        copied = select(captures.c.id).where(captures.c.record_id == record.record_id)
        return all(self.connection.execute(each).first() is None for each in (refused, copied))

    def _skip_rows(self, upto: int | None) -> None:
        """Skip the rows before an offset; those of a damaged place are part of its fault."""
        while self.row and (upto is None or self.row.warc_offset < upto):
            self.lost += not self.is_damaged
            self.row = next(self.rows, None)


def _digest_faults(path: Path, record: Record) -> Iterator[Fault]:
    place = f"{path} at offset {record.offset}"
    if digest_fits(record.field("WARC-Block-Digest"), record.block) is False:
        yield Fault(f"{place}: the record is not what its WARC-Block-Digest says", REPAIR)
    payload = record.field("WARC-Payload-Digest")
    if record.kind != "revisit" and payload and digest_fits(payload, http_message(record).body) is False:
        yield Fault(f"{place}: the body is not what WARC-Payload-Digest says", REPAIR)


def _row_faults(path: Path, record: Record, row: StoredRow) -> Iterator[Fault]:
    body = http_message(record).body
    same = {"record id": record.record_id in (row.record_id, None), "kind": row.kind == record.kind,
            "length in the file": row.warc_length == record.length, "size": row.length == len(body),
            "digest": record.kind == "revisit" or digest_fits(row.digest, body) is not False}
    wrong = [name for name, fits in same.items() if not fits]
    if wrong:
        yield Fault(f"{path} at offset {record.offset}: the row of {row.url} says another {', '.join(wrong)}", REPAIR)
