"""Random access to WARC records: load the record of a row of `captures` by file and offset."""

from pathlib import Path
from typing import Protocol

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


def load_record(data: Path, row: StoredCapture) -> Record:
    """The record of a row, fields and block; WarcError if its file is missing, unreadable or damaged."""
    try:
        return parse_member(_read_member(data, row))
    except ImportFault as error:
        raise WarcError(f"{data / row.warc_file} at offset {row.warc_offset} is damaged: {error}; "
                        "restore the file from a backup") from error


def http_message(record: Record) -> HttpMessage:
    """The HTTP message in a record, body still encoded; a resource or request record has a body only."""
    if record.kind == "request":
        return HttpMessage(None, (), record.block.partition(b"\r\n\r\n")[2])
    return HttpMessage(None, (), record.block) if record.kind == "resource" else parse_message(record.block)


def _read_member(data: Path, row: StoredCapture) -> bytes:
    """The bytes of the row's gzip member, from the finished or the `.open` file."""
    path = data / row.warc_file
    for each in (path, path.with_name(path.name + OPEN), path):  # tried again: it may be renamed in between
        try:
            with each.open("rb") as file:
                file.seek(row.warc_offset)
                return file.read(row.warc_length)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise WarcError(
                f"{each} cannot be read: {error.strerror}; check the disk and the file's permissions") from error
    raise WarcError(f"{path} is missing; restore it from a backup")
