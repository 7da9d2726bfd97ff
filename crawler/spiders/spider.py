"""Spider of a source: requests its lists and the releases on them. The articles are read later, from the archive."""

from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any, Self, cast
from urllib.parse import urlsplit

import scrapy
from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.http import Response
from scrapy.settings import BaseSettings
from scrapy.spidermiddlewares.httperror import HttpError
from scrapy.utils.sitemap import Sitemap
from twisted.python.failure import Failure

from archive.messages import Message, message
from archive.records import Capture
from archive.times import beijing_day
from archive.urls import host_of
from crawler.errors import PageFault
from crawler.extract.error_pages import raise_for_error_page, redirect_target
from crawler.extract.links import Link, read_links
from crawler.extract.page import Page
from crawler.middlewares import DeferredRequest
from crawler.platforms.jpaas import Unit, UnitError, read_unit, read_unit_response
from crawler.settings import network
from crawler.source import Listing, Source
from crawler.spiders.failures import failure_message
from crawler.spiders.run import SourceRun, environment_settings, standalone_run
from crawler.spiders.selection import ReleaseRequest, ReleaseSelector

MAX_REDIRECTS = 3  # by script or meta refresh, in a row
MAX_SITEMAPS = 50  # of a sitemap index
MAX_LIST_PAGES = 2000  # per list; a server may invent pages without end
OLDER_PAGE = -1  # priority of later pages of a list: after the releases of the earlier ones
FINAL_STATUSES = (401, 403, 404, 410, 451)  # not worth a request in the next run


@dataclass(frozen=True, slots=True)
class ListPosition:
    """One page of a list, by number, and how many redirects by script led to its URL."""

    listing: Listing
    number: int = 1
    redirects: int = 0

    @property
    def priority(self) -> int:
        """The priority of a request for the page."""
        return OLDER_PAGE if self.number > 1 else 0

    def next_page(self) -> "ListPosition":
        """The position of the next, older page."""
        return replace(self, number=self.number + 1)


