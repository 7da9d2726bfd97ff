"""WARC 1.1 records, each made ready to be appended: one gzip member per record, digests inside."""

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

from archive.times import iso
from archive.warc.http import Exchange, Headers
from archive.warc.parser import strip_brackets

LEVEL = 6  # of gzip: on pages it costs 0.03 ms more than the fastest level and saves a tenth
PROFILES = "http://netpreserve.org/warc/1.1/revisit"
NOTE = ("header names are as the HTTP library gives them, not as they were sent; "
        "transfer encodings (chunks) were removed by that library, content encodings were not")
_REPLACED = {"content-length", "warc-warcinfo-id", "warc-block-digest"}
Fields = list[tuple[str, str]]

# the space and the line end in "http://a.cn/公 报\n"
_UNSAFE = re.compile(r"[\x00-\x20\x7f\s]")


@dataclass(frozen=True, slots=True)
class Packed:
    """A finished record: `data` is its gzip member, `digest` that of its payload."""

    record_id: str
    data: bytes
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Repeated:
    """The capture that a "not modified" answer stands for."""

    record_id: str
    url: str
    fetched_at: str
    digest: str


class _Verbatim(StatusAndHeaders):  # type: ignore[misc]  # warcio has no types
    """A head that is written byte for byte; warcio would percent-encode what is not ASCII."""

    def __init__(self, head: bytes) -> None:
        super().__init__("verbatim", [])
        self._head = head

    def compute_headers_buffer(self, header_filter: object = None) -> None:  # noqa: ARG002
        """What warcio calls before it counts and writes the head."""
        self.headers_buff = self._head


class _Writer(WARCWriter):  # type: ignore[misc]
    """warcio's writer with SHA-256: not forgeable as SHA-1 is, and `warcio check` and fastwarc verify it as well."""

    @staticmethod
    def _create_digester() -> Digester:
        return Digester("sha256")


def new_id() -> str:
    """A fresh record id, without its angle brackets."""
    return f"urn:uuid:{uuid.uuid4()}"


def digest_of(payload: bytes) -> str:
    """The digest as the records carry it.

    >>> digest_of("公报".encode())
    'sha256:DVSXCGJ5PJME5P56A3T2CGTZ3VNKS3YF5HCQHN2NJ2TRY4WNJPLQ===='
    """
    digester = Digester("sha256")
    digester.update(payload)
    return str(digester)


def pack(fields: Fields, head: bytes, payload: bytes = b"") -> Packed:
    """A record with these WARC fields; digests that are not among them are added, the length always is."""
    headers = StatusAndHeaders("", fields, protocol="WARC/1.1")
    kind, body = headers.get_header("WARC-Type"), BytesIO(payload)
    record = ArcWarcRecord("warc", kind, headers, body, _Verbatim(head) if head else None,
                           headers.get_header("Content-Type"), len(head) + len(payload))
    record.payload_length = len(payload)
    plain = BytesIO()
    _Writer(plain, gzip=False).write_record(record)
    record.raw_stream.close()
    return Packed(strip_brackets(headers.get_header("WARC-Record-ID")), squeeze(plain.getvalue()),
                  str(headers.get_header("WARC-Payload-Digest") or ""))


