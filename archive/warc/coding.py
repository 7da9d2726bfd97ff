"""Bodies as sent -> bodies as the server meant them: transfer and content encodings taken off, strictly."""

import re
import zlib
from collections.abc import Callable
from importlib import import_module
from io import BytesIO

from warcio.bufferedreaders import ChunkedDataException, ChunkedDataReader

from archive.errors import WarcError
from archive.messages import Message, message
from archive.warc.http import Headers, header

LIMIT = 64 * 1024 * 1024  # bytes; a small gzip body can unpack to any size
GZIP = b"\x1f\x8b"

# 1f40\r\n   or   1f40;name=value\r\n
_CHUNK = re.compile(rb"^[0-9A-Fa-f]{1,8}[ \t]*(?:;[^\r\n]*)?\r\n")


class BodyError(WarcError):
    """A body cannot be decoded; its bytes are kept as they were sent."""

    def __init__(self, reason: Message) -> None:
        super().__init__(str(reason))
        self.reason = reason


def decode(body: bytes, headers: Headers) -> bytes:
    """The body without its transfer and content encodings; raises BodyError where it cannot be decoded as a whole.

    >>> decode(b"4\\r\\nabcd\\r\\n0\\r\\n\\r\\n", [(b"Transfer-Encoding", b"chunked")])
    b'abcd'
    """
    if "chunked" in (header(headers, "Transfer-Encoding") or "").lower():
        body = _joined(body)
    for encoding in reversed(_encodings(headers)):
        body = _decoder(encoding)(body) if body else body
    return body


def _encodings(headers: Headers) -> list[str]:
    named = [value.decode("latin-1") for key, value in headers if key.lower() == b"content-encoding"]
    tokens = (each.strip().lower() for each in ",".join(named).split(","))
    return [each for each in tokens if each not in ("", "identity", "none")]


def _joined(body: bytes) -> bytes:
    """The chunks of a body, joined; many archives keep the header but not the chunks, then the body is as it is."""
    if not _CHUNK.match(body):
        return body
    reader = ChunkedDataReader(BytesIO(body), raise_exceptions=True)
    try:
        return bytes(reader.read())
    except ChunkedDataException as error:
        raise BodyError(message("chunks_damaged")) from error


def _decoder(encoding: str) -> Callable[[bytes], bytes]:
    known: dict[str, Callable[[bytes], bytes]] = {
        "gzip": _gunzip, "x-gzip": _gunzip, "deflate": _inflate, "br": _brotli, "zstd": _zstd}
    if encoding not in known:
        raise BodyError(message("encoding_unknown", encoding=encoding[:40]))
    return known[encoding]


def _gunzip(body: bytes) -> bytes:
    if not GZIP.startswith(body[:2]):
        return body  # some archives keep the header of a body that they have unpacked
    unpacked, rest = _unzip(body, "gzip", zlib.MAX_WBITS | 16, LIMIT)
    while rest.startswith(GZIP):  # a gzip body may consist of several members
        part, rest = _unzip(rest, "gzip", zlib.MAX_WBITS | 16, LIMIT - len(unpacked))
        unpacked += part
    return unpacked


def _inflate(body: bytes) -> bytes:
    """"deflate" means zlib's format, but some servers send the bare stream."""
    try:
        return _unzip(body, "deflate", zlib.MAX_WBITS, LIMIT)[0]
    except BodyError as error:
        if error.reason.code != "body_damaged":
            raise
    return _unzip(body, "deflate", -zlib.MAX_WBITS, LIMIT)[0]


def _unzip(body: bytes, encoding: str, window: int, limit: int) -> tuple[bytes, bytes]:
    """What one compressed stream holds, and the bytes after it."""
    unpacker = zlib.decompressobj(window)
    try:
        unpacked = unpacker.decompress(body, limit + 1)
    except zlib.error as error:
        raise BodyError(message("body_damaged", encoding=encoding, error=str(error))) from error
    _require_small(unpacked, encoding, limit)
    if not unpacker.eof:
        raise BodyError(message("body_cut", encoding=encoding, count=len(unpacked)))
    return unpacked, unpacker.unused_data


def _require_small(unpacked: bytes, encoding: str, limit: int = LIMIT) -> None:
    if len(unpacked) > limit:
        raise BodyError(message("body_unpacks_too_large", encoding=encoding, size=LIMIT >> 20))


def _brotli(body: bytes) -> bytes:
    """Through the library that Scrapy brings; a page that only kept the header is taken as it is."""
    library = _library("br", "brotli", "brotlicffi")
    unpacker = library.Decompressor()
    unpacked = _guarded(lambda: unpacker.process(body, output_buffer_limit=LIMIT + 1), library.error, "br", body)
    _require_small(unpacked, "br")
    if unpacked is not body and not unpacker.is_finished():
        raise BodyError(message("body_cut", encoding="br", count=len(unpacked)))
    return unpacked


def _zstd(body: bytes) -> bytes:
    library = _library("zstd", "compression.zstd", "backports.zstd")
    unpacker = library.ZstdDecompressor()
    unpacked = _guarded(lambda: unpacker.decompress(body, LIMIT + 1), library.ZstdError, "zstd", body)
    _require_small(unpacked, "zstd")
    if unpacked is not body and not unpacker.eof:
        raise BodyError(message("body_cut", encoding="zstd", count=len(unpacked)))
    return unpacked


def _guarded(unpack: Callable[[], bytes], error_class: type[Exception], encoding: str, body: bytes) -> bytes:
    try:
        return unpack()
    except error_class as error:
        if body.lstrip()[:1] == b"<":  # the header of a body that the archive's maker has unpacked
            return body
        raise BodyError(message("body_damaged", encoding=encoding, error=str(error))) from error


def _library(encoding: str, *names: str):  # type: ignore[no-untyped-def]  # modules without types, one or the other
    for name in names:
        try:
            return import_module(name)
        except ImportError:
            continue
    raise BodyError(message("encoding_not_installed", encoding=encoding, library=names[-1]))
