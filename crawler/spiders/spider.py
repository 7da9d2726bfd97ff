"""Spider of a source: requests its lists and the releases on them. The articles are read later, from the archive."""

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import Any, Self, cast
from urllib.parse import urlsplit

import scrapy
from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.http import Response
from scrapy.settings import BaseSettings
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure

from archive.answers import Outcome
from archive.db.frontier import Release
from archive.db.store import chunks
from archive.ingest.from_warc import redirect_of
from archive.messages import Message, message
from archive.records import Capture
from archive.times import beijing_day
from archive.urls import host_of, urlkey
from archive.warc.http import header
from crawler.errors import PageFault
from crawler.extract.error_pages import redirect_target
from crawler.extract.links import Link, read_links
from crawler.extract.page import Page
from crawler.middlewares import DeferredRequest, page_of
from crawler.platforms.jpaas import Unit, UnitError, read_unit
from crawler.settings import network
from crawler.source import Listing, Source
from crawler.spiders.failures import failure_message, failure_outcome
from crawler.spiders.list_pages import (
    ListContent,
    ListPosition,
    misled_by,
    read_list_page,
    read_sitemap,
    read_unit_page,
)
from crawler.spiders.list_walk import ListPage, ListWalk
from crawler.spiders.run import SourceRun, environment_settings, standalone_run

MAX_HOPS = 5  # redirects, by header or script, in a row
MAX_SITEMAPS = 50  # of a sitemap index
REDIRECTS = [301, 302, 303, 307, 308]
ARTICLE_META = {"dont_redirect": True, "handle_httpstatus_list": [304, *REDIRECTS]}


