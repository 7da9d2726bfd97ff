"""What a dead process left behind is repaired: the torn end cut, the records catalogued and read, the file named."""

import logging
import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import select

from archive.db.tables import captures
from archive.errors import ImportFault, WarcError
from archive.ingest.catalog import Catalog, PendingCapture, known_records
from archive.ingest.rows import is_capture, pending_capture, placed, provenance_of
from archive.warc.parser import read_warc
from archive.warc.writer import FOLDER, OPEN, lock, sync_folder

LOG = logging.getLogger(__name__)
BATCH = 64


def recover(data: Path, catalog: Catalog) -> int:
    """Repair every `.open` file whose process is gone; gives how many captures the store did not have yet."""
    return sum(_mend(data, path, catalog) for path in sorted((data / FOLDER).rglob(f"*{OPEN}")))


def _mend(data: Path, path: Path, catalog: Catalog) -> int:
    try:
        with path.open("r+b") as file:
            if not lock(file) or not _is_still(file, path):
                return 0  # its process lives, or another one has just repaired it
            return _Repair(data, path, catalog).run(file)
    except FileNotFoundError:
        return 0
    except OSError as error:
        raise WarcError(f"{path}, left by a dead process, cannot be repaired: {error.strerror}") from error


def _is_still(file: BinaryIO, path: Path) -> bool:
    """Whether the path still names the file that was locked."""
    return os.path.samestat(os.fstat(file.fileno()), path.stat())


class _Repair:
    """The repair of one file. It begins after the last row, since rows come only after their bytes are on disk."""

    def __init__(self, data: Path, path: Path, catalog: Catalog) -> None:
        self._path, self._catalog = path, catalog
        self._name = path.relative_to(data).as_posix().removesuffix(OPEN)
        self._whole, self._provenance = self._catalogued()
        self._holds = self._whole > 0
        self._added = 0

    def run(self, file: BinaryIO) -> int:
        """Bring to disk, catalogue, cut, rename."""
        os.fsync(file.fileno())
        records = self._records()
        while batch := list(islice(records, BATCH)):
            self._add(batch)
        if file.seek(0, os.SEEK_END) > self._whole:
            LOG.warning("%s: %d bytes after the last whole record are cut", self._path, file.tell() - self._whole)
            file.truncate(self._whole)
            os.fsync(file.fileno())
        if self._holds:
            self._path.rename(self._path.with_name(self._path.name.removesuffix(OPEN)))
        else:
            self._path.unlink()  # it was begun, and nothing was kept in it
        sync_folder(self._path.parent)
        return self._added

    def _catalogued(self) -> tuple[int, str]:
        """Where the last row of this file ends, and what it says about where it comes from."""
        end = captures.c.warc_offset + captures.c.warc_length
        last = (select(end, captures.c.provenance).where(captures.c.warc_file == self._name)
                .order_by(captures.c.warc_offset.desc()).limit(1))
        with self._catalog.store.read() as connection:
            row = connection.execute(last).first()
        return (row[0], row[1]) if row else (0, "unknown")

    def _records(self) -> Iterator[PendingCapture]:
        """The captures after the last row; `_whole` is moved to the end of each whole record."""
        for record in read_warc(self._path, self._whole):
            if isinstance(record, ImportFault):
                LOG.warning("%s", record)
                continue
            self._whole = record.offset + record.length
            if record.kind == "warcinfo":
                self._provenance = provenance_of(record) or self._provenance
            elif is_capture(record):
                self._holds = True
                pending = pending_capture(record, self._provenance, self._catalog)
                yield placed(pending, self._name, record.offset, record.length)

    def _add(self, batch: list[PendingCapture]) -> None:
        with self._catalog.store.read() as connection:
            known = known_records(connection, [each.row.record_id for each in batch])
        new = [each for each in batch if each.row.record_id not in known]
        self._catalog.add(new)
        self._added += len(new)
