"""The title of an article on a page whose markup is unknown, or the reason why it cannot be told."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, cast

from archive.messages import message
from archive.text import HAN, text_width
from crawler.errors import PageFault
from crawler.extract.boilerplate import is_end, is_label, is_prose, is_tool
from crawler.extract.dates import clock_at_end, find_date, is_date
from crawler.extract.fields import FieldMatch
from crawler.extract.page import Page
from crawler.extract.visible_text import HEADINGS, Line, TextFlow

if TYPE_CHECKING:
    from crawler.extract.landmarks.sections import Landmarks

_LONGEST = 500
_SHORTEST_ALONE = 6
# Without any support by the page's markup a title is no shorter than this; a Chinese character says more.
_SHORTEST_BARE = 15
# Between a breadcrumb or a title and the labels after it stand no more lines than this.
_FARTHEST = 40
# Tag: foreign trade
_TAG_LINE = re.compile(r"^(?:Tags?|Key ?words?|标签词?|关键词)\s*[:：]", re.IGNORECASE)
# Delegation-of-Reverse-Trade -> delegationofreversetrade
_NO_WORD = re.compile(r"[\W_]+")
_NO_LATIN = re.compile(r"[^A-Za-z0-9]+")
# Home > News · 首页 / 新闻
_TRAIL = re.compile(r"^(?:Home|首页|Location|You are here|当前位置).{0,20}[>»/]", re.IGNORECASE)
_TRAIL_LENGTH = 100
# ——A subtitle
_SUBTITLE = re.compile(r"[—–―-]")
# To all member units: · Reading: · Visitors: 1,204
_UNFINISHED = re.compile(r"[:：,，;；]$|[:：]\s*[\d,]+$")
# The two sides met on May 6. · Q: What does the ministry say to that?
_STOP = re.compile(r"[.。]\W*$")
_SAID_BY = re.compile(r"\w{1,20}\s*[:：]\s.*[?!？！]\W*$")
# It has 10,000 members. It serves trade. More: where so many sentences end stands a text.
_BETWEEN = re.compile(r"[a-z0-9)]{3}\.\s[A-Z]|[\u4e00-\u9fff]。")
_SENTENCES = 2
# English | 中文 | Español
_MENU = re.compile(r"[^|·/\n]{1,20}(?:\s*[|·/]\s*[^|·/\n]{1,20}){2,}$")
_FEW_WORDS = 3
# RCEP - the site's name · RCEP_the site's name
_SEPARATOR = re.compile(r"\s*[-_|–—]+\s*")
# An address cuts long titles; from this length on the rest need not be there.
_CUT_SLUG = 60


@dataclass(frozen=True, slots=True)
class Title:
    """A title, the last line it takes up, whether a breadcrumb vouches for its place, and what stands in between."""

    found: FieldMatch
    last_line: int
    by_crumb: bool = False
    above: Sequence[Line] = ()


def title_between(page: Page, flow: TextFlow, marks: "Landmarks", end: int) -> Title | None:
    """The title between the last breadcrumb before `end` and `end`; None where there is no breadcrumb."""
    found = next(_crumbs_before(page, flow, marks.crumb, end), None)
    if found is None:
        return None
    first, last = flow.line_from(found.end()), flow.line_at(end)
    if last - first > _FARTHEST:
        raise PageFault(message("labels_too_far", count=last - first), tried=("title",))
    head = flow.text[flow.starts[last]:end].strip()
    lines = list(flow.lines[first:last]) or ([Line(head, flow.lines[last].owner)] if head else [])
    text = _choose(page, marks, lines)
    return Title(FieldMatch(text, message("line_after_breadcrumb")), max(first, last - 1), by_crumb=True)


def _crumbs_before(page: Page, flow: TextFlow, crumb: str, end: int) -> Iterator[re.Match[str]]:
    """The breadcrumbs before `end`, the last one first; looked for once, however many labels a page has."""
    pattern = re.compile(crumb, re.MULTILINE)
    key = ("crumbs", crumb)
    if key not in page.memory:
        page.memory[key] = [each.start() for each in pattern.finditer(flow.text)]
    starts = cast(list[int], page.memory[key])
    for index in range(bisect_left(starts, end) - 1, -1, -1):
        match = pattern.match(flow.text, starts[index], end)
        if match and not _is_part(flow, match):
            yield match


def _is_part(flow: TextFlow, crumb: re.Match[str]) -> bool:
    """Whether what looks like a breadcrumb is the first line of a heading that goes on."""
    last, following = flow.line_at(crumb.start()), flow.line_from(crumb.end())
    if following >= len(flow.lines) or flow.lines[last].owner.tag not in HEADINGS:
        return False
    return flow.lines[following].owner is flow.lines[last].owner


def title_just_before(page: Page, flow: TextFlow, marks: "Landmarks", end: int) -> Title:
    """The title in the element right before `end`, where the page's own markup or the line's look supports it."""
    labels = flow.lines[flow.line_at(end)]
    last = flow.line_at(end) - 1
    nearest = max(-1, last - _FARTHEST)
    while last > nearest and _stands_between(page, marks, flow.lines[last], labels) and not _goes_on(flow, last):
        last -= 1
    if last == nearest:
        raise PageFault(message("no_line_before_labels"), tried=("title",))
    first = last
    while first > max(0, last - _FARTHEST) and flow.lines[first - 1].owner is flow.lines[last].owner and not _is_trail(
            flow.lines[first - 1]):
        first -= 1
    lines = flow.lines[first:last + 1]
    text = _joined(lines)
    plausible = _names_something(text) and not is_end(lines[-1]) and not any(_is_link(line) for line in lines)
    if len(text) > _LONGEST or not (plausible or _supported(page, marks, lines[-1], text)):
        raise PageFault(message("no_title_before_labels", text=text[:60]), tried=("title",))
    return Title(FieldMatch(text, message("line_before_labels")), last)


def _stands_between(page: Page, marks: "Landmarks", line: Line, labels: Line) -> bool:
    """Whether a line can stand between a title and its labels: a label more, a subtitle, a tool."""
    if _beside(line, labels) or _SUBTITLE.match(line.text):
        return True
    return (is_tool(line) or bool(_UNFINISHED.search(line.text))) and not _supported(page, marks, line)


def _goes_on(flow: TextFlow, index: int) -> bool:
    """Whether a line that looks like a subtitle is the second of its element: - May 5."""
    line = flow.lines[index]
    return bool(_SUBTITLE.match(line.text)) and flow.lines[index - 1].owner is line.owner


def _names_something(text: str) -> bool:
    """Whether a line can be a title by its words: no text of sentences, no salutation, no day, no row of languages."""
    chinese = len(HAN.findall(text))
    if len(_BETWEEN.findall(text)) >= _SENTENCES or text_width(text) < _SHORTEST_BARE:
        return False
    if (is_label(text) and chinese < _SHORTEST_BARE / 2) or _MENU.match(text):
        return False
    rest = _NO_WORD.sub(" ", re.sub(r"\d+", " ", text)).split()
    return not find_date(text) or len(rest) >= _FEW_WORDS or chinese > _SHORTEST_ALONE


def _beside(line: Line, labels: Line) -> bool:
    """Whether a line stands in the list or table row of the labels: a label more, whatever it is called."""
    around = labels.owner.getparent()
    if around is None or around.tag not in ("ul", "ol", "dl", "tr"):
        return False
    return line.owner.getparent() is around


def _is_trail(line: Line) -> bool:
    """Whether a line is the way to the page: Home > News."""
    return bool(_TRAIL.search(line.text)) and len(line.text) < _TRAIL_LENGTH


def title_after(page: Page, flow: TextFlow, marks: "Landmarks") -> Title:
    """The title after the first breadcrumb: a line that the page's markup supports, else the first line of its own."""
    match = re.search(marks.crumb, flow.text, re.MULTILINE)
    if not match:
        raise PageFault(message("no_breadcrumb"), tried=("title", marks.crumb))
    first = flow.line_from(match.end())
    near = list(_near(page, flow, marks, first))
    supported = [index for index in near if _supported(page, marks, flow.lines[index])]
    if not near:
        raise PageFault(message("no_line_after_breadcrumb"), tried=("title", marks.crumb))
    start = (supported or near)[0]
    while start > first and flow.lines[start - 1].owner is flow.lines[start].owner:
        start -= 1
    last = _last_of(page, flow, start)
    text = _joined(flow.lines[start:last + 1])
    certain = bool(supported) or _supported(page, marks, flow.lines[start], text)
    if len(text) > _LONGEST or not (certain or _names_something(text)) or (
            not supported and is_prose(flow.lines[start]) and last > start):
        raise PageFault(message("no_title_after_breadcrumb", text=text[:60]), tried=("title", marks.crumb))
    return Title(FieldMatch(text, message("line_after_breadcrumb")), last, by_crumb=True, above=flow.lines[first:start])


