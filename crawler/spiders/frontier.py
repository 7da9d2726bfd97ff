"""Frontier of a source in one run: names releases, remembers lists, and tells which releases are due."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property

from sqlalchemy import Connection, func, select

from archive.answers import Asked, Entry, Outcome, State, step
from archive.db.frontier import (
    Naming,
    Release,
    due_pages,
    known_releases,
    link_alias,
    name_releases,
    record_failure,
    releases,
)
from archive.db.listings import (
    ListMemory,
    RestingHost,
    forget_resting_host,
    listing_id,
    resting,
    save_list_memory,
    save_resting_host,
    stored_listings,
)
from archive.db.source_status import FrontierCounts, count_due, frontier_counts
from archive.db.store import Store, chunks
from archive.db.tables import articles
from archive.settings import ArchiveSettings
from archive.times import Clock
from archive.urls import urlkey
from crawler.spiders.list_walk import ListWalk

HOST_BACK_OFF = tuple(timedelta(minutes=minutes) for minutes in (30, 120, 480, 1440))


@dataclass(slots=True)
class RunOutcomes:
    """Outcomes of the releases that a run asked for, and of those among them that were asked for the first time.

    `undated` counts the first readings without a date, `missing` the releases found missing for the first time;
    `examples` has one URL for each outcome.
    """

    all: Counter[Outcome] = field(default_factory=Counter)
    first: Counter[Outcome] = field(default_factory=Counter)
    undated: int = 0
    missing: int = 0
    examples: dict[Outcome, str] = field(default_factory=dict)


class RunFrontier:
    """Frontier of a source in one run: the releases that its lists name, the lists, and the hosts that are at rest."""

    def __init__(self, store: Store, source: str, settings: ArchiveSettings, clock: Clock) -> None:
        self._store = store
        self._source = source
        self._data = settings.data
        self._schedule = settings.schedule()
        self._clock = clock
        self.started_at = clock()
        self._sent_away_by: set[str] = set()  # hosts that sent the crawler away the last time
        self.asked: set[int] = set()
        self.first_asked: set[int] = set()

    @cached_property
    def _list_memories(self) -> dict[str, ListMemory]:
        with self._store.read() as connection:
            return {each.url: each.memory for each in stored_listings(connection, self._source)}

    def list_memory(self, url: str) -> ListMemory:
        """Memory of a list from before this run: how far it was read."""
        return self._list_memories.get(url, ListMemory())

    @contextmanager
    def list_page(self, listing: str, urls: Iterable[str], walk: ListWalk) -> Iterator[list[Release]]:
        """Releases on a page of a list, in order, for the block in which its walk takes the page.

        The new ones and the walk's memory after the block are saved in one transaction.
        """
        with self._store.begin() as connection:
            number = listing_id(connection, self._source, listing)
            yield self._name(connection, number, urls)
            save_list_memory(connection, number, walk.memory)

    def name(self, listing: str | None, urls: Iterable[str]) -> list[Release]:
        """Releases with these URLs, in order; the new ones are in the store when this returns.

        `listing` is the page that names them, None for a redirect.
        """
        with self._store.begin() as connection:
            number = listing_id(connection, self._source, listing) if listing else None
            return self._name(connection, number, urls)

    def _name(self, connection: Connection, listing: int | None, urls: Iterable[str]) -> list[Release]:
        keys = {urlkey(each): each for each in urls}
        found = name_releases(connection, Naming(self._source, listing, self._clock()), keys)
        return [found[key] for key in keys]

    def save_list(self, url: str, memory: ListMemory) -> None:
        """Save how far a list was read."""
        with self._store.begin() as connection:
            save_list_memory(connection, listing_id(connection, self._source, url), memory)

    def due(self) -> list[int]:
        """Page ids of the releases that are due."""
        with self._store.read() as connection:
            return due_pages(connection, self._source, self.started_at, self._schedule.revisit)

    def load(self, ids: list[int]) -> list[Release]:
        """Releases with these page ids."""
        with self._store.read() as connection:
            return list(releases(connection, ids).values())

    def ask(self, release: Release) -> bool:
        """Note that a release is requested; False if this run has requested it already."""
        if release.page_id in self.asked:
            return False
        self.asked.add(release.page_id)
        if release.entry.asked_at is None:
            self.first_asked.add(release.page_id)
        return True

    def validators(self, release: Release) -> dict[str, str]:
        """Headers of a conditional request for a release that was read; empty if its captures have none."""
        if release.entry.state is not State.READ:
            return {}
        etag, modified = self._store.validators(release.urlkey, self._data)
        return {name: value for name, value in (("If-None-Match", etag), ("If-Modified-Since", modified)) if value}

    def failed(self, release: Release, outcome: Outcome) -> None:
        """Save the outcome of a request that got no answer which the archive could keep."""
        with self._store.begin() as connection:
            record_failure(connection, release.page_id, Asked(self._clock(), outcome), self._schedule)

    def moved(self, release: Release, url: str) -> Release:
        """Save that a release redirects, perhaps by other pages, to another one; returns that one."""
        naming = Naming(self._source, None, self._clock())
        with self._store.begin() as connection:
            record_failure(connection, release.page_id, Asked(naming.now, Outcome.MOVED), self._schedule)
            return link_alias(connection, release.page_id, naming, (urlkey(url), url))

    def resting_hosts(self, hosts: tuple[str, ...]) -> dict[str, RestingHost]:
        """Hosts, among these, that sent the crawler away and are left alone still."""
        with self._store.read() as connection:
            found = resting(connection, hosts)
        self._sent_away_by.update(found)
        longest = self.started_at + self._schedule.revisit
        return {host: each for host, each in found.items() if self.started_at < each.until <= longest}

    def rest(self, host: str, outcome: Outcome) -> datetime:
        """Leave a host alone for a while, longer each time; returns until when."""
        with self._store.begin() as connection:
            before = resting(connection, (host,)).get(host)
            rested = self._rested(host, outcome, before.times + 1 if before else 1)
            save_resting_host(connection, rested)
        self._sent_away_by.add(host)
        return rested.until

    def _rested(self, host: str, outcome: Outcome, times: int) -> RestingHost:
        wait = min(step(HOST_BACK_OFF, times), self._schedule.revisit)
        return RestingHost(host, self._clock() + wait, times, outcome)

    def answered(self, host: str) -> None:
        """Forget that a host sent the crawler away."""
        if host in self._sent_away_by:
            self._sent_away_by.discard(host)
            with self._store.begin() as connection:
                forget_resting_host(connection, host)

    def outcomes(self) -> RunOutcomes:
        """Outcomes of all releases that this run asked for."""
        found = RunOutcomes()
        with self._store.read() as connection:
            for part in chunks(sorted(self.asked)):
                for page, each in releases(connection, part).items():
                    if each.entry.outcome:
                        found.all[each.entry.outcome] += 1
                        found.first[each.entry.outcome] += page in self.first_asked
                        found.examples.setdefault(each.entry.outcome, each.url)
                        found.missing += each.entry.is_first_missing()
            for part in chunks(sorted(self.first_asked)):
                found.undated += connection.scalar(select(func.count(articles.c.page_id.distinct())).where(
                    articles.c.page_id.in_(part), articles.c.published.is_(None))) or 0
        return found

    def count_not_asked(self) -> int:
        """Number of the releases that are due and were not asked for in this run."""
        with self._store.read() as connection:
            due = due_pages(connection, self._source, self._clock(), self._schedule.revisit)
        return len({*due, *self._named_only()} - self.asked)

    def _named_only(self) -> Iterable[int]:
        """Page ids of releases that are named and in no store: those of a dry run."""
        return ()

    def counts(self) -> tuple[FrontierCounts, int]:
        """Numbers of the source's releases by state, and how many of those due at the start are due still."""
        with self._store.read() as connection:
            return (frontier_counts(connection, self._source, self._clock()),
                    count_due(connection, self._source, self.started_at))


