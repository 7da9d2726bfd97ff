"""Where the text of an article ends, on a page whose markup nobody has described."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from lxml.etree import _Element as Element

from crawler.extract.lines import Line
from crawler.extract.machinery import in_zone, is_end, is_prose, is_tool

# Elements that hold one paragraph each, whatever else a page is made of.
_PARAGRAPHS = frozenset(("p", "li", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "blockquote", "dd", "dt"))


@dataclass(frozen=True, slots=True)
class Extent:
    """The lines of a body: those from `start` that are no machinery, up to where it ends."""

    lines: tuple[Line, ...]
    within: Element


def extent(lines: Sequence[Line], before: int, start: int, is_last: Callable[[Line], bool] = is_end) -> Extent:
    """The body that begins at line `start`, where line `before` (a title or its labels) is known to be outside.

    The text ends with the element that holds it, where it has one of its own; paragraphs standing side by side with
    the title end at the first line of machinery. Both end at a footer, a neighbour link or a list of related releases.
    Where a line that `is_last` knows stands beside the text, everything up to it belongs to the text.
    """
    common, branch = _parting(lines[before].owner, lines[start].owner)
    kept: list[Line] = []
    for line in _candidates(lines, start, (common, branch), is_last):
        said = any(is_prose(each) for each in kept)
        if is_end(line) or (said and in_zone(line, common)):
            break
        if not is_tool(line):
            kept.append(line)
    return Extent(tuple(kept), common)


def _parting(before: Element, start: Element) -> tuple[Element, Element | None]:
    """The innermost element that holds both, and its child that holds `start` (None where `start` is the element)."""
    outer = [before, *before.iterancestors()]
    branch: Element | None = None
    for element in [start, *start.iterancestors()]:
        if element in outer:
            return element, branch
        branch = element
    raise ValueError("the two elements are of different pages")


def _candidates(lines: Sequence[Line], start: int, place: tuple[Element, Element | None],
                is_last: Callable[[Line], bool]) -> Iterator[Line]:
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
        child = _parting(common, line.owner)[1]
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
    or one of another name that holds running text and leads nowhere."""
    if flat:
        return True
    if sibling is None or sibling.tag != branch.tag or not any(map(is_prose, group)):
        return False
    return sibling.get("class") == branch.get("class") or not any(line.linked for line in group)
