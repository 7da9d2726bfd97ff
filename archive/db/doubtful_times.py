"""Captures whose time lies in the future: the clock of the crawler was wrong when it kept them.

They are marked for good, and come after all others of their page (`NEWEST_FIRST`), which they would hide until that
time has come.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, select, update

from archive.db.changed_pages import queue_pages
from archive.db.store import Store, chunks
from archive.db.tables import captures, frontier
from archive.times import iso

TOLERANCE = timedelta(days=1)  # by which clocks may differ


def mark_doubtful_times(store: Store, now: datetime) -> int:
    """Mark captures of the future, make their pages due and queue them for their documents; returns how many.

    Takes the writer's lock only if there are any.
    """
    with store.read() as connection:
        found = connection.execute(select(captures.c.id, captures.c.page_id).where(
            captures.c.fetched_at > iso(now + TOLERANCE), captures.c.time_doubtful.is_not(True))).all()
    if found:
        with store.begin() as connection:
            _mark(connection, [row.id for row in found], sorted({row.page_id for row in found}), iso(now))
    return len(found)


def _mark(connection: Connection, ids: Sequence[int], page_ids: Sequence[int], now: str) -> None:
    for part in chunks(ids):
        connection.execute(update(captures).where(captures.c.id.in_(part)).values(time_doubtful=True))
    for part in chunks(page_ids):
        connection.execute(update(frontier).where(frontier.c.page_id.in_(part)).values(due_at=now))
    queue_pages(connection, page_ids)
