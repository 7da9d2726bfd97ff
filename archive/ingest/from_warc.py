"""Convert WARC records to rows of `captures` and decoded content, the same for imported and recovered records."""

from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from archive.errors import ImportFault
from archive.ingest.catalog import CaptureRow, Catalog, PendingCapture
from archive.messages import message
from archive.records import Capture, Unreadable
from archive.times import iso, parse_time
from archive.urls import absolute_url, urlkey
from archive.warc import builder
from archive.warc.coding import BodyError, decode
from archive.warc.parser import Record
from archive.warc.random_access import StoredCapture, http_message, load_record

KINDS = ("response", "resource", "revisit")
LONGEST_ID = 500  # characters of a record id, which is indexed; URNs have 45
UNTYPED = "application/octet-stream"  # written for saved pages of unknown type; their rows have no content_type


def is_capture(record: Record) -> bool:
    """True for response, resource and revisit records of http(s) URLs; not for dns:, metadata or screenshots."""
    return record.kind in KINDS and record.target_uri.lower().startswith(("http:", "https:"))


def pending_capture(record: Record, provenance: str, catalog: Catalog) -> PendingCapture:
    """The row of a record with its source, and the content to read from it; ImportFault if the record is unusable."""
    row = _row(record, provenance)
    reader = catalog.reader
    row = replace(row, source=reader.source_of(row.url), urlkey=urlkey(reader.canonical(row.url)))
    content = _content(record, row) if catalog.should_read(row.kind, row.status, row.url) else None
    return PendingCapture(row, content, redirect_of(row.url, row.status, http_message(record).header("Location")))


def redirect_of(url: str, status: int | None, location: str | None) -> str | None:
    """Absolute URL that a response with this status and Location header redirects to; None if it does not.

    >>> redirect_of("http://a.cn/b", 301, "/c"), redirect_of("http://a.cn/b", 200, "/c")
    ('http://a.cn/c', None)
    """
    if not location or status is None or not 300 <= status < 400:
        return None
    return absolute_url(url, location)


def capture_of(record: Record) -> Capture | Unreadable:
    """The capture in a response or resource record; ImportFault if the record is unusable."""
    return _content(record, _row(record, ""))


def load_capture(data: Path, stored: StoredCapture, *, url: str, fetched_at: str) -> Capture | Unreadable:
    """The capture in the record of a row, with this URL and time: a revisit has its own.

    WarcError or ImportFault if the record cannot be loaded.
    """
    content = capture_of(load_record(data, stored))
    return replace(content, url=url, fetched_at=parse_time(fetched_at)) if isinstance(content, Capture) else content


def _row(record: Record, provenance: str) -> CaptureRow:
    """The row of a record, without its source; the location is that in the parsed file."""
    url = usable_url(record.target_uri)
    http = http_message(record)
    if record.kind == "response" and not record.block.startswith(b"HTTP/"):
        raise ImportFault("the response record holds no HTTP response")
    media = http.header("Content-Type") if record.kind != "resource" else record.field("Content-Type")
    is_revisit = record.kind == "revisit"
    if len(record.record_id or "") > LONGEST_ID:
        raise ImportFault(f"the record id has {len(record.record_id or '')} characters, more than {LONGEST_ID}")
    return CaptureRow(
        record_id=record.record_id or builder.new_id(), url=url, urlkey=urlkey(url), fetched_at=_fetched_at(record),
        kind=record.kind, status=http.status, content_type=None if media == UNTYPED else media,
        digest=(is_revisit and record.field("WARC-Payload-Digest")) or builder.digest_of(http.body),
        length=len(http.body), provenance=provenance, warc_file="", warc_offset=record.offset,
        warc_length=record.length, etag=http.header("ETag"), last_modified=http.header("Last-Modified"),
        repeats=_repeated_id(record) if is_revisit else None)


def _repeated_id(record: Record) -> str | None:
    """Id of the record that a revisit of the same URL refers to; `resolve_revisits` links those of other URLs."""
    if record.field("WARC-Refers-To-Target-URI") != record.field("WARC-Target-URI"):
        return None
    return record.uri("WARC-Refers-To") or None


def usable_url(url: str) -> str:
    """The URL, escaped for a WARC field; ImportFault if it is no http(s) URL with a host."""
    try:
        parts = urlsplit(url)
        if parts.scheme.lower() in ("http", "https") and parts.hostname and urlkey(url):
            return builder.target_uri(url)
    except ValueError as error:
        raise ImportFault(f"{url[:200]!r} is not an address: {error}; write it as https://host/path") from error
    raise ImportFault(f"{url[:200]!r} is not an http(s) address; write it as https://host/path")


def _fetched_at(record: Record) -> str:
    """The WARC-Date as the store writes times; it may be as short as a year."""
    date = (record.field("WARC-Date") or "").strip()
    padded = date + "0000-01-01"[len(date):] if len(date) in (4, 7) else date
    try:
        return iso(parse_time(padded))
    except (ValueError, OverflowError) as error:
        raise ImportFault(f"the WARC-Date {date[:40]!r} is not a time") from error


def provenance_of(info: Record) -> str | None:
    """The provenance in a warcinfo record that Gongbao wrote, None in any other."""
    lines = dict(line.partition(":")[::2] for line in info.block.decode("utf-8", "replace").splitlines())
    return lines.get("provenance", "").strip() or None if lines.get("software", "").strip() == "gongbao" else None


def _content(record: Record, row: CaptureRow) -> Capture | Unreadable:
    http = http_message(record)
    cause = record.field("WARC-Truncated") or record.field("WARC-Segment-Number")
    if cause:
        return Unreadable(message("record_truncated", cause=cause[:40]))
    declared = (http.header("Content-Length") or "").strip()
    if declared.isdigit() and 0 < len(http.body) < int(declared[:18]) and not http.header("Content-Encoding"):
        return Unreadable(message("record_shorter_than_declared", count=len(http.body), declared=declared))
    try:
        body = decode(http.body, http.headers)
    except BodyError as error:
        return Unreadable(error.reason)
    return Capture(row.url, body, parse_time(row.fetched_at), row.content_type, row.status)
