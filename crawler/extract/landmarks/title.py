"""Title of an article on a page of unknown markup, with its last line; PageFault if no line is it for certain."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, cast

from archive.messages import message
from archive.text import HAN, text_width
from crawler.errors import PageFault
from crawler.extract.boilerplate import FULL_STOP_END, SENTENCE_BREAK, is_end, is_label, is_prose, is_tool
from crawler.extract.dates import clock_at_end, find_date, is_date
from crawler.extract.fields import FieldMatch
from crawler.extract.page import Page
from crawler.extract.visible_text import HEADINGS, NON_WORD, Line, TextFlow

if TYPE_CHECKING:
    from crawler.extract.landmarks.sections import Landmarks

_LONGEST = 500
# A title or slug shorter than this could also be a part of other text.
_SHORTEST_ALONE = 6
# A title that the markup does not mark as one is no narrower than this (archive.text.text_width).
_SHORTEST_BARE = 15
# A title that looks like a label, or that holds a date and few words, has at least so many Han characters.
_HAN_IN_LABEL = 8
_HAN_BESIDE_DATE = 7
_WORDS_BESIDE_DATE = 3
# At most so many lines are between a breadcrumb or a title and the labels.
_FARTHEST = 40
# Tag: foreign trade
_TAG_LINE = re.compile(r"^(?:Tags?|Key ?words?|标签词?|关键词)\s*[:：]", re.IGNORECASE)
# Delegation of 机电商会 -> Delegationof: a URL in Latin letters
_NON_LATIN = re.compile(r"[^A-Za-z0-9]+")
# Home > News · 首页 / 新闻
_BREADCRUMB = re.compile(r"^(?:Home|首页|Location|You are here|当前位置).{0,20}[>»/]", re.IGNORECASE)
_LONGEST_BREADCRUMB = 100
# ——A subtitle
_SUBTITLE = re.compile(r"[—–―-]")
# To all member units: · Reading: · Visitors: 1,204
_SALUTATION_OR_COUNTER = re.compile(r"[:：,，;；]$|[:：]\s*[\d,]+$")
# A full stop is searched in so many last characters.
_TAIL = 3
# Q: What does the ministry say to that?
_QUOTED_SPEECH = re.compile(r"\w{1,20}\s*[:：]\s.*[?!？！]\W*$")
# A line with so many sentence breaks is text.
_SENTENCE_BREAKS = 2
# English | 中文 | Español
_MENU = re.compile(r"[^|·/\n]{1,20}(?:\s*[|·/]\s*[^|·/\n]{1,20}){2,}$")
# RCEP - the site's name · RCEP_the site's name
_SEPARATOR = re.compile(r"\s*[-_|–—]+\s*")
# A link to another release: a larger share of the line is linked.
_TITLE_LINK_SHARE = 0.6
# A slug this long may be cut, as URLs cut long titles: the title only starts with it.
_CUT_SLUG = 60


@dataclass(frozen=True, slots=True)
class Title:
    """Title, its last line, true if it is after a breadcrumb (`by_crumb`), the lines between both (`above`)."""

    found: FieldMatch
    last_line: int
    by_crumb: bool = False
    above: Sequence[Line] = ()


def title_between(page: Page, flow: TextFlow, marks: "Landmarks", end: int) -> Title | None:
    """Title between offset `end` and the last breadcrumb before it; None if there is no breadcrumb."""
    found = next(_breadcrumbs_before(page, flow, marks.crumb, end), None)
    if found is None:
        return None
    first, last = flow.line_from(found.end()), flow.line_at(end)
    if last - first > _FARTHEST:
        raise PageFault(message("labels_too_far", count=last - first), tried=("title",))
    head = flow.text[flow.starts[last]:end].strip()
    lines = list(flow.lines[first:last]) or ([Line(head, flow.lines[last].owner)] if head else [])
    text = _only_title(page, marks, lines)
    return Title(FieldMatch(text, message("line_after_breadcrumb")), max(first, last - 1), by_crumb=True)


def _breadcrumbs_before(page: Page, flow: TextFlow, crumb: str, end: int) -> Iterator[re.Match[str]]:
    """Breadcrumbs before offset `end`, the last one first; cached, since a page may have many labels."""
    pattern = re.compile(crumb, re.MULTILINE)
    key = ("crumbs", crumb)
    if key not in page.cache:
        page.cache[key] = [each.start() for each in pattern.finditer(flow.text)]
    starts = cast(list[int], page.cache[key])
    for index in range(bisect_left(starts, end) - 1, -1, -1):
        match = pattern.match(flow.text, starts[index], end)
        if match and not _is_heading_start(flow, match):
            yield match


def _is_heading_start(flow: TextFlow, crumb: re.Match[str]) -> bool:
    """True for a match that is no breadcrumb but the first of several lines of a heading."""
    last, following = flow.line_at(crumb.start()), flow.line_from(crumb.end())
    if following >= len(flow.lines) or flow.lines[last].owner.tag not in HEADINGS:
        return False
    return flow.lines[following].owner is flow.lines[last].owner


def title_just_before(page: Page, flow: TextFlow, marks: "Landmarks", end: int) -> Title:
    """Title in the element right before offset `end`. Raises PageFault if neither markup nor words make it a title."""
    labels = flow.lines[flow.line_at(end)]
    last = flow.line_at(end) - 1
    nearest = max(-1, last - _FARTHEST)
    while last > nearest and _is_skippable(page, marks, flow.lines[last], labels) and not _is_wrapped(flow, last):
        last -= 1
    if last == nearest:
        raise PageFault(message("no_line_before_labels"), tried=("title",))
    first = last
    while first > max(0, last - _FARTHEST) and flow.lines[first - 1].owner is flow.lines[last].owner and not _is_crumb(
            flow.lines[first - 1]):
        first -= 1
    lines = flow.lines[first:last + 1]
    text = _join(lines)
    plausible = _is_plausible(text) and not is_end(lines[-1]) and not any(_is_mostly_link(line) for line in lines)
    if len(text) > _LONGEST or not (plausible or _is_marked(page, marks, lines[-1], text)):
        raise PageFault(message("no_title_before_labels", text=text[:60]), tried=("title",))
    return Title(FieldMatch(text, message("line_before_labels")), last)


def _is_skippable(page: Page, marks: "Landmarks", line: Line, labels: Line) -> bool:
    """True for a line that may be between a title and its labels: another label, a subtitle, a salutation, a tool."""
    if _is_label_cell(line, labels) or _SUBTITLE.match(line.text):
        return True
    return (is_tool(line) or bool(_SALUTATION_OR_COUNTER.search(line.text))) and not _is_marked(page, marks, line)


def _is_wrapped(flow: TextFlow, index: int) -> bool:
    """True for a line that looks like a subtitle but continues the line above, in the same element: "- May 5"."""
    line = flow.lines[index]
    return bool(_SUBTITLE.match(line.text)) and flow.lines[index - 1].owner is line.owner


def _is_plausible(text: str) -> bool:
    """True for a line that may be a title by its words: no sentences, label, menu, date alone, nor too short a text."""
    han = len(HAN.findall(text))
    if len(SENTENCE_BREAK.findall(text)) >= _SENTENCE_BREAKS or text_width(text) < _SHORTEST_BARE:
        return False
    if (is_label(text) and han < _HAN_IN_LABEL) or _MENU.match(text):
        return False
    words = NON_WORD.sub(" ", re.sub(r"\d+", " ", text)).split()
    return not find_date(text) or len(words) >= _WORDS_BESIDE_DATE or han >= _HAN_BESIDE_DATE


def _is_label_cell(line: Line, labels: Line) -> bool:
    """True for a line in the list or table row of the labels: a label of any name."""
    parent = labels.owner.getparent()
    if parent is None or parent.tag not in ("ul", "ol", "dl", "tr"):
        return False
    return line.owner.getparent() is parent


def _is_crumb(line: Line) -> bool:
    """True for a breadcrumb of any site: Home > News."""
    return bool(_BREADCRUMB.search(line.text)) and len(line.text) < _LONGEST_BREADCRUMB


def title_after(page: Page, flow: TextFlow, marks: "Landmarks") -> Title:
    """Title after the first breadcrumb: the first line marked as one, or else the first line. PageFault if in doubt."""
    match = re.search(marks.crumb, flow.text, re.MULTILINE)
    if not match:
        raise PageFault(message("no_breadcrumb"), tried=("title", marks.crumb))
    first = flow.line_from(match.end())
    near = list(_title_starts(page, flow, marks, first))
    marked = [index for index in near if _is_marked(page, marks, flow.lines[index])]
    if not near:
        raise PageFault(message("no_line_after_breadcrumb"), tried=("title", marks.crumb))
    start = (marked or near)[0]
    while start > first and flow.lines[start - 1].owner is flow.lines[start].owner:
        start -= 1
    last = _title_end(page, flow, start)
    text = _join(flow.lines[start:last + 1])
    certain = bool(marked) or _is_marked(page, marks, flow.lines[start], text)
    if len(text) > _LONGEST or not (certain or _is_plausible(text)) or (
            not marked and is_prose(flow.lines[start]) and last > start):
        raise PageFault(message("no_title_after_breadcrumb", text=text[:60]), tried=("title", marks.crumb))
    return Title(FieldMatch(text, message("line_after_breadcrumb")), last, by_crumb=True, above=flow.lines[first:start])


def _title_end(page: Page, flow: TextFlow, start: int) -> int:
    """Last line of a title: the end of its heading, else the last line of its element before the text."""
    owner, end = flow.lines[start].owner, min(start + _FARTHEST, len(flow.lines))
    same = next((index for index in range(start, end) if flow.lines[index].owner is not owner), end) - 1
    if owner.tag in HEADINGS or _join(flow.lines[start:same + 1]) in page.head_title:
        return same
    last = start
    while last < same and not is_prose(flow.lines[last + 1]):
        last += 1
    if last < same and (last > start or not _is_text_line(flow.lines[last + 1].text)):
        raise PageFault(message("title_joined_to_text"), tried=("title",))
    while last > start and is_tool(flow.lines[last]):
        last -= 1
    return last


def title_by_slug(page: Page, flow: TextFlow, marks: "Landmarks") -> Title:
    """Title that has the words of the slug in the page's URL; the last such line before the text."""
    match = re.search(marks.slug, page.url)
    words = NON_WORD.sub("", match[1]).lower() if match else ""
    same = list(_slug_spans(flow, words, NON_WORD))
    if not same or len(words) < _SHORTEST_ALONE:
        latin = same or _slug_spans(flow, words, _NON_LATIN)
        same = [each for each in latin if _is_marked(page, marks, flow.lines[each[0]])]
    if not same:
        raise PageFault(message("no_line_like_url"), tried=("title", marks.slug))
    prose = next((i for i in range(same[0][1] + 1, len(flow.lines)) if is_prose(flow.lines[i])), len(flow.lines))
    near = [each for each in same if each[0] < max(prose, same[0][0] + 1)]
    first, last = near[-2] if _is_repeated_in_text(flow, near, prose) else near[-1]
    text = _join(flow.lines[first:last + 1])
    return Title(FieldMatch(text, message("line_like_url")), last)


