"""Append records to a WARC file: locked by its process, no partial records, fsync before rows refer to it."""

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from archive.errors import WarcError

OPEN = ".open"  # suffix of a file that is still being written
FOLDER = "warc"
WARC = ".warc.gz"
ATTEMPTS = 20


def warc_names(data: Path) -> list[str]:
    """Final names of all WARC files of an archive, those that are being written included."""
    found = {path.relative_to(data).as_posix().removesuffix(OPEN) for pattern in (f"*{WARC}", f"*{WARC}{OPEN}")
             for path in (data / FOLDER).rglob(pattern)}
    return sorted(found)


def has_warc(data: Path, name: str) -> bool:
    """True unless the WARC file with this final name is missing."""
    path = data / name
    return any(each.exists() for each in (path, path.with_name(path.name + OPEN), path))  # it may be renamed in between


@dataclass(slots=True)
class WarcFile:
    """A WARC file open for appending; `name` is its final path relative to the data folder, with forward slashes.

    `broken` is set by a failure that leaves the end of the file unknown: nothing more is appended, and the file keeps
    its `.open` suffix for the next process to recover.
    """

    data: Path
    name: str
    out: BinaryIO
    size: int = 0
    broken: bool = False
    warcinfo_id: str = ""  # record id of the last warcinfo record, and its provenance
    provenance: str = ""

    @property
    def path(self) -> Path:
        """The path of the file while it is open."""
        return self.data / f"{self.name}{OPEN}"

    def append(self, members: bytes) -> int:
        """Append gzip members; returns their offset. WarcError if that fails; the file is then cut back."""
        self._require_intact()
        start = self.size
        try:
            write_all(self.out, members)
        except OSError as error:
            self._truncate(start)
            raise WarcError(f"{self.path} cannot be written: {error.strerror or error}; "
                            "nothing is half-stored, free some space and run the command again") from error
        self.size += len(members)
        return start

    def sync(self) -> None:
        """Flush to disk; only then may rows refer to what was appended."""
        self._require_intact()
        try:
            os.fsync(self.out.fileno())
        except OSError as error:
            self.broken = True  # the kernel may have dropped dirty pages
            raise WarcError(f"{self.path} cannot be flushed to disk: {error.strerror}; check the disk") from error

    def close(self, *, finished: bool = True) -> None:
        """Release the lock; rename a finished file (remove an empty one), leave any other as `.open` for recovery."""
        with _warc_errors(self.path, "closed"), self.out:
            if finished and not self.broken:
                os.rename(self.path, self.data / self.name) if self.size else os.unlink(self.path)
                sync_folder(self.path.parent)

    def _require_intact(self) -> None:
        if self.broken:
            raise WarcError(f"{self.path} could not be truncated after a failed write; run the command again, "
                            "which repairs it")

    def _truncate(self, size: int) -> None:
        try:
            os.ftruncate(self.out.fileno(), size)
            self.out.seek(size)  # else the next write would leave a hole of zeros
        except OSError:
            self.broken = True


def create(data: Path, now: datetime) -> WarcFile:
    """A new, empty, locked file in the folder of its month; the directory entries are flushed to disk."""
    time = now.astimezone(UTC)
    folder = data / FOLDER / f"{time:%Y}" / f"{time:%m}"
    with _warc_errors(folder, "made"):
        make_folder(folder)
    for _ in range(ATTEMPTS):
        name = f"gongbao-{time:%Y%m%d%H%M%S}-{os.getpid()}-{secrets.token_hex(4)}.warc.gz"
        path = folder / f"{name}{OPEN}"
        with _warc_errors(path, "made"):
            out = open_new(path)
            if lock(out) and os.fstat(out.fileno()).st_nlink:
                sync_folder(folder)
                return WarcFile(data, (folder / name).relative_to(data).as_posix(), out)
        out.close()  # another process recovered the empty file before it was locked, and removed it
    raise WarcError(f"no file can be created and locked in {folder}; put the data folder on a file system with locks")


def open_new(path: Path) -> BinaryIO:
    """Create a file for writing, unbuffered; FileExistsError if it exists."""
    return open(path, "xb", buffering=0)


def write_all(out: BinaryIO, data: bytes) -> None:
    """Write all bytes; an unbuffered write may write fewer."""
    rest = memoryview(data)
    while rest:
        rest = rest[out.write(rest):]


def lock(file: BinaryIO) -> bool:
    """Lock a file until it is closed; False if it is locked by another open file, of this process or another."""
    try:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def sync_folder(folder: Path) -> None:
    """Flush a folder's directory entries to disk; a file without one is lost."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Make a folder and its parents, flushed to disk."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for each in missing:
        with suppress(PermissionError):  # the parent of the data folder may not be readable
            sync_folder(each.parent)


@contextmanager
def _warc_errors(path: Path, verb: str) -> Iterator[None]:
    """Turn OSError into WarcError."""
    try:
        yield
    except OSError as error:
        raise WarcError(f"{path} cannot be {verb}: {error.strerror}; check space and permissions") from error