def squeeze(plain: bytes) -> bytes:
    """One gzip member, without a time or a name in its header."""
    packer = zlib.compressobj(LEVEL, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    return packer.compress(plain) + packer.flush()


def warcinfo(filename: str, date: str, provenance: str) -> Packed:
    """The record that opens a file and says who wrote what stands after it."""
    lines = {"software": "gongbao", "format": "WARC File Format 1.1", "provenance": provenance, "description": NOTE,
             "conformsTo": "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/"}
    text = "".join(f"{key}: {one_line(value)}\r\n" for key, value in lines.items())
    fields = [*_opening("warcinfo", new_id(), date), ("WARC-Filename", filename),
              ("Content-Type", "application/warc-fields")]
    return pack(fields, b"", text.encode("utf-8"))


def response(exchange: Exchange, info: str, repeated: Repeated | None = None) -> Packed:
    """The response of an exchange; with `repeated`, the revisit record that says it was not modified."""
    head = b"HTTP/1.1 %d %b\r\n%b" % (exchange.status, _clean(exchange.reason.encode("latin-1", "replace")),
                                      _block(exchange.response_headers))
    kind = "revisit" if repeated else "response"
    fields = [*_opening(kind, new_id(), iso(exchange.fetched_at)), ("WARC-Target-URI", target(exchange.url)),
              *_common(info, exchange.ip_address), ("Content-Type", "application/http; msgtype=response")]
    if repeated:
        return pack([*fields, *_refers(repeated)], head)
    return pack(fields, head, exchange.body)


def request(exchange: Exchange, info: str, answer: str) -> Packed:
    """The request of an exchange, tied to its response."""
    parts = urlsplit(exchange.url)
    path = quote((parts.path or "/") + (f"?{parts.query}" if parts.query else ""), safe="%/:?#[]@!$&'()*+,;=~")
    names = {name.lower() for name, _ in exchange.request_headers}
    host = [] if b"host" in names else [(b"Host", quote(parts.netloc.rpartition("@")[2], safe=":[]").encode("ascii"))]
    head = b"%b %b HTTP/1.1\r\n%b" % (exchange.method.encode("latin-1", "replace"), path.encode("ascii"),
                                      _block([*host, *exchange.request_headers]))
    fields = [*_opening("request", new_id(), iso(exchange.fetched_at)), ("WARC-Target-URI", target(exchange.url)),
              *_common(info, exchange.ip_address), ("WARC-Concurrent-To", f"<{answer}>"),
              ("Content-Type", "application/http; msgtype=request")]
    return pack(fields, head, exchange.request_body)


def resource(url: str, date: str, media: str) -> Fields:
    """The fields of a record that holds a saved page without its HTTP header."""
    return [*_opening("resource", new_id(), date), ("WARC-Target-URI", target(url)), ("Content-Type", media)]


def copy(fields: Sequence[tuple[str, str]], block: bytes, payload: bytes, info: str) -> Packed:
    """A record of another archive as one of ours: same id, same time, same block.

    Its digests stay where they are true of what is kept; some tools compute that of the payload from something else.
    """
    kept = [(name, value) for name, value in fields if name.lower() not in _REPLACED]
    said = {name.lower(): value for name, value in kept}
    if said.get("warc-type") != "revisit" and not digest_fits(said.get("warc-payload-digest"), payload):
        kept = [(name, value) for name, value in kept if name.lower() != "warc-payload-digest"]
        kept.append(("WARC-Payload-Digest", digest_of(payload)))
    if "warc-record-id" not in said:
        kept.append(("WARC-Record-ID", f"<{new_id()}>"))
    return pack([*kept, ("WARC-Warcinfo-ID", f"<{info}>")], block)


def digest_fits(said: str | None, data: bytes) -> bool | None:
    """Whether bytes have the digest that a record says; None where it says none, or one that cannot be computed.

    >>> digest_fits("sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ", b"")
    True
    """
    algorithm, _, value = (said or "").strip().partition(":")
    try:
        digest = hashlib.new(algorithm.lower().replace("-", ""), data).digest()
    except (ValueError, TypeError):
        return None
    forms = (digest.hex(), base64.b32encode(digest).decode().lower().rstrip("="))
    return value.lower().rstrip("=") in forms or value.rstrip("=") == base64.b64encode(digest).decode().rstrip("=")


def target(url: str) -> str:
    """An address as a WARC field: white space and control characters escaped, everything else as it is.

    >>> target("http://a.cn/公 报\\n")
    'http://a.cn/公%20报%0A'
    """
    return _UNSAFE.sub(lambda found: quote(found[0]), url)


def one_line(value: str) -> str:
    """A text that cannot break out of its line."""
    return " ".join(value.split())


def _opening(kind: str, record_id: str, date: str) -> Fields:
    return [("WARC-Type", kind), ("WARC-Record-ID", f"<{record_id}>"), ("WARC-Date", date)]


def _common(info: str, ip_address: str | None) -> Fields:
    return [("WARC-Warcinfo-ID", f"<{info}>"), *([("WARC-IP-Address", ip_address)] if ip_address else [])]


def _refers(repeated: Repeated) -> Fields:
    return [("WARC-Profile", f"{PROFILES}/server-not-modified"), ("WARC-Refers-To", f"<{repeated.record_id}>"),
            ("WARC-Refers-To-Target-URI", target(repeated.url)), ("WARC-Refers-To-Date", repeated.fetched_at),
            ("WARC-Payload-Digest", repeated.digest)]


def _block(headers: Headers) -> bytes:
    return b"".join(b"%b: %b\r\n" % (_clean(name), _clean(value)) for name, value in headers) + b"\r\n"


def _clean(value: bytes) -> bytes:
    """A header's bytes without line ends, which would end the header."""
    return value.replace(b"\r", b" ").replace(b"\n", b" ")
