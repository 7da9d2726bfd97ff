"""What the archive kept of a capture, made ready to be looked at."""

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from markupsafe import Markup, escape

from archive.messages import Message
from archive.records import Capture

if TYPE_CHECKING:
    from archive.warc.reader import StoredCapture

# Of a longer source only the beginning is shown, so that no page of another's making can weigh down a browser.
CHARACTERS = 1_000_000
LINES = 20_000
# <!doctype html> · <?xml version="1.0"?><!DOCTYPE html PUBLIC "…">
_PROLOGUE = re.compile(r"\s*(?:<\?[^>]*>\s*)?(?:<!doctype[^>]*>)?", re.IGNORECASE)
# <a href="/a" target="_self" · <area target=main: the name of a start tag, and its attributes
_TAG = re.compile(r"""(<[a-z][^\s"'<>/]*)((?:[^"'<>]|"[^"]*"|'[^']*')*+)""", re.IGNORECASE)
_LINKS = ("<a", "<area")
# target="_self" · href=/a?target=2 · download
_ATTRIBUTE = re.compile(r"""([^\s"'<>/=]+)(?:(\s*=\s*)("[^"]*"|'[^']*'|[^\s"'<>]+))?""")
# The line of a source ends as browsers end it: \r\n · \r · \n
_LINE_END = re.compile(r"\r\n|\r|\n")
# text/html; charset="GBK"
_TYPE = re.compile(r"\s*([\w.+-]+/[\w.+-]+)")
# text/css · application/xml · application/rss+xml · application/json
_TEXT_TYPE = re.compile(r"text/|application/(?:[\w.-]+\+)?(?:xml|json)$")


@dataclass(frozen=True, slots=True)
class Body:
    """A kept body: `raw` is what was sent, `capture` the same without its encodings; None where `fault` tells why."""

    raw: bytes
    content_type: str
    encoding: str
    location: str
    capture: Capture | None = None
    fault: Message | None = None

    @property
    def mime(self) -> str:
        """The type that was declared; a page saved without its header is HTML where it looks like it."""
        declared = _TYPE.match(self.content_type)
        looks = "text/html" if self.capture and b"<" in self.capture.body[:1024] else "application/octet-stream"
        return declared[1].lower() if declared else looks

    @property
    def is_text(self) -> bool:
        """Whether there is a text to read in the body."""
        return bool(self.capture and self.capture.body and _TEXT_TYPE.match(self.mime))


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a source as HTML; `has_match` where the words that were looked for stand in it."""

    html: Markup
    has_match: bool


@dataclass(frozen=True, slots=True)
class SourceText:
    """The beginning of a source, line by line, and how many lines there are in all."""

    lines: tuple[Line, ...]
    total: int
    complete: bool

    @property
    def first_match(self) -> int:
        """The number of the first line in which the words stand, 0 where they stand in none."""
        return next((number for number, line in enumerate(self.lines, start=1) if line.has_match), 0)


def load_body(data: Path, row: "StoredCapture") -> Body:
    """The body of a capture; raises ArchiveError where the file that keeps it cannot be read."""
    from archive.times import parse_time
    from archive.warc.coding import BodyError, decode
    from archive.warc.reader import http_message, load_record

    message = http_message(load_record(data, row))
    stored = Body(message.body, row.content_type or "", (message.header("Content-Encoding") or "").lower(),
                _redirect_target(row.url, message.header("Location") or ""))
    try:
        body = decode(message.body, message.headers)
    except BodyError as error:
        return replace(stored, fault=error.reason)
    return replace(stored, capture=Capture(row.url, body, parse_time(row.fetched_at), row.content_type, row.status))


def _redirect_target(url: str, location: str) -> str:
    """Where a redirect leads; '' where it leads to no address that a browser opens."""
    try:
        target = urljoin(url, location) if location else ""
    except ValueError:
        return ""
    return target if target.startswith(("http://", "https://")) else ""


def decode_text(capture: Capture) -> str:
    """The body as text, in the charset that reads it; bytes that none reads become U+FFFD."""
    from archive.charset import decode
    from archive.errors import CharsetError

    try:
        return decode(capture.body, capture.content_type).text
    except CharsetError:
        return capture.body.decode("utf-8", "replace")


def rebase_links(text: str, url: str) -> str:
    """A page whose every link opens at its own address, in a tab of its own: nothing else of the page is changed.

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
    """What the page's links are relative to: its own <base>, else its address."""
    from w3lib.html import get_base_url

    try:
        return str(get_base_url(text, url))
    except ValueError:
        return url


def source_text(text: str, words: str = "") -> SourceText:
    """A source cut into lines, with certain words marked in it.

    >>> source_text("<p>\\r\\n1 & 2", "& 2").lines[1].html
    Markup('1 <mark>&amp; 2</mark>')
    """
    total = len(_LINE_END.findall(text)) + 1
    lines = _LINE_END.split(text[:CHARACTERS])[:LINES]
    return SourceText(tuple(Line(_marked(line, words), bool(words) and words in line) for line in lines),
                      total, len(text) <= CHARACTERS and total <= LINES)


def _marked(line: str, words: str) -> Markup:
    mark = Markup("<mark>{}</mark>").format(words)
    return mark.join(escape(part) for part in line.split(words)) if words else escape(line)
