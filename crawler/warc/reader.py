"""Records whose place is known: a row of `captures` to what it says."""

from pathlib import Path
from typing import Protocol

from crawler.capture import Capture
from crawler.errors import ArchiveError, ImportFault
from crawler.times import moment
from crawler.warc.framing import Record, read_warc, unpack
from crawler.warc.messages import Message, parse_message
from crawler.warc.writer import OPEN

__all__ = ["CaptureRow", "Message", "Record", "load", "load_record", "message_of", "read_warc"]


class CaptureRow(Protocol):
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


def load(data: Path, row: CaptureRow) -> Capture:
    """The capture that a row points at; BodyError where its body cannot be decoded.

    A revisit has no body of its own: load the row that its `repeats` names.
    """
    body = message_of(load_record(data, row)).decoded()
    return Capture(row.url, body, moment(row.fetched_at), row.content_type, row.status)


def load_record(data: Path, row: CaptureRow) -> Record:
    """The record that a row points at, as kept: WARC fields and the whole block."""
    try:
        return unpack(_member(data, row))
    except ImportFault as error:
        raise ArchiveError(f"{data / row.warc_file} at offset {row.warc_offset} is damaged: {error}; "
                           "restore the file from a backup") from error


def message_of(record: Record) -> Message:
    """The HTTP message in a record, undecoded; of a saved page without one, its bytes."""
    if record.kind == "request":
        return Message(None, (), record.block.partition(b"\r\n\r\n")[2])
    return Message(None, (), record.block) if record.kind == "resource" else parse_message(record.block)


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
