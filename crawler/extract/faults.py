"""Why a page is quarantined."""

from crawler.errors import CrawlerError


class PageFault(CrawlerError):
    """A page cannot be read as an article; the message is the reason, `tried` what was looked for."""

    def __init__(self, reason: str, tried: tuple[str, ...] = ()) -> None:
        super().__init__(reason)
        self.reason = reason
        self.tried = tried
