"""What went over the wire once, as the crawler hands it to the archive."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

Headers = Sequence[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its response; `body` as sent, content encoding included. `fetched_at` has a zone.

    `source` is the id of the source whose crawl asked, None where the address alone decides.
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


def header(headers: Headers, name: str) -> str | None:
    """The first value of a header, None where it is missing; bytes beyond ASCII are read as Latin-1.

    >>> header([(b"Content-Type", b"text/html; charset=gbk")], "content-type")
    'text/html; charset=gbk'
    """
    wanted = name.lower().encode("latin-1")
    for key, value in headers:
        if key.lower() == wanted:
            return value.strip().decode("latin-1")
    return None
