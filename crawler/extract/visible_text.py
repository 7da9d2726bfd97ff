"""Visible text: the lines that a person sees of a page, with their elements; scripts and languages of text."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

from lxml.etree import _Element as Element

from archive.urls import is_file

# Elements that hold no visible text of the page.
UNSEEN = frozenset((
    "script", "style", "noscript", "template", "head", "title", "iframe", "object", "embed", "svg", "math",
    "canvas", "audio", "video", "select", "option", "datalist", "textarea", "button", "input", "meta", "link",
    "map", "area", "noframes", "frameset", "applet"))
BLOCK = frozenset((
    "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "dialog", "dir",
    "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "frameset", "h1", "h2", "h3", "h4",
    "h5", "h6", "header", "hr", "html", "legend", "li", "main", "menu", "nav", "ol", "p", "pre", "section",
    "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul"))
HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
# style="display: none" · visibility:hidden · font-size:0 · left:-9999px · opacity:0 · clip:rect(0 0 0 0)
_HIDDEN_STYLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|clip\s*:\s*rect\(\s*[01]?(?:px)?[\s,]"
    r"|(?<![\w-])(?:left|top|text-indent|right)\s*:\s*-\d{4,}|opacity\s*:\s*0(?:\.0+)?\s*(?:;|!|$)", re.IGNORECASE)
# height:0;overflow:hidden
_CLOSED = re.compile(r"(?<![\w-])(?:max-)?(?:height|width)\s*:\s*0(?:px|em|%)?\s*(?:;|!|$)", re.IGNORECASE)
_OVERFLOW = re.compile(r"overflow(?:-[xy])?\s*:\s*(?:hidden|clip)", re.IGNORECASE)
# The names that frameworks give to what only a screen reader says.
_UNSEEN_NAMES = frozenset(("sr-only", "visually-hidden", "screen-reader-text"))
_HIDING_WORDS = ("none", "hidden", "collapse", ":-", ": -", "opacity", "clip")
_TINY = re.compile(r"font-size\s*:\s*0(?:px|pt|em|%)?\s*(?:;|!|$)", re.IGNORECASE)
# .decoy, #x { display:none } in a style element
_RULE = re.compile(r"([^{}]{1,300})\{([^{}]{0,2000})\}")
# @media print { .art { display: none } } says nothing about a screen.
_MEDIA = re.compile(r"@media[^{}]{0,300}\{(?:[^{}]{0,500}\{[^{}]{0,2000}\}){0,200}[^{}]{0,500}\}")
_LONGEST_STYLE = 200_000
_SIMPLE_SELECTOR = re.compile(r"^\s*(?:[a-z]+\d?)?([.#])([\w-]+)\s*$", re.IGNORECASE)
# Blanks of every width; zero-width characters, soft hyphens and the byte order mark are no text at all.
_BLANKS = re.compile(r"[\s\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")
_NOTHING = dict.fromkeys((0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0x00AD, 0x7F))


@dataclass(frozen=True, slots=True)
class Line:
    """One line of visible text: `owner` is its block element, `linked` how many of its characters are link text,
    `to_file` whether a link in it leads to a file, as attachments do."""

    text: str
    owner: Element
    linked: int = 0
    to_file: bool = False


def tidy(text: str) -> str:
    """Text with every run of blanks as one space, without zero-width characters and outer blanks.

    >>> tidy(" \\u3000为促进\\xa0 \\xa0发展\\u200b ")
    '为促进 发展'
    """
    return _BLANKS.sub(" ", text.translate(_NOTHING)).strip()


def texts_of(element: Element) -> list[str]:
    """The pieces of text in an element, seen or not, in order."""
    return [str(text) for text in element.itertext()]


def hides_something(root: Element) -> bool:
    """Whether an attribute in a tree can hide anything: its few different styles and classes are looked at, not the
    hundreds of elements that have them."""
    attributes = [each.attrib for each in root.iter() if each.attrib]
    styles = {each.get("style", "") for each in attributes}
    names = {name for each in {each.get("class", "") for each in attributes} for name in each.split()}
    return (any(_hides(style) or _TINY.search(style) for style in styles) or not names.isdisjoint(_UNSEEN_NAMES)
            or any("hidden" in each for each in attributes))


def hidden_names(styles: list[str]) -> frozenset[str]:
    """The ".class" and "#id" names that a page's own style sheets hide.

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
    """Whether a style attribute hides its element; pages repeat a few styles hundreds of times."""
    return bool(_HIDDEN_STYLE.search(style) or (_CLOSED.search(style) and _OVERFLOW.search(style)))


def is_hidden(element: Element, hidden: frozenset[str]) -> bool:
    """Whether an element's own attributes, or the page's style sheets, keep it from being seen."""
    attributes = element.attrib
    if not attributes:
        return False
    style = attributes.get("style", "")
    if "hidden" in attributes or _hides(style):
        return True
    # Children set a size of their own, so that only a leaf of size 0 is surely unseen.
    if "font-size" in style and len(element) == 0 and _TINY.search(style):
        return True
    names = attributes.get("class", "")
    if names and any(name in _UNSEEN_NAMES for name in names.split()):
        return True
    if not hidden:
        return False
    return f"#{attributes.get('id', '')}" in hidden or any(f".{name}" in hidden for name in names.split())


def seen_text(element: Element, hidden: frozenset[str] = frozenset()) -> str:
    """What a person sees of a small element, its lines joined by blanks."""
    return " ".join(line.text for line in visible_lines(element, hidden))


def visible_lines(root: Element, hidden: frozenset[str] = frozenset()) -> list[Line]:
    """The lines a text browser would show of an element, in order, empty ones left out."""
    return _Walk(hidden).lines_of(root)


class _Walk:
    """One pass over a tree, without recursion: pages nest deeper than Python's stack."""

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
            if not self._seen(element):
                self._text(element.tail if element is not root else None)
                continue
            self._open(element)
            stack.append((element, False))
            stack.extend((child, True) for child in reversed(element))
        self._break()
        return self._lines

    def _seen(self, element: Element) -> bool:
        tag = element.tag
        return isinstance(tag, str) and tag not in UNSEEN and not is_hidden(element, self._hidden)

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
    """Lines joined by newlines; `starts` are the offsets at which they begin."""

    lines: Sequence[Line]
    text: str
    starts: tuple[int, ...]

    @classmethod
    def of(cls, lines: Sequence[Line]) -> "TextFlow":
        """The flow of a page's lines."""
        ends = accumulate((len(line.text) + 1 for line in lines), initial=0)
        return cls(lines, "\n".join(line.text for line in lines), tuple(ends)[:-1])

    def line_at(self, offset: int) -> int:
        """The index of the line that holds the offset."""
        return bisect_right(self.starts, offset) - 1

    def line_from(self, offset: int) -> int:
        """The index of the first line that begins at or after the offset."""
        return bisect_left(self.starts, offset)

    def line_end(self, offset: int) -> int:
        """Where the line that holds the offset ends."""
        last = self.line_at(offset)
        return self.starts[last] + len(self.lines[last].text)

    def rest_of_line(self, offset: int, longest: int | None = None) -> str:
        """What stands on a line from the offset on; no more than `longest` of it."""
        end = self.line_end(offset)
        return self.text[offset:end if longest is None else min(end, offset + longest)]
