"""Captures read again: what older readers made of them gives way to what the program's reader makes of them now.

Pages are done one batch after the other, a page with all its captures at once, so that its history is never compared
across two readers. A batch that is done is found done when the work was cut off and is started again.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import Row, Select, func, select

from crawler.capture import Capture
from crawler.catalogue import Catalogue, to_be_read
from crawler.errors import CrawlerError
from crawler.extract.article import Unreadable
from crawler.facts import fact, set_fact
from crawler.source import all_sources
from crawler.tables import articles, captures, quarantine
from crawler.times import moment
from crawler.warc.entries import capture_of
from crawler.warc.reader import load_record

PAGES = 100  # whose captures are read in one transaction
DONE = "read_by"  # the fact that says which reader, with which sources, has been through the whole archive

Due = Row[*tuple[Any, ...]]
Content = Capture | Unreadable | None
Tell = Callable[[CrawlerError], None]
Advance = Callable[[int, int], None]


def reread(catalogue: Catalogue, data: Path, tell: Tell, advance: Advance = lambda _done, _pages: None) -> int:
    """Read every capture anew that an older reader read, or that no source claimed then; says how many there were.

    A capture whose record cannot be loaded keeps what was read of it: `tell` gets the fault, and the next call tries
    again. `advance` gets how many pages were looked at, and how many there are.
    """
    state = f"{catalogue.version()} {' '.join(each.id for each in all_sources())}"
    with catalogue.store.read() as connection:
        if fact(connection, DONE) == state:
            return 0
        last = connection.scalar(select(func.max(captures.c.page_id))) or 0
    again, faults = 0, list[CrawlerError]()
    for start in range(0, last, PAGES):
        again += catalogue.read_as(_contents(data, _due(catalogue, start), faults.append))
        advance(min(start + PAGES, last), last)
    for each in faults:
        tell(each)
    if not faults:
        with catalogue.store.begin() as connection:
            set_fact(connection, DONE, state)
    return again


def _due(catalogue: Catalogue, start: int) -> list[Due]:
    """The captures of the pages after this one that are to be read, with the place of the bytes that they stand for."""
    with catalogue.store.read() as connection:
        rows = connection.execute(_with_readers(start)).all()
    return [row for row in rows if (row.reader < catalogue.version() if row.reader is not None else _is_unread(row))]


def _with_readers(start: int) -> Select[Any]:
    kept = captures.alias("kept")  # the capture itself, or the one that a revisit repeats
    return (select(captures.c.id, captures.c.page_id, captures.c.kind, captures.c.url, captures.c.fetched_at,
                   kept.c.page_id.label("kept_page"), kept.c.status, kept.c.content_type, kept.c.warc_file,
                   kept.c.warc_offset, kept.c.warc_length,
                   func.coalesce(articles.c.reader, quarantine.c.reader).label("reader"))
            .join(kept, kept.c.id == func.coalesce(captures.c.repeats, captures.c.id))
            .outerjoin(articles, articles.c.capture_id == captures.c.id)
            .outerjoin(quarantine, quarantine.c.capture_id == captures.c.id)
            .where(captures.c.page_id > start, captures.c.page_id <= start + PAGES).order_by(captures.c.id))


def _is_unread(row: Due) -> bool:
    """Whether a capture without a reading should have one; a revisit of its own page says what is read there."""
    if row.kind == "revisit" and row.kept_page == row.page_id:
        return False
    return _is_release(row)


def _is_release(row: Due) -> bool:
    return to_be_read("response" if row.kind == "revisit" else row.kind, row.status, row.url)


def _contents(data: Path, due: list[Due], tell: Tell) -> Iterator[tuple[int, Content]]:
    """The captures that can be loaded, one at a time."""
    for row in due:
        try:
            yield row.id, _content(data, row)
        except CrawlerError as fault:
            tell(fault)


def _content(data: Path, row: Due) -> Content:
    if not _is_release(row):
        return None
    content = capture_of(load_record(data, row))
    if isinstance(content, Capture):  # a revisit says the same, at its own address and time
        return replace(content, url=row.url, fetched_at=moment(row.fetched_at))
    return content
