"""WARC files of any tool and in any state, taken apart record by record; what is damaged is told and passed over."""

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Protocol

from warcio.statusandheaders import StatusAndHeadersParser, StatusAndHeadersParserException

from archive.errors import ImportFault

VERSIONS = ["WARC/1.1", "WARC/1.0", "WARC/0.18", "WARC/0.17"]
GZIP = b"\x1f\x8b\x08"
LIMIT = 64 * 1024 * 1024  # bytes of a block; a larger one is refused
LINE = 1024 * 1024  # bytes of a WARC field; an address can be very long
CHUNK = 16 * 1024
WINDOW = 1024 * 1024  # bytes looked through at once for the next record

# the first line of a record: WARC/1.0\r\n
_START = re.compile(rb"WARC/\d\.\d+\r?\n")


@dataclass(frozen=True, slots=True)
class Record:
    """One WARC record: its fields, its block, and where it stands.

    `length` is 0 where the record has no gzip member of its own (plain files, files of one member).
    """

    fields: tuple[tuple[str, str], ...]
    block: bytes
    offset: int = 0
    length: int = 0

    def field(self, name: str) -> str | None:
        """The first value of a WARC field, None where it is missing."""
        return next((value for key, value in self.fields if key.lower() == name.lower()), None)

    @property
    def kind(self) -> str:
        """The record's type: response, resource, revisit, request, warcinfo …"""
        return (self.field("WARC-Type") or "").lower()

    @property
    def record_id(self) -> str | None:
        """The record's id without its angle brackets, None where it has none."""
        return strip_brackets(self.field("WARC-Record-ID")) or None


class _Damage(Exception):  # not an error yet: it becomes an ImportFault with its place
    """Why the record that is being read cannot be."""


class _Stream(Protocol):
    def read(self, size: int, /) -> bytes: ...
    def readline(self, size: int = ..., /) -> bytes: ...


def read_warc(path: Path, start: int = 0) -> Iterator[Record | ImportFault]:
    """Every record of a file from an offset on; for each damaged place an ImportFault, and then what follows it."""
    try:
        with path.open("rb", buffering=WINDOW) as file:
            file.seek(start)
            begin = file.read(len(GZIP))
            if not begin and not start:
                yield ImportFault(f"{path} is empty")
            elif not start and not (GZIP.startswith(begin[:3]) or b"WARC/".startswith(begin)) and path.suffix != ".gz":
                yield from _foreign(file, path, begin)
            elif begin == GZIP or (path.suffix == ".gz" and begin != b"WAR"):
                yield from _zipped(file, path, start)
            else:
                yield from _plain(file, path, start)
    except OSError as error:
        yield ImportFault(f"{path} cannot be read: {error.strerror}")


def strip_brackets(value: str | None) -> str:
    """A record id or URI without the angle brackets that WARC writes around it; '' for None.

    >>> strip_brackets(" <urn:uuid:6c1d> ")
    'urn:uuid:6c1d'
    """
    return (value or "").strip().strip("<> ")


def unpack(member: bytes) -> Record:
    """The record in one gzip member; ImportFault where there is none."""
    try:
        plain = zlib.decompress(member, zlib.MAX_WBITS | 16)
        record = _parse(_Bytes(plain), plain[:plain.find(b"\n") + 1])
    except (zlib.error, _Damage) as error:
        raise ImportFault(str(error)) from error
    if isinstance(record, int):
        raise ImportFault(_too_large(record))
    return record


def _foreign(file: BinaryIO, path: Path, begin: bytes) -> Iterator[Record | ImportFault]:
    """A file that does not begin as a WARC file does, but may hold records further on."""
    begin += file.read(24)
    yield ImportFault(f"{path} at offset 0: this is no WARC file, it begins with {begin[:24]!r}; "
                      "a saved page needs its address: --url, or an index.csv in its folder")
    if (member := _next_member(file, 0)) is not None:
        yield from _zipped(file, path, member)
    elif (found := _next_plain(file, 0)) is not None:
        yield from _plain(file, path, found)


def _zipped(file: BinaryIO, path: Path, start: int) -> Iterator[Record | ImportFault]:
    place: int | None = start
    while place is not None and not _at_end(file, place):
        member = _Member(file, place)
        try:
            yield from _of_member(member, path, place)
            place = member.end()
        except _Damage as damage:
            yield ImportFault(f"{path} at offset {place}: {damage}")
            place = _next_member(file, place + 1)


def _of_member(member: "_Member", path: Path, place: int) -> Iterator[Record | ImportFault]:
    """The records of one gzip member: one, as it should be, or all of a file that was zipped as a whole."""
    line = _next_line(member)
    alone = True
    while line:
        found = _parse(member, line)
        line = _next_line(member)
        if isinstance(found, int):
            yield ImportFault(f"{path} at offset {place}: {_too_large(found)}")
        else:
            whole = alone and not line
            yield replace(found, offset=place, length=member.end() - place if whole else 0)
        alone = False


