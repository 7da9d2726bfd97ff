"""Lock file per source, so that one crawl at a time requests its pages; recovery of runs whose process died."""

from dataclasses import dataclass
from pathlib import Path

from filelock import BaseFileLock, Timeout
from sqlalchemy import select

from archive.db.store import Store
from archive.db.tables import runs
from archive.errors import BusyError
from archive.locks import lock_file, source_lock
from archive.messages import message
from archive.times import Clock
from crawler.errors import DataFolderError


@dataclass(frozen=True, slots=True)
class SourceLock:
    """Exclusive lock of a source until `close` or the end of the process. Runs start and finish only under it."""

    file_lock: BaseFileLock

    @classmethod
    def take(cls, data: Path, source: str) -> "SourceLock":
        """Lock a source without waiting.

        Raises BusyError if another crawl holds the lock, in this process or another; DataFolderError if the file
        cannot be created or its file system has no locks.
        """
        path = source_lock(data, source)
        try:
            return cls(lock_file(path, blocking=False))
        except Timeout:
            raise BusyError(str(message("source_busy", source=source))) from None
        except OSError as error:
            raise DataFolderError(f"{path} cannot be created and locked: {error.strerror}; check space, permissions "
                                  "and that the file system supports locks") from error

    def close(self) -> None:
        """Release the lock."""
        self.file_lock.release()


def close_dead_runs(data: Path, store: Store, clock: Clock) -> None:
    """Finish runs as failed that are still `running` although no process holds the lock of their source."""
    for source in sorted({source for _, source in _running(store)}):
        try:
            lock = SourceLock.take(data, source)
        except BusyError:
            continue  # its process is alive
        try:
            for run_id in [run_id for run_id, each in _running(store) if each == source]:
                store.finish_run(run_id, clock(), "failed", (message("run_died"),))
        finally:
            lock.close()


def _running(store: Store) -> list[tuple[int, str]]:
    running = select(runs.c.id, runs.c.source).where(runs.c.verdict == "running").order_by(runs.c.id)
    with store.read() as connection:
        return [(row.id, row.source) for row in connection.execute(running)]
