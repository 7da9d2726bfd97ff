"""Downloader middlewares: the source's hosts only, retries with Retry-After, archiving of every response."""

import asyncio
from collections import Counter
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import responses
from time import monotonic
from typing import Self, TypeVar, cast

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.retry import RetryMiddleware, get_retry_request
from scrapy.exceptions import CannotResolveHostError, IgnoreRequest
from scrapy.http import Headers, Response, TextResponse

from archive.answers import CHALLENGES, Outcome, judge_status
from archive.errors import ArchiveError
from archive.messages import Message, message
from archive.records import Capture
from archive.times import iso
from archive.urls import host_of
from archive.warc.http import Exchange
from crawler.errors import PageFault
from crawler.extract.no_article import challenge_reason
from crawler.extract.page import Page
from crawler.spiders.run import SourceRun

T = TypeVar("T")
LARGEST_CHALLENGE = 16_384  # bytes
CHALLENGES_IN_A_ROW = 10  # after which a host is left alone
POLL_INTERVAL = 0.2  # seconds between two checks whether a waiting crawl was stopped


class _CrawlerMiddleware:
    """Base of a middleware that needs its crawler."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)


def _run(crawler: Crawler) -> SourceRun:
    return cast(SourceRun, crawler.spider.run)  # type: ignore[union-attr]


class SourceHostsMiddleware(_CrawlerMiddleware):
    """Drops requests to hosts that are not the source's, redirects included."""

    def process_request(self, request: Request) -> None:
        """Raise IgnoreRequest for another host."""
        source = _run(self.crawler).source
        if host_of(request.url) not in source.hosts:
            raise IgnoreRequest(f"{request.url} is not on a host of {source.id}")


class DeferredRequest(IgnoreRequest):
    """The request is left for the next run; the reason concerns more requests than this, and is noted once for all."""


class RetryAfterMiddleware(RetryMiddleware):
    """Retries, and keeps to Retry-After: until then no request goes to that host.

    The rest of a host is deferred to the next run if its Retry-After exceeds the setting `patience`, if its name does
    not resolve and it has not responded before, or if it sends the crawler away (challenges, 403) several times in a
    row; then later runs leave it alone for a while, too.
    """

    crawler: Crawler

    def __init__(self, settings: object) -> None:
        super().__init__(settings)  # type: ignore[arg-type]
        self._retry_at: dict[str, float] = {}  # by host, on the monotonic clock
        self._responding: set[str] = set()
        self._deferred: set[str] = set()
        self._sent_away: Counter[str] = Counter()  # times in a row, by host
        self._knows_resting = False

    async def process_request(self, request: Request) -> None:
        """Wait until the host's Retry-After has passed. Raises DeferredRequest if the host is deferred."""
        host = host_of(request.url)
        self._defer_resting()
        while host not in self._deferred and (wait := self._retry_at.get(host, 0.0) - monotonic()) > 0:
            if not self.crawler.crawling:
                raise DeferredRequest("the crawl was stopped")
            await asyncio.sleep(min(POLL_INTERVAL, wait))
        if host in self._deferred:
            raise DeferredRequest(f"{host} is left for the next run")

    def process_response(self, request: Request, response: Response) -> Request | Response:  # type: ignore[override]
        """The response, or a retry of the request."""
        run, host = _run(self.crawler), host_of(request.url)
        self._responding.add(host)
        if response.status in self.retry_http_codes:
            wait = retry_after(response.headers, run.job.clock())
            if wait > run.job.settings.patience:
                self._defer(host, message("host_asks_to_wait", host=host, seconds=f"{wait:.0f}",
                                          status=response.status))
            else:  # a response without Retry-After does not shorten an earlier one
                self._retry_at[host] = max(monotonic() + wait, self._retry_at.get(host, 0.0))
        self._watch_challenges(host, request, response)
        return response if host in self._deferred else self._count_retry(super().process_response(request, response))

    def _defer_resting(self) -> None:
        """Leave alone the hosts that sent an earlier run away, once per run."""
        if not self._knows_resting:
            self._knows_resting = True
            run = _run(self.crawler)
            for host, each in run.frontier.resting_hosts(run.source.hosts).items():
                self._defer(host, message("host_rests", host=host, until=iso(each.until)))

    def _watch_challenges(self, host: str, request: Request, response: Response) -> None:
        outcome = _challenge(response.status, request)
        if outcome is None:
            del self._sent_away[host]
            if response.status == 200:
                _run(self.crawler).frontier.answered(host)
            return
        self._sent_away[host] += 1
        if self._sent_away[host] == CHALLENGES_IN_A_ROW and host not in self._deferred:
            until = _run(self.crawler).frontier.rest(host, outcome)
            self._defer(host, message("host_challenges", host=host, count=CHALLENGES_IN_A_ROW, until=iso(until)))

    def process_exception(self, request: Request, exception: Exception) -> Request | Response | None:  # type: ignore[override]
        """A retry of the request after a connection error. Raises DeferredRequest if the host is not found."""
        retry = self._count_retry(super().process_exception(request, exception))
        host = host_of(request.url)
        if retry is None and isinstance(exception, CannotResolveHostError) and host not in self._responding:
            self._defer(host, message("host_not_found", host=host))
            raise DeferredRequest(f"{host} is left for the next run") from exception
        return retry

    def _defer(self, host: str, reason: Message) -> None:
        if host not in self._deferred:
            self._deferred.add(host)
            _run(self.crawler).note(reason)

    def _count_retry(self, result: T) -> T:
        if isinstance(result, Request):
            _run(self.crawler).count("retries")
        return result


