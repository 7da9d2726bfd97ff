"""Paragraphs of a release with the wordings of its tags marked."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from indexer.documents.document import FieldSpan, Tag
from indexer.text.spans import Span, cut_fragments, merge_spans
from webapp.marked_text import marked_html


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
    spans = merge_spans((span.start, span.end) for tag in tags for span in tag.spans if span.field == "body")
    return [Paragraph(number, marked_html(cut_fragments(body, spans, start, end), "tag"))
            for number, (start, end) in enumerate(_lines(body), start=1)]


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


def _paragraph_of(span: FieldSpan, starts: Sequence[int]) -> int:
    return 0 if span.field == "title" else sum(start <= span.start for start in starts)


def _lines(body: str) -> Iterator[Span]:
    start = 0
    for line in body.split("\n"):
        if line.strip():
            yield start, start + len(line)
        start += len(line) + 1
