"""What every request and response passes: own hosts only, patience, the archive before all readers."""

import asyncio
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import responses
from time import monotonic
from typing import TypeVar, cast

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.retry import RetryMiddleware, get_retry_request
from scrapy.exceptions import CannotResolveHostError, IgnoreRequest
from scrapy.http import Headers, Response, TextResponse

from archive.errors import ArchiveError
from archive.messages import Message, message
from archive.urls import host_of
from archive.warc.http import Exchange
from crawler.spiders.run import Run

T = TypeVar("T")
TICK = 0.2  # seconds between two looks at whether a waiting crawl was told to stop


def _run(crawler: Crawler) -> Run:
    return cast(Run, crawler.spider.run)  # type: ignore[union-attr]


class OwnHosts:
    """Lets no request leave the hosts of its source, redirects included."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "OwnHosts":
        """The middleware of one crawl."""
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Refuse what leads elsewhere."""
        source = _run(self._crawler).source
        if host_of(request.url) not in source.hosts:
            raise IgnoreRequest(f"{request.url} is not on a host of {source.id}")


class DeferredRequest(IgnoreRequest):
    """A page is left for the next run; why concerns more than this page, and is said once for all of them."""


class Patience(RetryMiddleware):
    """Retries what may pass. A server that names a time to wait is left alone for it, by all requests to its host.

    A host that names more than the settings allow, or that cannot even be found, is left for the next run.
    """

    crawler: Crawler

    def __init__(self, settings: object) -> None:
        super().__init__(settings)  # type: ignore[arg-type]
        self._rests: dict[str, float] = {}
        self._answered: set[str] = set()
        self._left: set[str] = set()

    async def process_request(self, request: Request) -> None:
        """Wait as long as the host wants to be left alone; LeftError where that is the rest of the run."""
        host = host_of(request.url)
        while host not in self._left and (rest := self._rests.get(host, 0.0) - monotonic()) > 0:
            if not self.crawler.crawling:
                raise DeferredRequest("the crawl was told to stop")
            await asyncio.sleep(min(TICK, rest))
        if host in self._left:
            raise DeferredRequest(f"{host} is left for the next run")

    def process_response(self, request: Request, response: Response) -> Request | Response:  # type: ignore[override]
        """The response, or the request once more."""
        run, host = _run(self.crawler), host_of(request.url)
        self._answered.add(host)
        if response.status in self.retry_http_codes:
            wait = retry_after(response.headers, run.job.clock())
            if wait > run.job.settings.patience:
                self._leave(host, message("host_asks_to_wait", host=host, seconds=f"{wait:.0f}",
                                          status=response.status))
            else:  # another answer that names no time does not end the rest that an earlier one asked for
                self._rests[host] = max(monotonic() + wait, self._rests.get(host, 0.0))
        return response if host in self._left else self._counted(super().process_response(request, response))

    def process_exception(self, request: Request, exception: Exception) -> Request | Response | None:  # type: ignore[override]
        """The request once more, where the connection may come back."""
        again = self._counted(super().process_exception(request, exception))
        host = host_of(request.url)
        if again is None and isinstance(exception, CannotResolveHostError) and host not in self._answered:
            self._leave(host, message("host_not_found", host=host))
            raise DeferredRequest(f"{host} is left for the next run") from exception
        return again

    def _leave(self, host: str, reason: Message) -> None:
        if host not in self._left:
            self._left.add(host)
            _run(self.crawler).cut = True
            _run(self.crawler).note(reason)

    def _counted(self, result: T) -> T:
        if isinstance(result, Request):
            _run(self.crawler).count("retries")
        return result


def retry_after(headers: Headers, now: datetime) -> float:
    """The seconds that a Retry-After header asks for, as a number or as a date; 0 where there is none.

    >>> retry_after(Headers({"Retry-After": "120"}), datetime.min)
    120.0
    """
    text = (headers.get("Retry-After") or b"").decode("latin-1").strip()
    if text.isdecimal():
        return float(text)
    try:
        said = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return 0.0
    # One of the forms that HTTP knows names no zone; it means UTC as the others do.
    return max(0.0, ((said if said.tzinfo else said.replace(tzinfo=UTC)) - now).total_seconds())


class Keeping:
    """Hands every response to the archive before anything reads it, and passes on the body that the archive unpacked.

    A body that does not unpack as a whole is kept too and asked for again. Once the archive has failed, nothing is
    fetched any more: a capture that cannot be kept must not be read.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "Keeping":
        """The middleware of one crawl."""
        return cls(crawler)

    def process_request(self, request: Request) -> None:  # noqa: ARG002
        """Refuse to fetch what could not be kept."""
        if _run(self._crawler).job.failure:
            raise DeferredRequest("the archive cannot be written any more")

    def process_response(self, request: Request, response: Response) -> Request | Response:
        """The response with its content encoding taken off, or the request once more."""
        run = _run(self._crawler)
        try:
            capture, whole = run.keep(exchange(request, response, run))
        except ArchiveError as error:
            raise DeferredRequest(f"not kept: {error}") from error
        request.meta["capture"] = capture
        if whole:
            return _unpacked(response, capture.body)
        run.count("broken")
        again = get_retry_request(request, spider=self._crawler.spider, reason="broken body")  # type: ignore[arg-type]
        return again or _unpacked(response, b"")


def exchange(request: Request, response: Response, run: Run) -> Exchange:
    """What went over the wire, for the archive."""
    return Exchange(
        url=request.url, fetched_at=run.job.clock(), status=response.status,
        reason=responses.get(response.status, ""), response_headers=_pairs(response.headers), body=response.body,
        method=request.method, request_headers=_pairs(request.headers), request_body=request.body,
        source=run.source.id, ip_address=str(response.ip_address) if response.ip_address else None)


def _pairs(headers: Headers) -> list[tuple[bytes, bytes]]:
    return [(name, value) for name, values in headers.items() for value in values]


def _unpacked(response: Response, body: bytes) -> Response:
    if "Content-Encoding" not in response.headers:
        return response
    del response.headers["Content-Encoding"]
    # Without this the charset would be guessed from the packed bytes.
    guess = {"encoding": None} if isinstance(response, TextResponse) else {}
    return response.replace(body=body, **guess)
