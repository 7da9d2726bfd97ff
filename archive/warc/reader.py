"""Records whose place is known: a row of `captures` to what it says."""

from pathlib import Path
from typing import Protocol

from archive.errors import ImportFault, WarcError
from archive.warc.http import HttpMessage, parse_message
from archive.warc.parser import Record, unpack
from archive.warc.writer import OPEN


class StoredCapture(Protocol):
    """The columns of `captures` that say what a capture is and where it is kept."""

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


def load_record(data: Path, row: StoredCapture) -> Record:
    """The record that a row points at, as kept: WARC fields and the whole block."""
    try:
        return unpack(_member(data, row))
    except ImportFault as error:
        raise WarcError(f"{data / row.warc_file} at offset {row.warc_offset} is damaged: {error}; "
                           "restore the file from a backup") from error


def http_message(record: Record) -> HttpMessage:
    """The HTTP message in a record, undecoded; of a saved page without one, its bytes."""
    if record.kind == "request":
        return HttpMessage(None, (), record.block.partition(b"\r\n\r\n")[2])
    return HttpMessage(None, (), record.block) if record.kind == "resource" else parse_message(record.block)


def _member(data: Path, row: StoredCapture) -> bytes:
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
            raise WarcError(f"{each} cannot be read: {error.strerror}") from error
    raise WarcError(f"{path} is missing; restore it from a backup")
