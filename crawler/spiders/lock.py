"""One crawl of a source at a time: a lock that dies with its process says whose runs are still going on."""

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import select

from archive.db.store import Store
from archive.db.tables import runs
from archive.errors import BusyError, WarcError
from archive.messages import message
from archive.times import Clock
from archive.warc.writer import lock

FOLDER = "crawling"


@dataclass(frozen=True, slots=True)
class SourceLock:
    """The right to crawl a source, held until it is closed. A run is begun and ended only while it is held."""

    file: BinaryIO

    @classmethod
    def take(cls, data: Path, source: str) -> "SourceLock":
        """The claim; BusyError where another crawl holds it."""
        path = data / FOLDER / f"{source}.lock"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with ExitStack() as opened:
                # The file stays: if it were removed, two could each hold a lock on "it".
                file = opened.enter_context(path.open("ab"))
                if lock(file):
                    opened.pop_all()
                    return cls(file)
        except OSError as error:
            raise WarcError(f"{path} cannot be made and locked: {error.strerror}; check space, rights and whether "
                               "its file system knows locks") from error
        raise BusyError(f"another crawl is asking {source} already; it is left to that one")

    def close(self) -> None:
        """Let another crawl have the source."""
        self.file.close()


def close_dead_runs(data: Path, store: Store, clock: Clock) -> None:
    """Close the runs whose process is gone as failed, so that none is `running` for ever."""
    for source in sorted({source for _, source in _running(store)}):
        try:
            claim = SourceLock.take(data, source)
        except BusyError:
            continue  # its process lives
        try:
            for number in [number for number, each in _running(store) if each == source]:
                store.finish_run(number, clock(), "failed", (message("run_died"),))
        finally:
            claim.close()


def _running(store: Store) -> list[tuple[int, str]]:
    chosen = select(runs.c.id, runs.c.source).where(runs.c.verdict == "running").order_by(runs.c.id)
    with store.read() as connection:
        return [(row.id, row.source) for row in connection.execute(chosen)]
