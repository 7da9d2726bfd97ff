"""A capture opened for reading: decoded, parsed, with what every field asks for at hand."""

from datetime import datetime
from functools import cache, cached_property
from urllib.parse import urljoin, urlsplit

from cssselect import SelectorError
from lxml import etree
from lxml.cssselect import CSSSelector
from lxml.etree import _Element as Element

from archive.charset import Decoded, decode
from archive.errors import CharsetError
from archive.messages import Message, message
from archive.records import Capture
from archive.urls import unwrap, urlkey
from crawler.errors import PageFault
from crawler.extract.visible_text import Line, hidden_names, texts_of, tidy, visible_lines

# A press release with its machinery is 10-200 kB; what is larger than this is kept but not read.
MAX_BYTES = 8 * 1024 * 1024
# First bytes of files that servers send with an HTML header.
_BINARY = {b"%PDF": "PDF", b"\x89PNG": "PNG", b"PK\x03\x04": "ZIP or Office",
           b"GIF8": "GIF", b"\xff\xd8\xff": "JPEG",
           b"\xd0\xcf\x11\xe0": "Office 97-2003", b"\x1f\x8b": "gzip",
           b"Rar!": "RAR", b"7z\xbc\xaf": "7-Zip"}


@cache
def selector(css: str) -> CSSSelector:
    """The compiled form of a CSS selector; a malformed one raises ValueError naming it."""
    try:
        return CSSSelector(css, translator="html")
    except SelectorError as error:
        raise ValueError(f"{css!r} is not a CSS selector: {error}") from None


class Page:
    """One page under reading. Raises PageFault where the capture is no readable HTML page at all.

    Everything is made when first asked for, and once: a page read by class names never computes its visible lines.
    """

    def __init__(self, capture: Capture) -> None:
        self.url: str = unwrap(capture.url)
        self.fetched_at: datetime = capture.fetched_at
        _refuse_what_is_no_page(capture.body)
        self._decoded = _decoded(capture)
        self.memory: dict[object, object] = {}
        self._selected: dict[str, list[Element]] = {}

    @property
    def text(self) -> str:
        """The page's source text."""
        return self._decoded.text

    @property
    def defects(self) -> tuple[Message, ...]:
        """What was not in order about the page's encoding."""
        return self._decoded.defects

    @cached_property
    def root(self) -> Element:
        """The parsed tree; a page nested deeper than the parser reads is refused, since its end would be missing."""
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
        """The contents of the meta elements by lower-cased name, the first of each name."""
        found: dict[str, str] = {}
        for meta in self.root.iter("meta"):
            name, content = meta.get("name"), meta.get("content")
            if name and content is not None:
                found.setdefault(name.lower(), content)
        return found

    @cached_property
    def head_title(self) -> str:
        """The text of the title element, '' where there is none."""
        element = next(self.root.iter("title"), None)
        return tidy("".join(texts_of(element))) if element is not None else ""

    @cached_property
    def hidden(self) -> frozenset[str]:
        """The classes and ids that the page's own style sheets hide."""
        return hidden_names([style.text or "" for style in self.root.iter("style")])

    @cached_property
    def lines(self) -> list[Line]:
        """What a person sees, line by line."""
        return visible_lines(self.root, self.hidden)

    @cached_property
    def scripts(self) -> str:
        """The text of all inline scripts."""
        return "\n".join(script.text or "" for script in self.root.iter("script"))

    def absolute(self, href: str) -> str:
        """The absolute http address of a link on the page, '' where it leads to none."""
        try:
            url = urljoin(self.url, href.strip())
            web = urlsplit(url).scheme in ("http", "https") and urlsplit(url).hostname
            return url if web and urlkey(url) else ""
        except ValueError:
            return ""

    def select(self, css: str) -> list[Element]:
        """The elements that a CSS selector finds, in document order."""
        if css not in self._selected:
            found = selector(css)(self.root)
            elements = [each for each in found if isinstance(each, Element)] if isinstance(found, list) else []
            self._selected[css] = elements
        return self._selected[css]

    def has(self, css: str) -> bool:
        """Whether the selector finds anything."""
        return bool(self.select(css))


def _decoded(capture: Capture) -> Decoded:
    try:
        return decode(capture.body, capture.content_type)
    except CharsetError as error:
        raise PageFault(error.reason, error.tried) from error


def _refuse_what_is_no_page(body: bytes) -> None:
    start = body[:4096].lstrip()
    if not start and not body.strip():
        raise PageFault(message("body_empty"))
    if len(body) > MAX_BYTES:
        raise PageFault(message("body_too_large", count=f"{len(body):,}", most=f"{MAX_BYTES:,}"))
    for magic, kind in _BINARY.items():
        if start.startswith(magic):
            raise PageFault(message("body_not_html", kind=kind))
    if b"\0" in start:
        raise PageFault(message("body_binary"))
