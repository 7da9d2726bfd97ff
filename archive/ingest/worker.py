"""The catalogue in a process of its own: while pages are fetched, another core reads them and writes their rows."""

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing import get_context, resource_tracker
from multiprocessing.connection import Connection

from archive.db.store import Store
from archive.errors import ArchiveError
from archive.ingest.catalog import Catalog, PendingCapture
from archive.records import Reader
from archive.settings import ArchiveSettings

DONE, FAILED = "done", "failed"


class CatalogWorker:
    """A helper process that adds one batch at a time. It ends when it is closed, and when its owner dies.

    A batch is `outstanding` until the helper has said that it is in the store. By turns one side sends and the other
    one receives, so that neither can wait for the other for ever. A helper that dies or fails costs nothing: what is
    outstanding is given back by `settle`.
    """

    def __init__(self, settings: ArchiveSettings, reader: Reader) -> None:
        self.outstanding: list[PendingCapture] = []
        self.is_dead = False
        self._listens = False
        context = get_context("spawn")  # a fork would take the crawl's sockets and threads along
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=serve, args=(theirs, settings, reader), daemon=True)
        with _ctrl_c_waits():
            self._process.start()
        theirs.close()

    def is_free(self) -> bool:
        """Whether the next batch would be taken at once."""
        if not self._listens and not self.is_dead and self._pipe.poll():
            self._receive()
        return self._listens and not self.outstanding

    def take(self, kept: Sequence[PendingCapture]) -> None:
        """Hand over a batch; only when `is_free`."""
        self.outstanding, self._listens = list(kept), False
        try:
            self._pipe.send(self.outstanding)
        except OSError:
            self.is_dead = True

    def settle(self) -> list[PendingCapture]:
        """Wait for the helper; gives what it could not bring into the store, which its owner has to do then."""
        if self.outstanding and not self._listens and not self.is_dead:
            self._receive()
        left, self.outstanding = self.outstanding, []
        return left

    def close(self) -> None:
        """End the process, after the batch that it is at."""
        self._pipe.close()
        self._process.join()
        self._process.close()

    def _receive(self) -> None:
        try:
            said = self._pipe.recv()
        except (EOFError, OSError):
            self.is_dead = True
            return
        self._listens = True
        if said == DONE:
            self.outstanding = []


@contextmanager
def _ctrl_c_waits() -> Iterator[None]:
    """Ctrl-C reaches this process afterwards, and one that is made meanwhile never: it is born with what is blocked."""
    resource_tracker.ensure_running()  # made later, it would unblock what is blocked here
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def serve(pipe: Connection, settings: ArchiveSettings, reader: Reader) -> None:
    """What the helper does: say that it listens, then add batch after batch until the other end is closed."""
    with pipe, Store.open(settings) as store:
        catalog = Catalog(store, reader)
        try:
            pipe.send(DONE)
            while True:
                pipe.send(_added(catalog, pipe.recv()))
        except (EOFError, OSError):
            return  # the owner has closed its end, or is dead


def _added(catalog: Catalog, batch: Sequence[PendingCapture]) -> str:
    try:
        catalog.add(batch)
    except ArchiveError:
        return FAILED  # the owner tries it again, and says why if it fails there too
    return DONE