class DryRunFrontier(RunFrontier):
    """Frontier of a dry run: reads the store, which may be empty, and writes nothing.

    New releases have negative page ids. A dry run requests no release, so it has no outcomes.
    """

    def __init__(self, store: Store, source: str, settings: ArchiveSettings, clock: Clock) -> None:
        super().__init__(store, source, settings, clock)
        self._new: dict[str, Release] = {}

    @contextmanager
    def list_page(self, listing: str, urls: Iterable[str], walk: ListWalk) -> Iterator[list[Release]]:  # noqa: ARG002
        """Releases on a page of a list, in order."""
        yield self.name(listing, urls)

    def name(self, listing: str | None, urls: Iterable[str]) -> list[Release]:  # noqa: ARG002
        """Releases with these URLs, in order."""
        keys = {urlkey(each): each for each in urls}
        with self._store.read() as connection:
            known = known_releases(connection, keys)
        return [known.get(key) or self._new_release(key, url) for key, url in keys.items()]

    def _new_release(self, key: str, url: str) -> Release:
        known = self._new.get(key)
        if known:
            return replace(known, is_new=False)
        made = self._new[key] = Release(-1 - len(self._new), key, url, Entry(self._clock()), is_new=True)
        return made

    def _named_only(self) -> Iterable[int]:
        return [each.page_id for each in self._new.values()]

    def save_list(self, url: str, memory: ListMemory) -> None:
        """Do nothing."""

    def rest(self, host: str, outcome: Outcome) -> datetime:
        """The time until which a crawl would leave a host alone."""
        return self._rested(host, outcome, 1).until

    def answered(self, host: str) -> None:
        """Do nothing."""

    def outcomes(self) -> RunOutcomes:
        """No outcomes."""
        return RunOutcomes()

    def counts(self) -> tuple[FrontierCounts, int]:
        """No numbers."""
        return FrontierCounts(), 0
