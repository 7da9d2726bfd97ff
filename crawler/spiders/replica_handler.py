"""Requests for the real hosts, brought to a local replica: what it captures carries the sites' own addresses."""

from scrapy import Request
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.http import Response


class ReplicaHandler(HTTP11DownloadHandler):
    """Sends http and https alike to the replica, in absolute form as to a proxy; the scheme goes along in a header."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._via = getattr(crawler.spider, "via", "")
        if not self._via:
            raise NotConfigured("no replica is set (GONGBAO_VIA)")

    async def download_request(self, request: Request) -> Response:
        """The replica's answer, under the address that was asked for."""
        scheme, _, rest = request.url.partition("://")
        inner = request.replace(url=f"http://{rest}", meta={**request.meta, "proxy": self._via})
        inner.headers["X-Forwarded-Proto"] = scheme
        response = await super().download_request(inner)
        return response.replace(url=request.url)
