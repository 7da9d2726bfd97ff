"""The spider: a source's lists in, requests for its releases out. What they say is read from the archive, not here."""

from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Self, cast
from urllib.parse import urlsplit

import scrapy
from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.exceptions import CannotResolveHostError
from scrapy.http import Response
from scrapy.settings import BaseSettings
from scrapy.spidermiddlewares.httperror import HttpError
from scrapy.utils.sitemap import Sitemap
from twisted.python.failure import Failure

from archive.messages import Message, message
from archive.records import Capture
from archive.urls import host_of
from crawler.errors import PageFault
from crawler.extract.error_pages import raise_for_error_page, redirect_target
from crawler.extract.links import Link, read_links
from crawler.extract.page import Page
from crawler.middlewares import DeferredRequest
from crawler.platforms.jpaas import Unit, UnitError, read_unit, read_unit_answer
from crawler.settings import network
from crawler.source import Listing, Source
from crawler.spiders.run import OpenJob, Run, environment_settings, open_run
from crawler.spiders.selection import ReleaseRequest, ReleaseSelector

HOPS = 3  # how often a page may send the browser on by script
MOST_SITEMAPS = 50  # sitemaps of an index that are read
LAST_PAGE = 2000  # no list is this long; a server that makes up pages is not followed for ever
OLDER = -1  # older pages of a list wait until the releases of the newer ones are in
FINAL = (401, 403, 404, 410, 451)  # answers that will be the same tomorrow


@dataclass(frozen=True, slots=True)
class Turn:
    """Which page of which list is being read."""

    listing: Listing
    number: int = 1
    hops: int = 0


