"""Charset detection and strict decoding of pages."""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass

from archive.errors import CharsetError
from archive.messages import Message, message
from archive.text import HAN

# Declared charsets, mapped to the superset that pages are really written in.
WIDER = {"gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "gb_2312-80": "gb18030", "unicode": "utf-8",
         "iso8859-1": "cp1252", "ascii": "utf-8"}
# Charsets that are tried; a page that declares another one is read by detection.
_SUPPORTED = frozenset(("utf-8", "utf-8-sig", "gb18030", "big5", "big5hkscs", "cp1252", "iso8859-15", "utf-16"))

# <meta charset="utf-8"> and <META http-equiv="Content-Type" content="text/html; charset=gb2312">
_META = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w.:-]{2,40})""", re.IGNORECASE)
# text/html; charset="GBK"
_HEADER = re.compile(r"""charset\s*=\s*["']?\s*([\w.:-]{2,40})""", re.IGNORECASE)

# Highest share of U+FFFD in a page with a few broken bytes; more means another charset.
_MAX_REPLACED = 0.002
# The most frequent characters of printed Chinese; bytes of another charset read as GB 18030 hold few of them.
_FREQUENT = frozenset("的一是在不了有和人这中大为上个国我以要时来用们生到作地于出对成会可主发年动同工能下产种面方后多"
                      "定行学法所民得经十进部度家力化高理实加量体制机业本开合外政日事平全关各新内数公商务贸易出口投资企")
_FREQUENT_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text of a page, the charset that decoded it, and the defects found on the way."""

    text: str
    charset: str
    defects: tuple[Message, ...] = ()


def decode(body: bytes, content_type: str | None) -> Decoded:
    """Decode a page: strictly as UTF-8, then as header and meta declare; else with U+FFFD, GB 18030 included.

    A few undecodable bytes become U+FFFD; CharsetError if there are too many in every charset.

    >>> decode("<p>朱镕基</p>".encode("gb18030"), "text/html; charset=gb2312").text
    '<p>朱镕基</p>'
    """
    declared = tuple(_declared(body, content_type))
    for charset in dict.fromkeys(("utf-8-sig", *declared)):
        text = _decode_strictly(body, charset)
        if text is not None:
            return Decoded(text, charset.removesuffix("-sig"), _wrong_declaration(charset, declared))
    return _decode_replacing(body, declared)


def _declared(body: bytes, content_type: str | None) -> Iterator[str]:
    header = _HEADER.search(content_type or "")
    meta = _META.search(body, 0, 4096)
    for label in (header[1] if header else None, meta[1].decode("ascii", "strict") if meta else None):
        if label:
            yield _canonical(label.lower())


def _canonical(label: str) -> str:
    """Python's name of a declared charset or of its superset in WIDER; an unknown label as it is."""
    try:
        name = codecs.lookup(WIDER.get(label, label)).name
    except LookupError:
        return label
    return WIDER.get(name, name)


def _decode_strictly(body: bytes, charset: str) -> str | None:
    if charset not in _SUPPORTED or (_is_latin(charset) and not _mostly_ascii(body)):
        return None
    try:
        return body.decode(charset)
    except UnicodeDecodeError:
        return None


def _mostly_ascii(body: bytes) -> bool:
    """True where less than 5% of the bytes are non-ASCII, as in Latin-1 text; Latin-1 decodes any bytes."""
    return len(body.translate(None, bytes(range(128)))) < len(body) * 0.05


def _wrong_declaration(charset: str, declared: tuple[str, ...]) -> tuple[Message, ...]:
    read = charset.removesuffix("-sig")
    wrong = [label for label in dict.fromkeys(declared) if label != read]
    return (message("charset", declared=", ".join(wrong), read=read),) if wrong else ()


def _decode_replacing(body: bytes, declared: tuple[str, ...]) -> Decoded:
    """Decode as UTF-8, a declared charset or GB 18030; a later one must halve the number of replacements to win."""
    best: tuple[int, str, str] | None = None
    for charset in dict.fromkeys(("utf-8", *(label for label in declared if label in _SUPPORTED), "gb18030")):
        if _is_latin(charset) and not _mostly_ascii(body):
            continue
        text = body.decode(charset, "replace")
        count = text.count("\ufffd")  # reported as defects of title and body later
        if charset == "gb18030" and not _is_plausible_chinese(text):
            continue
        if best is None or count < best[0] * 0.5:
            best = count, text, charset
    count, text, charset = best or (0, "", "utf-8")
    if count > max(3, len(text) * _MAX_REPLACED):
        raise CharsetError(message("charset_unknown", count=count, declared=", ".join(declared) or "nothing"),
                           tried=("utf-8", *declared, "gb18030"))
    return Decoded(text, charset, _wrong_declaration(charset, declared))


def _is_plausible_chinese(text: str) -> bool:
    """True where enough of the Han characters are frequent ones; also for a text without any."""
    han = HAN.findall(text)
    return sum(character in _FREQUENT for character in han) >= len(han) * _FREQUENT_SHARE


def _is_latin(charset: str) -> bool:
    """True for charsets that decode any bytes, Chinese ones as accented letters."""
    return charset.startswith(("cp125", "iso8859"))
