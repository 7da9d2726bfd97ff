"""Rows of `pages`: one per URL key, with the time at which a list or a capture first named it."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from archive.db.store import select_pages
from archive.db.tables import pages
from archive.urls import page_id


@dataclass(frozen=True, slots=True)
class SeenPage:
    """A page that was seen at a time, ISO 8601; `source` is None for a page of no source."""

    urlkey: str
    url: str
    source: str | None
    seen_at: str


def page_ids(connection: Connection, seen: Iterable[SeenPage]) -> dict[str, int]:
    """Page ids by urlkey; inserts new pages, and moves `first_seen` back to the earliest time."""
    first: dict[str, SeenPage] = {}
    for each in sorted(seen, key=lambda page: page.seen_at):
        first.setdefault(each.urlkey, each)
    query = select(pages.c.urlkey, pages.c.id, pages.c.first_seen)
    found: dict[str, int] = {}
    for row in select_pages(connection, query, first):
        found[row.urlkey] = row.id
        if row.first_seen > first[row.urlkey].seen_at:
            connection.execute(update(pages).where(pages.c.id == row.id).values(
                first_seen=first[row.urlkey].seen_at))
    new = [{"urlkey": key, "public_id": page_id(key), "url": each.url, "source": each.source,
            "first_seen": each.seen_at} for key, each in first.items() if key not in found]
    if new:
        inserted = connection.execute(insert(pages).returning(pages.c.urlkey, pages.c.id), new)
        found.update((key, row_id) for key, row_id in inserted)
    return found
