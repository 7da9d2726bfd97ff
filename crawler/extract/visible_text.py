"""Visible text: the lines that a browser shows of a page, each with its block element; what CSS hides is left out."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

from lxml.etree import _Element as Element

from archive.urls import is_file

# Tags of elements whose text is never visible.
INVISIBLE = frozenset((
    "script", "style", "noscript", "template", "head", "title", "iframe", "object", "embed", "svg", "math",
    "canvas", "audio", "video", "select", "option", "datalist", "textarea", "button", "input", "meta", "link",
    "map", "area", "noframes", "frameset", "applet"))
BLOCK = frozenset((
    "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "dialog", "dir",
    "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "frameset", "h1", "h2", "h3", "h4",
    "h5", "h6", "header", "hr", "html", "legend", "li", "main", "menu", "nav", "ol", "p", "pre", "section",
    "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul"))
HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
# style="display: none" · visibility:hidden · left:-9999px · opacity:0 · clip:rect(0 0 0 0)
_HIDDEN_STYLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|clip\s*:\s*rect\(\s*[01]?(?:px)?[\s,]"
    r"|(?<![\w-])(?:left|top|text-indent|right)\s*:\s*-\d{4,}|opacity\s*:\s*0(?:\.0+)?\s*(?:;|!|$)", re.IGNORECASE)
# height:0 · max-width: 0px, which hide only with an _OVERFLOW
_ZERO_BOX = re.compile(r"(?<![\w-])(?:max-)?(?:height|width)\s*:\s*0(?:px|em|%)?\s*(?:;|!|$)", re.IGNORECASE)
# overflow:hidden · overflow-y: clip
_OVERFLOW = re.compile(r"overflow(?:-[xy])?\s*:\s*(?:hidden|clip)", re.IGNORECASE)
# Classes that CSS frameworks give to text for screen readers only.
_SCREEN_READER_CLASSES = frozenset(("sr-only", "visually-hidden", "screen-reader-text"))
# A style element without any of these words hides nothing and is not parsed.
_HIDING_WORDS = ("none", "hidden", "collapse", ":-", ": -", "opacity", "clip")
# font-size:0 · font-size: 0px
_ZERO_FONT = re.compile(r"font-size\s*:\s*0(?:px|pt|em|%)?\s*(?:;|!|$)", re.IGNORECASE)
# .decoy, #x { display:none } in a style element
_RULE = re.compile(r"([^{}]{1,300})\{([^{}]{0,2000})\}")
# @media print { .art { display: none } }, which is not for screens: removed before _RULE is applied
_MEDIA = re.compile(r"@media[^{}]{0,300}\{(?:[^{}]{0,500}\{[^{}]{0,2000}\}){0,200}[^{}]{0,500}\}")
_LONGEST_STYLE = 200_000
# .decoy · div.decoy · #x
_SIMPLE_SELECTOR = re.compile(r"^\s*(?:[a-z]+\d?)?([.#])([\w-]+)\s*$", re.IGNORECASE)
# "\u3000" · "\xa0 \t": white space of every width
_BLANKS = re.compile(r"[\s\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")
# Delegation-of-Reverse-Trade -> DelegationofReverseTrade: to compare texts by their letters and digits only
NON_WORD = re.compile(r"[\W_]+")
# Removed from text: zero-width characters, the byte order mark, the soft hyphen, DEL.
_ZERO_WIDTH = dict.fromkeys((0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0x00AD, 0x7F))


@dataclass(frozen=True, slots=True)
class Line:
    """Visible line: its text, its block element (`owner`), the number of its characters that are link text (`linked`).

    `to_file` is true if one of its links is to a file, as those of attachments are.
    """

    text: str
    owner: Element
    linked: int = 0
    to_file: bool = False


def tidy(text: str) -> str:
    """Text with each run of white space as one space, stripped, without zero-width characters.

    >>> tidy(" \\u3000为促进\\xa0 \\xa0发展\\u200b ")
    '为促进 发展'
    """
    return _BLANKS.sub(" ", text.translate(_ZERO_WIDTH)).strip()


def texts_of(element: Element) -> list[str]:
    """Text nodes of an element in document order, hidden ones too."""
    return [str(text) for text in element.itertext()]


def has_hiding_attributes(root: Element) -> bool:
    """True for a tree in which an attribute may hide an element; quicker than `is_hidden` on every element.

    Each different style and class is tested once, however many elements have it.
    """
    attributes = [each.attrib for each in root.iter() if each.attrib]
    styles = {each.get("style", "") for each in attributes}
    names = {name for each in {each.get("class", "") for each in attributes} for name in each.split()}
    return (any(_hides(style) or _ZERO_FONT.search(style) for style in styles)
            or not names.isdisjoint(_SCREEN_READER_CLASSES) or any("hidden" in each for each in attributes))


def hidden_names(styles: list[str]) -> frozenset[str]:
    """Classes and ids (".class", "#id") that the style elements of a page hide.

    >>> sorted(hidden_names([".trap, #old {display: none} .shown {color: red}"]))
    ['#old', '.trap']
    """
    names = set()
    for style in styles:
        lower = style.lower()
        if len(style) > _LONGEST_STYLE or not any(word in lower for word in _HIDING_WORDS):
            continue
        for selectors, body in _RULE.findall(_MEDIA.sub("", style)):
            if _hides(body):
                names |= {f"{m[1]}{m[2]}" for m in map(_SIMPLE_SELECTOR.match, selectors.split(",")) if m}
    return frozenset(names)


@lru_cache(maxsize=4096)
def _hides(style: str) -> bool:
    """True for a style declaration that hides its element. Cached: pages repeat a few styles hundreds of times."""
    return bool(_HIDDEN_STYLE.search(style) or (_ZERO_BOX.search(style) and _OVERFLOW.search(style)))


def is_hidden(element: Element, hidden: frozenset[str]) -> bool:
    """True for an element hidden by its own attributes or by a name in `hidden` (see `hidden_names`).

    Its ancestors are not looked at.
    """
    attributes = element.attrib
    if not attributes:
        return False
    style = attributes.get("style", "")
    if "hidden" in attributes or _hides(style):
        return True
    # Children may set a font size of their own, so only a leaf of size 0 is hidden for certain.
    if "font-size" in style and len(element) == 0 and _ZERO_FONT.search(style):
        return True
    names = attributes.get("class", "")
    if names and any(name in _SCREEN_READER_CLASSES for name in names.split()):
        return True
    if not hidden:
        return False
    return f"#{attributes.get('id', '')}" in hidden or any(f".{name}" in hidden for name in names.split())


def visible_text_of(element: Element, hidden: frozenset[str] = frozenset()) -> str:
    """Visible text of an element, its lines joined by spaces."""
    return " ".join(line.text for line in visible_lines(element, hidden))


def visible_lines(root: Element, hidden: frozenset[str] = frozenset()) -> list[Line]:
    """Visible lines of an element in document order, as a text browser shows them, without empty ones."""
    return _LineBuilder(hidden).lines_of(root)


class _LineBuilder:
    """Builder of visible lines. Its stack is its own, since pages nest deeper than Python's recursion limit."""

    def __init__(self, hidden: frozenset[str]) -> None:
        self._hidden = hidden
        self._lines: list[Line] = []
        self._parts: list[str] = []
        self._linked = 0
        self._owners: list[Element] = []
        self._links: list[bool] = []
        self._to_file = False

    def lines_of(self, root: Element) -> list[Line]:
        self._owners = [root]
        stack: list[tuple[Element, bool]] = [(root, True)]
        while stack:
            element, opening = stack.pop()
            if not opening:
                self._close(element, element is not root)
                continue
            if not self._is_visible(element):
                self._text(element.tail if element is not root else None)
                continue
            self._open(element)
            stack.append((element, False))
            stack.extend((child, True) for child in reversed(element))
        self._break()
        return self._lines

    def _is_visible(self, element: Element) -> bool:
        tag = element.tag
        return isinstance(tag, str) and tag not in INVISIBLE and not is_hidden(element, self._hidden)

    def _open(self, element: Element) -> None:
        if element.tag in BLOCK:
            self._break()
            self._owners.append(element)
        elif element.tag == "br":
            self._break()
        elif element.tag == "a":
            self._links.append(is_file(element.get("href") or ""))
        self._text(element.text)

    def _close(self, element: Element, inside: bool) -> None:
        if element.tag in BLOCK:
            self._break()
            self._owners.pop()
        elif element.tag == "a":
            self._links.pop()
        self._text(element.tail if inside else None)

    def _text(self, text: str | None) -> None:
        if not text:
            return
        self._parts.append(text)
        if self._links:
            self._linked += len(text.strip())
            self._to_file |= self._links[-1]

    def _break(self) -> None:
        if self._parts:
            text = tidy("".join(self._parts))
            if text:
                self._lines.append(Line(text, self._owners[-1], min(self._linked, len(text)), self._to_file))
            self._parts.clear()
        self._linked = 0
        self._to_file = False


@dataclass(frozen=True, slots=True)
class TextFlow:
    """Visible lines and their joined text, for regular expressions; `starts` are the offsets of the lines in it."""

    lines: Sequence[Line]
    text: str
    starts: tuple[int, ...]

    @classmethod
    def of(cls, lines: Sequence[Line]) -> "TextFlow":
        """The lines with their joined text and offsets."""
        ends = accumulate((len(line.text) + 1 for line in lines), initial=0)
        return cls(lines, "\n".join(line.text for line in lines), tuple(ends)[:-1])

    def line_at(self, offset: int) -> int:
        """Index of the line that holds the offset."""
        return bisect_right(self.starts, offset) - 1

    def line_from(self, offset: int) -> int:
        """Index of the first line that starts at or after the offset; `len(lines)` after the last one."""
        return bisect_left(self.starts, offset)

    def line_end(self, offset: int) -> int:
        """End offset of the line that holds the offset."""
        last = self.line_at(offset)
        return self.starts[last] + len(self.lines[last].text)

    def rest_of_line(self, offset: int, longest: int | None = None) -> str:
        """Text from the offset to the end of its line, at most `longest` characters."""
        end = self.line_end(offset)
        return self.text[offset:end if longest is None else min(end, offset + longest)]
