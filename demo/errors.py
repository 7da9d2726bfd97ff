"""What can go wrong with the demo."""

from crawler.errors import CrawlerError


class DemoError(CrawlerError):
    """The replica cannot serve, or the demo cannot be built from it; the message says why."""
