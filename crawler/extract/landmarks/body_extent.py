"""Where the text of an article ends, on a page whose markup nobody has described."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import takewhile

from lxml.etree import _Element as Element

from crawler.extract.boilerplate import (
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

# Elements that hold one paragraph each, whatever else a page is made of.
_PARAGRAPHS = frozenset(("p", "li", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "blockquote", "dd", "dt"))
# A heading of a box is not longer than this.
_HEADING = 60
# A text hardly leads elsewhere where no more of it than this is linked.
_ASIDE = 0.3
# A date or a bullet has no word in it.
_WORDS = re.compile(r"[^\W\d_年月日]{2}")
# The lines with which a text is signed: an office, a place, a day.
_SIGNATURE = 3
# 2019年11月8日 · November 8, 2019; 2019-11-08 is what a machine writes.
_IN_WORDS = re.compile(r"[年A-Za-z]")
# The list of the projects is published here. A sentence is no shorter than this; "Read more..." is none.
_SENTENCE = 22
_FULL_STOP = re.compile(r"[^\s.…][.。]$")

Test = Callable[[Line], bool]
# The element around a paragraph, and the paragraph's tag.
Home = tuple[Element | None, str]


def body_lines(lines: Sequence[Line], before: int, start: int, is_last: Test = is_end) -> tuple[Line, ...]:
    """The lines of the body that begins at line `start`; line `before` (a title or its labels) is known to be outside.

    The text ends with the element that holds it, where it has one of its own; paragraphs standing side by side with
    the title end at the first line of machinery. Both end at a footer, a neighbour link or a box of other releases,
    unless paragraphs of the same kind follow in the same element. Where a line that `is_last` knows stands beside the
    text, everything up to it belongs to the text.
    """
    common, branch = parting(lines[before].owner, lines[start].owner)
    candidates = list(_candidates(lines, start, (common, branch), is_last))
    kept: list[Line] = []
    homes: set[Home] = set()
    later = Counter(_home(line) for line in candidates if is_prose(line) and not line.linked)
    more, zoned = 0, in_zone(lines[start], common)
    for index, line in enumerate(candidates):
        prose, home = is_prose(line), _home(line)
        if prose and not line.linked:
            later[home] -= 1
            more -= home in homes
        ends = is_end(line) or is_last(line) or (homes and _heads_a_box(candidates, index)) or (
            (homes or not zoned) and in_zone(line, common))
        # More paragraphs of the text may follow: the same element around them, the same tag, leading nowhere.
        if is_footer(line) or (ends and not more):
            break
        if not ends or not is_tool(line):
            kept.append(line)
            # Text that stands in its element bare goes on in paragraphs of that element.
            for each in {home, (line.owner, "p")} - homes if prose or is_long(line) else ():
                homes.add(each)
                more += later[each]
    shapes = _shapes(homes)
    return trimmed([line for line in kept if not is_tool(line) or _is_linked_text(line, shapes)])


def trimmed(kept: Sequence[Line]) -> tuple[Line, ...]:
    """The lines from the first to the last that the text vouches for.

    A short line before or after the running text, in an element of another kind, is a share bar, a counter or an
    address; a salutation that ends in a colon or comma is text, and so is the row of a table.
    """
    homes = _homes(kept)
    if not homes:
        return tuple(kept)
    parents = {parent for parent, _ in homes}
    tables = Counter(_table(parent) for parent in parents)
    homes |= {(parent, "td") for table, rows in tables.items() if table is not None and rows > 1 for parent in table}
    shapes = _shapes(homes)
    sure = [index for index, line in enumerate(kept) if is_prose(line) or is_sentence(line) or (
        (_is_row(line.owner) or _is_item(line.owner, parents) or _home(line) in homes)
        and (not line.linked or line.to_file)) or _is_linked_text(line, shapes)]
    first = sure[0]
    while first > 0 and kept[first - 1].owner.tag in HEADINGS and kept[first - 1].owner.getparent() in parents:
        first -= 1
    last = sure[-1] + 1
    return tuple(kept[first:last + _signature(kept[last:])])


def _signature(lines: Sequence[Line]) -> int:
    """How many of the lines after a text sign it: who says it, and the day in words on a line of its own.

    They are paragraphs: what shows the day in any other element is a calendar or a clock of the site.
    """
    for index, line in enumerate(lines[:_SIGNATURE]):
        if line.owner.tag != "p" or line.linked or len(line.text) > _HEADING or is_label(line.text):
            return 0
        if is_date(line.text) and _IN_WORDS.search(line.text):
            return index + 1
    return 0


def _shapes(homes: set[Home]) -> set[tuple[str, str]]:
    """The tags of the paragraphs of a text, each with the tag of the element around it."""
    return {(str(parent.tag), tag) for parent, tag in homes if parent is not None}


def _is_linked_text(line: Line, shapes: set[tuple[str, str]]) -> bool:
    """Whether a line that leads elsewhere is said by the text: a whole sentence, in a paragraph like the others."""
    if not line.linked or len(line.text) < _SENTENCE or not _FULL_STOP.match(line.text[-2:]) or is_teaser(line):
        return False
    around = line.owner.getparent()
    return not is_tool(line) or (around is not None and (around.tag, line.owner.tag) in shapes)


def _homes(lines: Sequence[Line]) -> set[Home]:
    """The elements that running text stands in, each with the tag of its paragraphs."""
    return {_home(line) for line in lines if is_prose(line)}


def _home(line: Line) -> Home:
    return line.owner.getparent(), str(line.owner.tag)


def _table(row: Element | None) -> Element | None:
    """The table of a row; one with several rows of running text holds its paragraphs in rows."""
    return row.getparent() if row is not None and row.tag == "tr" else None


def _is_item(owner: Element, parents: set[Element | None]) -> bool:
    """Whether the line is an item of a list that stands among the paragraphs."""
    items = owner.getparent()
    return owner.tag == "li" and items is not None and items.getparent() in parents


def _is_row(owner: Element) -> bool:
    """Whether the line is a cell of a row with several."""
    row = next((each for each in [owner, *owner.iterancestors()] if each.tag == "tr"), None)
    return row is not None and len(row) > 1


def _heads_a_box(candidates: Sequence[Line], index: int) -> bool:
    """Whether a short line is followed by nothing but links, dates and bullets: a box of other releases."""
    line = candidates[index]
    if line.linked or is_prose(line) or is_sentence(line) or len(line.text) > _HEADING:
        return False
    near = takewhile(lambda each: not is_end(each), candidates[index + 1:index + 9])
    following = [each for each in near if _WORDS.search(each.text)][:4]
    leading = sum(is_link(each) or is_teaser(each) for each in following)
    return leading > 1 and leading >= len(following) / 2 and (is_link(following[0]) or is_teaser(following[0]))


def parting(before: Element, start: Element) -> tuple[Element, Element | None]:
    """The innermost element that holds both, and its child that holds `start` (None where `start` is the element)."""
    outer = [before, *before.iterancestors()]
    branch: Element | None = None
    for element in [start, *start.iterancestors()]:
        if element in outer:
            return element, branch
        branch = element
    raise ValueError("the two elements are of different pages")


def _candidates(lines: Sequence[Line], start: int, place: tuple[Element, Element | None],
                is_last: Test) -> Iterator[Line]:
    """The lines that can belong to the body by their place in the tree."""
    common, branch = place
    if branch is None:
        yield from _inside(lines[start:], common)
        return
    own = list(_inside(lines[start:], branch))
    yield from own
    rest = list(_inside(lines[start + len(own):], common))
    flat = _is_paragraph(branch, own) or any(map(is_last, rest))
    for sibling, group in _by_sibling(rest, common):
        if not _continues(branch, sibling, group, flat=flat):
            return
        yield from group


def _inside(lines: Sequence[Line], element: Element) -> Iterator[Line]:
    for line in lines:
        if line.owner is not element and element not in line.owner.iterancestors():
            return
        yield line


def _by_sibling(lines: Sequence[Line], common: Element) -> Iterator[tuple[Element | None, list[Line]]]:
    """The lines grouped by the child of `common` that they stand in (None: text of `common` itself)."""
    current: Element | None = None
    group: list[Line] = []
    for line in lines:
        child = parting(common, line.owner)[1]
        if group and child is not current:
            yield current, group
            group = []
        current = child
        group.append(line)
    if group:
        yield current, group


def _is_paragraph(branch: Element, own: Sequence[Line]) -> bool:
    """Whether the element holds one paragraph of a text, not the whole text."""
    owners = {line.owner for line in own}
    return branch.tag in _PARAGRAPHS or len(own) < 2 or (len(owners) == 1 and own[0].owner.tag in _PARAGRAPHS)


def _continues(branch: Element, sibling: Element | None, group: Sequence[Line], *, flat: bool) -> bool:
    """Whether the text goes on in the next sibling: any paragraph after paragraphs, after a container only its like,
    or a paragraph or container of another name that holds running text and hardly leads elsewhere."""
    if flat or len(group) == _signature(group):
        return True
    if sibling is None or not any(is_prose(line) or is_sentence(line) for line in group):
        return False
    if sibling.tag == branch.tag and sibling.get("class") == branch.get("class"):
        return True
    leading = sum(line.linked for line in group) > _ASIDE * sum(len(line.text) for line in group)
    return (sibling.tag == branch.tag or sibling.tag == "p") and not leading and not any(map(is_teaser, group))