def page_of(request: Request) -> Page:
    """Page of a request's response, parsed once. Raises PageFault for a body that is not readable HTML."""
    if "page" not in request.meta:
        request.meta["page"] = Page(request.meta["capture"])
    return cast(Page, request.meta["page"])


def _challenge(status: int, request: Request) -> Outcome | None:
    """Outcome of an answer that sends the crawler away, by its status or as a page with status 200; None for others."""
    if status != 200:
        outcome = judge_status(status)
        return outcome if outcome in CHALLENGES else None
    capture = cast(Capture | None, request.meta.get("capture"))
    if capture is None or len(capture.body) > LARGEST_CHALLENGE:
        return None
    try:
        page = page_of(request)
        is_challenge = challenge_reason(page) is not None and not page.has("script[querydata]")
    except PageFault:
        return None
    return Outcome.CHALLENGE if is_challenge else None


def retry_after(headers: Headers, now: datetime) -> float:
    """The Retry-After header in seconds from now; 0 if there is none or it cannot be parsed.

    >>> retry_after(Headers({"Retry-After": "120"}), datetime.min)
    120.0
    """
    text = (headers.get("Retry-After") or b"").decode("latin-1").strip()
    if text.isdecimal():
        return float(text)
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return 0.0
    # The asctime form of an HTTP date has no zone; like the others, it is UTC.
    return max(0.0, ((date if date.tzinfo else date.replace(tzinfo=UTC)) - now).total_seconds())


class ArchiveMiddleware(_CrawlerMiddleware):
    """Archives every response before anything reads it, and passes it on with the body that the archive decoded.

    A response whose body cannot be decoded is archived, too, and retried. After an error of the archive all requests
    are deferred: a response that cannot be archived must not be read.
    """

    def process_request(self, request: Request) -> None:  # noqa: ARG002
        """Raise DeferredRequest once the archive has failed."""
        if _run(self.crawler).job.failure:
            raise DeferredRequest("the archive cannot be written any more")

    def process_response(self, request: Request, response: Response) -> Request | Response:
        """The response, its content encoding removed, or a retry of the request."""
        run = _run(self.crawler)
        try:
            capture, decoded = run.keep(exchange(request, response, run))
        except ArchiveError as error:
            raise DeferredRequest(f"not kept: {error}") from error
        request.meta["capture"] = capture
        request.meta.pop("page", None)  # a retry or redirect copies it
        if decoded:
            return _decoded(response, capture.body)
        run.count("broken")
        retry = get_retry_request(request, spider=self.crawler.spider, reason="broken body")  # type: ignore[arg-type]
        return retry or _decoded(response, b"")


def exchange(request: Request, response: Response, run: SourceRun) -> Exchange:
    """Request and response as the archive stores them."""
    return Exchange(
        url=request.url, fetched_at=run.job.clock(), status=response.status,
        reason=responses.get(response.status, ""), response_headers=_pairs(response.headers), body=response.body,
        method=request.method, request_headers=_pairs(request.headers), request_body=request.body,
        source=run.source.id, ip_address=str(response.ip_address) if response.ip_address else None,
        is_retry=bool(request.meta.get("retry_times")))


def _pairs(headers: Headers) -> list[tuple[bytes, bytes]]:
    return [(name, value) for name, values in headers.items() for value in values]


def _decoded(response: Response, body: bytes) -> Response:
    if "Content-Encoding" not in response.headers:
        return response
    del response.headers["Content-Encoding"]
    # Without this, Scrapy would keep the charset that it guessed from the encoded bytes.
    charset = {"encoding": None} if isinstance(response, TextResponse) else {}
    return response.replace(body=body, **charset)
