"""One client's connection: its requests one after the other, with a limit in bytes and seconds on each step."""

import asyncio
import re
import socket
from time import monotonic
from typing import TYPE_CHECKING, Any

from webapp.server.answer import BODY_TOO_LARGE, HEAD_TOO_LARGE, LENGTH_REQUIRED, Outbox, RawRequest, busy

if TYPE_CHECKING:
    from webapp.server.worker import EventLoopWorker

HEAD = 32 * 1024  # bytes; a search of 2,000 Chinese characters takes 18,000
BODY = 64 * 1024
REQUEST_SECONDS = 15.0  # from the last response (or the connection) to the end of the next request
SEND_SECONDS = 30.0  # for each 64 kB
PAUSE_SECONDS = 1.0  # after a 503, before the next request is read: repeating at once must not slow down the others
LINGER_SECONDS = 1.0

# "Content-Length: 12" · "transfer-encoding: chunked"
_BODY = re.compile(rb"\r\n(?:content-length[ \t]*:[ \t]*(\d{1,19})|(transfer-encoding)[ \t]*:)", re.IGNORECASE)


class _Refused(Exception):
    """A request over a limit; `args[0]` is the response, after which the connection closes."""


class Connection:
    """The connection of one client; `waiting` is true while no whole request is here, `since` says since when."""

    def __init__(self, worker: "EventLoopWorker", client: socket.socket, address: Any) -> None:
        self._worker, self._socket, self._address = worker, client, address
        self._server = client.getsockname()
        self._transport: asyncio.WriteTransport | None = None
        self.waiting, self.since = True, monotonic()

    def abort(self) -> None:
        """Close at once."""
        if self._transport is None:
            self._socket.close()
        else:
            self._transport.abort()

    async def serve(self) -> None:
        """Answer requests until either side closes, or a limit is passed."""
        try:
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            reader, writer = await asyncio.open_connection(sock=self._socket, limit=HEAD)
        except (OSError, ValueError):  # the client is gone, or abort() closed the socket
            self._socket.close()
            return
        self._transport = writer.transport
        self._transport.set_write_buffer_limits(0)  # drain() then waits until all is sent
        try:
            while self._worker.alive and await self._exchange(reader, writer):
                pass
        except _Refused as refused:
            await self._refuse(refused.args[0], reader, writer)
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            self._transport.abort()
        finally:
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request and its response; False if it was the last."""
        self.waiting, self.since = True, monotonic()
        async with asyncio.timeout(REQUEST_SECONDS):
            head, body = await _read_request(reader)
        self.waiting = False
        if self._worker.busy:
            writer.write(busy(head))
            await writer.drain()
            self.waiting, self.since = True, monotonic()
            await asyncio.sleep(PAUSE_SECONDS)
            return True
        outbox = self._worker.new_outbox()
        try:
            raw = RawRequest(head, body, self._address, self._server, not self._worker.alive)
            keep = await self._worker.respond(raw, outbox)
            await _send(outbox, writer)
        finally:
            outbox.close()
        return keep

    async def _refuse(self, response: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Send a refusal, and read on for a moment: closing with unread bytes would take it from the client."""
        try:
            async with asyncio.timeout(LINGER_SECONDS):
                writer.write(response)
                await writer.drain()
                writer.write_eof()
                while await reader.read(HEAD):
                    pass
        except (OSError, TimeoutError):
            writer.transport.abort()


async def _read_request(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """Head and body of the next request; raises _Refused, or IncompleteReadError at the end of the connection."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError:
        raise _Refused(HEAD_TOO_LARGE) from None
    declared = _BODY.search(head)
    if declared is None:
        return head, b""
    if declared[2]:
        raise _Refused(LENGTH_REQUIRED)
    size = int(declared[1])
    if size > BODY:
        raise _Refused(BODY_TOO_LARGE)
    return head, await reader.readexactly(size)


async def _send(outbox: Outbox, writer: asyncio.StreamWriter) -> None:
    for chunk in outbox.chunks():
        writer.write(chunk)
        async with asyncio.timeout(SEND_SECONDS):
            await writer.drain()
