"""One WARC file while it grows: locked by its process, whole records only, on disk before anybody is told."""

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from archive.errors import WarcError

OPEN = ".open"  # the ending of a file that its process still writes to
FOLDER = "warc"
ATTEMPTS = 20


@dataclass(slots=True)
class WarcFile:
    """A file that records are appended to; `name` is its final path below the data folder, with forward slashes.

    After a fault that leaves the end of the file unknown it is `broken`: it takes nothing more and keeps its `.open`
    name, so that the next process repairs it.
    """

    data: Path
    name: str
    out: BinaryIO
    size: int = 0
    broken: bool = False
    info: str = field(default="")  # the warcinfo record in force
    provenance: str = ""

    @property
    def path(self) -> Path:
        """Where the file is while it is open."""
        return self.data / f"{self.name}{OPEN}"

    def append(self, packed: bytes) -> int:
        """The offset where the bytes now stand; on failure nothing of them stays and ArchiveError is raised."""
        self._require_whole()
        start = self.size
        try:
            write_all(self.out, packed)
        except OSError as error:
            self._cut(start)
            raise WarcError(f"{self.path} cannot be written: {error.strerror or error}; "
                               "nothing is half-stored, free some space and run the command again") from error
        self.size += len(packed)
        return start

    def sync(self) -> None:
        """Return when everything appended is on disk; afterwards rows may point at it."""
        self._require_whole()
        try:
            os.fsync(self.out.fileno())
        except OSError as error:
            self.broken = True  # the kernel may have dropped what it could not write
            raise WarcError(f"{self.path} cannot be brought to disk: {error.strerror}; check the disk") from error

    def close(self, *, finished: bool = True) -> None:
        """Let the lock go; a finished file loses its `.open`, an empty one goes, any other one waits for its repair."""
        with _telling(self.path, "closed"), self.out:
            if finished and not self.broken:
                os.rename(self.path, self.data / self.name) if self.size else os.unlink(self.path)
                sync_folder(self.path.parent)

    def _require_whole(self) -> None:
        if self.broken:
            raise WarcError(f"{self.path} could not be mended after a failed write; run the command again, "
                               "which repairs it")

    def _cut(self, size: int) -> None:
        try:
            os.ftruncate(self.out.fileno(), size)
            self.out.seek(size)  # else the next record would follow a hole of zeros
        except OSError:
            self.broken = True


def create(data: Path, now: datetime) -> WarcFile:
    """A new, empty, locked file in the folder of its month; it and its folders are on disk under their names."""
    moment = now.astimezone(UTC)
    folder = data / FOLDER / f"{moment:%Y}" / f"{moment:%m}"
    with _telling(folder, "made"):
        _make_folder(folder)
    for _ in range(ATTEMPTS):
        name = f"gongbao-{moment:%Y%m%d%H%M%S}-{os.getpid()}-{secrets.token_hex(4)}.warc.gz"
        path = folder / f"{name}{OPEN}"
        with _telling(path, "made"):
            out = open_new(path)
            if lock(out) and os.fstat(out.fileno()).st_nlink:
                sync_folder(folder)
                return WarcFile(data, (folder / name).relative_to(data).as_posix(), out)
        out.close()  # a process that repairs took the empty file for a left one, and removed it
    raise WarcError(f"no file can be made and locked in {folder}; does its file system know locks?")


def open_new(path: Path) -> BinaryIO:
    """A file that did not exist before, for appending, unbuffered: what is written is at the kernel at once."""
    return open(path, "xb", buffering=0)


def write_all(out: BinaryIO, data: bytes) -> None:
    """Write every byte; an unbuffered file may take fewer at a time."""
    rest = memoryview(data)
    while rest:
        rest = rest[out.write(rest):]


def lock(file: BinaryIO) -> bool:
    """Take the file for this process until it is closed; False when another one (or another part of this) has it."""
    try:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def sync_folder(folder: Path) -> None:
    """Bring names in a folder to disk: a file that is on disk without its name is lost."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _make_folder(folder: Path) -> None:
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for each in missing:
        with suppress(PermissionError):  # the parent of the data folder may not be ours to open
            sync_folder(each.parent)


@contextmanager
def _telling(path: Path, verb: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise WarcError(f"{path} cannot be {verb}: {error.strerror}; check space and rights") from error