class SourceSpider(scrapy.Spider):
    """Asks for one source's lists and for the releases they name that are not known yet."""

    source: Source

    def __init__(self, run: Run | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._own: OpenJob | None = None
        if run is None:
            self._own, run = open_run(self.source)
        self.run = run
        self.via = self.run.job.settings.via
        self._chooser = ReleaseSelector(self.run)
        self._fell_back = False

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """The spider, told of every exception in one of its own steps."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider.stumbled, signals.spider_error)
        return spider

    def stumbled(self, failure: Failure, response: Response) -> None:
        """Count an answer that a step of ours raised on: what it would have led to is missing, and the run says so."""
        self.run.cut = True
        self.run.count("stumbles")
        self.run.note(message("spider_error", url=response.url, error=failure.getErrorMessage()[:200]))

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        """How politely this source is asked."""
        super().update_settings(settings)
        own = settings.get("GONGBAO") or environment_settings()
        settings.setdict(network(own, cls.source.delay), priority="spider")

    async def start(self) -> AsyncIterator[Request]:
        """The first page of every list."""
        for listing in self.source.listings:
            yield self._list_request(Turn(listing))
        if not self.source.listings:
            for request in self._fall_back(f"https://{self.source.hosts[0]}/"):
                yield request

    def closed(self, reason: str) -> None:
        """Write down how the run went; a run of `scrapy crawl` also closes its archive."""
        self.run.finish(reason)
        if self._own:
            self._own.close()

    # Lists

    def _list_request(self, turn: Turn) -> Request:
        listing, number = turn.listing, turn.number
        url = listing.url if number == 1 else str(listing.paging).format(url=listing.url, page=number)
        return Request(url, self.parse_list, errback=self.list_failed, dont_filter=True, priority=OLDER * (number > 1),
                       cb_kwargs={"turn": turn})

    def parse_list(self, response: Response, turn: Turn) -> Iterator[Request]:
        """What one page of a list leads to: its releases and its next page, or the unit API that fills it."""
        try:
            page = Page(_capture(response))
            links = read_links(page, self.source, turn.listing)
            if not links:
                raise_for_error_page(page)
        except PageFault as fault:
            return self._without_page(response, turn, fault)
        if turn.listing.unit and page.has("script[querydata]"):
            return self._ask_unit(page, turn)
        self.run.count("lists")
        if turn.listing.item and links and not page.has(turn.listing.item):
            self._fallback(message("list_layout_changed", url=response.url))
        older = replace(turn, number=turn.number + 1)
        return self._releases(links, turn, self._list_request(older) if turn.listing.paging else None)

    def _releases(self, links: Iterable[Link], turn: Turn, older: Request | None) -> Iterator[Request]:
        found = tuple(links)
        if not found and turn.number == 1:
            yield from self._silent(turn.listing)
        choice = self._chooser.choose(found, turn.listing.url)
        for wish in choice.wishes:
            yield from self._ask_for(wish)
        if older and choice.turn and turn.number < LAST_PAGE:
            yield older

    def _without_page(self, response: Response, turn: Turn, fault: PageFault) -> Iterator[Request]:
        target = redirect_target(_capture(response))
        if target and host_of(target) in self.source.hosts and turn.hops < HOPS:
            yield self._list_request(Turn(replace(turn.listing, url=target), 1, turn.hops + 1))
        elif turn.number == 1:
            yield from self._lost_list(turn.listing, message("request_failed", url=response.url, error=fault.reason))

    def list_failed(self, failure: Failure) -> Iterator[Request]:
        """What makes up for a list that could not be fetched."""
        turn = cast(Turn, _request(failure).cb_kwargs["turn"])
        if self._is_left(failure):
            return
        reason = _failure_reason(failure)
        if turn.number == 1:
            yield from self._lost_list(turn.listing, reason)
        else:
            self._lost(reason)

    def _lost_list(self, listing: Listing, reason: Message) -> Iterator[Request]:
        self._lost(reason)
        yield from self._fall_back(listing.url)

    def _lost(self, reason: Message) -> None:
        self.run.cut = True
        self.run.note(reason)
        self.run.count("errors")

    def _silent(self, listing: Listing) -> Iterator[Request]:
        if not listing.may_be_empty:
            self.run.note(message("list_silent", url=listing.url))
            self.run.count("silent")
            yield from self._fall_back(listing.url)

    # Lists behind the unit API

    def _ask_unit(self, page: Page, turn: Turn) -> Iterator[Request]:
        try:
            yield self._unit_request(read_unit(page), turn)
        except UnitError as error:
            yield from self._lost_list(turn.listing, message("request_failed", url=page.url, error=error.reason))

    def _unit_request(self, unit: Unit, turn: Turn) -> Request:
        return Request(unit.address(turn.number), self.parse_unit, errback=self.list_failed, dont_filter=True,
                       headers={"Referer": turn.listing.url}, priority=OLDER * (turn.number > 1),
                       cb_kwargs={"turn": turn, "unit": unit})

    def parse_unit(self, response: Response, turn: Turn, unit: Unit) -> Iterator[Request]:
        """What one page of a list that the API gave leads to."""
        try:
            answer = read_unit_answer(_capture(response), turn.listing.url)
            links = read_links(Page(answer.capture), self.source, turn.listing)
        except (UnitError, PageFault) as error:
            yield from self._ask_again(response, turn, error)
            return
        self.run.count("lists")
        more = turn.number * answer.rows < answer.total
        older = replace(turn, number=turn.number + 1)
        yield from self._releases(
            links, turn, self._unit_request(replace(unit, page_size=answer.rows), older) if more else None)

    def _ask_again(self, response: Response, turn: Turn, error: UnitError | PageFault) -> Iterator[Request]:
        again = get_retry_request(cast(Request, response.request), spider=self, reason="unit API failed softly")
        if again:
            self.run.count("retries")
            yield again
        else:
            yield from self._lost_list(turn.listing, message(
                "list_page_failed", url=turn.listing.url, number=turn.number, error=error.reason))

    # What is tried where a list yields nothing

    def _fall_back(self, url: str) -> Iterator[Request]:
        """The home page and the sitemap of a list's host, once in a run."""
        if self._fell_back:
            return
        self._fell_back = True
        home = "{0.scheme}://{0.netloc}/".format(urlsplit(url))
        for address, callback in ((home, self.parse_home), (f"{home}sitemap.xml", self.parse_sitemap)):
            yield Request(address, callback, errback=self.harvest_failed, dont_filter=True)

    def parse_home(self, response: Response) -> Iterator[Request]:
        """Whatever the home page links to that has the form of a release's address."""
        try:
            links = read_links(Page(_capture(response)), self.source)
        except PageFault:
            links = ()
        yield from self._harvested(links, response.url)

    def parse_sitemap(self, response: Response, nested: bool = False) -> Iterator[Request]:
        """Whatever the sitemap names that has the form of a release's address."""
        kind, urls = read_sitemap(_capture(response).body)
        if kind == "sitemapindex":
            for url in urls[:MOST_SITEMAPS] if not nested else ():
                if host_of(url) in self.source.hosts:
                    yield Request(url, self.parse_sitemap, errback=self.harvest_failed, dont_filter=True,
                                  cb_kwargs={"nested": True})
            return
        links = [Link(each, None) for each in urls if self.source.is_article(each)]
        yield from self._harvested(links, response.url)

    def _harvested(self, links: Iterable[Link], url: str) -> Iterator[Request]:
        found = tuple(links)
        if found:
            self._fallback(message("fallback_used", url=url, count=len(found)))
        for wish in self._chooser.choose(found).wishes:
            yield from self._ask_for(wish)

    def harvest_failed(self, failure: Failure) -> None:
        """Nothing: a site may well have no sitemap, and that its list failed was said."""

    def _fallback(self, note: Message) -> None:
        self.run.note(note)
        self.run.count("fallbacks")

    # Releases

    def _ask_for(self, wish: ReleaseRequest) -> Iterator[Request]:
        if self.run.job.options.dry_run:
            self.run.job.display.say(f"{wish.link.url}  {wish.link.title or ''}".rstrip())
            self.run.count("wanted")
            return
        self.run.count("asked")
        yield self._article_request(wish.link.url, wish.again)

    def _article_request(self, url: str, again: dict[str, str] | None = None, hops: int = 0) -> Request:
        return Request(url, self.parse_article, errback=self.article_failed, dont_filter=True, headers=again or {},
                       meta={"handle_httpstatus_list": [304]} if again else {}, cb_kwargs={"hops": hops})

    def parse_article(self, response: Response, hops: int) -> Request | None:
        """Nothing for a release, which the archive reads; where a script sends its readers on, the request for that."""
        if response.status == 304:
            self.run.count("unchanged")
            return None
        target = redirect_target(_capture(response))
        if target and hops < HOPS and host_of(target) in self.source.hosts:
            return self._article_request(target, hops=hops + 1)
        return None

    def article_failed(self, failure: Failure) -> None:
        """Say that a release could not be fetched, and whether a later run should try again."""
        if self._is_left(failure):
            return
        error = failure.value
        final = isinstance(error, HttpError) and error.response.status in FINAL
        self.run.cut |= not final
        self.run.note(_failure_reason(failure))
        self.run.counts["lost"] += 1
        self.run.count("errors")

    def _is_left(self, failure: Failure) -> bool:
        """Whether the page is left for the next run, for a reason that was said once for all."""
        if not isinstance(failure.value, DeferredRequest):
            return False
        self.run.count("left")
        return True

def read_sitemap(body: bytes) -> tuple[str, list[str]]:
    """Root element ("urlset", "sitemapindex", "" for what is no XML) and URLs of a sitemap.

    >>> read_sitemap(b"<urlset><url><loc> https://a.cn/1 </loc></url></urlset>")
    ('urlset', ['https://a.cn/1'])
    """
    try:
        sitemap = Sitemap(body)
        return sitemap.type, [entry["loc"].strip() for entry in sitemap if entry.get("loc")]
    except (StopIteration, SyntaxError):  # many sites answer with a page of theirs
        return "", []


def _capture(response: Response) -> Capture:
    """What the archive gave for a response (crawler.middlewares.Keeping puts it there)."""
    return cast(Capture, response.meta["capture"])


def _failure_reason(failure: Failure) -> Message:
    error, url = failure.value, _request(failure).url
    if isinstance(error, HttpError):
        return message("response_status", url=url, status=error.response.status)
    if isinstance(error, CannotResolveHostError):
        return message("host_not_found", host=host_of(url))
    return message("request_failed", url=url, error=f"{type(error).__name__}: {' '.join(str(error).split())[:200]}")


def _request(failure: Failure) -> Request:
    return cast(Request, failure.request)  # type: ignore[attr-defined]
