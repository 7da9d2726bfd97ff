"""Recover `.open` WARC files of dead processes: insert and read their records, cut a torn end, rename them.

Rejects, whose records are in WARC files as well, are tried again here.
"""

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import Row, select

from archive.db.rejects import delete_rejects, select_rejects
from archive.db.tables import captures
from archive.errors import ArchiveError, ImportFault, WarcError
from archive.ingest.catalog import Catalog, PendingCapture, known_records
from archive.ingest.from_warc import is_capture, pending_capture, provenance_of
from archive.warc.parser import read_warc
from archive.warc.random_access import load_record
from archive.warc.writer import FOLDER, OPEN, lock, sync_folder

LOG = logging.getLogger(__name__)
BATCH = 64  # captures per transaction
CRAWLED = ("crawl", "replica")  # provenances of captures that a crawl asked for


def recover(data: Path, catalog: Catalog) -> int:
    """Recover every `.open` file whose process is dead; returns the number of captures inserted."""
    return sum(_recover_file(data, path, catalog) for path in sorted((data / FOLDER).rglob(f"*{OPEN}")))


def retry_rejects(data: Path, catalog: Catalog, report: Callable[[ArchiveError], None]) -> int:
    """Try again to insert every reject; returns how many captures are in the store now, and no longer rejects.

    `report` is called with the error of each whose record cannot be loaded.
    """
    with catalog.store.read() as connection:
        rows = select_rejects(connection)
    pending = _rejected_captures(data, catalog, rows, report)
    while batch := list(islice(pending, BATCH)):
        catalog.add(batch)
    if not rows:
        return 0
    with catalog.store.begin() as connection:
        known = known_records(connection, [row.record_id for row in rows])
        delete_rejects(connection, [row.id for row in rows if row.record_id in known])
    return len(known)


def _rejected_captures(data: Path, catalog: Catalog, rows: Sequence[Row[Any]],
                       report: Callable[[ArchiveError], None]) -> Iterator[PendingCapture]:
    """The captures of rejects, loaded one at a time."""
    for row in rows:
        try:
            pending = pending_capture(load_record(data, row), row.provenance, catalog)
        except (WarcError, ImportFault) as error:
            report(error)
            continue
        yield pending.located(row.warc_file, row.warc_offset, row.warc_length)


def _recover_file(data: Path, path: Path, catalog: Catalog) -> int:
    try:
        with path.open("r+b") as file:
            if not lock(file) or not _is_same_file(file, path):
                return 0  # its process is alive, or another process has just recovered it
            return _Recovery(data, path, catalog).run(file)
    except FileNotFoundError:
        return 0
    except OSError as error:
        raise WarcError(f"{path}, left by a dead process, cannot be recovered: {error.strerror}; check disk "
                        "space and permissions") from error


def _is_same_file(file: BinaryIO, path: Path) -> bool:
    return os.path.samestat(os.fstat(file.fileno()), path.stat())


class _Recovery:
    """Recovery of one file, behind the record of its last row: rows are inserted only after a sync of the file."""

    def __init__(self, data: Path, path: Path, catalog: Catalog) -> None:
        self._path, self._catalog = path, catalog
        self._name = path.relative_to(data).as_posix().removesuffix(OPEN)
        self._end, self._provenance = self._last_row()  # end of the last intact record
        self._has_captures = self._end > 0

    def run(self, file: BinaryIO) -> int:
        """Sync, insert, truncate and rename the file, which is locked; returns the number of captures inserted."""
        os.fsync(file.fileno())
        records, inserted = self._records(), 0
        while batch := list(islice(records, BATCH)):
            inserted += self._catalog.add(batch)
        if file.seek(0, os.SEEK_END) > self._end:
            LOG.warning("%s: %d bytes after the last whole record are cut", self._path, file.tell() - self._end)
            file.truncate(self._end)
            os.fsync(file.fileno())
        if self._has_captures:
            self._path.rename(self._path.with_name(self._path.name.removesuffix(OPEN)))
        else:
            self._path.unlink()
        sync_folder(self._path.parent)
        return inserted

    def _last_row(self) -> tuple[int, str]:
        """End of the record of this file's last row, and its provenance."""
        end = captures.c.warc_offset + captures.c.warc_length
        last = (select(end, captures.c.provenance).where(captures.c.warc_file == self._name)
                .order_by(captures.c.warc_offset.desc()).limit(1))
        with self._catalog.store.read() as connection:
            row = connection.execute(last).first()
        return (row[0], row[1]) if row else (0, "unknown")

    def _records(self) -> Iterator[PendingCapture]:
        """The captures after the last row; moves `_end` to the end of each intact record."""
        for record in read_warc(self._path, self._end):
            if isinstance(record, ImportFault):
                LOG.warning("%s", record)
                continue
            self._end = record.offset + record.length
            if record.kind == "warcinfo":
                self._provenance = provenance_of(record) or self._provenance
            elif is_capture(record):
                self._has_captures = True
                try:
                    pending = pending_capture(record, self._provenance, self._catalog)
                except ImportFault as fault:
                    LOG.warning("%s at offset %d: %s", self._path, record.offset, fault)
                    continue
                pending = replace(pending, is_asked=self._provenance in CRAWLED)
                yield pending.located(self._name, record.offset, record.length)
