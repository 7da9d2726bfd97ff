"""Recover `.open` WARC files of dead processes: insert and read their records, cut a torn end, rename them."""

import logging
import os
from pathlib import Path
from typing import BinaryIO

from archive.errors import ImportFault, WarcError
from archive.ingest.catalog import Catalog
from archive.ingest.file_catalog import Catalogued, FileCatalog
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
