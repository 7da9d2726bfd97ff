"""Folders that stand for one another: one writer at a time, and a new one put in an old one's place."""

import ctypes
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from indexer.errors import IndexerError

_HERE = -100  # AT_FDCWD: the paths are as they are
_EXCHANGE = 2  # RENAME_EXCHANGE


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock that this file stands for, waiting for whoever holds it; a dead process holds none."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = path.open("ab")
    except OSError as error:
        raise IndexerError(f"{path} cannot be written: {error.strerror}; check the rights of its folder") from error
    with handle:
        _lock(handle.fileno())
        yield  # closing the file gives the lock back


def _lock(descriptor: int) -> None:
    if os.name == "nt":
        import msvcrt  # the other platforms have no such module

        msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)  # type: ignore[attr-defined,unused-ignore]
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX)


def put_in_place(new: Path, old: Path) -> None:
    """Make `new` stand at `old`; what stood there is removed afterwards, and readers that have it open keep it.

    Where the system can (Linux), both are exchanged in one step, so that something always stands at `old`.
    """
    try:
        if not old.exists():
            new.rename(old)
        elif _exchange(new, old):
            shutil.rmtree(new)
        else:
            _rename_twice(new, old)
    except OSError as error:
        raise IndexerError(f"{new} cannot be put in the place of {old}: {error.strerror}") from error


def _exchange(one: Path, other: Path) -> bool:
    """Whether two folders could be exchanged in one step."""
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError, TypeError):  # not Linux, or a C library before 2018
        return False
    return bool(rename(_HERE, os.fsencode(one), _HERE, os.fsencode(other), ctypes.c_uint(_EXCHANGE)) == 0)


def _rename_twice(new: Path, old: Path) -> None:
    aside = new.with_name(f"{old.name}.old")
    shutil.rmtree(aside, ignore_errors=True)
    old.rename(aside)
    new.rename(old)
    shutil.rmtree(aside)
