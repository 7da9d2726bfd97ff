"""The queue of changed pages: written with the articles that change, emptied with the documents that follow them."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, select

from archive.db.store import chunks, select_in
from archive.db.tables import articles, captures, changed_pages, pages


def queue_pages(connection: Connection, page_ids: Iterable[int]) -> None:
    """Queue pages whose articles this transaction changes; one that is queued already gets a new queue id."""
    newest = func.coalesce(func.max(captures.c.fetched_at), "")
    for chosen in chunks(sorted(page_ids)):
        connection.execute(delete(changed_pages).where(changed_pages.c.page_id.in_(chosen)))
        connection.execute(insert(changed_pages).from_select(["page_id", "captured_at"], (
            select(pages.c.id, newest).outerjoin(articles, articles.c.page_id == pages.c.id)
            .outerjoin(captures, captures.c.id == articles.c.capture_id)
            .where(pages.c.id.in_(chosen)).group_by(pages.c.id))))


@dataclass(frozen=True, slots=True)
class QueuedPage:
    """A page in the queue; `queue_id` is another one once the page changes again."""

    queue_id: int
    page_id: int


def first_queued(connection: Connection, limit: int) -> list[QueuedPage]:
    """The first pages of the queue, in order of their newest article's capture, then of page."""
    query = select(changed_pages.c.id, changed_pages.c.page_id).order_by(
        changed_pages.c.captured_at, changed_pages.c.page_id).limit(limit)
    return [QueuedPage(*row) for row in connection.execute(query)]


def take_queued(connection: Connection, queue_ids: Collection[int]) -> set[int]:
    """Remove these queue ids; returns the pages of those that were still there: they have not changed since."""
    query = select(changed_pages.c.page_id)
    found = {row.page_id for row in select_in(connection, query, changed_pages.c.id, sorted(queue_ids))}
    unqueue_pages(connection, found)
    return found


def unqueue_pages(connection: Connection, page_ids: Collection[int]) -> None:
    """Remove pages from the queue."""
    for chosen in chunks(sorted(page_ids)):
        connection.execute(delete(changed_pages).where(changed_pages.c.page_id.in_(chosen)))
