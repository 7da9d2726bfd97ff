"""Pages of lists: URLs, links to releases, numbers of pages; answers that are no list; sitemaps."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.http import Response
from scrapy.utils.sitemap import Sitemap

from archive.messages import Message, message
from archive.records import Capture
from archive.urls import absolute_url, urlkey
from crawler.errors import PageFault
from crawler.extract.error_pages import raise_for_error_page
from crawler.extract.links import Link, read_links
from crawler.extract.no_article import challenge_reason
from crawler.extract.page import Page
from crawler.platforms.jpaas import Unit, read_unit_response
from crawler.source import Listing, Source
from crawler.spiders.failures import status_message

OLDER_PAGE = -1  # priority of later pages of a list: after the releases of the earlier ones


@dataclass(frozen=True, slots=True)
class ListPosition:
    """One page of a list, by number; `key` is the list's URL in the source file, `hops` counts redirects by script."""

    listing: Listing
    key: str
    number: int = 1
    hops: int = 0

    @property
    def priority(self) -> int:
        """The priority of a request for the page."""
        return OLDER_PAGE if self.number > 1 else 0

    def url(self) -> str:
        """The URL of the page."""
        url = self.listing.url
        return url if self.number == 1 else str(self.listing.paging).format(url=url, page=self.number)


@dataclass(frozen=True, slots=True)
class ListContent:
    """Content of a page of a list: links to releases, and the number of pages (None if it does not say).

    `has_entries` if it lists something, be it no release; `is_changed` if its links are not in the markup that the
    source file describes. `unit` asks for the next page.
    """

    links: Sequence[Link]
    page_count: int | None
    has_entries: bool
    is_changed: bool = False
    unit: Unit | None = None


def read_list_page(page: Page, source: Source, position: ListPosition) -> ListContent:
    """The content of a list page. Raises PageFault for an error page, and for a later page without the list."""
    listing = position.listing
    links = read_links(page, source, listing)
    if not links:
        raise_for_error_page(page)
        if reason := challenge_reason(page):
            raise PageFault(reason)
    is_listed = not listing.item or page.has(listing.item)
    if not is_listed and position.number > 1:
        raise PageFault(message("missing_page", text=page.head_title[:80]))
    has_entries = bool(links) or bool(listing.item and page.has(f"{listing.item} a[href]"))
    return ListContent(links, _page_count(page, position), has_entries, is_changed=bool(links) and not is_listed)


def read_unit_page(capture: Capture, source: Source, position: ListPosition, unit: Unit) -> ListContent:
    """The content of a list page from the unit API. Raises UnitError or PageFault for a failure."""
    answer = read_unit_response(capture, position.listing.url)
    page = Page(answer.capture)
    links = read_links(page, source, position.listing)
    count = -(-answer.total // answer.rows) if answer.total else None
    return ListContent(links, count, page.has("a[href]"), unit=replace(unit, page_size=answer.rows))


def _page_count(page: Page, position: ListPosition) -> int | None:
    """Number of pages of a list: 1 without paging, else the largest one that a link on the page leads to.

    A pager may link to some of its pages only: then the number grows as the list is read, and is right on its last
    page.
    """
    listing = position.listing
    if not listing.paging:
        return 1
    form = re.escape(_without_scheme(listing.paging.format(url=listing.url, page="PAGE"))).replace("PAGE", r"(\d{1,6})")
    found = [match for anchor in page.select("a[href]")
             if (match := re.fullmatch(form, _without_scheme(page.absolute(anchor.get("href") or ""))))]
    return max(position.number, *(int(match[1]) for match in found)) if found else None


def _without_scheme(url: str) -> str:
    return url.partition("://")[2]


def misled_by(response: Response, position: ListPosition) -> Message | None:
    """Reason why a response is no page of a list: its status, or a redirect; None if it may be one."""
    if response.status != 200:
        return status_message(response.status)
    asked = response.meta.get("redirect_urls", [cast(Request, response.request).url])[0]
    if urlkey(asked) == urlkey(response.url):
        return None
    to_home = not urlsplit(response.url).path.strip("/") and bool(urlsplit(asked).path.strip("/"))
    return message("redirected_to", url=response.url) if to_home or position.number > 1 else None


def read_sitemap(body: bytes) -> tuple[str, list[str]]:
    """Root element ("urlset", "sitemapindex"; "" if it is not XML) and absolute URLs of a sitemap.

    >>> read_sitemap(b"<urlset><url><loc> https://a.cn/1 </loc></url></urlset>")
    ('urlset', ['https://a.cn/1'])
    """
    try:
        sitemap = Sitemap(body)
        return sitemap.type, [url for entry in sitemap if (url := absolute_url("", entry.get("loc") or ""))]
    except (StopIteration, SyntaxError):  # often an HTML error page with status 200
        return "", []
