"""Rows of lists, with how far each was read, and of hosts that are left alone for a while."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from archive.db.tables import listings, resting_hosts
from archive.messages import Message
from archive.times import iso, parse_time


@dataclass(frozen=True, slots=True)
class ListMemory:
    """Memory of a list: how far it was read; all None for a list that was never read.

    Every release on the pages 1 to `position`, or on all pages where it is None, was named by `covered_at`; `anchors`
    are urlkeys on page 1 at that time. `end` is the proof of the end that was reached at `ended_at`: a constant of
    `crawler.spiders.list_walk`. `end_seen_at` is when a page was first missing behind the last one, which alone proves
    nothing.
    """

    read_at: datetime | None = None
    covered_at: datetime | None = None
    position: int | None = None
    end: str | None = None
    ended_at: datetime | None = None
    end_seen_at: datetime | None = None
    page_count: int | None = None
    anchors: tuple[str, ...] = ()
    fault: Message | None = None
    failing_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class StoredListing:
    """A list with its id, URL and memory."""

    id: int
    url: str
    memory: ListMemory


def listing_id(connection: Connection, source: str, url: str) -> int:
    """Id of a list, which is inserted if it is new; needs the write transaction of `Store.begin`."""
    query = select(listings.c.id).where(listings.c.source == source, listings.c.url == url)
    found = connection.scalar(query)
    if found is None:
        new = insert(listings).values(source=source, url=url).returning(listings.c.id)
        found = connection.execute(new).scalar_one()
    return int(found)


def stored_listings(connection: Connection, source: str) -> list[StoredListing]:
    """Lists of a source that were ever read, in order of id."""
    query = select(listings).where(listings.c.source == source).order_by(listings.c.id)
    return [StoredListing(row.id, row.url, ListMemory(
        _time(row.read_at), _time(row.covered_at), row.position, row.end, _time(row.ended_at), _time(row.end_seen_at),
        row.page_count, tuple(row.anchors or ()), row.fault, _time(row.failing_since)))
        for row in connection.execute(query)]


def save_list_memory(connection: Connection, listing: int, memory: ListMemory) -> None:
    """Write how far a list was read."""
    values = {each.name: getattr(memory, each.name) for each in fields(ListMemory)}
    connection.execute(update(listings).where(listings.c.id == listing).values(
        {name: iso(value) if isinstance(value, datetime) else value for name, value in values.items()}
        | {"anchors": list(memory.anchors)}))


def _time(value: str | None) -> datetime | None:
    return parse_time(value) if value else None


@dataclass(frozen=True, slots=True)
class RestingHost:
    """Host that sent the crawler away `times` times in a row, and is left alone until then."""

    host: str
    until: datetime
    times: int
    outcome: str


def resting(connection: Connection, hosts: Sequence[str]) -> dict[str, RestingHost]:
    """Rest of each of these hosts that sent the crawler away the last time, over or not, by host."""
    query = select(resting_hosts).where(resting_hosts.c.host.in_(hosts))
    return {row.host: RestingHost(row.host, parse_time(row.until), row.times, row.outcome)
            for row in connection.execute(query)}


def save_resting_host(connection: Connection, host: RestingHost) -> None:
    """Leave a host alone until a time."""
    forget_resting_host(connection, host.host)
    connection.execute(insert(resting_hosts).values(
        host=host.host, until=iso(host.until), times=host.times, outcome=host.outcome))


def forget_resting_host(connection: Connection, host: str) -> None:
    """Forget that a host sent the crawler away, after it answered a request."""
    connection.execute(delete(resting_hosts).where(resting_hosts.c.host == host))
