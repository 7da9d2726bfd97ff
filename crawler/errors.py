"""Errors of the crawler package."""

from archive.errors import GongbaoError
from archive.messages import Message


class CrawlerError(GongbaoError):
    """Base class of the crawler package's errors."""


class SourceError(CrawlerError):
    """A source file is malformed, or no source has this id."""


class DataFolderError(CrawlerError):
    """A lock file or the log file of a crawl cannot be created in the data folder."""


class LiveArchiveError(CrawlerError):
    """Samples of a replica would go into an archive that holds other captures."""


class PageFault(CrawlerError):
    """A page cannot be read as an article; the message is the reason, `tried` lists what was looked for."""

    def __init__(self, reason: Message, tried: tuple[str, ...] = ()) -> None:
        super().__init__(str(reason))
        self.reason = reason
        self.tried = tried
