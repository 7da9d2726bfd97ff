"""Body extent: the lines of an article's text on a page of unknown markup, from a known first line to where it ends."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import takewhile

from lxml.etree import _Element as Element

from crawler.extract.boilerplate import (
    PERIOD_END,
    in_zone,
    is_end,
    is_footer,
    is_label,
    is_link,
    is_long,
    is_prose,
    is_sentence,
    is_teaser,
    is_tool,
)
from crawler.extract.dates import is_date
from crawler.extract.visible_text import HEADINGS, Line

# Tags of elements that hold one paragraph each.
_PARAGRAPH_TAGS = frozenset(("p", "li", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "blockquote", "dd", "dt"))
_LONGEST_HEADING = 60
# Text of which a larger share is linked is not part of the article.
_GROUP_LINK_SHARE = 0.3
# "released" of "released 2019-11-08"; a date or a bullet has no word
_WORD = re.compile(r"[^\W\d_年月日]{2}")
# A signature has at most so many lines: office, place, day.
_SIGNATURE_LINES = 3
# 2019年11月8日 · November 8, 2019: days in words; 2019-11-08 is written by a machine, not by the author
_DAY_IN_WORDS = re.compile(r"[年A-Za-z]")
# A sentence is no shorter than this; "Read more." is none.
_SHORTEST_SENTENCE = 22

LineTest = Callable[[Line], bool]
# Parent element and tag of a paragraph: paragraphs that share both are siblings of one type, as in CSS :nth-of-type.
SiblingType = tuple[Element | None, str]


def body_lines(lines: Sequence[Line], before: int, start: int, is_last: LineTest = is_end) -> tuple[Line, ...]:
    """Lines of the body that begins at line `start`; line `before` (title or labels) is known to be outside of it.

    The body ends with its own element, where it has one. Paragraphs that are siblings of the title end at the first
    line of boilerplate. Both end at a footer, a previous/next link or a box of other releases, unless more siblings of
    the body's paragraphs follow. A line outside the body's element for which `is_last` is true extends the body to it.
    """
    common, branch = common_ancestor(lines[before].owner, lines[start].owner)
    candidates = list(_candidates(lines, start, (common, branch), is_last))
    kept: list[Line] = []
    text_types: set[SiblingType] = set()
    prose_left = Counter(_sibling_type(line) for line in candidates if is_prose(line) and not line.linked)
    # Prose lines still to come that are siblings of the text so far: while there are any, no line but a footer ends it.
    more, zoned = 0, in_zone(lines[start], common)
    for index, line in enumerate(candidates):
        prose, own_type = is_prose(line), _sibling_type(line)
        if prose and not line.linked:
            prose_left[own_type] -= 1
            more -= own_type in text_types
        ends = is_end(line) or is_last(line) or (text_types and _is_box_heading(candidates, index)) or (
            (text_types or not zoned) and in_zone(line, common))
        if is_footer(line) or (ends and not more):
            break
        if not ends or not is_tool(line):
            kept.append(line)
            # Text directly in an element may be followed by <p> children of that element.
            for each in {own_type, (line.owner, "p")} - text_types if prose or is_long(line) else ():
                text_types.add(each)
                more += prose_left[each]
    tag_pairs = _tag_pairs(text_types)
    return _trim([line for line in kept if not is_tool(line) or _is_linked_sentence(line, tag_pairs)])


def _trim(kept: Sequence[Line]) -> tuple[Line, ...]:
    """Lines from the first to the last that are certainly text, a heading before and a signature after them included.

    Short lines at either end whose sibling type differs from the prose are share bars, counters or contact data; not
    so a salutation (it ends in a colon or comma) and the row of a table.
    """
    prose_types = _prose_types(kept)
    if not prose_types:
        return tuple(kept)
    parents = {parent for parent, _ in prose_types}
    tables = Counter(_table(parent) for parent in parents)
    prose_types |= {(parent, "td") for table, rows in tables.items() if table is not None and rows > 1
                    for parent in table}
    tag_pairs = _tag_pairs(prose_types)
    certain = [index for index, line in enumerate(kept) if is_prose(line) or is_sentence(line) or (
        (_is_table_cell(line.owner) or _is_list_item(line.owner, parents) or _sibling_type(line) in prose_types)
        and (not line.linked or line.to_file)) or _is_linked_sentence(line, tag_pairs)]
    first = certain[0]
    while first > 0 and kept[first - 1].owner.tag in HEADINGS and kept[first - 1].owner.getparent() in parents:
        first -= 1
    last = certain[-1] + 1
    return tuple(kept[first:last + _signature_length(kept[last:])])


def _signature_length(lines: Sequence[Line]) -> int:
    """Number of lines after a text that sign it: up to a line that is a day in words; 0 if there is no such line.

    They must be <p> elements: a day in any other element is a calendar or clock of the site.
    """
    for index, line in enumerate(lines[:_SIGNATURE_LINES]):
        if line.owner.tag != "p" or line.linked or len(line.text) > _LONGEST_HEADING or is_label(line.text):
            return 0
        if is_date(line.text) and _DAY_IN_WORDS.search(line.text):
            return index + 1
    return 0


def _tag_pairs(types: set[SiblingType]) -> set[tuple[str, str]]:
    """Tags of parent and paragraph of each sibling type."""
    return {(str(parent.tag), tag) for parent, tag in types if parent is not None}


def _is_linked_sentence(line: Line, tag_pairs: set[tuple[str, str]]) -> bool:
    """True for a whole sentence with links: text, unless it looks like a tool and has other tags than the text."""
    if not line.linked or len(line.text) < _SHORTEST_SENTENCE or is_teaser(line):
        return False
    if not PERIOD_END.match(line.text[-2:]):
        return False
    parent = line.owner.getparent()
    return not is_tool(line) or (parent is not None and (parent.tag, line.owner.tag) in tag_pairs)


def _prose_types(lines: Sequence[Line]) -> set[SiblingType]:
    """Sibling types of the lines that are prose."""
    return {_sibling_type(line) for line in lines if is_prose(line)}


def _sibling_type(line: Line) -> SiblingType:
    return line.owner.getparent(), str(line.owner.tag)


def _table(row: Element | None) -> Element | None:
    """Parent of a table row, None for another element; a table with prose in several rows has one paragraph a row."""
    return row.getparent() if row is not None and row.tag == "tr" else None


def _is_list_item(owner: Element, parents: set[Element | None]) -> bool:
    """True for an item of a list whose parent also holds paragraphs of the text."""
    items = owner.getparent()
    return owner.tag == "li" and items is not None and items.getparent() in parents


def _is_table_cell(owner: Element) -> bool:
    """True for an element in a table row of several cells."""
    row = next((each for each in [owner, *owner.iterancestors()] if each.tag == "tr"), None)
    return row is not None and len(row) > 1


def _is_box_heading(candidates: Sequence[Line], index: int) -> bool:
    """True for a short line that heads a box of other releases: mostly links follow, dates and bullets not counted."""
    line = candidates[index]
    if line.linked or is_prose(line) or is_sentence(line) or len(line.text) > _LONGEST_HEADING:
        return False
    near = takewhile(lambda each: not is_end(each), candidates[index + 1:index + 9])
    following = [each for each in near if _WORD.search(each.text)][:4]
    links = sum(is_link(each) or is_teaser(each) for each in following)
    return links > 1 and links >= len(following) / 2 and (is_link(following[0]) or is_teaser(following[0]))


def common_ancestor(before: Element, start: Element) -> tuple[Element, Element | None]:
    """Innermost element that holds both, and its child that holds `start` (None where `start` is that element).

    Raises ValueError for elements of different pages.
    """
    outer = [before, *before.iterancestors()]
    branch: Element | None = None
    for element in [start, *start.iterancestors()]:
        if element in outer:
            return element, branch
        branch = element
    raise ValueError("the two elements are of different pages")


def _candidates(lines: Sequence[Line], start: int, place: tuple[Element, Element | None],
                is_last: LineTest) -> Iterator[Line]:
    """Lines from `start` on that their place in the tree allows in the body; `place` is its `common_ancestor`."""
    common, branch = place
    if branch is None:
        yield from _inside(lines[start:], common)
        return
    own = list(_inside(lines[start:], branch))
    yield from own
    rest = list(_inside(lines[start + len(own):], common))
    flat = _is_paragraph(branch, own) or any(map(is_last, rest))
    for sibling, group in _by_sibling(rest, common):
        if not _continues_text(branch, sibling, group, flat=flat):
            return
        yield from group


def _inside(lines: Sequence[Line], element: Element) -> Iterator[Line]:
    for line in lines:
        if line.owner is not element and element not in line.owner.iterancestors():
            return
        yield line


def _by_sibling(lines: Sequence[Line], common: Element) -> Iterator[tuple[Element | None, list[Line]]]:
    """Lines grouped by the child of `common` that holds them (None: text of `common` itself)."""
    current: Element | None = None
    group: list[Line] = []
    for line in lines:
        child = common_ancestor(common, line.owner)[1]
        if group and child is not current:
            yield current, group
            group = []
        current = child
        group.append(line)
    if group:
        yield current, group


def _is_paragraph(branch: Element, own: Sequence[Line]) -> bool:
    """True for an element that holds one paragraph of a text, not the whole text."""
    owners = {line.owner for line in own}
    return branch.tag in _PARAGRAPH_TAGS or len(own) < 2 or (len(owners) == 1 and own[0].owner.tag in _PARAGRAPH_TAGS)


def _continues_text(branch: Element, sibling: Element | None, group: Sequence[Line], *, flat: bool) -> bool:
    """True for the next sibling of `branch` if it holds more of the text.

    After a paragraph (`flat`) any sibling does; after a container a signature does, and prose in a container of the
    same tag and class, or with few links in one of the same tag or in a <p>.
    """
    if flat or len(group) == _signature_length(group):
        return True
    if sibling is None or not any(is_prose(line) or is_sentence(line) for line in group):
        return False
    if sibling.tag == branch.tag and sibling.get("class") == branch.get("class"):
        return True
    linked = sum(line.linked for line in group) > _GROUP_LINK_SHARE * sum(len(line.text) for line in group)
    return (sibling.tag == branch.tag or sibling.tag == "p") and not linked and not any(map(is_teaser, group))
