"""Lock files, and atomic replacement of one directory by another."""

import ctypes
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from archive.locks import lock_file
from indexer.errors import IndexerError

_AT_FDCWD = -100  # relative paths are relative to the working directory
_RENAME_EXCHANGE = 2
_ATTEMPTS = 5


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock of this file, waiting until it is free; a process that dies releases its locks.

    Raises IndexerError where the file cannot be written, or its file system has no locks.
    """
    try:
        lock = lock_file(path, blocking=True)
    except OSError as error:
        raise IndexerError(
            f"{path} cannot be written and locked: {error.strerror}; check the permissions of its folder and that the "
            "file system supports locks") from error
    try:
        yield
    finally:
        lock.release()


def replace_directory(new: Path, old: Path) -> None:
    """Replace `old` by `new` and remove the old directory; readers that have its files open keep them.

    On Linux both are exchanged in one step, so that `old` always exists; elsewhere by two renames.
    Raises IndexerError.
    """
    try:
        if not old.is_dir():
            old.unlink(missing_ok=True)  # a file in the place of the directory
            new.rename(old)
        elif _exchange(new, old):
            _remove(new)
        else:
            _rename_twice(new, old)
    except OSError as error:
        raise IndexerError(f"{new} cannot replace {old}: {error.strerror}; check the permissions of their folder, then "
                           "run `gongbao index --rebuild`") from error


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two directories in one step; False where the system cannot."""
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError, TypeError):  # not Linux, or a C library before 2018
        return False
    flags = ctypes.c_uint(_RENAME_EXCHANGE)
    return bool(rename(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), flags) == 0)


def _rename_twice(new: Path, old: Path) -> None:
    aside = new.with_name(f"{old.name}.old")
    shutil.rmtree(aside, ignore_errors=True)
    old.rename(aside)
    new.rename(old)
    _remove(aside)


def _remove(replaced: Path) -> None:
    """Remove a directory that was replaced; a reader that is about to open it may add a lock file meanwhile.

    What stays after some attempts is removed by the next replacement.
    """
    for _ in range(_ATTEMPTS):
        with suppress(OSError):
            shutil.rmtree(replaced)
            return
