"""Revisions: the captures at which a page changed at its source.

A better reader must not look like a ministry's edit, so only readings of one reader version are compared.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from operator import attrgetter
from typing import Protocol

from sqlalchemy import Connection, and_, delete, func, insert, select

from archive.db.store import chunks
from archive.db.tables import articles, captures, revisions


class ReadCapture(Protocol):
    """A capture as one reader version read it: a row with these columns."""

    @property
    def capture_id(self) -> int: ...
    @property
    def content_hash(self) -> str: ...
    @property
    def reader(self) -> int: ...


@dataclass(frozen=True, slots=True)
class _PageReading:
    """One capture of a page with the hash of its content, as one reader version read it."""

    page_id: int
    capture_id: int
    fetched_at: str
    content_hash: str
    reader: int


def changed_at_source(before: ReadCapture, after: ReadCapture) -> bool:
    """True where one reader version reads two captures differently: the page was edited in between."""
    return (before.capture_id != after.capture_id and before.reader == after.reader
            and before.content_hash != after.content_hash)


def update_revisions(connection: Connection, page_ids: Iterable[int]) -> None:
    """Recompute the revisions of these pages from their captures, in order of capture time."""
    for chosen in chunks(sorted(page_ids)):
        changes = [each for page in _histories(connection, chosen) for each in _changes(page)]
        wanted = {(each.page_id, each.capture_id): each for each in changes}
        present = {(each.page_id, each.capture_id): each for each in connection.execute(
            select(revisions).where(revisions.c.page_id.in_(chosen)))}
        wrong = [row.id for key, row in present.items()
                 if key not in wanted or wanted[key].content_hash != row.content_hash]
        if wrong:
            connection.execute(delete(revisions).where(revisions.c.id.in_(wrong)))
        new = [{"page_id": row.page_id, "capture_id": row.capture_id, "content_hash": row.content_hash,
                "captured_at": row.fetched_at} for key, row in wanted.items()
               if key not in present or present[key].id in wrong]
        if new:
            connection.execute(insert(revisions), new)


def _histories(connection: Connection, page_ids: Sequence[int]) -> list[list[_PageReading]]:
    """Readings of each page, oldest capture first; a revisit has the reading of the capture that it repeats."""
    own, repeated = articles.alias("own"), articles.alias("repeated")
    content_hash = func.coalesce(own.c.content_hash, repeated.c.content_hash)
    rows = connection.execute(
        select(captures.c.page_id, captures.c.id, captures.c.fetched_at, content_hash.label("content_hash"),
               func.coalesce(own.c.reader, repeated.c.reader).label("reader"))
        .outerjoin(own, own.c.capture_id == captures.c.id)
        .outerjoin(repeated, and_(repeated.c.capture_id == captures.c.repeats,
                                  repeated.c.page_id == captures.c.page_id))
        .where(captures.c.page_id.in_(page_ids), content_hash.is_not(None))
        .order_by(captures.c.page_id, captures.c.fetched_at, captures.c.id))
    return [list(page) for _, page in groupby((_PageReading(*row) for row in rows), key=attrgetter("page_id"))]


def _changes(history: Sequence[_PageReading]) -> list[_PageReading]:
    """The first capture of a page, and every one that changed at its source."""
    by_reader = sorted(history, key=attrgetter("reader"))  # stable: within one version the order of time stays
    return [history[0], *(after for before, after in pairwise(by_reader) if changed_at_source(before, after))]
