"""Random access to WARC records: load or stream the record of a row of `captures` by file and offset."""

import zlib
from gzip import BadGzipFile, GzipFile
from pathlib import Path
from typing import BinaryIO, Protocol, Self

from archive.errors import ImportFault, WarcError
from archive.warc.http import HttpMessage, parse_message
from archive.warc.parser import Record, parse_member
from archive.warc.writer import OPEN


class StoredCapture(Protocol):
    """Columns of `captures` with the capture's metadata and the location of its record."""

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


_PIECE = 64 * 1024
_DAMAGE = (BadGzipFile, EOFError, zlib.error, ValueError)


class BodyStream:
    """The body in a record as sent, content encoding included, in pieces; `length` is its size in bytes.

    `message` has the HTTP header and no body. Close it, read to its end or not.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._member = GzipFile(fileobj=file)
        kind, size = _read_warc_header(self._member)
        has_head = kind == b"request" or (kind != b"resource" and self._member.peek(5)[:5] == b"HTTP/")
        head = _read_http_head(self._member, size) if has_head else b""
        self.message = parse_message(head)
        self.length = self._left = size - len(head)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> bytes:
        try:
            piece = self._member.read(min(_PIECE, self._left))
        except _DAMAGE as error:
            raise WarcError(f"{self._file.name} is damaged: {error}; restore the file from a backup") from error
        self._left -= len(piece)
        if not piece:
            raise StopIteration
        return piece

    def close(self) -> None:
        """Close the file."""
        self._member.close()
        self._file.close()


def stream_body(data: Path, row: StoredCapture) -> BodyStream:
    """The body of a row, however large; WarcError if its file is missing or the record's beginning is damaged."""
    file = _open_member(data, row)
    try:
        return BodyStream(file)
    except _DAMAGE as error:
        file.close()
        raise _damaged(data, row, error) from error


def _read_warc_header(member: GzipFile) -> tuple[bytes, int]:
    """The type of a record and the size of its block, at which the member then stands."""
    fields: dict[bytes, bytes] = {}
    while (line := member.readline(_PIECE)).strip():
        name, _, value = line.partition(b":")
        fields[name.strip().lower()] = value.strip()
    return fields.get(b"warc-type", b""), int(fields.get(b"content-length", b"no Content-Length"))


def _read_http_head(member: GzipFile, size: int) -> bytes:
    """The HTTP header at the beginning of a block, with the blank line after it."""
    lines: list[bytes] = []
    while size > 0:
        lines.append(line := member.readline(min(_PIECE, size)))
        size -= len(line)
        if not line.strip():
            break
    return b"".join(lines)


def load_record(data: Path, row: StoredCapture) -> Record:
    """The record of a row, fields and block; WarcError if its file is missing, unreadable or damaged."""
    try:
        return parse_member(_read_member(data, row))
    except ImportFault as error:
        raise _damaged(data, row, error) from error


def _damaged(data: Path, row: StoredCapture, error: Exception) -> WarcError:
    return WarcError(f"{data / row.warc_file} at offset {row.warc_offset} is damaged: {error}; "
                     "restore the file from a backup")


def http_message(record: Record) -> HttpMessage:
    """The HTTP message in a record, body still encoded; a resource or request record has a body only."""
    if record.kind == "request":
        return HttpMessage(None, (), record.block.partition(b"\r\n\r\n")[2])
    return HttpMessage(None, (), record.block) if record.kind == "resource" else parse_message(record.block)


def _read_member(data: Path, row: StoredCapture) -> bytes:
    """The bytes of the row's gzip member."""
    with _open_member(data, row) as file:
        try:
            return file.read(row.warc_length)
        except OSError as error:
            raise _unreadable(Path(file.name), error) from error


def _open_member(data: Path, row: StoredCapture) -> BinaryIO:
    """The finished or the `.open` file of a row, at its gzip member."""
    try:
        opened = open_warc(data, row.warc_file)
    except OSError as error:
        raise _unreadable(Path(error.filename), error) from error
    if opened is None:
        raise WarcError(f"{data / row.warc_file} is missing; restore it from a backup")
    file, _ = opened
    file.seek(row.warc_offset)
    return file


def open_warc(data: Path, name: str) -> tuple[BinaryIO, bool] | None:
    """A WARC file by its final name, and True if it is still being written; None if there is none."""
    path = data / name
    for each in (path, path.with_name(path.name + OPEN), path):  # tried again: it may be renamed in between
        try:
            return each.open("rb"), each is not path
        except FileNotFoundError:
            continue
    return None


def _unreadable(path: Path, error: OSError) -> WarcError:
    return WarcError(f"{path} cannot be read: {error.strerror}; check the disk and the file's permissions")
