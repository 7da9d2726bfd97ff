"""Bytes to text: decode a page strictly, with the charset that reads it."""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass

from archive.errors import CharsetError
from archive.messages import Message, message
from archive.text import HAN

# The charsets that sites declare, mapped to the wider one that their pages are really written in.
WIDER = {"gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "gb_2312-80": "gb18030", "unicode": "utf-8",
         "iso8859-1": "cp1252", "ascii": "utf-8"}
# The charsets that pages of these sites can be in; a page that declares another is read by what its bytes say.
_READ = frozenset(("utf-8", "utf-8-sig", "gb18030", "big5", "big5hkscs", "cp1252", "iso8859-15", "utf-16"))

# <meta charset="utf-8"> and <META http-equiv="Content-Type" content="text/html; charset=gb2312">
_META = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w.:-]{2,40})""", re.IGNORECASE)
# text/html; charset="GBK"
_HEADER = re.compile(r"""charset\s*=\s*["']?\s*([\w.:-]{2,40})""", re.IGNORECASE)

# A page in one charset with a few broken bytes still shows at most this share of marks; more means another charset.
_STRAY = 0.002
# The most frequent characters of printed Chinese; bytes of another charset read as GB 18030 hold few of them.
_FREQUENT = frozenset("的一是在不了有和人这中大为上个国我以要时来用们生到作地于出对成会可主发年动同工能下产种面方后多"
                      "定行学法所民得经十进部度家力化高理实加量体制机业本开合外政日事平全关各新内数公商务贸易出口投资企")
_FREQUENT_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class Decoded:
    """A page's text, the charset that read it, and what was not in order about it."""

    text: str
    charset: str
    defects: tuple[Message, ...] = ()


def decode(body: bytes, content_type: str | None) -> Decoded:
    """Decode a page: UTF-8 where every byte agrees, then what header and meta declare, then GB 18030, else marked.

    A byte that nothing reads becomes U+FFFD and is counted; a page that reads as nothing at all raises CharsetError.

    >>> decode("<p>朱镕基</p>".encode("gb18030"), "text/html; charset=gb2312").text
    '<p>朱镕基</p>'
    """
    declared = tuple(_declared(body, content_type))
    for charset in dict.fromkeys(("utf-8-sig", *declared)):
        text = _strict(body, charset)
        if text is not None:
            return Decoded(text, charset.removesuffix("-sig"), _disagreement(charset, declared))
    return _with_marks(body, declared)


def _declared(body: bytes, content_type: str | None) -> Iterator[str]:
    header = _HEADER.search(content_type or "")
    meta = _META.search(body, 0, 4096)
    for label in (header[1] if header else None, meta[1].decode("ascii", "strict") if meta else None):
        if label:
            yield _canonical(label.lower())


def _canonical(label: str) -> str:
    """A declared charset as Python knows it, widened where pages go beyond it; an unknown one stays as it is."""
    try:
        name = codecs.lookup(WIDER.get(label, label)).name
    except LookupError:
        return label
    return WIDER.get(name, name)


def _strict(body: bytes, charset: str) -> str | None:
    if charset not in _READ or (_is_latin(charset) and not _mostly_ascii(body)):
        return None
    try:
        return body.decode(charset)
    except UnicodeDecodeError:
        return None


def _mostly_ascii(body: bytes) -> bool:
    """Whether bytes that Latin-1 could always read have a chance to be Latin-1."""
    return len(body.translate(None, bytes(range(128)))) < len(body) * 0.05


def _disagreement(charset: str, declared: tuple[str, ...]) -> tuple[Message, ...]:
    read = charset.removesuffix("-sig")
    wrong = [label for label in dict.fromkeys(declared) if label != read]
    return (message("charset", declared=", ".join(wrong), read=read),) if wrong else ()


def _with_marks(body: bytes, declared: tuple[str, ...]) -> Decoded:
    """UTF-8 with a few stray bytes, or GB 18030 that nobody declared; whichever leaves less unread."""
    best: tuple[int, str, str] | None = None
    for charset in dict.fromkeys(("utf-8", *(label for label in declared if label in _READ), "gb18030")):
        if _is_latin(charset) and not _mostly_ascii(body):
            continue
        text, marks = _marked(body, charset)
        if charset == "gb18030" and not _plausible(text):
            continue
        if best is None or marks < best[0] * 0.5:
            best = marks, text, charset
    marks, text, charset = best or (0, "", "utf-8")
    if marks > max(3, len(text) * _STRAY):
        raise CharsetError(message("charset_unknown", count=marks, declared=", ".join(declared) or "nothing"),
                           tried=("utf-8", *declared, "gb18030"))
    return Decoded(text, charset, _disagreement(charset, declared))


def _plausible(text: str) -> bool:
    """Whether Han text holds the characters that Chinese cannot do without."""
    han = HAN.findall(text)
    return sum(character in _FREQUENT for character in han) >= len(han) * _FREQUENT_SHARE


def _is_latin(charset: str) -> bool:
    """Whether the charset reads any bytes at all, Chinese ones as accents."""
    return charset.startswith(("cp125", "iso8859"))


def _marked(body: bytes, charset: str) -> tuple[str, int]:
    """The text with U+FFFD for each unreadable piece, and how many there are: counted here, shown as defects later."""
    text = body.decode(charset, "replace")
    return text, text.count("\ufffd")