def _last_of(page: Page, flow: TextFlow, start: int) -> int:
    """The last line of a title: of its heading, else of the lines before the text that stands in the same element."""
    owner, end = flow.lines[start].owner, min(start + _FARTHEST, len(flow.lines))
    same = next((index for index in range(start, end) if flow.lines[index].owner is not owner), end) - 1
    if owner.tag in HEADINGS or _joined(flow.lines[start:same + 1]) in page.head_title:
        return same
    last = start
    while last < same and not is_prose(flow.lines[last + 1]):
        last += 1
    if last < same and (last > start or not _is_said(flow.lines[last + 1].text)):
        raise PageFault(message("title_joined_to_text"), tried=("title",))
    while last > start and is_tool(flow.lines[last]):
        last -= 1
    return last


def title_by_slug(page: Page, flow: TextFlow, marks: "Landmarks") -> Title:
    """The line whose words are those of the page's address; the last such line before the text begins."""
    match = re.search(marks.slug, page.url)
    words = _NO_WORD.sub("", match[1]).lower() if match else ""
    same = list(_places(flow, words, _NO_WORD))
    if not same or len(words) < _SHORTEST_ALONE:
        latin = same or _places(flow, words, _NO_LATIN)
        same = [each for each in latin if _supported(page, marks, flow.lines[each[0]])]
    if not same:
        raise PageFault(message("no_line_like_url"), tried=("title", marks.slug))
    prose = next((i for i in range(same[0][1] + 1, len(flow.lines)) if is_prose(flow.lines[i])), len(flow.lines))
    near = [each for each in same if each[0] < max(prose, same[0][0] + 1)]
    first, last = near[-2] if _is_repeated(flow, near, prose) else near[-1]
    text = _joined(flow.lines[first:last + 1])
    return Title(FieldMatch(text, message("line_like_url")), last)


