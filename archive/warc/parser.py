"""Parse WARC files of any tool record by record, plain or gzip, and continue behind damaged records.

warcio's ArchiveIterator is not used because it stops at the first error. This parser searches for the next record after
a damaged one, or the next gzip member after a torn one, and yields an ImportFault with the offset in between.
"""

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Protocol

from warcio.statusandheaders import StatusAndHeadersParser, StatusAndHeadersParserException

from archive.errors import ImportFault
from archive.text import storable

VERSIONS = ["WARC/1.1", "WARC/1.0", "WARC/0.18", "WARC/0.17"]
GZIP = b"\x1f\x8b\x08"
LIMIT = 64 * 1024 * 1024  # bytes of a block; a larger one is an ImportFault
LINE = 1024 * 1024  # bytes of a WARC field; URLs can be very long
CHUNK = 16 * 1024  # compressed bytes per read
WINDOW = 1024 * 1024  # bytes searched at once for the next record

# WARC/1.0\r\n
_VERSION_LINE = re.compile(rb"WARC/\d\.\d+\r?\n")


@dataclass(frozen=True, slots=True)
class Record:
    """One WARC record: fields, block, and location in the file.

    `length` is that of its gzip member; 0 if it has none of its own (plain files, files gzipped as a whole).
    """

    fields: tuple[tuple[str, str], ...]
    block: bytes
    offset: int = 0
    length: int = 0

    def field(self, name: str) -> str | None:
        """The first value of a WARC field as storable text, None if missing."""
        return next((storable(value) for key, value in self.fields if key.lower() == name.lower()), None)

    def uri(self, name: str) -> str:
        """A field that holds a URI or a record id, without its angle brackets; '' if missing."""
        return strip_brackets(self.field(name))

    @property
    def kind(self) -> str:
        """The record's type: response, resource, revisit, request, warcinfo …"""
        return (self.field("WARC-Type") or "").lower()

    @property
    def record_id(self) -> str | None:
        """The record's id without angle brackets, None if missing."""
        return self.uri("WARC-Record-ID") or None

    @property
    def target_uri(self) -> str:
        """The URL of the capture without angle brackets, '' if missing."""
        return self.uri("WARC-Target-URI")


class _DamagedRecord(Exception):  # becomes an ImportFault with file and offset
    """The record that is being parsed is damaged."""


class _ByteStream(Protocol):
    def read(self, size: int, /) -> bytes: ...
    def readline(self, size: int = ..., /) -> bytes: ...


def read_warc(path: Path, start: int = 0) -> Iterator[Record | ImportFault]:
    """Every record of a file from offset `start` on, with an ImportFault in place of each damaged one."""
    try:
        with path.open("rb", buffering=WINDOW) as file:
            file.seek(start)
            begin = file.read(len(GZIP))
            if not begin and not start:
                yield ImportFault(f"{path} is empty")
            elif not start and not (GZIP.startswith(begin[:3]) or b"WARC/".startswith(begin)) and path.suffix != ".gz":
                yield from _unrecognised_file(file, path, begin)
            elif begin == GZIP or (path.suffix == ".gz" and begin != b"WAR"):
                yield from _gzip_records(file, path, start)
            else:
                yield from _plain_records(file, path, start)
    except OSError as error:
        yield ImportFault(f"{path} cannot be read: {error.strerror}; check the path and its permissions")


def strip_brackets(value: str | None) -> str:
    """A record id or URI without the angle brackets that WARC puts around it; '' for None.

    >>> strip_brackets(" <urn:uuid:6c1d> ")
    'urn:uuid:6c1d'
    """
    return (value or "").strip().strip("<> ")


def parse_member(member: bytes) -> Record:
    """The record in one gzip member; ImportFault if it is damaged or too large."""
    try:
        stream = BytesIO(zlib.decompress(member, zlib.MAX_WBITS | 16))
        record = _parse_record(stream, stream.readline())
    except (zlib.error, _DamagedRecord) as error:
        raise ImportFault(str(error)) from error
    if isinstance(record, int):
        raise ImportFault(_too_large(record))
    return record


def _unrecognised_file(file: BinaryIO, path: Path, begin: bytes) -> Iterator[Record | ImportFault]:
    """Records further on in a file that does not begin as a WARC file."""
    begin += file.read(24)
    yield ImportFault(f"{path} at offset 0: this is not a WARC file, it begins with {begin[:24]!r}; "
                      "a saved page needs its address: --url, or an index.csv in its folder")
    if (offset := _find_member(file, 0)) is not None:
        yield from _gzip_records(file, path, offset)
    elif (offset := _find_version_line(file, 0)) is not None:
        yield from _plain_records(file, path, offset)


def _gzip_records(file: BinaryIO, path: Path, start: int) -> Iterator[Record | ImportFault]:
    offset: int | None = start
    while offset is not None and not _at_end(file, offset):
        member = _GzipMember(file, offset)
        try:
            yield from _member_records(member, path, offset)
            offset = member.end()
        except _DamagedRecord as damage:
            yield ImportFault(f"{path} at offset {offset}: {damage}")
            offset = _find_member(file, offset + 1)