class SourceSpider(scrapy.Spider):
    """Requests the lists of one source, and the releases on them that are new or due for a revisit."""

    source: Source

    def __init__(self, run: SourceRun | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._resources = ExitStack()
        if run is None:
            run, self._resources = standalone_run(self.source)
        self.run = run
        self.via = self.run.job.settings.via
        self._selector = ReleaseSelector(self.run)
        self._fell_back = False

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """The spider, connected to the signal `spider_error`."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider.on_spider_error, signals.spider_error)
        return spider

    def on_spider_error(self, failure: Failure, response: Response) -> None:
        """Count and note a callback that raised: the requests it would have made are missing from the run."""
        self.run.incomplete = True
        self.run.count("spider_errors")
        self.run.note(message("spider_error", url=response.url, error=failure.getErrorMessage()[:200]))

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        """Add the source's request delay and the crawler's own settings to Scrapy's."""
        super().update_settings(settings)
        own = settings.get("GONGBAO") or environment_settings()
        settings.setdict(network(own, cls.source.delay), priority="spider")

    async def start(self) -> AsyncIterator[Request]:
        """Requests for the first page of every list; without lists, for the home page as a list and the sitemap."""
        home = f"https://{self.source.hosts[0]}/"
        for listing in self.source.listings_on(beijing_day(self.run.job.clock())) or (Listing(home),):
            yield self._list_request(ListPosition(listing))
        if not self.source.listings:
            yield self._sitemap_request(f"{home}sitemap.xml")

    def closed(self, reason: str) -> None:
        """Finish the run; under `scrapy crawl`, also close the archive."""
        self.run.finish(reason)
        self._resources.close()

    # Lists

    def _list_request(self, position: ListPosition) -> Request:
        listing, number = position.listing, position.number
        url = listing.url if number == 1 else str(listing.paging).format(url=listing.url, page=number)
        return Request(url, self.parse_list, errback=self.list_failed, dont_filter=True, priority=position.priority,
                       cb_kwargs={"position": position})

    def parse_list(self, response: Response, position: ListPosition) -> Iterator[Request]:
        """Requests for the releases on a list page and for the next page, or for the unit API that holds the list."""
        try:
            page = Page(_capture(response))
            links = read_links(page, self.source, position.listing)
            if not links:
                raise_for_error_page(page)
        except PageFault as fault:
            return self._list_unreadable(response, position, fault)
        if position.listing.unit and page.has("script[querydata]"):
            return self._first_unit_request(page, position)
        self.run.count("lists")
        if position.listing.item and links and not page.has(position.listing.item):
            self._note_fallback(message("list_layout_changed", url=response.url))
        older = self._list_request(position.next_page()) if position.listing.paging else None
        return self._releases(links, position, older)

    def _releases(self, links: Iterable[Link], position: ListPosition, older: Request | None) -> Iterator[Request]:
        found = tuple(links)
        if not found and position.number == 1:
            yield from self._list_empty(position.listing)
        selection = self._selector.choose(found, position.listing.url)
        yield from self._release_requests(selection.requests)
        if older and selection.next_page and position.number < MAX_LIST_PAGES:
            yield older

    def _list_unreadable(self, response: Response, position: ListPosition, fault: PageFault) -> Iterator[Request]:
        target = redirect_target(_capture(response))
        if target and host_of(target) in self.source.hosts and position.redirects < MAX_REDIRECTS:
            yield self._list_request(ListPosition(replace(position.listing, url=target), 1, position.redirects + 1))
        elif position.number == 1:  # a later one may be the error page behind the end of the list
            yield from self._fail_list(position.listing, message(
                "request_failed", url=response.url, error=fault.reason))

    def list_failed(self, failure: Failure) -> Iterator[Request]:
        """Errback of list pages: note the failure; for the first page of a list, also request the fallback pages."""
        position = cast(ListPosition, _request(failure).cb_kwargs["position"])
        if self._count_deferred(failure):
            return
        reason = _failure_reason(failure)
        if position.number == 1:
            yield from self._fail_list(position.listing, reason)
        else:
            self._count_error(reason)

    def _fail_list(self, listing: Listing, reason: Message) -> Iterator[Request]:
        self._count_error(reason)
        yield from self._fall_back(listing.url)

    def _list_empty(self, listing: Listing) -> Iterator[Request]:
        if not listing.may_be_empty:
            self.run.note(message("list_silent", url=listing.url))
            self.run.count("silent")
            yield from self._fall_back(listing.url)

    # Lists behind the unit API

    def _first_unit_request(self, page: Page, position: ListPosition) -> Iterator[Request]:
        try:
            yield self._unit_request(read_unit(page), position)
        except UnitError as error:
            yield from self._fail_list(position.listing, message(
                "request_failed", url=page.url, error=error.reason))

    def _unit_request(self, unit: Unit, position: ListPosition) -> Request:
        return Request(unit.page_url(position.number), self.parse_unit, errback=self.list_failed, dont_filter=True,
                       headers={"Referer": position.listing.url}, priority=position.priority,
                       cb_kwargs={"position": position, "unit": unit})

    def parse_unit(self, response: Response, position: ListPosition, unit: Unit) -> Iterator[Request]:
        """Requests for the releases on a list page from the unit API, and for its next page."""
        try:
            answer = read_unit_response(_capture(response), position.listing.url)
            links = read_links(Page(answer.capture), self.source, position.listing)
        except (UnitError, PageFault) as error:
            yield from self._retry_unit(response, position, error)
            return
        self.run.count("lists")
        unit = replace(unit, page_size=answer.rows)
        has_more = position.number * answer.rows < answer.total
        older = self._unit_request(unit, position.next_page()) if has_more else None
        yield from self._releases(links, position, older)

    def _retry_unit(self, response: Response, position: ListPosition,
                    error: UnitError | PageFault) -> Iterator[Request]:
        retry = get_retry_request(cast(Request, response.request), spider=self, reason="unit API failed softly")
        if retry:
            self.run.count("retries")
            yield retry
        else:
            yield from self._fail_list(position.listing, message(
                "list_page_failed", url=position.listing.url, number=position.number, error=error.reason))

    # Fallback for lists that cannot be read or are empty

    def _fall_back(self, url: str) -> Iterator[Request]:
        """Requests for the home page and the sitemap of a list's host, once per run."""
        if self._fell_back:
            return
        self._fell_back = True
        home = "{0.scheme}://{0.netloc}/".format(urlsplit(url))
        yield Request(home, self.parse_home_page, errback=self.fallback_failed, dont_filter=True)
        yield self._sitemap_request(f"{home}sitemap.xml")

    def _sitemap_request(self, url: str, *, nested: bool = False) -> Request:
        return Request(url, self.parse_sitemap, errback=self.fallback_failed, dont_filter=True,
                       cb_kwargs={"nested": nested})

    def parse_home_page(self, response: Response) -> Iterator[Request]:
        """Requests for the links of a home page that match the URL patterns of articles."""
        try:
            links = read_links(Page(_capture(response)), self.source)
        except PageFault:
            links = ()
        yield from self._fallback_releases(links, response.url)

    def parse_sitemap(self, response: Response, nested: bool) -> Iterator[Request]:
        """Requests for the URLs of a sitemap that match those patterns, or for the sitemaps of an index."""
        kind, urls = read_sitemap(_capture(response).body)
        if kind == "sitemapindex":
            for url in urls[:MAX_SITEMAPS] if not nested else ():
                if host_of(url) in self.source.hosts:
                    yield self._sitemap_request(url, nested=True)
            return
        links = [Link(each, None) for each in urls if self.source.is_article(each)]
        yield from self._fallback_releases(links, response.url)

    def _fallback_releases(self, links: Iterable[Link], url: str) -> Iterator[Request]:
        found = tuple(links)
        if found:
            self._note_fallback(message("fallback_used", url=url, count=len(found)))
        yield from self._release_requests(self._selector.choose(found).requests)

    def fallback_failed(self, failure: Failure) -> None:
        """Errback that ignores the failure: sitemaps are optional, and the failure of the list was noted."""

    def _note_fallback(self, note: Message) -> None:
        self.run.note(note)
        self.run.count("fallbacks")

    # Releases

    def _release_requests(self, selected: Iterable[ReleaseRequest]) -> Iterator[Request]:
        """The requests for selected releases; in a dry run the releases are printed instead."""
        for each in selected:
            if self.run.job.options.dry_run:
                self.run.job.display.write_line(f"{each.link.url}  {each.link.title or ''}".rstrip())
                self.run.count("selected")
            else:
                self.run.count("requested")
                yield self._article_request(each.link.url, each.headers)

    def _article_request(self, url: str, headers: dict[str, str] | None = None, redirects: int = 0) -> Request:
        return Request(url, self.parse_article, errback=self.article_failed, dont_filter=True, headers=headers or {},
                       meta={"handle_httpstatus_list": [304]} if headers else {}, cb_kwargs={"redirects": redirects})

    def parse_article(self, response: Response, redirects: int) -> Request | None:
        """The request for the target of a redirect by script; else None, the archive reads the article."""
        if response.status == 304:
            self.run.count("unchanged")
            return None
        target = redirect_target(_capture(response))
        if target and redirects < MAX_REDIRECTS and host_of(target) in self.source.hosts:
            return self._article_request(target, redirects=redirects + 1)
        return None

    def article_failed(self, failure: Failure) -> None:
        """Errback of releases: note the failure; unless the status is final, the run is incomplete."""
        if self._count_deferred(failure):
            return
        error = failure.value
        final = isinstance(error, HttpError) and error.response.status in FINAL_STATUSES
        self.run.counts["lost"] += 1
        self._count_error(_failure_reason(failure), final=final)

    def _count_error(self, reason: Message, *, final: bool = False) -> None:
        self.run.incomplete |= not final
        self.run.note(reason)
        self.run.count("errors")

    def _count_deferred(self, failure: Failure) -> bool:
        """True, and counted, for a request that is left for the next run; the middleware noted the reason."""
        if not isinstance(failure.value, DeferredRequest):
            return False
        self.run.count("postponed")
        return True


def read_sitemap(body: bytes) -> tuple[str, list[str]]:
    """Root element ("urlset", "sitemapindex"; "" if it is not XML) and URLs of a sitemap.

    >>> read_sitemap(b"<urlset><url><loc> https://a.cn/1 </loc></url></urlset>")
    ('urlset', ['https://a.cn/1'])
    """
    try:
        sitemap = Sitemap(body)
        return sitemap.type, [entry["loc"].strip() for entry in sitemap if entry.get("loc")]
    except (StopIteration, SyntaxError):  # often an HTML error page with status 200
        return "", []


def _capture(response: Response) -> Capture:
    """The capture of a response, from `crawler.middlewares.ArchiveMiddleware`."""
    return cast(Capture, response.meta["capture"])


def _failure_reason(failure: Failure) -> Message:
    return failure_message(failure.value, _request(failure))


def _request(failure: Failure) -> Request:
    return cast(Request, failure.request)  # type: ignore[attr-defined]
