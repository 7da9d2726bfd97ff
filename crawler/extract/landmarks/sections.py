"""Pages whose markup is unknown, read by what a person sees: what stands before the title, the labels after it."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from archive.messages import message
from crawler.errors import PageFault
from crawler.extract.body import Content
from crawler.extract.boilerplate import is_end, is_long, is_prose, is_tool
from crawler.extract.dates import clock_at_end, is_date
from crawler.extract.fields import Field, FieldMatch
from crawler.extract.landmarks.body_extent import body_lines, parting
from crawler.extract.landmarks.labels import LabelGroup, find_label_groups
from crawler.extract.landmarks.title import Title, title_after, title_between, title_by_slug, title_just_before
from crawler.extract.page import Page
from crawler.extract.visible_text import Line, TextFlow

# The name of the time that stands without a label on the line after a title, or at the end of one before it.
BESIDE_TITLE = "beside the title"
# What follows the labels on their own line is the text itself from this length on; less is a counter or a button.
_OPENING = 40
# Boxes of tools that may stand between the labels and the text.
_BOXES = 3
# The shortest text that a page without a whole sentence can have.
_SHORTEST = 20


@dataclass(frozen=True, slots=True)
class Landmarks:
    """What a person goes by on a site's pages. Patterns are matched on visible text, blanks of any kind between words.

    `crumb` is what stands directly before the title; `labels` are the labels after it, in their order, of which
    `anchor` must be there; `tools` are lines after the labels that are no text; `ends` are lines right after the text.
    `slug` is a pattern whose group holds the title's words as the address spells them. `title_meta` names the meta
    element that repeats the title; `not_title_metas` name those whose text may stand beside the title, but is not it.
    """

    crumb: str = ""
    labels: tuple[str, ...] = ()
    anchor: str = ""
    tools: str = ""
    ends: tuple[str, ...] = ()
    slug: str = ""
    title_meta: str = ""
    not_title_metas: tuple[str, ...] = ()

    def title(self, page: Page) -> FieldMatch:
        """The title field. Raises PageFault where the landmarks are not all there."""
        return sections(page, self).title

    def body(self, page: Page) -> Content:
        """The body field. Raises PageFault where the landmarks are not all there."""
        return sections(page, self).body

    def value(self, label: str) -> Field:
        """The field of what stands after a label; found but empty where the label is empty."""
        def read(page: Page) -> FieldMatch | None:
            return sections(page, self).values.get(label)
        return read


@dataclass(frozen=True, slots=True)
class Sections:
    """A page taken apart at its landmarks."""

    title: FieldMatch
    body: Content
    values: dict[str, FieldMatch] = field(default_factory=dict)


def sections(page: Page, marks: Landmarks) -> Sections:
    """The page taken apart, made once per page; raises PageFault naming the landmark that is missing."""
    found = page.memory.get(marks)
    if found is None:
        try:
            found = _take_apart(page, marks)
        except PageFault as fault:
            found = fault
        page.memory[marks] = found
    if isinstance(found, Sections):
        return found
    raise found if isinstance(found, PageFault) else TypeError(f"{marks} is remembered as {found!r}")


def _take_apart(page: Page, marks: Landmarks) -> Sections:
    flow = TextFlow.of(page.lines)
    if not marks.anchor:
        by_slug = bool(marks.slug)
        title = title_by_slug(page, flow, marks) if by_slug else title_after(page, flow, marks)
        times, title = _times_beside(flow, title)
        return Sections(title.found, _body(flow, marks, title, None), times)
    infos = find_label_groups(flow, marks.labels, marks.anchor)
    if not infos:
        raise PageFault(message("no_label", label=marks.anchor), tried=(marks.anchor,))
    title, info = _the_one(list(_readings(page, flow, marks, infos)), marks.anchor)
    content = _body(flow, marks, title, info)
    if not _others(flow, infos, info, marks.anchor).isdisjoint(content.paragraphs):
        raise PageFault(message("other_release_in_text", label=marks.anchor), tried=("body",))
    return Sections(title.found, content, info.values)


def _others(flow: TextFlow, infos: list[LabelGroup], chosen: LabelGroup, anchor: str) -> set[str]:
    """The lines below the chosen labels that hold nothing but the dated labels of another release."""
    below = [each for each in infos if each.start > chosen.end and each.values[anchor].text]
    spans = [range(flow.line_at(each.start), each.last_line + 1) for each in below]
    return {flow.lines[index].text for each, span in zip(below, spans, strict=True) for index in span
            if each.start == flow.starts[span.start]}


def _times_beside(flow: TextFlow, title: Title) -> tuple[dict[str, FieldMatch], Title]:
    """A time that stands alone on the line after the title, and the title reaching down to it; or one above it."""
    following = title.last_line + 1
    if following < len(flow.lines) and is_date(flow.lines[following].text):
        found = FieldMatch(flow.lines[following].text, message("line_after_title"))
        return {BESIDE_TITLE: found}, replace(title, last_line=following)
    for line in title.above:
        time = clock_at_end(line.text)
        if time:
            return {BESIDE_TITLE: FieldMatch(time, message("line", text=line.text[:60]))}, title
    return {}, title


def _readings(page: Page, flow: TextFlow, marks: Landmarks,
              infos: list[LabelGroup]) -> Iterator[tuple[Title, LabelGroup] | PageFault]:
    for info in infos:
        try:
            title = title_between(page, flow, marks, info.start) if marks.crumb else None
            yield title or title_just_before(page, flow, marks, info.start), info
        except PageFault as fault:
            yield fault


def _the_one(readings: list[tuple[Title, LabelGroup] | PageFault], anchor: str) -> tuple[Title, LabelGroup]:
    """The reading that a breadcrumb vouches for, else the only one."""
    read = [each for each in readings if not isinstance(each, PageFault)]
    if not read:
        raise next(each for each in readings if isinstance(each, PageFault))
    certain = [each for each in read if each[0].by_crumb] or read
    if len({title.found.text for title, _ in certain}) > 1:
        raise PageFault(message("labels_ambiguous", count=len(certain), label=anchor), tried=(anchor,))
    return certain[0]


def _body(flow: TextFlow, marks: Landmarks, title: Title, info: LabelGroup | None) -> Content:
    """The text after the title, or after the labels; raises PageFault where there is none."""
    before = info.last_line if info else title.last_line
    kept = list(_text_lines(flow, marks, title, before))
    opening = flow.rest_of_line(info.end).strip() if info else ""
    opening = opening if len(opening) >= _OPENING else ""
    if not opening and not any(map(is_prose, kept)) and sum(len(line.text) for line in kept) < _SHORTEST:
        raise PageFault(message("no_text_after_title"), tried=("body",))
    paragraphs = ([opening] if opening else []) + [line.text for line in kept]
    owners = dict.fromkeys([flow.lines[before].owner, *(line.owner for line in kept)])
    return Content(tuple(paragraphs), tuple(owners))


def _text_lines(flow: TextFlow, marks: Landmarks, title: Title, before: int) -> Iterator[Line]:
    """The lines of the text itself, from the first one after line `before` that is none of the site's tools."""
    lines = flow.lines
    start = before + 1
    while start < len(lines) and (lines[start].text == title.found.text or _is_tool(marks, lines[start])):
        start += 1
    if start == len(lines) or is_end(lines[start]):
        return

    def is_last(line: Line) -> bool:
        return any(re.search(end, line.text) for end in marks.ends)

    for line in _first_text(lines, before, start, is_last):
        if not _is_own_tool(marks, line):
            yield line


def _first_text(lines: Sequence[Line], before: int, start: int, is_last: Callable[[Line], bool]) -> Sequence[Line]:
    """The first extent after the labels that holds running text; short boxes before it are machinery."""
    found: Sequence[Line] = body_lines(lines, before, start, is_last)
    labels = before
    for _ in range(_BOXES):
        if any(map(is_long, found)):
            return found
        following = start + max(1, len(found))
        if following >= len(lines) or is_end(lines[following]) or _is_beside(lines, labels, following):
            return found
        before, start = following - 1, following
        later = body_lines(lines, before, start, is_last)
        found = later if any(map(is_prose, later)) else found
    return found


def _is_beside(lines: Sequence[Line], first: int, second: int) -> bool:
    """Whether two lines stand in different columns of the page."""
    return parting(lines[first].owner, lines[second].owner)[0].tag == "tr"


def _is_tool(marks: Landmarks, line: Line) -> bool:
    return is_tool(line) or _is_own_tool(marks, line)


def _is_own_tool(marks: Landmarks, line: Line) -> bool:
    return bool(marks.tools and re.fullmatch(marks.tools, line.text))