def _member_records(member: "_GzipMember", path: Path, offset: int) -> Iterator[Record | ImportFault]:
    """The records of one gzip member: one by the standard, all of them in a file that was gzipped as a whole."""
    line = _read_version_line(member)
    is_first = True
    while line:
        record = _parse_record(member, line)
        line = _read_version_line(member)
        if isinstance(record, int):
            yield ImportFault(f"{path} at offset {offset}: {_too_large(record)}")
        else:
            is_alone = is_first and not line
            yield replace(record, offset=offset, length=member.end() - offset if is_alone else 0)
        is_first = False


def _plain_records(file: BinaryIO, path: Path, start: int) -> Iterator[Record | ImportFault]:
    offset: int | None = start
    while offset is not None:
        file.seek(offset)
        try:
            line = _read_version_line(file)
            offset = file.tell() - len(line)
            if not line:
                return
            record = _parse_record(file, line)
            end = file.tell()
            if file.read(4) != b"\r\n\r\n":
                file.seek(end)
                _read_version_line(file)  # some tools end records differently; then a version line or EOF must follow
        except _DamagedRecord as damage:
            yield ImportFault(f"{path} at offset {offset}: {damage}")
            offset = _find_version_line(file, offset + 1)
            continue
        yield (ImportFault(f"{path} at offset {offset}: {_too_large(record)}") if isinstance(record, int)
               else replace(record, offset=offset))
        offset = end


def _read_version_line(stream: _ByteStream) -> bytes:
    """The version line of the next record, after any blank lines; b"" at the end of the stream."""
    while line := stream.readline(LINE):
        if not line.strip():
            continue
        if not line.startswith(b"WARC/"):
            raise _DamagedRecord(f"a WARC record should begin after this one, but there is {line[:24]!r}")
        return line
    return b""


def _parse_record(stream: _ByteStream, line: bytes) -> Record | int:
    """The record that begins with a version line; its length if that is more than LIMIT, the block skipped."""
    try:
        fields = tuple(StatusAndHeadersParser(VERSIONS).parse(stream, line).headers)
    except (StatusAndHeadersParserException, EOFError) as error:
        raise _DamagedRecord(f"this is no version of WARC that is known: {line[:24]!r}") from error
    record = Record(fields, b"")
    declared = (record.field("Content-Length") or "").strip()
    if not (declared.isascii() and declared.isdigit() and len(declared) < 19):
        raise _DamagedRecord("the record's head is cut, or says no Content-Length")
    length, count = int(declared), 0
    if length <= LIMIT:
        block = stream.read(length)
        count, record = len(block), replace(record, block=block)
    else:
        while part := stream.read(min(WINDOW, length - count)):
            count += len(part)
    if count < length:
        raise _DamagedRecord(f"the record ends after {count} of its {length} bytes")
    return record if length <= LIMIT else length


def _too_large(length: int) -> str:
    return f"the record has {length} bytes, more than the {LIMIT >> 20} MB limit"


def _at_end(file: BinaryIO, offset: int) -> bool:
    file.seek(offset)
    return not file.read(1)


def _find_member(file: BinaryIO, start: int) -> int | None:
    """Offset of the next gzip member that holds a WARC record."""
    for offset in _search(file, start, re.compile(re.escape(GZIP))):
        file.seek(offset)
        try:
            if zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(file.read(512), 5) == b"WARC/":
                return offset
        except zlib.error:
            continue
    return None


def _find_version_line(file: BinaryIO, start: int) -> int | None:
    return next(_search(file, start, _VERSION_LINE), None)


def _search(file: BinaryIO, start: int, pattern: re.Pattern[bytes]) -> Iterator[int]:
    """Offsets of the matches of a pattern of fewer than 32 bytes."""
    overlap = 32
    while True:
        file.seek(start)
        window = file.read(WINDOW)
        for match in pattern.finditer(window):
            yield start + match.start()
        if len(window) < WINDOW:
            return
        start += WINDOW - overlap


class _GzipMember:
    """Stream over the decompressed bytes of one gzip member, in bounded memory."""

    def __init__(self, file: BinaryIO, start: int) -> None:
        file.seek(start)
        self._file = file
        self._decoder = zlib.decompressobj(zlib.MAX_WBITS | 16)
        self._buffer, self._at = b"", 0

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes, fewer only at the member's end."""
        parts = []
        while size > 0 and self._fill():
            parts.append(self._buffer[self._at:self._at + size])
            self._at += len(parts[-1])
            size -= len(parts[-1])
        return b"".join(parts)

    def readline(self, size: int = LINE, /) -> bytes:
        """A line with its line end, cut after `size` bytes."""
        line = b""
        while not line.endswith(b"\n") and len(line) < size and self._fill():
            end = self._buffer.find(b"\n", self._at) + 1 or len(self._buffer)
            part = self._buffer[self._at:min(end, self._at + size - len(line))]
            self._at += len(part)
            line += part
        return line

    def end(self) -> int:
        """The offset after the member; its unread bytes are skipped."""
        while self._fill():
            self._at = len(self._buffer)
        return self._file.tell() - len(self._decoder.unused_data)

    def _fill(self) -> bool:
        """Decompress more if the buffer is used up; False at the end of the member."""
        while self._at == len(self._buffer):
            if self._decoder.eof:
                return False
            compressed = self._decoder.unconsumed_tail or self._file.read(CHUNK)
            if not compressed:
                raise _DamagedRecord("the file ends inside this gzip member")
            try:
                self._buffer, self._at = self._decoder.decompress(compressed, 16 * CHUNK), 0
            except zlib.error as error:
                raise _DamagedRecord(f"this is not a whole gzip member: {error}") from error
        return True
