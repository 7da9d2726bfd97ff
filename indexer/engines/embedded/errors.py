"""Tantivy's errors -> the kinds of EngineError."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from indexer.errors import BrokenIndexError, EngineError, TooCostlyError, UnavailableError

REBUILD = "run `gongbao index --rebuild`"
_PANIC = "Tantivy panicked"
_BROKEN = (_PANIC, "Data corrupt", "InvalidData", "IncompatibleIndex", "does not exist", "DoesNotExist", "schema",
           "incompatible", "Unsupported dictionary type", "end of buffer", "doc store version", "decompressed buffer",
           "Not a directory",
           "File exists")
_TOO_COSTLY = "exceeds size limit"  # of the automaton of a regular expression


@contextmanager
def engine_errors(folder: Path) -> Iterator[None]:
    """Turn Tantivy's errors into kinds of EngineError, its panics too (they derive from BaseException).

    A panic is damage: Tantivy trusts the bytes of its files.
    """
    try:
        yield
    except (ValueError, OverflowError, RuntimeError, OSError, TypeError, KeyError) as error:
        raise _kind(folder, str(error)) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise _kind(folder, f"{_PANIC}: {error}") from error


def _kind(folder: Path, trouble: str) -> EngineError:
    """The error for the user: the cause, the folder, the next step.

    What is not known to be damage may pass: taken for a fault of a document, it would cost that document.
    """
    if "LockBusy" in trouble:
        return UnavailableError(
            f"another process is writing to the index in {folder}; wait until it is done, or stop it")
    if "No space left" in trouble:
        return UnavailableError(f"the disk of {folder} is full; make room and try again ({trouble})")
    if "ermission denied" in trouble or "Read-only" in trouble:
        return UnavailableError(f"the search index in {folder} cannot be used: permission denied; give this user read "
                                "and write permission for the folder (readers keep a lock file there)")
    if _TOO_COSTLY in trouble:
        return TooCostlyError("a quotation with parts of words is too long to search for; write whole words")
    reason = f"the search index in {folder} cannot be used: {trouble.splitlines()[0] if trouble else 'no reason'}"
    if any(each in trouble for each in _BROKEN):
        return BrokenIndexError(f"{reason}; {REBUILD}")
    return UnavailableError(f"{reason}; try again, and if that does not help, {REBUILD}")
