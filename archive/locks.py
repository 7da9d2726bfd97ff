"""Lock files: one process at a time holds one, and the lock of a process that dies is free."""

from pathlib import Path

from filelock import BaseFileLock, FileLock


def lock_file(path: Path, *, blocking: bool) -> BaseFileLock:
    """Lock a file until `release` or the end of the process; the file, and its folder, are created if missing.

    Raises filelock.Timeout if not `blocking` and the file is locked, in this process or another; OSError if it cannot
    be created or its file system has no locks.
    """
    lock = FileLock(
        path, thread_local=False,
        fallback_to_soft=False,  # a soft lock would outlive a killed process
        preserve_lock_file=True)  # if the file were removed, two processes could lock two files of this name
    lock.acquire(blocking=blocking)
    return lock
