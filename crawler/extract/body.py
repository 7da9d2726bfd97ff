"""Body: the paragraphs of one HTML element. BeautifulSoup parses that element only, never the page (slow)."""

import copy
from dataclasses import dataclass

from lxml import etree
from lxml.etree import _Element as Element

from crawler.extract.visible_text import BLOCK, INVISIBLE, has_hiding_attributes, is_hidden, texts_of, tidy

# A table row is one paragraph if no cell is longer than this; longer cells belong to a page laid out in a table.
_LONGEST_CELL = 200
_PARAGRAPH_BREAKS = BLOCK | {"br"}


@dataclass(frozen=True, slots=True)
class Content:
    """Paragraphs of a body in order, and the elements that hold them (searched for attachments)."""

    paragraphs: tuple[str, ...]
    elements: tuple[Element, ...]


def content_of(element: Element, hidden: frozenset[str] = frozenset()) -> Content:
    """Visible paragraphs of an element, parted by block elements and line breaks; a row of short cells is one."""
    from bs4 import BeautifulSoup  # not at the top: the web process imports the sources, but reads no page

    tree = copy.deepcopy(element)
    tree.tail = None
    etree.strip_elements(tree, *INVISIBLE, with_tail=False)
    if hidden or has_hiding_attributes(tree):
        _remove_hidden(tree, hidden)
    tags = {str(each.tag) for each in tree.iter()}
    etree.strip_tags(tree, *(tags - _PARAGRAPH_BREAKS))
    for each in tree.iter():
        each.attrib.clear()
    for row in list(tree.iter("tr")) if "tr" in tags else ():
        _join_cells(row)
    soup = BeautifulSoup(etree.tostring(tree, encoding="unicode", method="html"), "lxml")
    # Each text node is a paragraph: inline tags are stripped, and a newline in the source is only white space.
    paragraphs = (tidy(str(node)) for node in soup.find_all(string=True))
    return Content(tuple(text for text in paragraphs if text), (element,))


def _remove_hidden(tree: Element, hidden: frozenset[str]) -> None:
    for element in [each for each in tree.iterdescendants() if is_hidden(each, hidden)]:
        element.tag = "template"
    etree.strip_elements(tree, "template", with_tail=False)


def _join_cells(row: Element) -> None:
    if row.find(".//table") is not None:
        return
    cells = [tidy(" ".join(texts_of(cell))) for cell in row if cell.tag in ("td", "th")]
    texts = [text for text in cells if text]
    if len(texts) > 1 and max(map(len, texts)) <= _LONGEST_CELL:
        for cell in list(row):
            row.remove(cell)
        etree.SubElement(row, "td").text = " ".join(texts)
