"""Limits of a connection, one at a time: slow and idle clients, slow readers, large responses, a busy worker."""

import asyncio
import os
import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic
from types import SimpleNamespace

import pytest
from gunicorn.config import Config

from webapp.server import connection as module
from webapp.server.answer import BUSY, IN_MEMORY, Outbox, Spool, SpoolFullError
from webapp.server.connection import Connection
from webapp.server.worker import EventLoopWorker
from webapp.settings import WebSettings

GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


@dataclass
class StubWorker:
    """A worker whose application is a function that fills the outbox."""

    fill: Callable[[Outbox], object]
    busy: bool = False
    alive: bool = True
    spool: Spool = field(default_factory=lambda: Spool(10 * IN_MEMORY))
    outboxes: list[Outbox] = field(default_factory=list)

    def new_outbox(self):
        self.outboxes.append(Outbox(self.spool))
        return self.outboxes[-1]

    async def respond(self, raw, outbox):
        self.fill(outbox)
        return not raw.last


def hello(outbox):
    outbox.sendall(b"hello")


def talk(worker, client_side):
    """Serve one connection while `client_side(reader, writer)` runs; what it returns."""
    async def run():
        listening = socket.create_server(("127.0.0.1", 0))
        with listening:
            client = socket.create_connection(listening.getsockname())
            server, address = listening.accept()
        serving = asyncio.create_task(Connection(worker, server, address).serve())
        reader, writer = await asyncio.open_connection(sock=client)
        try:
            async with asyncio.timeout(10):
                result = await client_side(reader, writer)
                await serving
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
        return result

    return asyncio.run(run())


def exchange(*parts):
    """A client that sends these bytes and reads to the end."""
    async def client_side(reader, writer):
        for part in parts:
            writer.write(part)
        with suppress(ConnectionError):
            return await reader.read()
        return b"reset"
    return client_side


@pytest.fixture(autouse=True)
def _short_limits(monkeypatch):
    for name in ("REQUEST_SECONDS", "SEND_SECONDS", "PAUSE_SECONDS", "LINGER_SECONDS"):
        monkeypatch.setattr(module, name, 0.1)


@pytest.mark.parametrize("sent", [b"", GET[:20]], ids=["idle", "half a request"])
def test_a_client_that_sends_no_whole_request_in_time_is_dropped(sent):
    assert talk(StubWorker(hello), exchange(sent)) in (b"", b"reset")


def test_a_body_that_does_not_come_is_not_waited_for():
    head = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nabc"
    assert talk(StubWorker(hello), exchange(head)) in (b"", b"reset")


def test_a_client_that_does_not_read_is_dropped_and_its_space_given_back():
    size = IN_MEMORY * 8
    worker = StubWorker(lambda outbox: outbox.sendall(b"x" * size))

    async def deaf(reader, writer):
        reader._transport.pause_reading()
        writer.write(GET)
        while not worker.outboxes or not worker.outboxes[0]._file.closed:
            await asyncio.sleep(0.01)
        reader._transport.resume_reading()
        with suppress(ConnectionError):
            return await reader.read()
        return b"reset"

    assert len(talk(worker, deaf)) < size
    worker.spool.take(10 * IN_MEMORY)  # all of it is free again
    with pytest.raises(SpoolFullError):
        worker.spool.take(1)


def test_requests_sent_together_are_answered_in_order():
    assert talk(StubWorker(hello), exchange(GET, GET)).startswith(b"hellohello")


def test_a_large_response_is_sent_whole():
    body = bytes(range(256)) * 8192
    assert talk(StubWorker(lambda outbox: outbox.sendall(body)), exchange(GET)) == body


def test_a_busy_worker_answers_503_with_retry_after_and_never_runs_the_application():
    answer = talk(StubWorker(lambda _: 1 / 0, busy=True), exchange(GET))
    assert answer == BUSY
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"\r\nRetry-After: 2\r\n" in answer


def test_after_a_refusal_the_next_request_waits(monkeypatch):
    monkeypatch.setattr(module, "PAUSE_SECONDS", 0.3)
    refused = []

    async def impatient(reader, writer):
        started = monotonic()
        for _ in range(2):
            writer.write(GET)
            refused.append((await reader.readexactly(len(BUSY)), monotonic() - started))

    talk(StubWorker(hello, busy=True), impatient)
    (first, at_once), (second, later) = refused
    assert first == second == BUSY
    assert at_once < 0.3 <= later


def test_a_refused_head_request_gets_no_body():
    answer = talk(StubWorker(hello, busy=True), exchange(GET.replace(b"GET", b"HEAD")))
    assert answer == BUSY[:BUSY.index(b"\r\n\r\n") + 4]


def test_a_stopping_worker_serves_no_further_request():
    assert talk(StubWorker(hello, alive=False), exchange(GET)) in (b"", b"reset")


def test_responses_that_nobody_reads_have_a_limit_together():
    spool = Spool(3 * IN_MEMORY)
    first, second, third = Outbox(spool), Outbox(spool), Outbox(spool)
    first.sendall(b"x" * (2 * IN_MEMORY))
    with pytest.raises(SpoolFullError):
        second.sendall(b"x" * (2 * IN_MEMORY))
    first.close()
    third.sendall(b"x" * (2 * IN_MEMORY))
    for each in (second, third):
        each.close()


def test_a_worker_that_is_stopped_before_it_began_ends_at_once():
    """A worker that failed here made the master end with a traceback."""
    worker = EventLoopWorker(1, os.getpid(), [], SimpleNamespace(settings=WebSettings()), 60, Config(), None)
    try:
        worker.handle_exit(signal.SIGTERM, None)
        assert not worker.alive
    finally:
        worker.tmp.close()
