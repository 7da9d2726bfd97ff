"""Copy files into and out of backups: flushed to disk, under their final name only when whole, with SHA-256."""

import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from archive.errors import BackupError
from archive.warc.parser import Record, read_warc
from archive.warc.writer import make_folder, sync_folder

PIECE = 1 << 20
PART = ".part"  # suffix of a copy that is being written
Advance = Callable[[int], None]


def copy_file(source: BinaryIO, target: Path, size: int, advance: Advance) -> str:
    """Copy the first `size` bytes of a file; returns their SHA-256. `advance` is called with numbers of bytes."""
    part = target.with_name(f"{target.name}{PART}")
    make_folder(target.parent)
    digest, left = hashlib.sha256(), size
    with part.open("wb") as out:
        while left and (piece := source.read(min(PIECE, left))):
            out.write(piece)
            digest.update(piece)
            left -= len(piece)
            advance(len(piece))
        out.flush()
        os.fsync(out.fileno())
    if left:
        part.unlink()
        raise BackupError(f"{source.name} ended {left} bytes early while it was copied; check the disk, then run the "
                          "command again")
    part.replace(target)
    sync_folder(target.parent)
    return digest.hexdigest()


def digest_of(path: Path, size: int, advance: Advance = lambda _bytes: None) -> str:
    """SHA-256 of the first `size` bytes of a file."""
    digest, left = hashlib.sha256(), size
    with path.open("rb") as file:
        while left and (piece := file.read(min(PIECE, left))):
            digest.update(piece)
            left -= len(piece)
            advance(len(piece))
    return digest.hexdigest()


def whole_records(path: Path, start: int) -> int:
    """The end of the last whole record of a file, one of whose records ends at `start`."""
    end = min(start, path.stat().st_size)
    for record in read_warc(path, end):
        if not isinstance(record, Record):
            break
        end = record.offset + record.length
    return end


def require_space(folder: Path, needed: int) -> None:
    """Raise BackupError if the disk of a folder, which may be missing, has less space than that."""
    existing = next(each for each in (folder, *folder.parents) if each.exists())
    free = shutil.disk_usage(existing).free
    if needed > free:
        raise BackupError(f"{folder} has room for {_megabytes(free)}, {_megabytes(needed)} are needed; make room or "
                          "name another folder")


def _megabytes(size: int) -> str:
    """A size for people, rounded up.

    >>> _megabytes(1), _megabytes(2_500_000_000)
    ('1 MB', '2,500 MB')
    """
    return f"{-(-size // 1_000_000):,} MB"
