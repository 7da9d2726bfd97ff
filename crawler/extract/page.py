"""Page: a capture decoded and parsed, with its visible lines, metas, scripts and CSS selection."""

from datetime import datetime
from functools import cache, cached_property

from cssselect import SelectorError
from lxml import etree
from lxml.cssselect import CSSSelector
from lxml.etree import _Element as Element

from archive.charset import Decoded, decode
from archive.errors import CharsetError
from archive.messages import Message, message
from archive.records import Capture
from archive.urls import absolute_url, unwrap
from crawler.errors import PageFault
from crawler.extract.visible_text import Line, hidden_names, texts_of, tidy, visible_lines

# A press release page has 10-200 kB. A larger body than this is kept but not read.
MAX_BYTES = 8 * 1024 * 1024
# Magic bytes of files that servers send as text/html.
_MAGIC_BYTES = {b"%PDF": "PDF", b"\x89PNG": "PNG", b"PK\x03\x04": "ZIP or Office", b"GIF8": "GIF",
                b"\xff\xd8\xff": "JPEG", b"\xd0\xcf\x11\xe0": "Office 97-2003", b"\x1f\x8b": "gzip", b"Rar!": "RAR",
                b"7z\xbc\xaf": "7-Zip"}


@cache
def selector(css: str) -> CSSSelector:
    """Compiled CSS selector, cached; raises ValueError for a malformed one."""
    try:
        return CSSSelector(css, translator="html")
    except SelectorError as error:
        raise ValueError(f"{css!r} is not a CSS selector: {error}") from None


class Page:
    """Decoded page whose parts are computed on first use. Raises PageFault for a body that is not readable HTML.

    `cache` keeps what fields compute once per page; keys must be unique to the code that sets them.
    """

    def __init__(self, capture: Capture) -> None:
        self.url: str = unwrap(capture.url)
        self.fetched_at: datetime = capture.fetched_at
        _check_body(capture.body)
        self._decoded = _decoded(capture)
        self.cache: dict[object, object] = {}
        self._selected: dict[str, list[Element]] = {}

    @property
    def text(self) -> str:
        """Decoded HTML source."""
        return self._decoded.text

    @property
    def defects(self) -> tuple[Message, ...]:
        """Defects found while decoding: another charset than declared."""
        return self._decoded.defects

    @cached_property
    def root(self) -> Element:
        """Parsed tree. Raises PageFault if it is nested too deep: the parser would drop the rest of the page."""
        parser = etree.HTMLParser(huge_tree=True, remove_comments=True, remove_pis=True, encoding="utf-8")
        root = etree.fromstring(self.text.encode("utf-8", "surrogatepass"), parser=parser)
        if root is None:
            raise PageFault(message("no_html"))
        for entry in parser.error_log:
            if entry.type_name in ("ERR_RESOURCE_LIMIT", "ERR_NO_MEMORY"):
                raise PageFault(message("tree_unreadable", error=entry.message.split(",")[0]))
        return root

    @cached_property
    def metas(self) -> dict[str, str]:
        """Contents of the meta elements by lower-cased name; the first of each name counts."""
        found: dict[str, str] = {}
        for meta in self.root.iter("meta"):
            name, content = meta.get("name"), meta.get("content")
            if name and content is not None:
                found.setdefault(name.lower(), content)
        return found

    @cached_property
    def head_title(self) -> str:
        """Text of the title element, '' if there is none."""
        element = next(self.root.iter("title"), None)
        return tidy("".join(texts_of(element))) if element is not None else ""

    @cached_property
    def hidden(self) -> frozenset[str]:
        """Classes and ids (".class", "#id") that the page's style elements hide."""
        return hidden_names([style.text or "" for style in self.root.iter("style")])

    @cached_property
    def lines(self) -> list[Line]:
        """Visible lines."""
        return visible_lines(self.root, self.hidden)

    @cached_property
    def scripts(self) -> str:
        """Source of all inline scripts, joined by newlines."""
        return "\n".join(script.text or "" for script in self.root.iter("script"))

    def absolute(self, href: str) -> str:
        """Absolute http(s) URL of a link on the page, '' for other schemes and malformed URLs."""
        return absolute_url(self.url, href) or ""

    def select(self, css: str) -> list[Element]:
        """Elements that match a CSS selector, in document order; cached."""
        if css not in self._selected:
            found = selector(css)(self.root)
            elements = [each for each in found if isinstance(each, Element)] if isinstance(found, list) else []
            self._selected[css] = elements
        return self._selected[css]

    def has(self, css: str) -> bool:
        """True if an element matches the CSS selector."""
        return bool(self.select(css))


def _decoded(capture: Capture) -> Decoded:
    try:
        return decode(capture.body, capture.content_type)
    except CharsetError as error:
        raise PageFault(error.reason, error.tried) from error


def _check_body(body: bytes) -> None:
    start = body[:4096].lstrip()
    if not start and not body.strip():
        raise PageFault(message("body_empty"))
    if len(body) > MAX_BYTES:
        raise PageFault(message("body_too_large", count=f"{len(body):,}", most=f"{MAX_BYTES:,}"))
    for magic, kind in _MAGIC_BYTES.items():
        if start.startswith(magic):
            raise PageFault(message("body_not_html", kind=kind))
    if b"\0" in start:
        raise PageFault(message("body_binary"))
