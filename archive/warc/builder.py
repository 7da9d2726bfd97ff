"""Build WARC 1.1 records, with SHA-256 digests, each as one gzip member to append."""

import base64
import hashlib
import re
import uuid
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from urllib.parse import quote, urlsplit

from warcio.recordloader import ArcWarcRecord
from warcio.statusandheaders import StatusAndHeaders
from warcio.utils import Digester
from warcio.warcwriter import WARCWriter

from archive.text import storable
from archive.times import iso
from archive.warc.http import Exchange, Headers
from archive.warc.parser import strip_brackets

GZIP_LEVEL = 6  # on pages 0.03 ms slower than the fastest level, and a tenth smaller
REVISIT_PROFILES = "http://netpreserve.org/warc/1.1/revisit"
DESCRIPTION = ("header names are as the HTTP library gives them, not as they were sent; "
               "transfer encodings (chunks) were removed by that library, content encodings were not")
_REPLACED = {"content-length", "warc-warcinfo-id", "warc-block-digest"}
Fields = list[tuple[str, str]]

# the space and the line end in "http://a.cn/公 报\n"
_UNSAFE = re.compile(r"[\x00-\x20\x7f\s]")


@dataclass(frozen=True, slots=True)
class BuiltRecord:
    """A record ready to append: `data` is its gzip member, `digest` that of its payload, '' without one."""

    record_id: str
    data: bytes
    digest: str = ""


@dataclass(frozen=True, slots=True)
class RefersTo:
    """The capture that a revisit record refers to (status 304, not modified)."""

    record_id: str
    url: str
    fetched_at: str
    digest: str


class _RawHeader(StatusAndHeaders):  # type: ignore[misc]  # warcio has no types
    """An HTTP header written byte for byte; warcio would percent-encode non-ASCII characters."""

    def __init__(self, head: bytes) -> None:
        super().__init__("raw", [])
        self._head = head

    def compute_headers_buffer(self, header_filter: object = None) -> None:  # noqa: ARG002
        """Called by warcio before it counts and writes the header."""
        self.headers_buff = self._head


class _Writer(WARCWriter):  # type: ignore[misc]
    """warcio's writer with SHA-256 instead of the forgeable SHA-1; `warcio check` and fastwarc verify both."""

    @staticmethod
    def _create_digester() -> Digester:
        return Digester("sha256")


def new_id() -> str:
    """A new record id, without angle brackets."""
    return f"urn:uuid:{uuid.uuid4()}"


def digest_of(payload: bytes) -> str:
    """The digest of a payload in the form of WARC-Payload-Digest.

    >>> digest_of("公报".encode())
    'sha256:DVSXCGJ5PJME5P56A3T2CGTZ3VNKS3YF5HCQHN2NJ2TRY4WNJPLQ===='
    """
    digester = Digester("sha256")
    digester.update(payload)
    return str(digester)


def _build_record(fields: Fields, head: bytes, payload: bytes = b"") -> BuiltRecord:
    """A record of these WARC fields, an HTTP header and a payload; adds Content-Length and missing digests."""
    headers = StatusAndHeaders("", fields, protocol="WARC/1.1")
    kind, body = headers.get_header("WARC-Type"), BytesIO(payload)
    record = ArcWarcRecord("warc", kind, headers, body, _RawHeader(head) if head else None,
                           headers.get_header("Content-Type"), len(head) + len(payload))
    record.payload_length = len(payload)
    plain = BytesIO()
    _Writer(plain, gzip=False).write_record(record)
    record.raw_stream.close()
    return BuiltRecord(storable(strip_brackets(headers.get_header("WARC-Record-ID"))), _gzip_member(plain.getvalue()),
                       storable(str(headers.get_header("WARC-Payload-Digest") or "")))


def _gzip_member(data: bytes) -> bytes:
    """One gzip member, without time and file name in its header: equal for equal data."""
    encoder = zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    return encoder.compress(data) + encoder.flush()


def warcinfo(filename: str, date: str, provenance: str) -> BuiltRecord:
    """The warcinfo record: software, format and provenance of the records after it."""
    lines = {"software": "gongbao", "format": "WARC File Format 1.1", "provenance": provenance,
             "description": DESCRIPTION,
             "conformsTo": "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/"}
    text = "".join(f"{key}: {_one_line(value)}\r\n" for key, value in lines.items())
    fields = [*_first_fields("warcinfo", new_id(), date), ("WARC-Filename", filename),
              ("Content-Type", "application/warc-fields")]
    return _build_record(fields, b"", storable(text).encode("utf-8"))


def response(exchange: Exchange, warcinfo_id: str, refers_to: RefersTo | None = None) -> BuiltRecord:
    """The response record of an exchange; with `refers_to`, a revisit record with the profile server-not-modified."""
    head = b"HTTP/1.1 %d %b\r\n%b" % (exchange.status, _unfolded(exchange.reason.encode("latin-1", "replace")),
                                      _header_lines(exchange.response_headers))
    kind = "revisit" if refers_to else "response"
    fields = [*_first_fields(kind, new_id(), iso(exchange.fetched_at)), *_exchange_fields(exchange, warcinfo_id),
              ("Content-Type", "application/http; msgtype=response")]
    if refers_to:
        return _build_record([*fields, *_revisit_fields(refers_to)], head)
    return _build_record(fields, head, exchange.body)


