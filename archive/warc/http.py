"""HTTP exchanges of the crawler, and the HTTP message in a WARC record."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO

from warcio.statusandheaders import StatusAndHeadersParser

from archive.text import storable

_PARSER = StatusAndHeadersParser([], verify=False)  # accepts any protocol version
Headers = Sequence[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its response; `body` as sent, content encoding included. `fetched_at` has a zone.

    `source` is the id of the crawled source, None to derive it from the URL. `is_retry` if the same run requested the
    URL before.
    """

    url: str
    fetched_at: datetime
    status: int
    reason: str
    response_headers: Headers
    body: bytes
    method: str = "GET"
    request_headers: Headers = ()
    request_body: bytes = b""
    source: str | None = None
    ip_address: str | None = None
    is_retry: bool = False


def header(headers: Headers, name: str) -> str | None:
    """The first value of a header as storable text, decoded as UTF-8, else Latin-1; None if missing.

    >>> header([(b"Content-Type", b"text/html; charset=gbk")], "content-type")
    'text/html; charset=gbk'
    """
    wanted = name.lower().encode("latin-1")
    for key, value in headers:
        if key.lower() == wanted:
            return storable(_text(value.strip()))
    return None


def status_code(text: str) -> int | None:
    """A status code, None if the text is no number; 0 if it has not the three digits of one: servers may send any.

    >>> status_code("404"), status_code("99999999999"), status_code("OK")
    (404, 0, None)
    """
    if not (text.isascii() and text.isdecimal()):
        return None
    return int(text) if len(text) == 3 else 0


def _text(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")


@dataclass(frozen=True, slots=True)
class HttpMessage:
    """An archived response; `body` is still encoded. `status` is None without an HTTP header."""

    status: int | None
    headers: Headers
    body: bytes

    def header(self, name: str) -> str | None:
        """The first value of a header, None if missing."""
        return header(self.headers, name)


def parse_message(block: bytes) -> HttpMessage:
    """Parse a block into status, headers and body; one without an HTTP header is all body.

    >>> parse_message(b"HTTP/1.1 200 OK\\r\\nETag: x\\r\\n\\r\\nbody").status
    200
    """
    if not block.startswith(b"HTTP/"):
        return HttpMessage(None, (), block)
    stream = BytesIO(block)
    head = _PARSER.parse(stream)
    headers = tuple((name.encode(), value.encode()) for name, value in head.headers)
    code = head.statusline.partition(" ")[0]
    return HttpMessage(status_code(code), headers, stream.read())
