"""Paragraphs of a release with the wordings of its tags marked."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from indexer.documents.document import Span, Tag

Range = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph as HTML; `number` counts from 1 and is its anchor."""

    number: int
    html: Markup


@dataclass(frozen=True, slots=True)
class TagWording:
    """A wording that matched a tag, its count, and the number of its first paragraph (0: the title)."""

    text: str
    count: int
    paragraph: int


def paragraphs(body: str, tags: Iterable[Tag]) -> list[Paragraph]:
    """The paragraphs of a body, empty ones left out, with the spans of all tags marked."""
    ranges = merged(_ranges(tags, "body"))
    return [Paragraph(number, marked_range(body, start, end, ranges))
            for number, (start, end) in enumerate(_lines(body), start=1)]


def marked_range(text: str, start: int, end: int, ranges: Sequence[Range]) -> Markup:
    """Part of a text as HTML, what falls into the (ascending, disjoint) ranges marked.

    >>> marked_range("a <b> c", 2, 7, [(0, 5)])
    Markup('<mark class="tag">&lt;b&gt;</mark> c')
    """
    parts: list[Markup] = []
    place = start
    for first, last in ranges:
        first, last = max(first, place), min(last, end)
        if first < last:
            parts += escape(text[place:first]), Markup('<mark class="tag">{}</mark>').format(text[first:last])
            place = last
    return Markup("").join([*parts, escape(text[place:end])])


def merged(ranges: Iterable[Range]) -> list[Range]:
    """The same places as ascending ranges of which no two touch.

    >>> merged([(5, 9), (0, 2), (1, 3)])
    [(0, 3), (5, 9)]
    """
    joined: list[Range] = []
    for start, end in sorted(ranges):
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(joined[-1][1], end)
        else:
            joined.append((start, end))
    return joined


def tag_wordings(tag: Tag, title: str, body: str) -> list[TagWording]:
    """The wordings that matched a tag, in reading order."""
    starts = [start for start, _ in _lines(body)]
    found: dict[str, TagWording] = {}
    for span in tag.spans:
        text = (title if span.field == "title" else body)[span.start:span.end]
        known = found.get(text)
        place = known.paragraph if known else _paragraph_of(span, starts)
        found[text] = TagWording(text, known.count + 1 if known else 1, place)
    return list(found.values())


def _paragraph_of(span: Span, starts: Sequence[int]) -> int:
    return 0 if span.field == "title" else sum(start <= span.start for start in starts)


def _ranges(tags: Iterable[Tag], field: str) -> Iterator[Range]:
    return ((span.start, span.end) for tag in tags for span in tag.spans if span.field == field)


def _lines(body: str) -> Iterator[Range]:
    start = 0
    for line in body.split("\n"):
        if line.strip():
            yield start, start + len(line)
        start += len(line) + 1
