"""Decode HTTP bodies strictly: chunked transfer encoding, then gzip, deflate, br and zstd content encodings."""

import re
import zlib
from collections.abc import Callable
from importlib import import_module
from io import BytesIO

from warcio.bufferedreaders import ChunkedDataException, ChunkedDataReader

from archive.errors import WarcError
from archive.messages import Message, message
from archive.warc.http import Headers, header

LIMIT = 64 * 1024 * 1024  # decoded bytes; a small gzip body can expand to any size
GZIP = b"\x1f\x8b"

# 1f40\r\n   or   1f40;name=value\r\n
_CHUNK = re.compile(rb"^[0-9A-Fa-f]{1,8}[ \t]*(?:;[^\r\n]*)?\r\n")


class BodyError(WarcError):
    """A body cannot be decoded as a whole; the archive keeps it as sent."""

    def __init__(self, reason: Message) -> None:
        super().__init__(str(reason))
        self.reason = reason


def decode(body: bytes, headers: Headers, limit: int = LIMIT) -> bytes:
    """The body without its transfer and content encodings.

    BodyError if it cannot be decoded as a whole, or unpacks to more than `limit` bytes.

    >>> decode(b"4\\r\\nabcd\\r\\n0\\r\\n\\r\\n", [(b"Transfer-Encoding", b"chunked")])
    b'abcd'
    """
    if "chunked" in (header(headers, "Transfer-Encoding") or "").lower():
        body = _dechunk(body)
    for encoding in reversed(_encodings(headers)):
        body = _decoder(encoding)(body, limit) if body else body
    return body


def _encodings(headers: Headers) -> list[str]:
    named = [value.decode("latin-1") for key, value in headers if key.lower() == b"content-encoding"]
    tokens = (each.strip().lower() for each in ",".join(named).split(","))
    return [each for each in tokens if each not in ("", "identity", "none")]


def _dechunk(body: bytes) -> bytes:
    """Join the chunks of a body; one without chunks is returned as it is: many archives keep only the header."""
    if not _CHUNK.match(body):
        return body
    reader = ChunkedDataReader(BytesIO(body), raise_exceptions=True)
    try:
        return bytes(reader.read())
    except ChunkedDataException as error:
        raise BodyError(message("chunks_damaged")) from error


def _decoder(encoding: str) -> Callable[[bytes, int], bytes]:
    known: dict[str, Callable[[bytes, int], bytes]] = {
        "gzip": _gunzip, "x-gzip": _gunzip, "deflate": _inflate, "br": _brotli, "zstd": _zstd}
    if encoding not in known:
        raise BodyError(message("encoding_unknown", encoding=encoding[:40]))
    return known[encoding]


def _gunzip(body: bytes, limit: int) -> bytes:
    if not GZIP.startswith(body[:2]):
        return body  # some archives store the body decompressed and keep the header
    decoded, rest = _decompress(body, "gzip", zlib.MAX_WBITS | 16, limit)
    while rest.startswith(GZIP):  # a gzip body may consist of several members
        part, rest = _decompress(rest, "gzip", zlib.MAX_WBITS | 16, limit, done=len(decoded))
        decoded += part
    return decoded


def _inflate(body: bytes, limit: int) -> bytes:
    """Decode "deflate", which means the zlib format; some servers send a raw deflate stream."""
    try:
        return _decompress(body, "deflate", zlib.MAX_WBITS, limit)[0]
    except BodyError as error:
        if error.reason.code != "body_damaged":
            raise
    return _decompress(body, "deflate", -zlib.MAX_WBITS, limit)[0]


def _decompress(body: bytes, encoding: str, window: int, limit: int, *, done: int = 0) -> tuple[bytes, bytes]:
    """Decompress one zlib stream, after `done` bytes of others; returns its content and the bytes after it."""
    decoder = zlib.decompressobj(window)
    try:
        decoded = decoder.decompress(body, limit - done + 1)
    except zlib.error as error:
        raise BodyError(message("body_damaged", encoding=encoding, error=str(error))) from error
    _check_size(done + len(decoded), encoding, limit)
    if not decoder.eof:
        raise BodyError(message("body_cut", encoding=encoding, count=len(decoded)))
    return decoded, decoder.unused_data


def _check_size(size: int, encoding: str, limit: int) -> None:
    if size > limit:
        raise BodyError(message("body_unpacks_too_large", encoding=encoding, size=limit >> 20))


def _brotli(body: bytes, limit: int) -> bytes:
    library = _library("br", "brotli", "brotlicffi")
    decoder = library.Decompressor()
    decoded = _decoded_or_plain(
        lambda: decoder.process(body, output_buffer_limit=limit + 1), library.error, "br", body)
    _check_size(len(decoded), "br", limit)
    if decoded is not body and not decoder.is_finished():
        raise BodyError(message("body_cut", encoding="br", count=len(decoded)))
    return decoded


def _zstd(body: bytes, limit: int) -> bytes:
    library = _library("zstd", "compression.zstd", "backports.zstd")
    decoder = library.ZstdDecompressor()
    decoded = _decoded_or_plain(lambda: decoder.decompress(body, limit + 1), library.ZstdError, "zstd", body)
    _check_size(len(decoded), "zstd", limit)
    if decoded is not body and not decoder.eof:
        raise BodyError(message("body_cut", encoding="zstd", count=len(decoded)))
    return decoded


def _decoded_or_plain(decompress: Callable[[], bytes], error_class: type[Exception], encoding: str,
                      body: bytes) -> bytes:
    """The decoded body; the body itself if it is HTML already: some archives decode bodies and keep the header."""
    try:
        return decompress()
    except error_class as error:
        if body.lstrip()[:1] == b"<":
            return body
        raise BodyError(message("body_damaged", encoding=encoding, error=str(error))) from error


def _library(encoding: str, *names: str):  # type: ignore[no-untyped-def]  # untyped modules
    for name in names:
        try:
            return import_module(name)
        except ImportError:
            continue
    raise BodyError(message("encoding_not_installed", encoding=encoding, library=names[-1]))
