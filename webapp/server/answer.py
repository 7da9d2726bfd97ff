"""Answers of the WSGI application: one parsed request in a thread, its response kept until the event loop sends it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from tempfile import SpooledTemporaryFile
from threading import Lock
from typing import Any

from gunicorn.http import RequestParser, wsgi

IN_MEMORY = 1024 * 1024  # bytes of a response; what is larger goes into an unnamed file
SENT_AT_ONCE = 64 * 1024
SERVER_NAME = "gongbao"


def _plain(status: str, text: str, *headers: str) -> bytes:
    """A response that needs neither the application nor a parsed request."""
    body = f"{text}\n".encode()
    lines = [f"HTTP/1.1 {status}", f"Server: {SERVER_NAME}", "Content-Type: text/plain; charset=utf-8",
             f"Content-Length: {len(body)}", "Cache-Control: no-store", *headers]
    return "\r\n".join([*lines, "", ""]).encode("ascii") + body


BUSY = _plain("503 Service Unavailable", "Too many requests at the moment; please try again in some seconds. "
              "请求过多,请几秒钟后再试。", "Retry-After: 2")
HEAD_TOO_LARGE = _plain("431 Request Header Fields Too Large", "The address or the headers are too long.",
                        "Connection: close")
BODY_TOO_LARGE = _plain("413 Content Too Large", "This site takes no uploads.", "Connection: close")
LENGTH_REQUIRED = _plain("411 Length Required", "A body needs its Content-Length.", "Connection: close")


def busy(head: bytes) -> bytes:
    """The refusal of a request, without its text for HEAD: the next response on the connection would follow it."""
    return BUSY.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" if head.startswith(b"HEAD ") else BUSY


class SpoolFullError(OSError):
    """The large responses that clients have not read yet take all the space that they may."""


class Spool:
    """Bytes that the large responses of a worker may take on disk together."""

    def __init__(self, size: int) -> None:
        self._free, self._lock = size, Lock()

    def take(self, size: int) -> None:
        """Reserve bytes, or give them back (negative); raises SpoolFullError if there are not as many."""
        with self._lock:
            if size > self._free:
                raise SpoolFullError
            self._free -= size


class Outbox:
    """A response as bytes, with the methods of a socket that gunicorn calls; it never waits for the client."""

    def __init__(self, spool: Spool) -> None:
        self._spool, self._reserved, self._size = spool, 0, 0
        self._file = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - closed when it is sent

    def sendall(self, data: bytes) -> None:
        """Keep these bytes; raises SpoolFullError."""
        self._size += len(data)
        if self._size > IN_MEMORY:
            more = self._size - self._reserved
            self._spool.take(more)
            self._reserved += more
        self._file.write(data)

    def send(self, data: bytes) -> int:
        """Drop "100 Continue": the body was read already."""
        return len(data)

    def gettimeout(self) -> float:
        """Zero: gunicorn then leaves the socket's mode as it is."""
        return 0.0

    def chunks(self) -> Iterator[bytes]:
        """The bytes in order, in pieces."""
        self._file.seek(0)
        while piece := self._file.read(SENT_AT_ONCE):
            yield piece

    def replace(self, data: bytes) -> None:
        """Keep these bytes instead of all before."""
        self._file.seek(0)
        self._file.truncate()
        self._file.write(data)

    def close(self) -> None:
        """Give the space back."""
        self._file.close()
        self._spool.take(-self._reserved)
        self._reserved = 0


@dataclass(frozen=True, slots=True)
class RawRequest:
    """A request as it came: head and body, the addresses of both ends, and if the connection must close after it."""

    head: bytes
    body: bytes
    client: Any
    server: Any
    last: bool


def answer(worker: Any, raw: RawRequest, outbox: Outbox) -> bool:
    """Write the application's response to the outbox; True if the connection may serve another request."""
    request = None
    try:
        request = next(RequestParser(worker.cfg, iter((raw.head, raw.body)), raw.client))
        return _respond(worker, request, raw, outbox)
    except SpoolFullError:
        outbox.replace(busy(raw.head))
        return True
    except Exception as error:  # noqa: BLE001 - whatever it is, gunicorn logs it and words the answer
        outbox.replace(b"")
        worker.handle_error(request, outbox, raw.client, error)
        return False


def _respond(worker: Any, request: Any, raw: RawRequest, outbox: Outbox) -> bool:
    started = datetime.now(UTC)
    response, environ = wsgi.create(request, outbox, raw.client, raw.server, worker.cfg)
    response.version = SERVER_NAME
    environ["wsgi.multithread"] = True
    if raw.last:
        response.force_close()
    parts = worker.wsgi(environ, response.start_response)
    try:
        for part in parts:
            response.write(part)
        response.close()
    finally:
        if hasattr(parts, "close"):
            parts.close()
        worker.log.access(response, request, environ, datetime.now(UTC) - started)
    return not response.should_close()
