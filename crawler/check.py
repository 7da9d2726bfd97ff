"""Checks of the crawler: states of the frontier against articles, captures of releases without a reading."""

from collections import Counter
from collections.abc import Iterator

from sqlalchemy import Connection, exists, func, or_, select

from archive.answers import State
from archive.check.faults import FROM_FILES, INDEX, Checked, Fault
from archive.db.tables import articles, captures, frontier, pages, quarantine
from archive.ingest.reread import is_reread
from crawler.reader import SourceReader
from crawler.recount import check_named

_FETCHED = 1000  # rows at a time


def check_crawled(checked: Checked) -> Iterator[Fault]:
    """Faults of readings, of the frontier's states, and releases that only archived lists name."""
    with checked.store.read() as connection:
        yield from _unread_captures(connection)
        yield from _wrong_states(connection)
    yield from check_named(checked)


def _unread_captures(connection: Connection) -> Iterator[Fault]:
    """Captures of releases that are neither an article nor in quarantine."""
    reader, counts = SourceReader(), Counter[str]()
    query = (select(captures.c.url).outerjoin(articles, articles.c.capture_id == captures.c.id)
             .outerjoin(quarantine, quarantine.c.capture_id == captures.c.id)
             .where(articles.c.id.is_(None), quarantine.c.capture_id.is_(None),
                    captures.c.kind.in_(("response", "resource")),
                    or_(captures.c.status == 200, captures.c.status.is_(None))))
    for row in connection.execution_options(yield_per=_FETCHED).execute(query):
        if reader.is_release(row.url):
            counts[reader.source_of(row.url) or ""] += 1
    mend = FROM_FILES if is_reread(connection, reader) else INDEX
    for source, count in sorted(counts.items()):
        yield Fault(f"{source}: {count} captures of releases have no article and are not in quarantine", mend)


def _wrong_states(connection: Connection) -> Iterator[Fault]:
    """Releases that are read without an article, and those that have one and are not read."""
    has_article = exists().where(articles.c.page_id == frontier.c.page_id)
    count = (select(frontier.c.source, func.count(), func.min(pages.c.url))
             .join(pages, pages.c.id == frontier.c.page_id).group_by(frontier.c.source).order_by(frontier.c.source))
    for source, number, url in connection.execute(count.where(frontier.c.state == State.READ, ~has_article)):
        yield Fault(f"{source}: {number} releases count as read and have no article, such as {url}", FROM_FILES)
    unread = frontier.c.state.in_([State.WAITING, State.UNREADABLE])
    for source, number, url in connection.execute(count.where(unread, has_article)):
        yield Fault(f"{source}: {number} releases have an article and do not count as read, such as {url}",
                    f"run `gongbao crawl {source}`")
