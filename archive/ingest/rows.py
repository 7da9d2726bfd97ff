"""Records that stand in a WARC file -> rows of the catalogue: the same whether they were imported or recovered."""

from dataclasses import replace
from urllib.parse import urlsplit

from archive.errors import ImportFault
from archive.ingest.catalog import CaptureRow, Catalog, PendingCapture
from archive.messages import message
from archive.records import Capture, Unreadable
from archive.times import iso, parse_time
from archive.urls import urlkey
from archive.warc import builder
from archive.warc.coding import BodyError, decode
from archive.warc.parser import Record, strip_brackets
from archive.warc.reader import http_message

KINDS = ("response", "resource", "revisit")
UNTYPED = "application/octet-stream"  # what a record must say whose type nobody knows


def is_capture(record: Record) -> bool:
    """Whether a record is something the web was seen to say; not so dns:, metadata or screenshots."""
    return record.kind in KINDS and address_of(record).lower().startswith(("http:", "https:"))


def address_of(record: Record) -> str:
    """The target address; some tools put it into angle brackets."""
    return (record.field("WARC-Target-URI") or "").strip().removeprefix("<").removesuffix(">")


def pending_capture(record: Record, provenance: str, catalog: Catalog) -> PendingCapture:
    """The row of a record with its source, and what is to be read of it; ImportFault where the record is unusable."""
    row = _row(record, provenance)
    row = replace(row, source=catalog.reader.source_of(row.url))
    return PendingCapture(row, _content(record, row) if catalog.should_read(row.kind, row.status, row.url) else None)


def capture_of(record: Record) -> Capture | Unreadable:
    """The capture in a response or resource record; ImportFault where the record is unusable."""
    return _content(record, _row(record, ""))


def _row(record: Record, provenance: str) -> CaptureRow:
    """The row of a record, without its source and its offset in one of our files."""
    url = usable_url(address_of(record))
    said = http_message(record)
    if record.kind == "response" and not record.block.startswith(b"HTTP/"):
        raise ImportFault("the response record holds no HTTP response")
    media = said.header("Content-Type") if record.kind != "resource" else record.field("Content-Type")
    repeated = record.kind == "revisit"
    return CaptureRow(
        record_id=record.record_id or builder.new_id(), url=url, urlkey=urlkey(url), fetched_at=time_of(record),
        kind=record.kind, status=said.status, content_type=None if media == UNTYPED else media,
        digest=(repeated and record.field("WARC-Payload-Digest")) or builder.digest_of(said.body),
        length=len(said.body), provenance=provenance, warc_file="", warc_offset=record.offset,
        warc_length=record.length, etag=said.header("ETag"), last_modified=said.header("Last-Modified"),
        repeats=_repeated(record) if repeated else None)


def _repeated(record: Record) -> str | None:
    """The record that a revisit of the same address repeats; those of other addresses are tied after an import."""
    same = record.field("WARC-Refers-To-Target-URI") == record.field("WARC-Target-URI")
    return strip_brackets(record.field("WARC-Refers-To")) or None if same else None


def placed(pending: PendingCapture, name: str, offset: int, length: int) -> PendingCapture:
    """The same with the place where its record stands."""
    return replace(pending, row=replace(pending.row, warc_file=name, warc_offset=offset, warc_length=length))


def usable_url(url: str) -> str:
    """The address, escaped where a WARC field must be; ImportFault where it names no page of the web."""
    try:
        parts = urlsplit(url)
        if parts.scheme.lower() in ("http", "https") and parts.hostname and urlkey(url):
            return builder.target(url)
    except ValueError as error:
        raise ImportFault(f"{url[:200]!r} is no address: {error}") from error
    raise ImportFault(f"{url[:200]!r} is no http(s) address; write it as https://host/path")


def time_of(record: Record) -> str:
    """The capture time as the store writes it; a WARC date may be as short as a year."""
    said = (record.field("WARC-Date") or "").strip()
    padded = said + "0000-01-01"[len(said):] if len(said) in (4, 7) else said
    try:
        return iso(parse_time(padded))
    except (ValueError, OverflowError) as error:
        raise ImportFault(f"the WARC-Date {said[:40]!r} is no time") from error


def provenance_of(info: Record) -> str | None:
    """What a warcinfo record of ours says about where its captures come from."""
    lines = dict(line.partition(":")[::2] for line in info.block.decode("utf-8", "replace").splitlines())
    return lines.get("provenance", "").strip() or None if lines.get("software", "").strip() == "gongbao" else None


def _content(record: Record, row: CaptureRow) -> Capture | Unreadable:
    said = http_message(record)
    cut = record.field("WARC-Truncated") or record.field("WARC-Segment-Number")
    if cut:
        return Unreadable(message("record_truncated", cause=cut[:40]))
    declared = (said.header("Content-Length") or "").strip()
    if declared.isdigit() and 0 < len(said.body) < int(declared[:18]) and not said.header("Content-Encoding"):
        return Unreadable(message("record_shorter_than_declared", count=len(said.body), declared=declared))
    try:
        body = decode(said.body, said.headers)
    except BodyError as error:
        return Unreadable(error.reason)
    return Capture(row.url, body, parse_time(row.fetched_at), row.content_type, row.status)