def _is_repeated_in_text(flow: TextFlow, spans: Sequence[tuple[int, int]], prose: int) -> bool:
    """True if the last span repeats the title at the top of the text's element, right after the title outside of it."""
    if len(spans) < 2 or prose == len(flow.lines):
        return False
    (_, before), (first, last) = spans[-2:]
    element = flow.lines[last].owner.getparent()
    holds_text, holds_title = (element in [owner, *owner.iterancestors()]
                               for owner in (flow.lines[prose].owner, flow.lines[before].owner))
    return holds_text and not holds_title and all(map(is_tool, flow.lines[before + 1:first]))


def _possible_ends(flow: TextFlow, first: int) -> Iterator[int]:
    """Lines that a title may end with if it starts at `first`: that line and up to two more of the same element."""
    for last in range(first, min(first + 3, len(flow.lines))):
        if flow.lines[last].owner is flow.lines[first].owner:
            yield last


def _slug_spans(flow: TextFlow, words: str, dropped: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    """First and last lines of texts that, without the `dropped` characters, equal the slug or start with a long one."""
    for first, line in enumerate(flow.lines):
        for last in () if _is_mostly_link(line) or not words else _possible_ends(flow, first):
            text = _join(flow.lines[first:last + 1])
            spelled = dropped.sub("", text).lower()
            cut = len(words) >= _CUT_SLUG and spelled.startswith(words) and len(text) <= _LONGEST
            if spelled == words or cut:
                yield first, last


def _title_starts(page: Page, flow: TextFlow, marks: "Landmarks", first: int) -> Iterator[int]:
    """Lines at which a title may start: of the next five, those before prose and before the end of the article."""
    begun = False
    others = {page.metas.get(name.lower(), "").strip() for name in marks.not_title_metas}
    for index in range(first, min(first + 5, len(flow.lines))):
        line = flow.lines[index]
        if is_end(line) or (is_prose(line) and (begun or _is_text_line(line.text))):
            return
        if _may_be_title(line, marks.tools) and line.text not in others:
            begun = True
            yield index


def _is_text_line(text: str) -> bool:
    """True for a line of the text, not a long title: it ends in a full stop or quotes speech (Q: …?)."""
    return bool(FULL_STOP_END.search(text[-_TAIL:]) or (len(text) < _LONGEST and _QUOTED_SPEECH.match(text)))


def _is_mostly_link(line: Line) -> bool:
    """True for a line with more than _TITLE_LINK_SHARE of link text: the title of another release."""
    return line.linked > len(line.text) * _TITLE_LINK_SHARE


def _may_be_title(line: Line, tools: str) -> bool:
    if is_tool(line) or is_date(line.text) or clock_at_end(line.text):
        return False
    if _TAG_LINE.match(line.text) or _SUBTITLE.match(line.text):
        return False
    return not (tools and re.fullmatch(tools, line.text))


def _only_title(page: Page, marks: "Landmarks", lines: Sequence[Line]) -> str:
    """Title among the lines between breadcrumb and labels. Raises PageFault if there is none or several."""
    groups = [list(group) for _, group in groupby(lines, key=lambda line: line.owner)]
    groups = [each for each in groups if not all(is_tool(line) or _TAG_LINE.match(line.text) for line in each)]
    groups = [each for each in groups if not _SUBTITLE.match(each[0].text)]
    if not groups:
        raise PageFault(message("title_empty"), tried=("title",))
    texts = [_join(group) for group in groups]
    if len(groups) > 1:
        marked = {text for group, text in zip(groups, texts, strict=True) if _is_marked(page, marks, group[0], text)}
        texts = sorted(marked)
    if len(texts) != 1 or len(texts[0]) > _LONGEST:
        raise PageFault(message("titles_ambiguous", count=len(groups)), tried=("title",))
    return texts[0]


def _is_marked(page: Page, marks: "Landmarks", line: Line, text: str = "") -> bool:
    """True for a line that the page marks as the title: by a heading element, its title element or its metadata."""
    text = text or line.text
    if any(element.tag in HEADINGS for element in [line.owner, *list(line.owner.iterancestors())[:2]]):
        return True
    named = page.metas.get(marks.title_meta.lower(), "").strip()
    if len(text) < _SHORTEST_ALONE:
        return text == _SEPARATOR.split(page.head_title, maxsplit=1)[0]
    return text in page.head_title or text == named


def _join(lines: Sequence[Line]) -> str:
    """Lines of a title as one text, with a space between them unless both characters there are Han."""
    text = ""
    for line in lines:
        glued = not text or (HAN.match(text[-1]) and HAN.match(line.text))
        text += line.text if glued else f" {line.text}"
    return text
