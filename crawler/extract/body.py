"""Paragraphs of an HTML element, for article bodies: BeautifulSoup on the article's own element, never on the page."""

import copy
from dataclasses import dataclass

from lxml import etree
from lxml.etree import _Element as Element

from crawler.extract.visible_text import BLOCK, UNSEEN, hides_something, is_hidden, texts_of, tidy

# A table row is one paragraph while its cells are this short; longer cells are a page laid out in a table.
_CELL = 200
_KEPT = BLOCK | {"br"}


@dataclass(frozen=True, slots=True)
class Content:
    """The paragraphs of a body, in order, and the elements they stand in (where attachments are looked for)."""

    paragraphs: tuple[str, ...]
    elements: tuple[Element, ...]


def content_of(element: Element, hidden: frozenset[str] = frozenset()) -> Content:
    """What a person reads in an element: no styles, no scripts, nothing hidden; one paragraph a block or line break."""
    from bs4 import BeautifulSoup  # loaded by those who read pages, not by the site, which knows the sources too

    slim = copy.deepcopy(element)
    slim.tail = None
    etree.strip_elements(slim, *UNSEEN, with_tail=False)
    if hidden or hides_something(slim):
        _remove_hidden(slim, hidden)
    tags = {str(each.tag) for each in slim.iter()}
    etree.strip_tags(slim, *(tags - _KEPT))
    for each in slim.iter():
        each.attrib.clear()
    for row in list(slim.iter("tr")) if "tr" in tags else ():
        _join_cells(row)
    soup = BeautifulSoup(etree.tostring(slim, encoding="unicode", method="html"), "lxml")
    # Node by node: a line break in the source is a blank, only elements break paragraphs.
    paragraphs = (tidy(str(node)) for node in soup.find_all(string=True))
    return Content(tuple(text for text in paragraphs if text), (element,))


def _remove_hidden(slim: Element, hidden: frozenset[str]) -> None:
    for element in [each for each in slim.iterdescendants() if is_hidden(each, hidden)]:
        element.tag = "template"
    etree.strip_elements(slim, "template", with_tail=False)


def _join_cells(row: Element) -> None:
    if row.find(".//table") is not None:
        return
    cells = [tidy(" ".join(texts_of(cell))) for cell in row if cell.tag in ("td", "th")]
    texts = [text for text in cells if text]
    if len(texts) > 1 and max(map(len, texts)) <= _CELL:
        for cell in list(row):
            row.remove(cell)
        etree.SubElement(row, "td").text = " ".join(texts)