class SourceSpider(scrapy.Spider):
    """Spider of one source: requests its lists, and its releases that are new or due."""

    source: Source

    def __init__(self, run: SourceRun | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._resources = ExitStack()
        if run is None:
            run, self._resources = standalone_run(self.source)
        self.run = run
        self.via = run.job.settings.via  # for crawler.spiders.replica_handler
        self._due: set[int] = set()
        self._listed: set[str] = set()
        self._titles: dict[str, str] = {}  # by urlkey, in a dry run
        self._dead_ends: set[str] = set()
        self._fell_back = False

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """The spider, connected to the signal `spider_error`."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider.on_spider_error, signals.spider_error)
        return spider

    def on_spider_error(self, failure: Failure, response: Response) -> None:
        """Count and note a callback that raised: the requests it would have made are missing from the run."""
        self.run.count("spider_errors")
        self.run.note(message("spider_error", url=response.url, error=failure.getErrorMessage()[:200]))

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        """Add the source's request delay and the crawler's own settings to Scrapy's."""
        super().update_settings(settings)
        own = settings.get("GONGBAO") or environment_settings()
        settings.setdict(network(own, cls.source.delay), priority="spider")

    async def start(self) -> AsyncIterator[Request]:
        """Requests for the first page of every list, then for the releases that are due.

        Without lists, the home page is read as one, and the sitemap.
        """
        due = self.run.frontier.due()
        self._due = set(due)
        home = f"https://{self.source.hosts[0]}/"
        for listing in self._listings() or (Listing(home),):
            self.run.start_list(listing.url, has_end=bool(self.source.listings))
            yield self._list_request(ListPosition(listing, listing.url))
        if not self.source.listings:
            yield self._sitemap_request(f"{home}sitemap.xml")
        if self.run.job.options.since is None:
            for part in chunks(due):
                for request in self._release_requests(self.run.frontier.load(list(part))):
                    yield request
                await self.crawler.signals.wait_for(signals.scheduler_empty)

    def _listings(self) -> tuple[Listing, ...]:
        return self.source.listings_on(beijing_day(self.run.job.clock()))

    def closed(self, reason: str) -> None:
        """Finish the run; under `scrapy crawl`, also close the archive."""
        self.run.finish(reason)
        self._resources.close()

    # Lists

    def _list_request(self, position: ListPosition) -> Request:
        return Request(position.url(), self.parse_list, errback=self.list_failed, dont_filter=True,
                       priority=position.priority, cb_kwargs={"position": position})

    def parse_list(self, response: Response, position: ListPosition) -> Iterator[Request]:
        """Requests for the releases on a list page and for the next page, or for the unit API that holds the list."""
        if (cause := misled_by(response, position)) is not None:
            is_behind_end = position.number > 1 and cause.code == "redirected_to"
            yield from (self._miss_list if is_behind_end else self._fail_list)(position, cause)
            return
        try:
            page = _page(response)
            if position.listing.unit and page.has("script[querydata]"):
                yield self._unit_request(read_unit(page), position)
                return
            content = read_list_page(page, self.source, position)
        except UnitError as error:
            yield from self._fail_list(position, error.reason)
        except PageFault as fault:
            yield from self._list_unreadable(response, position, fault)
        else:
            if content.is_changed:
                self._note_fallback(message("list_layout_changed", url=response.url))
            yield from self._take_page(position, content)

    def _take_page(self, position: ListPosition, content: ListContent) -> Iterator[Request]:
        """Requests for the releases on a page of a list, and for the page that follows."""
        if not content.has_entries and position.number == 1 and not position.listing.may_be_empty:
            self.run.count("silent")
            yield from self._fail_list(position, message("list_silent"))
            return
        walk, urls = self._walk(position), [each.url for each in content.links]
        with self.run.frontier.list_page(position.key, urls, walk) as named:
            following = walk.read(ListPage(
                position.number, {each.urlkey: each.entry.listed_at for each in named}, self.run.job.clock(),
                content.page_count, content.has_entries))
        self.run.count("lists")
        self.run.look_for_days(position.key, content.links)
        self._count_links(named, content.links)
        yield from self._release_requests(self._in_range(named, content.links))
        if following is not None and not self._has_stopped(content.links):
            yield self._page_request(replace(position, number=following), content.unit)

    def _page_request(self, position: ListPosition, unit: Unit | None) -> Request:
        return self._unit_request(unit, position) if unit else self._list_request(position)

    def _walk(self, position: ListPosition) -> ListWalk:
        return self.run.walks[position.key]

    def _count_links(self, named: Sequence[Release], links: Sequence[Link]) -> None:
        if self.run.job.options.dry_run:  # only its output shows titles
            self._titles.update((urlkey(each.url), each.title) for each in links if each.title)
        new = [each for each in named if each.urlkey not in self._listed]
        self._listed.update(each.urlkey for each in new)
        self.run.counts["links"] += len(new)
        self.run.count("known", sum(not each.is_new for each in new))

    def _in_range(self, named: Sequence[Release], links: Sequence[Link]) -> list[Release]:
        """The releases that `--since` does not leave out."""
        old = {urlkey(each.url) for each in links if self._is_before_since(each)}
        return [each for each in named if each.urlkey not in old]

    def _has_stopped(self, links: Sequence[Link]) -> bool:
        """True if `--limit` is reached, or `--since` leaves out a whole page: older ones follow."""
        limit = self.run.job.options.limit
        return (limit is not None and len(self.run.frontier.asked) >= limit) or (
            bool(links) and all(self._is_before_since(each) for each in links))

    def _is_before_since(self, link: Link) -> bool:
        since, day = self.run.job.options.since, link.published.last_day() if link.published else None
        return bool(since and day and day < since)

    def _list_unreadable(self, response: Response, position: ListPosition, fault: PageFault) -> Iterator[Request]:
        target = redirect_target(_capture(response))
        if target and host_of(target) in self.source.hosts and position.hops < MAX_HOPS and position.number == 1:
            moved = replace(position.listing, url=target)
            yield self._list_request(replace(position, listing=moved, hops=position.hops + 1))
        elif fault.reason.code == "missing_page":
            yield from self._miss_list(position, fault.reason)
        else:
            yield from self._fail_list(position, fault.reason)

    def list_failed(self, failure: Failure) -> Iterator[Request]:
        """Errback of list pages: save the cause; for the first page of a list, also request the fallback pages."""
        position = cast(ListPosition, _request(failure).cb_kwargs["position"])
        if self._count_deferred(failure):
            return
        cause = failure_message(failure, self.via)
        is_missing = failure_outcome(failure) is Outcome.MISSING
        yield from (self._miss_list if is_missing else self._fail_list)(position, cause)

    def _fail_list(self, position: ListPosition, cause: Message) -> Iterator[Request]:
        self._walk(position).fail(position.number, cause)
        yield from self._after_list_fault(position)

    def _miss_list(self, position: ListPosition, cause: Message) -> Iterator[Request]:
        if position.listing.may_be_empty and self._walk(position).memory.covered_at is None:
            yield from self._take_page(position, ListContent((), 1, has_entries=False))  # the list of a new year
            return
        self._walk(position).missing(position.number, cause)
        yield from self._after_list_fault(position)

    def _after_list_fault(self, position: ListPosition) -> Iterator[Request]:
        self.run.save_list(position.key)
        if self._walk(position).fault is not None:
            self.run.count("errors")
            if position.number == 1:
                yield from self._fall_back(position.key)

    # Lists behind the unit API

    def _unit_request(self, unit: Unit, position: ListPosition) -> Request:
        return Request(unit.page_url(position.number), self.parse_unit, errback=self.list_failed, dont_filter=True,
                       headers={"Referer": position.listing.url}, priority=position.priority,
                       cb_kwargs={"position": position, "unit": unit})

    def parse_unit(self, response: Response, position: ListPosition, unit: Unit) -> Iterator[Request]:
        """Requests for the releases on a list page from the unit API, and for its next page."""
        if (cause := misled_by(response, position)) is not None:
            yield from self._fail_list(position, cause)
            return
        try:
            content = read_unit_page(_capture(response), self.source, position, unit)
        except (UnitError, PageFault) as error:
            yield from self._retry_unit(response, position, error)
        else:
            yield from self._take_page(position, content)

    def _retry_unit(self, response: Response, position: ListPosition,
                    error: UnitError | PageFault) -> Iterator[Request]:
        retry = get_retry_request(cast(Request, response.request), spider=self, reason="unit API failed softly")
        if retry:
            self.run.count("retries")
            yield retry
        else:
            yield from self._fail_list(position, error.reason)

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
            links = read_links(_page(response), self.source)
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
        links = [Link(self.source.canonical(each), None) for each in urls if self.source.is_article(each)]
        yield from self._fallback_releases(links, response.url)

    def _fallback_releases(self, links: Sequence[Link], url: str) -> Iterator[Request]:
        if links:
            self._note_fallback(message("fallback_used", url=url, count=len(links)))
            named = self.run.frontier.name(url, [each.url for each in links])
            self._count_links(named, links)
            yield from self._release_requests(named)

    def fallback_failed(self, failure: Failure) -> None:
        """Errback that ignores the failure: sitemaps are optional, and the failure of the list was noted."""

    def _note_fallback(self, note: Message) -> None:
        self.run.note(note)
        self.run.count("fallbacks")

    # Releases

    def _release_requests(self, found: Iterable[Release]) -> Iterator[Request]:
        """Requests for those releases that are new or due; in a dry run they are printed instead."""
        limit = self.run.job.options.limit
        for each in found:
            if limit is not None and len(self.run.frontier.asked) >= limit:
                return
            if self._is_due(each) and self.run.frontier.ask(each):
                if self.run.job.options.dry_run:
                    self.run.job.display.write_line(f"{each.url}  {self._titles.get(each.urlkey, '')}".rstrip())
                    self.run.count("selected")
                else:
                    self.run.count("requested")
                    yield self._article_request(each.url, each)

    def _is_due(self, release: Release) -> bool:
        """True for a release that was due at the start, or was named since: perhaps by the worker, for an alias."""
        return release.is_new or release.page_id in self._due or release.entry.asked_at is None

    def _article_request(self, url: str, release: Release, hops: int = 0) -> Request:
        return Request(url, self.parse_article, errback=self.article_failed, dont_filter=True,
                       headers=self.run.frontier.validators(release) if not hops else None, meta=ARTICLE_META,
                       cb_kwargs={"release": release, "hops": hops})

    def parse_article(self, response: Response, release: Release, hops: int) -> Iterator[Request]:
        """Requests that follow a redirect, by header or script; all else is judged and read from the archive."""
        if response.status == 304:
            self.run.count("unchanged")
            return
        target = _redirected_to(response)
        if target is None:
            return
        target = self.source.canonical(target)
        if self.source.is_article(target) and urlkey(target) != release.urlkey:
            yield from self._release_requests([self._moved(release, target, hops)])
        elif hops >= MAX_HOPS:
            self.run.frontier.failed(release, Outcome.REDIRECT_LOOP)
        elif urlkey(target) == release.urlkey or self._may_lead_on(target):
            yield self._article_request(target, release, hops + 1)

    def _moved(self, release: Release, target: str, hops: int) -> Release:
        """The release that an alias leads to. A direct redirect is judged with its capture."""
        if hops:
            return self.run.frontier.moved(release, target)
        return self.run.frontier.name(None, [target])[0]

    def _may_lead_on(self, target: str) -> bool:
        """True for a page of the source, once, that is no home page or list: some sites redirect over several pages."""
        key = urlkey(target)
        lists = {urlkey(each.url) for each in self._listings()}
        is_dead_end = key in self._dead_ends or key in lists or urlsplit(target).path.strip("/") == ""
        self._dead_ends.add(key)
        return host_of(target) in self.source.hosts and not is_dead_end

    def article_failed(self, failure: Failure) -> None:
        """Errback of releases: save the outcome of a request without an answer; answers are judged in the archive."""
        if self._count_deferred(failure):
            return
        self.run.count("errors")
        if not isinstance(failure.value, HttpError):
            release = cast(Release, _request(failure).cb_kwargs["release"])
            self.run.frontier.failed(release, failure_outcome(failure))

    def _count_deferred(self, failure: Failure) -> bool:
        """True, and counted, for a request that is left for the next run; the middleware noted the reason."""
        if not isinstance(failure.value, DeferredRequest):
            return False
        self.run.count("postponed")
        return True


def _capture(response: Response) -> Capture:
    """The capture of a response, from `crawler.middlewares.ArchiveMiddleware`."""
    return cast(Capture, response.meta["capture"])


def _page(response: Response) -> Page:
    return page_of(cast(Request, response.request))


def _redirected_to(response: Response) -> str | None:
    """Absolute URL that a response redirects to, by its header or its script; None if it does not."""
    locations = [(b"Location", each) for each in response.headers.getlist("Location")]
    return (redirect_of(response.url, response.status, header(locations, "Location"))
            or redirect_target(_capture(response)))


def _request(failure: Failure) -> Request:
    return cast(Request, failure.request)  # type: ignore[attr-defined]
