"""Status of the sources: their releases by state, their newest runs, and since when one falls short."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, select

from archive.db.frontier import FrontierCounts, frontier_counts
from archive.db.tables import frontier, runs
from archive.times import iso

NEWEST_RUNS = 10
SHORT_FOR = timedelta(days=2)  # after which the front page says so


@dataclass(frozen=True, slots=True)
class SourceRuns:
    """Numbers of a source's releases by state, and its newest runs, the newest one first.

    `short_since` is the start of the first run that fell short after the last healthy one, None if the newest finished
    run is healthy.
    """

    counts: FrontierCounts
    runs: tuple[Row[Any], ...]
    short_since: str | None


def sources_with_status(connection: Connection) -> set[str]:
    """Ids of the sources that were ever crawled."""
    return {*connection.scalars(select(runs.c.source).distinct()),
            *connection.scalars(select(frontier.c.source).distinct())}


def source_runs(connection: Connection, source: str, now: datetime) -> SourceRuns:
    """Releases by state and newest runs of a source."""
    newest = select(runs).where(runs.c.source == source).order_by(runs.c.id.desc()).limit(NEWEST_RUNS)
    return SourceRuns(frontier_counts(connection, source, now), tuple(connection.execute(newest)),
                      short_sources(connection, [source]).get(source))


def short_sources(connection: Connection, sources: Iterable[str] | None = None, *,
                  until: datetime | None = None) -> dict[str, str]:
    """Sources that fall short, with the start of the first such run after their last healthy one.

    With `until`, only those that fell short then or earlier. Runs that are not finished do not count.
    """
    healthy = (select(runs.c.source, func.max(runs.c.id).label("last")).where(runs.c.verdict == "healthy")
               .group_by(runs.c.source).subquery())
    started = func.min(runs.c.started_at)
    query = (select(runs.c.source, started.label("since")).outerjoin(healthy, healthy.c.source == runs.c.source)
             .where(runs.c.verdict.in_(["short", "failed"]), runs.c.id > func.coalesce(healthy.c.last, 0))
             .group_by(runs.c.source).order_by(runs.c.source))
    if sources is not None:
        query = query.where(runs.c.source.in_(list(sources)))
    if until is not None:
        query = query.having(started <= iso(until))
    return {row.source: row.since for row in connection.execute(query)}


def short_for_days(connection: Connection, now: datetime) -> dict[str, str]:
    """Sources that have fallen short for SHORT_FOR or longer, with the start of the first such run."""
    return short_sources(connection, until=now - SHORT_FOR)
