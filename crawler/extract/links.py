"""List entries: links of a listing page to releases, with the date and category that the list shows."""

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
# A list entry is the link or one of so many ancestors, as long as it links to no other release.
_LEVELS = 3


@dataclass(frozen=True, slots=True)
class Link:
    """Link to a release, with the title, date and category that the list shows, None where it shows none."""

    url: str
    title: str | None
    published: Stamp | None = None
    category: str | None = None


def read_links(page: Page, source: Source, listing: Listing | None = None) -> tuple[Link, ...]:
    """Links of a page whose URLs are articles of the source, in document order, each canonical URL once.

    Only links inside `listing.item` are read, if it is given and holds any; otherwise all links of the page.
    """
    scopes = page.select(listing.item) if listing and listing.item else []
    found = _unique(link for scope in scopes for link in _links_in(page, source, scope))
    return found or _unique(_links_in(page, source, page.root))


def _unique(links: Iterable[Link]) -> tuple[Link, ...]:
    """First link of each URL; one without a title (a picture) is replaced by the first that has a title."""
    kept: dict[str, Link] = {}
    for link in links:
        key = urlkey(link.url)
        if key not in kept or (kept[key].title is None and link.title):
            kept[key] = link
    return tuple(kept.values())


def _links_in(page: Page, source: Source, scope: Element) -> Iterator[Link]:
    for anchor in scope.iter("a"):
        url = source.canonical(unwrap(page.absolute(anchor.get("href") or "")))
        if url and source.is_article(url):
            published, category = _date_and_category(page, _list_entry(page, source, anchor))
            title = tidy(anchor.get("title") or "") or tidy(" ".join(texts_of(anchor)))
            yield Link(url, title or None, published, category)


def _date_and_category(page: Page, entry: Element) -> tuple[Stamp | None, str | None]:
    """Date and category of an entry; cached, since an entry may hold many links."""
    key = ("beside", entry)
    if key not in page.cache:
        page.cache[key] = (_published(entry), _category(entry))
    return cast(tuple[Stamp | None, str | None], page.cache[key])


def _list_entry(page: Page, source: Source, anchor: Element) -> Element:
    """Largest ancestor of the link, up to `_LEVELS`, that links to this one release only."""
    entry = anchor
    for element in list(anchor.iterancestors())[:_LEVELS]:
        key = ("several", source.id, element)
        if key not in page.cache:
            page.cache[key] = _links_to_several(page, source, element)
        if page.cache[key]:
            break
        entry = element
        if element.tag in ("li", "tr", "dd", "article"):
            break
    return entry


def _links_to_several(page: Page, source: Source, element: Element) -> bool:
    first = ""
    for anchor in element.iter("a"):
        target = source.canonical(page.absolute(anchor.get("href") or ""))
        if target and source.is_article(target):
            first = first or urlkey(target)
            if urlkey(target) != first:  # stop here: a list may have thousands of links
                return True
    return False


def _published(entry: Element) -> Stamp | None:
    """Date in the text of an entry outside of its links, or in a script that would write it there."""
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
            date = find_date(text or "")
            if date:
                return Stamp(date.value, date.precision, (Evidence(tidy(text or ""), message("list_entry")),))
    return None


def _from_script(script: str) -> Stamp | None:
    match = _MILLISECONDS.search(script)
    if match:
        at = datetime.fromtimestamp(int(match[1]) / 1000, UTC).astimezone(BEIJING)
        return Stamp(at.isoformat(timespec="minutes"), "minute", (Evidence(match[0], message("list_entry_script")),))
    date = find_date(script)
    if not date:
        return None
    return Stamp(date.value, date.precision, (Evidence(script.strip(), message("list_entry_script")),))


def _category(entry: Element) -> str | None:
    for element in entry.iter("em", "span", "i", "b", "strong"):
        match = _CATEGORY.fullmatch(tidy(element.text or ""))
        if match:
            return match[1]
    return None
