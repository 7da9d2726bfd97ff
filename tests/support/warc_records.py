"""WARC records and files as other tools write them, saved pages, and a disk that fills up."""

import gzip
import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from support.archive import release_url

FIRST_ID = "<urn:uuid:00000000-0000-4000-8000-000000000001>"  # the id of `record(…, number=1)`


def record(kind: str, url: str, block: bytes, *, number: int = 1, date: str = "2020-05-17T10:30:00Z",
           fields: Iterable[tuple[str, str | None]] = ()) -> bytes:
    """A WARC record, not compressed."""
    head = [("WARC-Type", kind), ("WARC-Record-ID", f"<urn:uuid:00000000-0000-4000-8000-{number:012}>"),
            ("WARC-Date", date), ("WARC-Target-URI", url), ("Content-Type", f"application/http; msgtype={kind}"),
            *fields, ("Content-Length", str(len(block)))]
    lines = "".join(f"{key}: {value}\r\n" for key, value in head if value is not None)
    return b"WARC/1.0\r\n" + lines.encode() + b"\r\n" + block + b"\r\n\r\n"


def http_response(body: bytes = b"<h1>one</h1>", head: bytes = b"Content-Type: text/html\r\n") -> bytes:
    """The block of a response record."""
    return b"HTTP/1.1 200 OK\r\n" + head + b"\r\n" + body


def response_record(body: bytes = b"<h1>one</h1>", head: bytes = b"Content-Type: text/html\r\n", *, url: str = "",
                    number: int = 1, **more: Any) -> bytes:
    """A response record; without a URL, of the release with its number."""
    return record("response", url or release_url(number), http_response(body, head), number=number, **more)


def write_warc(path: Path, *records: bytes, packed: bool = True) -> Path:
    """Write a WARC file of these records, each a gzip member of its own; its path."""
    path.write_bytes(b"".join(gzip.compress(each) for each in records) if packed else b"".join(records))
    return path


def save_page(folder: Path, name: str, body: bytes = b"<h1>saved</h1>") -> str:
    """Write a saved page into a folder; its name."""
    (folder / name).write_bytes(body)
    return name


class FullDisk(io.FileIO):
    """A file on a disk that is full after `room` more bytes; a write that crosses the line is torn."""

    room = 0

    def write(self, data: bytes) -> int:  # type: ignore[override]
        if self.room <= 0:
            raise OSError(28, "No space left on device")
        taken = super().write(bytes(data)[:self.room])
        self.room -= taken
        return taken
