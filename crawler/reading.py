"""A capture to what it says: an Article, or why it is Unreadable."""

from crawler.capture import Capture
from crawler.extract.article import Article, Unreadable
from crawler.extract.faults import PageFault
from crawler.extract.page import Page
from crawler.extract.reading import read_article
from crawler.source import source_of

# Raised by one whenever a change of the readers can change what they read; articles of older readers are re-read.
READER = 1


def read_capture(capture: Capture) -> Article | Unreadable:
    """What a capture says, by the source that its address belongs to; never raises for what a page may hold."""
    source = source_of(capture.url)
    if source is None:
        return Unreadable("the address belongs to no source; `gongbao sources` lists them", ("source",))
    if capture.status not in (200, None):
        return Unreadable(f"the server answered with status {capture.status}", ("status",))
    try:
        return read_article(Page(capture), source)
    except PageFault as fault:
        return Unreadable(fault.reason, fault.tried)
