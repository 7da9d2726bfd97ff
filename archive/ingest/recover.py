"""Recover `.open` WARC files of dead processes: insert and read their records, cut a torn end, rename them.

Rejects, whose records are in WARC files as well, are tried again here.
"""

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import Row

from archive.db.warc_files import delete_rejects, select_rejects
from archive.errors import ArchiveError, ImportFault, WarcError
from archive.ingest.catalog import Catalog, PendingCapture, known_records
from archive.ingest.file_catalog import BATCH, Catalogued, FileCatalog
from archive.ingest.from_warc import pending_capture
from archive.ingest.revisits import resolve_revisits
from archive.warc.random_access import load_record
from archive.warc.writer import FOLDER, OPEN, lock, sync_folder

LOG = logging.getLogger(__name__)


def recover(data: Path, catalog: Catalog) -> Catalogued:
    """Recover every `.open` file whose process is dead; returns how many files gave captures, and these.

    Damaged records are logged: a torn end is what a killed process leaves, and no reason to fail.
    """
    found = Catalogued()
    for path in sorted((data / FOLDER).rglob(f"*{OPEN}")):
        found = found.plus(_recover_file(data, path, catalog))
    return found


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
    if known:
        resolve_revisits(data, catalog, report)
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
    """Recover one file; returns the number of captures inserted."""
    try:
        with path.open("r+b") as file:
            if not lock(file) or not _is_same_file(file, path):
                return 0  # its process is alive, or another process has just recovered it
            os.fsync(file.fileno())  # rows are inserted only after this
            found = FileCatalog(data, path, catalog, _log_fault)
            inserted = found.insert()
            _finish(path, file, found)
            return inserted
    except FileNotFoundError:
        return 0
    except OSError as error:
        raise WarcError(f"{path}, left by a dead process, cannot be recovered: {error.strerror}; check disk "
                        "space and permissions") from error


def _finish(path: Path, file: BinaryIO, found: FileCatalog) -> None:
    """Cut the file behind its last whole record and rename it; remove it if it holds no capture."""
    if file.seek(0, os.SEEK_END) > found.end:
        LOG.warning("%s: %d bytes after the last whole record are cut", path, file.tell() - found.end)
        file.truncate(found.end)
        os.fsync(file.fileno())
    if found.has_captures:
        path.rename(path.with_name(path.name.removesuffix(OPEN)))
    else:
        path.unlink()
    sync_folder(path.parent)


def _is_same_file(file: BinaryIO, path: Path) -> bool:
    return os.path.samestat(os.fstat(file.fileno()), path.stat())


def _log_fault(fault: ImportFault) -> None:
    LOG.warning("%s", fault)
