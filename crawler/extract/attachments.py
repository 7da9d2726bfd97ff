"""Attachments: the files that an article links to."""

from collections.abc import Iterable, Iterator
from urllib.parse import parse_qs, unquote, urlsplit

from lxml.etree import _Element as Element

from archive.records import Attachment
from archive.urls import is_file
from crawler.extract.page import Page
from crawler.extract.visible_text import texts_of, tidy


def attachments_of(page: Page, elements: Iterable[Element]) -> tuple[Attachment, ...]:
    """The files linked from the elements, in order, each address once."""
    found: dict[str, Attachment] = {}
    for each in _files(page, elements):
        found.setdefault(each.url, each)
    return tuple(found.values())


def _files(page: Page, elements: Iterable[Element]) -> Iterator[Attachment]:
    for element in elements:
        for link in element.iter("a"):
            url = page.absolute(link.get("href") or "")
            if url and is_file(url):
                name = tidy(" ".join(texts_of(link))) or tidy(link.get("title") or "") or _name_in(url)
                yield Attachment(url, name)


def _name_in(url: str) -> str:
    """The file name that the address holds, where the page shows none."""
    parts = urlsplit(url)
    given = parse_qs(parts.query).get("fileName")
    return given[0] if given else unquote(parts.path.rsplit("/", 1)[-1])
