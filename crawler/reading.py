"""A capture to what it says: an Article, or why it is Unreadable."""

from crawler.capture import Capture
from crawler.extract.article import Article, Unreadable
from crawler.extract.faults import PageFault
from crawler.extract.links import Link, read_links
from crawler.extract.page import Page
from crawler.extract.reading import read_article
from crawler.source import Source, source_of
from crawler.urls import urlkey

# Raised by one whenever a change of the readers can change what they read; crawler/rereading.py does the rest.
READER = 4


def read_list(capture: Capture) -> tuple[Source, tuple[Link, ...]] | None:
    """The source and the links of a page that lists releases; None where it is an article's page or no list at all."""
    source = source_of(capture.url)
    if source is None or capture.status not in (200, None):
        return None
    if source.is_article(capture.url) or source.original_of(capture.url):
        return None
    listing = next((each for each in source.listings if urlkey(each.url) == urlkey(capture.url)), None)
    try:
        links = read_links(Page(capture), source, listing)
    except PageFault:
        return None
    return (source, links) if links else None


def read_capture(capture: Capture) -> Article | Unreadable:
    """What a capture says, by the source that its address belongs to; never raises for what a page may hold."""
    source = source_of(capture.url)
    if source is None:
        return Unreadable("the address belongs to no source in crawler/sources", ("source",))
    if not source.is_article(source.original_of(capture.url) or capture.url):
        return Unreadable(f"the address has not the form of a release of {source.id}", source.articles)
    if capture.status not in (200, None):
        return Unreadable(f"the server answered with status {capture.status}", ("status",))
    try:
        return read_article(Page(capture), source)
    except PageFault as fault:
        return Unreadable(fault.reason, fault.tried)
