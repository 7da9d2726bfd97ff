"""Run the catalog in a worker process: one core reads and inserts captures while another one fetches."""

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
    """A worker process that inserts one batch at a time; it exits when it is closed or its parent dies.

    Strict request/reply over one pipe, so it cannot deadlock: a batch is `pending` until the worker has confirmed it.
    If the worker fails or dies, `drain` returns the batch.
    """

    def __init__(self, settings: ArchiveSettings, reader: Reader) -> None:
        self.pending: list[PendingCapture] = []
        self.is_dead = False
        self._has_replied = False  # to the last batch, or that it has started
        context = get_context("spawn")  # a fork would inherit the crawl's sockets and threads
        self._pipe, worker_end = context.Pipe()
        self._process = context.Process(target=run_worker, args=(worker_end, settings, reader), daemon=True)
        with _sigint_blocked():
            self._process.start()
        worker_end.close()

    def is_idle(self) -> bool:
        """True if the worker has started and confirmed the last batch."""
        if not self._has_replied and not self.is_dead and self._pipe.poll():
            self._receive()
        return self._has_replied and not self.pending

    def submit(self, batch: Sequence[PendingCapture]) -> None:
        """Send a batch; only when `is_idle`."""
        self.pending, self._has_replied = list(batch), False
        try:
            self._pipe.send(self.pending)
        except OSError:
            self.is_dead = True

    def drain(self) -> list[PendingCapture]:
        """Wait for the reply to the last batch; returns the batch if it was not inserted, else an empty list."""
        if self.pending and not self._has_replied and not self.is_dead:
            self._receive()
        failed, self.pending = self.pending, []
        return failed

    def close(self) -> None:
        """End the process after its present batch."""
        self._pipe.close()
        self._process.join()
        self._process.close()

    def _receive(self) -> None:
        try:
            reply = self._pipe.recv()
        except (EOFError, OSError):
            self.is_dead = True
            return
        self._has_replied = True
        if reply == DONE:
            self.pending = []


@contextmanager
def _sigint_blocked() -> Iterator[None]:
    """Block SIGINT while spawning: the child inherits the mask and ignores Ctrl-C; the parent gets it afterwards."""
    resource_tracker.ensure_running()  # if it started inside the block, it would unblock SIGINT
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def run_worker(pipe: Connection, settings: ArchiveSettings, reader: Reader) -> None:
    """Main function of the process: reply once when ready, then insert batch after batch until the pipe is closed."""
    with pipe, Store.open(settings) as store:
        catalog = Catalog(store, reader, schedule=settings.schedule())
        try:
            pipe.send(DONE)
            while True:
                pipe.send(_insert(catalog, pipe.recv()))
        except (EOFError, OSError):
            return  # the parent has closed the pipe or died


def _insert(catalog: Catalog, batch: Sequence[PendingCapture]) -> str:
    try:
        catalog.add(batch)
    except ArchiveError:
        return FAILED  # the parent retries, and raises its own error
    return DONE
