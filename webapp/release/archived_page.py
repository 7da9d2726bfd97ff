"""Body of a capture for display: decoded, with its links rebased, or as source text with line numbers."""

import re
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from markupsafe import Markup, escape

from archive.messages import Message
from archive.records import Capture
from indexer.text.spans import cut_fragments, occurrences
from webapp.marked_text import marked_html

if TYPE_CHECKING:
    from archive.warc.random_access import BodyStream, StoredCapture

MOST_BYTES = 4 * 1024 * 1024  # of a body, as sent and decoded, that is loaded; a larger one is only streamed
# Limits of the source view: longer sources are cut, so that a huge page cannot freeze the browser.
CHARACTERS = 1_000_000
LINES = 20_000
MOST_MARKS = 2000
# <!doctype html> · <?xml version="1.0"?><!DOCTYPE html PUBLIC "…">
_PROLOGUE = re.compile(r"\s*(?:<\?[^>]*>\s*)?(?:<!doctype[^>]*>)?", re.IGNORECASE)
# <a href="/a" target="_self" · <area target=main: name and attributes of a start tag
_TAG = re.compile(r"""(<[a-z][^\s"'<>/]*)((?:[^"'<>]|"[^"]*"|'[^']*')*+)""", re.IGNORECASE)
_LINKS = ("<a", "<area")
# target="_self" · href=/a?target=2 · download
_ATTRIBUTE = re.compile(r"""([^\s"'<>/=]+)(?:(\s*=\s*)("[^"]*"|'[^']*'|[^\s"'<>]+))?""")
# Line ends as browsers count them: \r\n · \r · \n
_LINE_END = re.compile(r"\r\n|\r|\n")
# text/html; charset="GBK"
_TYPE = re.compile(r"\s*([\w.+-]+/[\w.+-]+)")
# text/css · application/xml · application/rss+xml · application/json
_TEXT_TYPE = re.compile(r"text/|application/(?:[\w.-]+\+)?(?:xml|json)$")


@dataclass(frozen=True, slots=True)
class Body:
    """An archived body: `raw` is the bytes as sent, `capture` has them content-decoded, or is None with the `fault`."""

    raw: bytes
    content_type: str
    encoding: str
    location: str
    capture: Capture | None = None
    fault: Message | None = None

    @property
    def mime(self) -> str:
        """Declared media type; without one, HTML if the first 1024 bytes contain "<"."""
        declared = _TYPE.match(self.content_type)
        looks = "text/html" if self.capture and b"<" in self.capture.body[:1024] else "application/octet-stream"
        return declared[1].lower() if declared else looks

    @property
    def is_text(self) -> bool:
        """True if the body is text, markup or JSON and is not empty."""
        return bool(self.capture and self.capture.body and _TEXT_TYPE.match(self.mime))


@dataclass(frozen=True, slots=True)
class RawBody:
    """A body as sent, in pieces where it is large, with its size and content encoding."""

    content: "bytes | BodyStream"
    length: int
    encoding: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a source as HTML; `has_match` if it contains the words searched for."""

    html: Markup
    has_match: bool


@dataclass(frozen=True, slots=True)
class SourceText:
    """The first lines of a source and the number of all its lines; `complete` if none was cut."""

    lines: tuple[Line, ...]
    total: int
    complete: bool

    @property
    def first_match(self) -> int:
        """Number of the first line with a match, 0 if there is none."""
        return next((number for number, line in enumerate(self.lines, start=1) if line.has_match), 0)


def load_body(data: Path, row: "StoredCapture") -> Body:
    """The body of a capture of at most MOST_BYTES; raises WarcError if its WARC file cannot be read.

    A body that unpacks to more has a fault.
    """
    from archive.times import parse_time
    from archive.warc.coding import BodyError, decode
    from archive.warc.random_access import http_message, load_record

    message = http_message(load_record(data, row))
    stored = Body(message.body, row.content_type or "", (message.header("Content-Encoding") or "").lower(),
                  _redirect_target(row.url, message.header("Location") or ""))
    try:
        body = decode(message.body, message.headers, MOST_BYTES)
    except BodyError as error:
        return replace(stored, fault=error.reason)
    return replace(stored, capture=Capture(row.url, body, parse_time(row.fetched_at), row.content_type, row.status))


def load_raw(data: Path, row: "StoredCapture") -> RawBody:
    """The body of a capture as sent, streamed if it is large; raises WarcError if its WARC file cannot be read."""
    from archive.warc.random_access import stream_body

    stream = stream_body(data, row)
    encoding = (stream.message.header("Content-Encoding") or "").lower()
    if stream.length > MOST_BYTES:
        return RawBody(stream, stream.length, encoding)
    with closing(stream):
        return RawBody(b"".join(stream), stream.length, encoding)


def _redirect_target(url: str, location: str) -> str:
    """Absolute URL of a Location header; "" if it is not an http(s) URL."""
    try:
        target = urljoin(url, location) if location else ""
    except ValueError:
        return ""
    return target if target.startswith(("http://", "https://")) else ""


def decode_text(capture: Capture) -> str:
    """The body as text; bytes that no charset decodes become U+FFFD."""
    from archive.charset import decode
    from archive.errors import CharsetError

    try:
        return decode(capture.body, capture.content_type).text
    except CharsetError:
        return capture.body.decode("utf-8", "replace")


def rebase_links(text: str, url: str) -> str:
    """HTML with a <base> of its original URL and every link opening in a new tab; nothing else is changed.

    >>> rebase_links('<!doctype html><a href=b target="_top">', "http://x.cn/a")
    '<!doctype html><base href="http://x.cn/a" target="_blank"><a href=b target="_blank">'
    """
    start = _PROLOGUE.match(text)
    place = start.end() if start else 0
    base = f'<base href="{escape(_base(text, url))}" target="_blank">'
    return text[:place] + base + _TAG.sub(_retarget_tag, text[place:])


def _retarget_tag(tag: re.Match[str]) -> str:
    name, attributes = tag.groups()
    return name + _ATTRIBUTE.sub(_retarget_attribute, attributes) if name.lower() in _LINKS else tag[0]


def _retarget_attribute(attribute: re.Match[str]) -> str:
    name, equals, _ = attribute.groups()
    return f'{name}{equals}"_blank"' if equals and name.lower() == "target" else attribute[0]


def _base(text: str, url: str) -> str:
    """Base URL of the page's links: its own <base>, else its URL."""
    from w3lib.html import get_base_url

    try:
        return str(get_base_url(text, url))
    except ValueError:
        return url


def source_text(text: str, words: str = "") -> SourceText:
    """A source split into lines, with occurrences of `words` marked.

    >>> source_text("<p>\\r\\n1 & 2", "& 2").lines[1].html
    Markup('1 <mark>&amp; 2</mark>')
    """
    total = len(_LINE_END.findall(text)) + 1
    lines = _LINE_END.split(text[:CHARACTERS])[:LINES]
    return SourceText(tuple(_lines(lines, words)), total, len(text) <= CHARACTERS and total <= LINES)


def _lines(lines: Iterable[str], words: str) -> Iterator[Line]:
    """The lines as HTML, with the first MOST_MARKS occurrences of the words marked."""
    left = MOST_MARKS
    for text in lines:
        spans = occurrences(text, words)[:left]
        left -= len(spans)
        yield Line(marked_html(cut_fragments(text, spans)) if spans else escape(text), bool(spans))