def request(exchange: Exchange, warcinfo_id: str, response_id: str) -> BuiltRecord:
    """The request record of an exchange, linked to its response record by WARC-Concurrent-To."""
    parts = urlsplit(exchange.url)
    path = quote((parts.path or "/") + (f"?{parts.query}" if parts.query else ""), safe="%/:?#[]@!$&'()*+,;=~")
    names = {name.lower() for name, _ in exchange.request_headers}
    host = [] if b"host" in names else [(b"Host", quote(parts.netloc.rpartition("@")[2], safe=":[]").encode("ascii"))]
    head = b"%b %b HTTP/1.1\r\n%b" % (exchange.method.encode("latin-1", "replace"), path.encode("ascii"),
                                      _header_lines([*host, *exchange.request_headers]))
    fields = [*_first_fields("request", new_id(), iso(exchange.fetched_at)), *_exchange_fields(exchange, warcinfo_id),
              ("WARC-Concurrent-To", f"<{response_id}>"), ("Content-Type", "application/http; msgtype=request")]
    return _build_record(fields, head, exchange.request_body)


def resource(url: str, date: str, media: str) -> Fields:
    """The fields of a resource record: a saved page without an HTTP header."""
    return [*_first_fields("resource", new_id(), date), ("WARC-Target-URI", target_uri(url)), ("Content-Type", media)]


def copy_record(fields: Sequence[tuple[str, str]], block: bytes, payload: bytes, warcinfo_id: str) -> BuiltRecord:
    """A copy of another archive's record, with the same id, time and block.

    A payload digest that does not fit the payload is replaced: some tools compute it from other bytes.
    """
    copied = [(name, value) for name, value in fields if name.lower() not in _REPLACED]
    values = {name.lower(): value for name, value in copied}
    if values.get("warc-type") != "revisit" and not digest_fits(values.get("warc-payload-digest"), payload):
        copied = [(name, value) for name, value in copied if name.lower() != "warc-payload-digest"]
        copied.append(("WARC-Payload-Digest", digest_of(payload)))
    if "warc-record-id" not in values:
        copied.append(("WARC-Record-ID", f"<{new_id()}>"))
    return _build_record([*copied, ("WARC-Warcinfo-ID", f"<{warcinfo_id}>")], block)


def digest_fits(declared: str | None, data: bytes) -> bool | None:
    """True if a declared digest is that of the data; None without one, or with an unknown algorithm.

    >>> digest_fits("sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ", b"")
    True
    """
    algorithm, _, value = (declared or "").strip().partition(":")
    try:
        digest = hashlib.new(algorithm.lower().replace("-", ""), data).digest()
    except (ValueError, TypeError):
        return None
    forms = (digest.hex(), base64.b32encode(digest).decode().lower().rstrip("="))
    return value.lower().rstrip("=") in forms or value.rstrip("=") == base64.b64encode(digest).decode().rstrip("=")


def target_uri(url: str) -> str:
    """A URL as a WARC field: white space and control characters percent-encoded, everything else as it is.

    >>> target_uri("http://a.cn/公 报\\n")
    'http://a.cn/公%20报%0A'
    """
    return _UNSAFE.sub(lambda match: quote(match[0]), url)


def _one_line(value: str) -> str:
    return " ".join(value.split())


def _first_fields(kind: str, record_id: str, date: str) -> Fields:
    return [("WARC-Type", kind), ("WARC-Record-ID", f"<{record_id}>"), ("WARC-Date", date)]


def _exchange_fields(exchange: Exchange, warcinfo_id: str) -> Fields:
    return [("WARC-Target-URI", target_uri(exchange.url)), ("WARC-Warcinfo-ID", f"<{warcinfo_id}>"),
            *([("WARC-IP-Address", exchange.ip_address)] if exchange.ip_address else [])]


def _revisit_fields(original: RefersTo) -> Fields:
    return [("WARC-Profile", f"{REVISIT_PROFILES}/server-not-modified"), ("WARC-Refers-To", f"<{original.record_id}>"),
            ("WARC-Refers-To-Target-URI", target_uri(original.url)), ("WARC-Refers-To-Date", original.fetched_at),
            ("WARC-Payload-Digest", original.digest)]


def _header_lines(headers: Headers) -> bytes:
    return b"".join(b"%b: %b\r\n" % (_unfolded(name), _unfolded(value)) for name, value in headers) + b"\r\n"


def _unfolded(value: bytes) -> bytes:
    """Header bytes with line ends replaced, which would end the header."""
    return value.replace(b"\r", b" ").replace(b"\n", b" ")
