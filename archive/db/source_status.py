"""Status of the sources: their releases by state, their newest runs, and since when one falls short."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, select

from archive.answers import LOST_AFTER, LOST_ATTEMPTS, Outcome, State
from archive.db.tables import frontier, quarantine, runs
from archive.locks import is_crawled
from archive.messages import Message, message
from archive.times import iso

NEWEST_RUNS = 10
SHORT_FOR = timedelta(days=2)  # after which the front page says so
SILENT_FOR = timedelta(days=3)  # without a crawl, after which status and front page say so


@dataclass(frozen=True, slots=True)
class FrontierCounts:
    """Numbers of a source's releases: all that lists named, and by state; `lost` ones are among the waiting.

    `failing` ones are waiting in spite of requests, and neither lost nor perhaps gone. `outcomes` are those of the
    waiting ones; None counts those that were not asked for yet.
    """

    named: int = 0
    read: int = 0
    waiting: int = 0
    unreadable: int = 0
    gone: int = 0
    alias: int = 0
    lost: int = 0
    failing: int = 0
    oldest_waiting: str | None = None
    outcomes: Mapping[str | None, int] | None = None


def frontier_counts(connection: Connection, source: str, now: datetime) -> FrontierCounts:
    """Numbers of the releases of a source, by state."""
    mine = frontier.c.source == source
    states = {row.state: row[1] for row in connection.execute(
        select(frontier.c.state, func.count()).where(mine).group_by(frontier.c.state))}
    waiting = and_(mine, frontier.c.state == State.WAITING)
    outcomes: dict[str | None, int] = {row.outcome: row[1] for row in connection.execute(
        select(frontier.c.outcome, func.count()).where(waiting).group_by(frontier.c.outcome))}
    number = select(func.count()).select_from(frontier)
    lost = connection.scalar(number.where(waiting, _is_lost(now))) or 0
    failing = connection.scalar(number.where(
        waiting, ~_is_lost(now), frontier.c.outcome != Outcome.MISSING)) or 0  # NULL: not asked for yet
    oldest = connection.scalar(select(func.min(frontier.c.listed_at)).where(waiting))
    return FrontierCounts(sum(states.values()), **{each.value: states.get(each.value, 0) for each in State}, lost=lost,
                          failing=failing, oldest_waiting=oldest, outcomes=outcomes)


def _is_lost(now: datetime) -> ColumnElement[bool]:
    """Condition on waiting rows: `Entry.is_lost` in SQL."""
    return and_(frontier.c.attempts >= LOST_ATTEMPTS, frontier.c.listed_at <= iso(now - LOST_AFTER))


def count_due(connection: Connection, source: str, now: datetime) -> int:
    """Number of the source's releases that have been due since `now` or longer."""
    return connection.scalar(select(func.count()).select_from(frontier).where(
        frontier.c.source == source, frontier.c.state.in_(list(State)), frontier.c.due_at <= iso(now))) or 0


@dataclass(frozen=True, slots=True)
class SourceRuns:
    """Numbers of a source's releases by state, and its newest runs, the newest one first.

    `short_since` is the start of the first run that fell short after the last healthy one, None if the newest finished
    run is healthy. `alarms` say that crawls have stopped: the process of the newest run died, or it ended long ago;
    another crawl helps.
    """

    counts: FrontierCounts
    runs: tuple[Row[Any], ...]
    short_since: str | None
    alarms: tuple[Message, ...] = ()

    @property
    def is_dead(self) -> bool:
        """True if the process of the newest run died before the run ended."""
        return any(each.code == "run_dead" for each in self.alarms)


def sources_with_status(connection: Connection) -> set[str]:
    """Ids of the sources that were ever crawled."""
    return {*connection.scalars(select(runs.c.source).distinct()),
            *connection.scalars(select(frontier.c.source).distinct())}


def quarantined_by_source(connection: Connection) -> dict[str, int]:
    """Number of captures in quarantine by source; "?" stands for those without a source."""
    rows = connection.execute(select(quarantine.c.source, func.count()).group_by(quarantine.c.source))
    return {source or "?": count for source, count in rows}


def source_runs(connection: Connection, data: Path, source: str, now: datetime) -> SourceRuns:
    """Releases by state and newest runs of a source of the archive in the folder `data`."""
    newest = select(runs).where(runs.c.source == source).order_by(runs.c.id.desc()).limit(NEWEST_RUNS)
    found = tuple(connection.execute(newest))
    return SourceRuns(frontier_counts(connection, source, now), found,
                      short_sources(connection, [source]).get(source), tuple(_alarms(found[:1], data, now)))


def _alarms(newest: Iterable[Row[Any]], data: Path, now: datetime) -> Iterator[Message]:
    for run in newest:
        if run.verdict == "running" and is_crawled(data, run.source):
            return
        if run.verdict == "running":
            yield message("run_dead")
        silence = now - datetime.fromisoformat(run.finished_at or run.started_at)
        if silence >= SILENT_FOR:
            yield message("last_run_long_ago", days=silence.days)


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


def silent_sources(connection: Connection, data: Path, now: datetime) -> dict[str, str]:
    """Sources whose newest run ended SILENT_FOR ago or longer, with its end, or its start where it did not end."""
    newest = select(func.max(runs.c.id)).group_by(runs.c.source)
    query = select(runs).where(runs.c.id.in_(newest)).order_by(runs.c.source)
    return {run.source: run.finished_at or run.started_at for run in connection.execute(query)
            if any(each.code == "last_run_long_ago" for each in _alarms([run], data, now))}
