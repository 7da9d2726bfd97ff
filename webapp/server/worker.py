"""Gunicorn worker: an event loop reads requests and sends responses, threads run the application in between.

A thread is only taken by a whole request, and left before the response is sent: clients that send or read slowly hold
none. Gunicorn's own threaded worker reads and writes in its threads; four half-sent requests stop it.
"""

import asyncio
import os
import resource
import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from time import monotonic
from types import FrameType
from typing import Any

from gunicorn.workers.base import Worker

from webapp.server.answer import Outbox, RawRequest, Spool, answer, busy
from webapp.server.connection import Connection
from webapp.settings import WebSettings

BLOCKED_AT_FORK = {signal.SIGTERM}  # until the new worker has its own handlers: it has the master's until then
CONNECTIONS = 1000  # open at the same time in one worker; an unfinished request takes 64 kB at most
FILES = 100  # open files that are no connections
ACCEPTED_AT_ONCE = 16
LEFT_TO_OTHERS = 0.002  # seconds that a busy worker leaves new connections to one that is idle
QUEUE_SECONDS = 2.0  # a request that waited longer is refused instead: its reader is gone or has reloaded
SPOOL = 512 * 1024 * 1024


class EventLoopWorker(Worker):  # type: ignore[misc]  # the library has no types
    """One process of the site; `app.settings` are its WebSettings."""

    alive: bool

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        settings: WebSettings = self.app.settings
        self._threads, self._admitted = settings.threads, settings.threads + settings.queue
        self._running: dict[int, float] = {}  # requests in threads or waiting for one, and when each came
        self._connections: set[Connection] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop = asyncio.Event()
        self._spool = Spool(SPOOL)
        files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        self._most_connections = max(1, min(CONNECTIONS, files - FILES))

    def init_signals(self) -> None:
        """Those of gunicorn, but Ctrl+C reaches the master alone, which stops the workers gracefully."""
        super().init_signals()
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, BLOCKED_AT_FORK)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """SIGTERM: finish what runs, then end."""
        super().handle_exit(sig, frame)
        if self._loop is not None:  # else it has not begun, and will end at once
            self._loop.call_soon_threadsafe(self._stop.set)

    def run(self) -> None:
        """Serve until SIGTERM, or until the master is gone."""
        self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="request")
        with asyncio.Runner() as runner:
            self._loop = runner.get_loop()
            runner.run(self._serve())
        self._pool.shutdown(wait=False, cancel_futures=True)
        if self._running:
            os._exit(1)  # a thread that does not end would keep this process for ever

    async def _serve(self) -> None:
        accepting = [asyncio.create_task(self._accept(each)) for each in self.sockets]
        while self.alive and os.getppid() == self.ppid:
            self._beat()
            with suppress(TimeoutError):
                async with asyncio.timeout(1):
                    await self._stop.wait()
        self.alive = False
        for each in accepting:
            each.cancel()
        await asyncio.gather(*accepting, return_exceptions=True)
        for listener in self.sockets:
            listener.close()
        await self._finish()

    async def _finish(self) -> None:
        """Close the connections that wait for a request; wait for the others."""
        limit = monotonic() + self.cfg.graceful_timeout
        while self._connections and monotonic() < limit:
            self._beat()
            for each in [each for each in self._connections if each.waiting]:
                each.abort()
            await asyncio.sleep(0.02)

    def _beat(self) -> None:
        """Tell the master that this worker lives, unless a request runs for longer than the master's patience."""
        oldest = min(self._running.values(), default=monotonic())
        if monotonic() - oldest < self.cfg.timeout:
            self.notify()

    async def _accept(self, listener: Any) -> None:
        """Accept connections for ever; while all threads are busy, slower than an idle worker would."""
        listener.setblocking(False)
        accepted = 0
        while True:
            try:
                client, address = await asyncio.get_running_loop().sock_accept(listener)
            except OSError:  # too many open files, or the client is gone
                await asyncio.sleep(0.1)
                continue
            self._open(client, address)
            accepted += 1
            if accepted % ACCEPTED_AT_ONCE == 0 or len(self._running) >= self._threads:
                await asyncio.sleep(LEFT_TO_OTHERS)

    def _open(self, client: socket.socket, address: Any) -> None:
        if len(self._connections) >= self._most_connections and not self._drop_one():
            client.close()
            return
        connection = Connection(self, client, address)
        self._connections.add(connection)
        task = asyncio.create_task(connection.serve())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda _: self._connections.discard(connection))

    def _drop_one(self) -> bool:
        """Close the connection that has waited longest for a whole request; False if none waits."""
        waiting = [each for each in self._connections if each.waiting]
        if not waiting:
            return False
        oldest = min(waiting, key=lambda each: each.since)
        oldest.abort()
        self._connections.discard(oldest)
        return True

    @property
    def busy(self) -> bool:
        """True while threads and queue are full."""
        return len(self._running) >= self._admitted

    async def respond(self, raw: RawRequest, outbox: Outbox) -> bool:
        """Run the application for a request; True if the connection may serve another one."""
        ticket, came = id(raw), monotonic()
        self._running[ticket] = came
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._pool, self._answer, raw, outbox, came)
        finally:
            del self._running[ticket]

    def new_outbox(self) -> Outbox:
        """Where a response is kept until it is sent."""
        return Outbox(self._spool)

    def _answer(self, raw: RawRequest, outbox: Outbox, came: float) -> bool:
        if monotonic() - came > QUEUE_SECONDS:
            outbox.replace(busy(raw.head))
            return True
        return answer(self, raw, outbox)
