"""Download handler that sends every request to the demo replica; captures keep the URLs of the real sites."""

from scrapy import Request
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.http import Response


class ReplicaHandler(HTTP11DownloadHandler):
    """Uses the replica as an HTTP proxy for http and https URLs alike; X-Forwarded-Proto has the URL's scheme."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._via = getattr(crawler.spider, "via", "")
        if not self._via:
            raise NotConfigured("no replica is set (GONGBAO_VIA)")

    async def download_request(self, request: Request) -> Response:
        """The replica's response, with the URL of the request."""
        scheme, _, rest = request.url.partition("://")
        proxied = request.replace(url=f"http://{rest}", meta={**request.meta, "proxy": self._via})
        proxied.headers["X-Forwarded-Proto"] = scheme
        response = await super().download_request(proxied)
        return response.replace(url=request.url)
