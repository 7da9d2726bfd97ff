"""Records that stand in a WARC file -> rows of the catalogue: the same whether they were imported or recovered."""

from dataclasses import replace
from urllib.parse import urlsplit

from crawler.capture import Capture
from crawler.catalogue import Entry, Kept, to_be_read
from crawler.errors import ImportFault
from crawler.extract.article import Unreadable
from crawler.source import source_of
from crawler.times import iso, moment
from crawler.urls import urlkey
from crawler.warc import records
from crawler.warc.bodies import BodyError
from crawler.warc.framing import Record
from crawler.warc.messages import Message
from crawler.warc.reader import message_of

KINDS = ("response", "resource", "revisit")
UNTYPED = "application/octet-stream"  # what a record must say whose type nobody knows


def is_capture(record: Record) -> bool:
    """Whether a record is something the web was seen to say; not so dns:, metadata or screenshots."""
    return record.kind in KINDS and address_of(record).lower().startswith(("http:", "https:"))


def address_of(record: Record) -> str:
    """The target address; some tools put it into angle brackets."""
    return (record.field("WARC-Target-URI") or "").strip().removeprefix("<").removesuffix(">")


def kept_of(record: Record, provenance: str) -> Kept:
    """The row of a record, its place in a file left open, and what is to be read; ImportFault where it is unusable."""
    url = usable_url(address_of(record))
    said = message_of(record)
    if record.kind == "response" and not record.block.startswith(b"HTTP/"):
        raise ImportFault("the response record holds no HTTP response")
    found = source_of(url)
    media = said.header("Content-Type") if record.kind != "resource" else record.field("Content-Type")
    repeated = record.kind == "revisit"
    entry = Entry(
        record_id=record.record_id or records.new_id(), url=url, urlkey=urlkey(url), fetched_at=time_of(record),
        kind=record.kind, status=said.status, content_type=None if media == UNTYPED else media,
        digest=(repeated and record.field("WARC-Payload-Digest")) or records.digest_of(said.body),
        length=len(said.body), provenance=provenance, warc_file="", warc_offset=record.offset,
        warc_length=record.length, etag=said.header("ETag"), last_modified=said.header("Last-Modified"),
        repeats=_repeated(record) if repeated else None,
        source=found.id if found else None)
    return Kept(entry, _content(record, said, entry) if to_be_read(entry.kind, entry.status, url) else None)


def capture_of(record: Record) -> Capture | Unreadable:
    """What the readers get of a response or resource record; ImportFault where the record is unusable."""
    kept = kept_of(record, "")
    return _content(record, message_of(record), kept.entry)


def _repeated(record: Record) -> str | None:
    """The record that a revisit of the same address repeats; those of other addresses are tied after an import."""
    same = record.field("WARC-Refers-To-Target-URI") == record.field("WARC-Target-URI")
    return (record.field("WARC-Refers-To") or "").strip("<> ") or None if same else None


def placed(kept: Kept, name: str, offset: int, length: int) -> Kept:
    """The same with the place where its record stands."""
    return replace(kept, entry=replace(kept.entry, warc_file=name, warc_offset=offset, warc_length=length))


def usable_url(url: str) -> str:
    """The address, escaped where a WARC field must be; ImportFault where it names no page of the web."""
    try:
        parts = urlsplit(url)
        if parts.scheme.lower() in ("http", "https") and parts.hostname and urlkey(url):
            return records.target(url)
    except ValueError as error:
        raise ImportFault(f"{url[:200]!r} is no address: {error}") from error
    raise ImportFault(f"{url[:200]!r} is no http(s) address; write it as https://host/path")


def time_of(record: Record) -> str:
    """The capture time as the store writes it; a WARC date may be as short as a year."""
    said = (record.field("WARC-Date") or "").strip()
    padded = said + "0000-01-01"[len(said):] if len(said) in (4, 7) else said
    try:
        return iso(moment(padded))
    except (ValueError, OverflowError) as error:
        raise ImportFault(f"the WARC-Date {said[:40]!r} is no time") from error


def provenance_of(info: Record) -> str | None:
    """What a warcinfo record of ours says about where its captures come from."""
    lines = dict(line.partition(":")[::2] for line in info.block.decode("utf-8", "replace").splitlines())
    return lines.get("provenance", "").strip() or None if lines.get("software", "").strip() == "gongbao" else None


def _content(record: Record, said: Message, entry: Entry) -> Capture | Unreadable:
    cut = record.field("WARC-Truncated") or record.field("WARC-Segment-Number")
    if cut:
        return Unreadable(f"the archived response is cut off ({cut[:40]})")
    declared = (said.header("Content-Length") or "").strip()
    if declared.isdigit() and 0 < len(said.body) < int(declared[:18]) and not said.header("Content-Encoding"):
        return Unreadable(f"the archived response is cut off after {len(said.body)} of {declared} bytes")
    try:
        return Capture(entry.url, said.decoded(), moment(entry.fetched_at), entry.content_type, entry.status)
    except BodyError as error:
        return Unreadable(str(error))