def _is_repeated(flow: TextFlow, places: Sequence[tuple[int, int]], prose: int) -> bool:
    """Whether the last place of a title is the head of the text's own element, right below the title outside of it."""
    if len(places) < 2 or prose == len(flow.lines):
        return False
    (_, before), (first, last) = places[-2:]
    element = flow.lines[last].owner.getparent()
    holds_text, holds_title = (element in [owner, *owner.iterancestors()]
                               for owner in (flow.lines[prose].owner, flow.lines[before].owner))
    return holds_text and not holds_title and all(map(is_tool, flow.lines[before + 1:first]))


def _together(flow: TextFlow, first: int) -> Iterator[int]:
    """The last lines that a title beginning at a line can have: its own, and up to two more of the same element."""
    for last in range(first, min(first + 3, len(flow.lines))):
        if flow.lines[last].owner is flow.lines[first].owner:
            yield last


def _places(flow: TextFlow, words: str, unspelled: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    """Where an address spells lines, first and last: all of them but what no address spells, or the beginning."""
    for first, line in enumerate(flow.lines):
        for last in () if _is_link(line) or not words else _together(flow, first):
            text = _joined(flow.lines[first:last + 1])
            spelled = unspelled.sub("", text).lower()
            cut = len(words) >= _CUT_SLUG and spelled.startswith(words) and len(text) <= _LONGEST
            if spelled == words or cut:
                yield first, last


def _near(page: Page, flow: TextFlow, marks: "Landmarks", first: int) -> Iterator[int]:
    """The lines in which a title can begin: the next few, before running text and before the page's end."""
    begun = False
    others = {page.metas.get(name.lower(), "").strip() for name in marks.not_title_metas}
    for index in range(first, min(first + 5, len(flow.lines))):
        line = flow.lines[index]
        if is_end(line) or (is_prose(line) and (begun or _is_said(line.text))):
            return
        if _may_be_title(line, marks.tools) and line.text not in others:
            begun = True
            yield index


def _is_said(text: str) -> bool:
    """Whether a long line is a sentence of the text: it ends with a full stop, or somebody says it."""
    return bool(_STOP.search(text[-_FEW_WORDS:]) or (len(text) < _LONGEST and _SAID_BY.match(text)))


def _is_link(line: Line) -> bool:
    """Whether a line leads elsewhere: the title of another release, not of this one."""
    return line.linked > len(line.text) * 0.6


def _may_be_title(line: Line, tools: str) -> bool:
    if is_tool(line) or is_date(line.text) or clock_at_end(line.text):
        return False
    if _TAG_LINE.match(line.text) or _SUBTITLE.match(line.text):
        return False
    return not (tools and re.fullmatch(tools, line.text))


def _choose(page: Page, marks: "Landmarks", lines: Sequence[Line]) -> str:
    """The one title among the lines of its place."""
    groups = [list(group) for _, group in groupby(lines, key=lambda line: line.owner)]
    groups = [each for each in groups if not all(is_tool(line) or _TAG_LINE.match(line.text) for line in each)]
    groups = [each for each in groups if not _SUBTITLE.match(each[0].text)]
    if not groups:
        raise PageFault(message("title_empty"), tried=("title",))
    texts = [_joined(group) for group in groups]
    if len(groups) > 1:
        supported = {text for group, text in zip(groups, texts, strict=True) if _supported(page, marks, group[0], text)}
        texts = sorted(supported)
    if len(texts) != 1 or len(texts[0]) > _LONGEST:
        raise PageFault(message("titles_ambiguous", count=len(groups)), tried=("title",))
    return texts[0]


def _supported(page: Page, marks: "Landmarks", line: Line, text: str = "") -> bool:
    """Whether the page itself calls the line a title: by a heading element, its title element or its title meta."""
    text = text or line.text
    if any(element.tag in HEADINGS for element in [line.owner, *list(line.owner.iterancestors())[:2]]):
        return True
    named = page.metas.get(marks.title_meta.lower(), "").strip()
    if len(text) < _SHORTEST_ALONE:
        return text == _SEPARATOR.split(page.head_title, maxsplit=1)[0]
    return text in page.head_title or text == named


def _joined(lines: Sequence[Line]) -> str:
    """Lines of one title as one text: a blank between words, none between Chinese characters."""
    text = ""
    for line in lines:
        glued = not text or (HAN.match(text[-1]) and HAN.match(line.text))
        text += line.text if glued else f" {line.text}"
    return text
