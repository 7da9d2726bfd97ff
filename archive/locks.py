"""Lock files: one process at a time holds one, and the lock of a process that dies is free."""

import fcntl
from pathlib import Path
from typing import BinaryIO

from filelock import BaseFileLock, FileLock

GLANCE = 0.05  # seconds


def lock_file(path: Path, *, blocking: bool) -> BaseFileLock:
    """Lock a file until `release` or the end of the process; the file, and its folder, are created if missing.

    Raises filelock.Timeout if not `blocking` and the file is locked, in this process or another; OSError if it cannot
    be created or its file system has no locks.
    """
    lock = FileLock(
        path, thread_local=False,
        fallback_to_soft=False,  # a soft lock would outlive a killed process
        preserve_lock_file=True)  # if the file were removed, two processes could lock two files of this name
    # `is_locked` holds it for a moment as well, which must not look like another process at work.
    lock.acquire(timeout=-1 if blocking else GLANCE, poll_interval=GLANCE / 10)
    return lock


def source_lock(data: Path, source: str) -> Path:
    """The lock file of a source: the crawl that holds it is the only one that requests its pages."""
    return data / "crawling" / f"{source}.lock"


def is_crawled(data: Path, source: str) -> bool:
    """True if a living process holds the lock of a source, or if nobody but that process may look at it."""
    try:
        with source_lock(data, source).open("rb") as file:
            return is_locked(file)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True


def is_locked(file: BinaryIO) -> bool:
    """True if a living process holds the lock of an open file."""
    try:
        fcntl.flock(file.fileno(), fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    fcntl.flock(file.fileno(), fcntl.LOCK_UN)
    return False
