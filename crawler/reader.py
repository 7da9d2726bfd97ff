"""Reader of captures: an article, or the reason why there is none, by the layouts of the sources."""

from dataclasses import dataclass

from archive.messages import message
from archive.records import Article, Capture, Unreadable
from archive.times import beijing_day
from archive.urls import urlkey
from crawler.errors import PageFault
from crawler.extract.article import read_article
from crawler.extract.links import Link, read_links
from crawler.extract.page import Page
from crawler.source import Source, all_sources, source_of

# Raise by one when a change in crawler/extract may change an article: stored captures are then read again
# (archive/ingest/reread.py).
READER_VERSION = 6


@dataclass(frozen=True, slots=True)
class SourceReader:
    """Reader that uses the source files; implements `archive.records.Reader`."""

    version: int = READER_VERSION

    @property
    def sources(self) -> tuple[str, ...]:
        """Ids of all sources."""
        return tuple(each.id for each in all_sources())

    def source_of(self, url: str) -> str | None:
        """Id of the source that a URL belongs to, clones included; None if it belongs to none."""
        found = source_of(url)
        return found.id if found else None

    def canonical(self, url: str) -> str:
        """A URL without fragment and without the tracking parameters of its source; as it is if it belongs to none."""
        found = source_of(url)
        return found.canonical(url) if found else url

    def is_release(self, url: str) -> bool:
        """True for the URL of an article at its source or at a known clone."""
        found = source_of(url)
        if found is None:
            return False
        return found.is_article(url) or found.is_article(found.original_of(url) or "")

    def read(self, capture: Capture) -> Article | Unreadable:
        """Article of a capture, or why it cannot be read; no page content makes it raise."""
        return read_capture(capture)


def read_list(capture: Capture) -> tuple[Source, tuple[Link, ...]] | None:
    """Source of a listing page and its links to releases; None for an article, an error page or a page without any."""
    source = source_of(capture.url)
    if source is None or capture.status not in (200, None):
        return None
    if source.is_article(capture.url) or source.original_of(capture.url):
        return None
    listings = source.listings_on(beijing_day(capture.fetched_at))
    listing = next((each for each in listings if urlkey(each.url) == urlkey(capture.url)), None)
    try:
        links = read_links(Page(capture), source, listing)
    except PageFault:
        return None
    return (source, links) if links else None


def read_capture(capture: Capture) -> Article | Unreadable:
    """Article of a capture, read by the source of its URL, or why it cannot be read; no page content makes it raise."""
    source = source_of(capture.url)
    if source is None:
        return Unreadable(message("no_source"), ("source",))
    if not source.is_article(source.original_of(capture.url) or capture.url):
        return Unreadable(message("no_release_url", source=source.id), source.articles)
    if capture.status not in (200, None):
        return Unreadable(message("http_status", status=capture.status), ("status",))
    try:
        return read_article(Page(capture), source)
    except PageFault as fault:
        return Unreadable(fault.reason, fault.tried)
