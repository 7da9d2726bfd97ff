"""What became of imported captures: releases, or the reason why not."""

from collections.abc import Iterator

from sqlalchemy import func, select
from sqlalchemy.sql import ColumnElement

from crawler.store import Store
from crawler.tables import articles, captures, pages, quarantine

REASONS = 5


def last_capture(store: Store) -> int:
    """The number of the newest capture, 0 where there is none; those that come later have higher ones."""
    with store.read() as connection:
        return connection.scalar(select(func.max(captures.c.id))) or 0


def outcome(store: Store, after: int) -> Iterator[str]:
    """Lines that tell how many of the captures imported after a number are releases, and what the others are."""
    unread = captures.c.id.in_(select(quarantine.c.capture_id))
    read = captures.c.id.in_(select(articles.c.capture_id))
    strange = pages.c.source.is_(None) & ~unread
    said = (
        (_number(store, after, read), "read"), (_number(store, after, unread), "in quarantine"),
        (_number(store, after, ~read & ~unread & ~strange), "no release by address or answer"),
        (_number(store, after, strange), "of no source known here"))
    if any(number for number, _ in said):
        yield "of the new: " + ", ".join(f"{number} {words}" for number, words in said if number)
    yield from (f"  quarantined: {number} × {reason}" for reason, number in _reasons(store, after))


def _number(store: Store, after: int, condition: ColumnElement[bool]) -> int:
    counted = select(func.count()).select_from(captures.join(pages)).where(_imported(after), condition)
    with store.read() as connection:
        return connection.scalar(counted) or 0


def _imported(after: int) -> ColumnElement[bool]:
    """Those of an import: a crawl may keep others at the same time."""
    return (captures.c.id > after) & (captures.c.provenance != "crawl")


def _reasons(store: Store, after: int) -> list[tuple[str, int]]:
    """The most frequent reasons, each with its count."""
    counted = select(quarantine.c.reason, func.count().label("number")).join(captures).where(
        _imported(after)).group_by(quarantine.c.reason).order_by(
        func.count().desc(), quarantine.c.reason).limit(REASONS)
    with store.read() as connection:
        return [(row.reason, row.number) for row in connection.execute(counted)]
