"""The releases that a listing page links to."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

from lxml.etree import _Element as Element

from archive.messages import message
from archive.records import Evidence, Stamp
from archive.times import BEIJING
from archive.urls import unwrap, urlkey
from crawler.extract.dates import find_date
from crawler.extract.page import Page
from crawler.extract.visible_text import texts_of, tidy
from crawler.source import Listing, Source

# parseToData(1768995462538,1), a script of MOFCOM's sites: milliseconds since 1970 in UTC
_MILLISECONDS = re.compile(r"parseToData\(\s*(\d{12,13})\s*,")
# 【公平贸易】
_CATEGORY = re.compile(r"【([^】]{1,40})】")
# An entry is the link's own element or one of this many around it, while it holds no second release.
_LEVELS = 3


@dataclass(frozen=True, slots=True)
class Link:
    """One entry of a list: `title`, `published` and `category` are what the list says of it, None where nothing."""

    url: str
    title: str | None
    published: Stamp | None = None
    category: str | None = None


def read_links(page: Page, source: Source, listing: Listing | None = None) -> tuple[Link, ...]:
    """The links on a page that have the form of the source's articles, in order, each address once.

    With a listing that names its entries' element only those are read; where it finds none, or without a listing,
    every link counts (the harvest that works on markup nobody has described).
    """
    scopes = page.select(listing.item) if listing and listing.item else []
    found = _once(link for scope in scopes for link in _links_in(page, source, scope))
    return found or _once(_links_in(page, source, page.root))


def _once(links: Iterable[Link]) -> tuple[Link, ...]:
    """Each address once; an entry without a text (a picture) gives way to a later one that has it."""
    kept: dict[str, Link] = {}
    for link in links:
        key = urlkey(link.url)
        if key not in kept or (kept[key].title is None and link.title):
            kept[key] = link
    return tuple(kept.values())


def _links_in(page: Page, source: Source, scope: Element) -> Iterator[Link]:
    for anchor in scope.iter("a"):
        url = unwrap(page.absolute(anchor.get("href") or ""))
        if url and source.is_article(url):
            published, category = _said_beside(page, _entry(page, source, anchor))
            title = tidy(anchor.get("title") or "") or tidy(" ".join(texts_of(anchor)))
            yield Link(url, title or None, published, category)


def _said_beside(page: Page, entry: Element) -> tuple[Stamp | None, str | None]:
    """Date and category of an entry; looked for once, however many links the entry holds."""
    key = ("beside", entry)
    if key not in page.memory:
        page.memory[key] = (_published(entry), _category(entry))
    return cast(tuple[Stamp | None, str | None], page.memory[key])


def _entry(page: Page, source: Source, anchor: Element) -> Element:
    """The largest element around the link, up to three levels, that leads to this one release only."""
    entry = anchor
    for element in list(anchor.iterancestors())[:_LEVELS]:
        key = ("several", source.id, element)
        if key not in page.memory:
            page.memory[key] = _leads_to_several(page, source, element)
        if page.memory[key]:
            break
        entry = element
        if element.tag in ("li", "tr", "dd", "article"):
            break
    return entry


def _leads_to_several(page: Page, source: Source, element: Element) -> bool:
    first = ""
    for anchor in element.iter("a"):
        target = page.absolute(anchor.get("href") or "")
        if target and source.is_article(target):
            first = first or urlkey(target)
            if urlkey(target) != first:  # looking no further keeps a list of thousands of links quick
                return True
    return False


def _published(entry: Element) -> Stamp | None:
    """The time that an entry shows beside its title, or that its script would write there."""
    for script in entry.iter("script"):
        stamp = _from_script(script.text or "")
        if stamp:
            return stamp
    for element in entry.iter():
        if element.tag in ("a", "script", "style"):
            texts = [element.tail]
        else:
            texts = [element.text, element.tail if element is not entry else None]
        for text in texts:
            moment = find_date(text or "")
            if moment:
                return Stamp(moment.value, moment.precision, (Evidence(tidy(text or ""), message("list_entry")),))
    return None


def _from_script(script: str) -> Stamp | None:
    match = _MILLISECONDS.search(script)
    if match:
        at = datetime.fromtimestamp(int(match[1]) / 1000, UTC).astimezone(BEIJING)
        return Stamp(at.isoformat(timespec="minutes"), "minute", (Evidence(match[0], message("list_entry_script")),))
    moment = find_date(script)
    if not moment:
        return None
    return Stamp(moment.value, moment.precision, (Evidence(script.strip(), message("list_entry_script")),))


def _category(entry: Element) -> str | None:
    for element in entry.iter("em", "span", "i", "b", "strong"):
        match = _CATEGORY.fullmatch(tidy(element.text or ""))
        if match:
            return match[1]
    return None
