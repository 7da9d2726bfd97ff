"""HTTP messages as WARC records hold them."""

from dataclasses import dataclass
from io import BytesIO

from crawler.warc.bodies import decode
from crawler.warc.exchange import Headers, header


@dataclass(frozen=True, slots=True)
class Message:
    """A response as kept; `body` still has its encodings. `status` is None where there is no HTTP head."""

    status: int | None
    headers: Headers
    body: bytes

    def decoded(self) -> bytes:
        """The body without transfer and content encodings; raises BodyError."""
        return decode(self.body, self.headers)

    def header(self, name: str) -> str | None:
        """The first value of a header, None where it is missing."""
        return header(self.headers, name)


def parse_message(block: bytes) -> Message:
    """A block taken apart into status, headers and body; one without an HTTP head is all body.

    >>> parse_message(b"HTTP/1.1 200 OK\\r\\nETag: x\\r\\n\\r\\nbody").status
    200
    """
    if not block.startswith(b"HTTP/"):
        return Message(None, (), block)
    stream = BytesIO(block)
    words, lines = stream.readline().split(None, 2), list[bytes]()
    while line := stream.readline().rstrip(b"\r\n"):
        if line[:1] in (b" ", b"\t") and lines:
            lines[-1] += b" " + line.strip()  # a folded header
        else:
            lines.append(line)
    pairs = (each.partition(b":") for each in lines)
    headers = tuple((name.strip(), value.strip()) for name, colon, value in pairs if colon)
    return Message(int(words[1]) if len(words) > 1 and words[1].isdigit() else None, headers, stream.read())
