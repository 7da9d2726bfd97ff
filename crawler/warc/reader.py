"""Records out of WARC files: one whose place is known, or all of a file, whatever its state."""

import zlib
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Protocol

from warcio.statusandheaders import StatusAndHeadersParser

from crawler.capture import Capture
from crawler.errors import ArchiveError
from crawler.times import moment
from crawler.warc.bodies import decode
from crawler.warc.exchange import Headers, header
from crawler.warc.writer import OPEN

VERSIONS = ["WARC/1.1", "WARC/1.0", "WARC/0.18", "WARC/0.17"]
_WARC = StatusAndHeadersParser(VERSIONS)


class CaptureRow(Protocol):
    """The columns of `captures` that say where a capture is kept."""

    @property
    def url(self) -> str: ...
    @property
    def fetched_at(self) -> str: ...
    @property
    def content_type(self) -> str | None: ...
    @property
    def status(self) -> int | None: ...
    @property
    def warc_file(self) -> str: ...
    @property
    def warc_offset(self) -> int: ...
    @property
    def warc_length(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Record:
    """One WARC record: its fields and its block, and where it stands (a gzip member, or the plain bytes)."""

    fields: tuple[tuple[str, str], ...]
    block: bytes
    offset: int
    length: int

    def field(self, name: str) -> str | None:
        """The first value of a WARC field, None where it is missing."""
        return next((value for key, value in self.fields if key.lower() == name.lower()), None)

    @property
    def kind(self) -> str:
        """The record's type: response, resource, revisit, request, warcinfo …"""
        return (self.field("WARC-Type") or "").lower()

    @property
    def record_id(self) -> str | None:
        """The record's id without its angle brackets."""
        return (self.field("WARC-Record-ID") or "").strip().strip("<>") or None

    @property
    def is_http(self) -> bool:
        """Whether the block begins with an HTTP head."""
        return self.kind in ("response", "request", "revisit") and self.block[:5].upper() != b"" and (
            (self.field("Content-Type") or "application/http").strip().lower().startswith("application/http"))

    def http(self) -> "Message":
        """The block as an HTTP message; a block without an HTTP head is all body."""
        return parse_message(self.block) if self.is_http else Message(None, (), self.block)


@dataclass(frozen=True, slots=True)
class Message:
    """An HTTP response or request as kept: `body` still has its encodings."""

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
    """Take a block apart: status line, headers, body.

    >>> parse_message(b"HTTP/1.1 200 OK\\r\\nETag: x\\r\\n\\r\\nbody").status
    200
    """
    stream = BytesIO(block)
    lines: list[bytes] = []
    while line := stream.readline().rstrip(b"\r\n"):
        if line[:1] in (b" ", b"\t") and len(lines) > 1:
            lines[-1] += b" " + line.strip()  # a folded header
        else:
            lines.append(line)
    pairs = (each.partition(b":") for each in lines[1:])
    words = lines[0].split(None, 2) if lines else []
    status = int(words[1]) if len(words) > 1 and words[0].startswith(b"HTTP/") and words[1].isdigit() else None
    return Message(status, tuple((name.strip(), value.strip()) for name, colon, value in pairs if colon), stream.read())


def load(data: Path, row: CaptureRow) -> Capture:
    """The capture that a row of `captures` points at; BodyError where its body cannot be decoded.

    A revisit has no body of its own: load the row that its `repeats` names.
    """
    record = load_record(data, row)
    return Capture(url=row.url, body=record.http().decoded(), fetched_at=moment(row.fetched_at),
                   content_type=row.content_type, status=row.status if row.status is not None else 200)


def load_record(data: Path, row: CaptureRow) -> Record:
    """The record that a row points at, as kept: WARC fields, HTTP head and undecoded body."""
    place = f"{row.warc_file} at offset {row.warc_offset}"
    try:
        plain = zlib.decompress(_member(data, row), zlib.MAX_WBITS | 16)
    except zlib.error as error:
        raise ArchiveError(f"{place} is damaged: {error}; restore the file from a backup") from error
    stream = BytesIO(plain)
    if not plain.startswith(b"WARC/"):
        raise ArchiveError(f"{place} holds no WARC record; restore the file from a backup")
    fields = tuple(_WARC.parse(stream).headers)
    record = Record(fields, b"", row.warc_offset, row.warc_length)
    return Record(fields, stream.read(int(record.field("Content-Length") or 0)), row.warc_offset, row.warc_length)


def _member(data: Path, row: CaptureRow) -> bytes:
    """The bytes of the row's gzip member, whether its file is finished, still open, or finished this very moment."""
    path = data / row.warc_file
    for each in (path, path.with_name(path.name + OPEN), path):
        try:
            with each.open("rb") as file:
                file.seek(row.warc_offset)
                return file.read(row.warc_length)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise ArchiveError(f"{each} cannot be read: {error.strerror}") from error
    raise ArchiveError(f"{path} is missing; restore it from a backup")