def _plain(file: BinaryIO, path: Path, start: int) -> Iterator[Record | ImportFault]:
    place: int | None = start
    while place is not None:
        file.seek(place)
        try:
            line = _next_line(file)
            place = file.tell() - len(line)
            if not line:
                return
            found = _parse(file, line)
            end = file.tell()
            if file.read(4) != b"\r\n\r\n":
                file.seek(end)
                _next_line(file)  # other tools end a record in other ways, but then the next one must follow
        except _Damage as damage:
            yield ImportFault(f"{path} at offset {place}: {damage}")
            place = _next_plain(file, place + 1)
            continue
        yield (ImportFault(f"{path} at offset {place}: {_too_large(found)}") if isinstance(found, int)
               else replace(found, offset=place))
        place = end


def _next_line(stream: _Stream) -> bytes:
    """The line that the next record begins with, b"" at the end; blank lines lie between records."""
    while line := stream.readline(LINE):
        if not line.strip():
            continue
        if not line.startswith(b"WARC/"):
            raise _Damage(f"a WARC record should begin after this one, but there is {line[:24]!r}")
        return line
    return b""


def _parse(stream: _Stream, line: bytes) -> Record | int:
    """The record that a line begins; its length alone where that is more than can be taken in."""
    try:
        fields = tuple(StatusAndHeadersParser(VERSIONS).parse(stream, line).headers)
    except (StatusAndHeadersParserException, EOFError) as error:
        raise _Damage(f"this is no version of WARC that is known: {line[:24]!r}") from error
    record = Record(fields, b"")
    said = (record.field("Content-Length") or "").strip()
    if not (said.isascii() and said.isdigit() and len(said) < 19):
        raise _Damage("the record's head is cut, or says no Content-Length")
    length, there = int(said), 0
    if length <= LIMIT:
        block = stream.read(length)
        there, record = len(block), replace(record, block=block)
    else:
        while part := stream.read(min(WINDOW, length - there)):
            there += len(part)
    if there < length:
        raise _Damage(f"the record ends after {there} of its {length} bytes")
    return record if length <= LIMIT else length


def _too_large(length: int) -> str:
    return f"the record has {length} bytes, more than the {LIMIT >> 20} MB that are taken"


def _at_end(file: BinaryIO, place: int) -> bool:
    file.seek(place)
    return not file.read(1)


def _next_member(file: BinaryIO, start: int) -> int | None:
    """The next offset where a gzip member begins that holds a WARC record."""
    for found in _search(file, start, re.compile(re.escape(GZIP))):
        file.seek(found)
        try:
            if zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(file.read(512), 5) == b"WARC/":
                return found
        except zlib.error:
            continue
    return None


def _next_plain(file: BinaryIO, start: int) -> int | None:
    return next(_search(file, start, _START), None)


def _search(file: BinaryIO, start: int, pattern: re.Pattern[bytes]) -> Iterator[int]:
    overlap = 32
    while True:
        file.seek(start)
        window = file.read(WINDOW)
        for found in pattern.finditer(window):
            yield start + found.start()
        if len(window) < WINDOW:
            return
        start += WINDOW - overlap


class _Bytes:
    """A stream over one finished member, past its first line."""

    def __init__(self, plain: bytes) -> None:
        self._plain, self._at = plain, plain.find(b"\n") + 1

    def read(self, size: int, /) -> bytes:
        self._at += size
        return self._plain[self._at - size:self._at]

    def readline(self, size: int = LINE, /) -> bytes:
        end = self._plain.find(b"\n", self._at) + 1 or len(self._plain)
        return self.read(min(end - self._at, size))


class _Member:
    """What one gzip member unpacks to, as a stream that holds no more than it must."""

    def __init__(self, file: BinaryIO, start: int) -> None:
        file.seek(start)
        self._file = file
        self._unzip = zlib.decompressobj(zlib.MAX_WBITS | 16)
        self._buffer, self._at = b"", 0

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes, fewer only at the member's end."""
        parts = []
        while size > 0 and self._more():
            parts.append(self._buffer[self._at:self._at + size])
            self._at += len(parts[-1])
            size -= len(parts[-1])
        return b"".join(parts)

    def readline(self, size: int = LINE, /) -> bytes:
        """A line with its end, cut after `size` bytes."""
        line = b""
        while not line.endswith(b"\n") and len(line) < size and self._more():
            end = self._buffer.find(b"\n", self._at) + 1 or len(self._buffer)
            part = self._buffer[self._at:min(end, self._at + size - len(line))]
            self._at += len(part)
            line += part
        return line

    def end(self) -> int:
        """The offset after the member, whatever is left of it passed over."""
        while self._more():
            self._at = len(self._buffer)
        return self._file.tell() - len(self._unzip.unused_data)

    def _more(self) -> bool:
        """Whether there is a byte to read."""
        while self._at == len(self._buffer):
            if self._unzip.eof:
                return False
            packed = self._unzip.unconsumed_tail or self._file.read(CHUNK)
            if not packed:
                raise _Damage("the file ends inside this gzip member")
            try:
                self._buffer, self._at = self._unzip.decompress(packed, 16 * CHUNK), 0
            except zlib.error as error:
                raise _Damage(f"this is no whole gzip member: {error}") from error
        return True
