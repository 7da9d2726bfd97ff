"""The frontier of one run: names releases, remembers lists, and tells which releases are due."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import func, select

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

HOST_BACK_OFF = tuple(timedelta(minutes=minutes) for minutes in (30, 120, 480, 1440))


@dataclass(frozen=True, slots=True)
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
    """The frontier of a source in one run. Without a store, or in a dry run, nothing is written."""

    def __init__(self, store: Store | None, source: str, settings: ArchiveSettings, clock: Clock, *,
                 dry_run: bool = False) -> None:
        self._store = store
        self._source = source
        self._schedule = settings.schedule()
        self._clock = clock
        self._dry_run = dry_run or store is None
        self.started_at = clock()
        self._listings: dict[str, int] = {}
        self._sent_away_by: set[str] = set()  # hosts that sent the crawler away the last time
        self.asked: set[int] = set()
        self.first_asked: set[int] = set()

    def list_memory(self, url: str) -> ListMemory:
        """How far a list was read; a list that is new gets its row."""
        if self._store is None:
            return ListMemory()
        if not self._dry_run:
            with self._store.begin() as connection:
                self._listings[url] = listing_id(connection, self._source, url)
        with self._store.read() as connection:
            stored = stored_listings(connection, self._source)
        return next((each.memory for each in stored if each.url == url), ListMemory())

    def name(self, listing: str, urls: Iterable[str]) -> list[Release]:
        """The releases with these URLs, in order; those that are new are in the store when this returns."""
        keys = {urlkey(each): each for each in urls}
        if self._dry_run:
            return list(self._without_writing(keys).values())
        assert self._store  # noqa: S101
        naming = Naming(self._source, self._listings.get(listing), self._clock())
        with self._store.begin() as connection:
            found = name_releases(connection, naming, keys)
        return [found[key] for key in keys]

    def _without_writing(self, keys: Mapping[str, str]) -> dict[str, Release]:
        known: dict[str, Release] = {}
        if self._store:
            with self._store.read() as connection:
                known = known_releases(connection, keys)
        entry = Entry(self._clock())
        return {key: known.get(key) or Release(-1 - number, key, url, entry, is_new=True)
                for number, (key, url) in enumerate(keys.items())}

    def save_list(self, url: str, memory: ListMemory) -> None:
        """Save how far a list was read."""
        if not self._dry_run and self._store:
            with self._store.begin() as connection:
                save_list_memory(connection, self._listings[url], memory)

    def due(self) -> list[int]:
        """Page ids of the releases that are due."""
        if self._store is None:
            return []
        with self._store.read() as connection:
            return due_pages(connection, self._source, self.started_at, self._schedule.revisit)

    def load(self, ids: list[int]) -> list[Release]:
        """The releases with these page ids."""
        if self._store is None:
            return []
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
        """The headers of a conditional request for a release that was read; empty if its captures have none."""
        if self._store is None or release.entry.state is not State.READ:
            return {}
        etag, modified = self._store.validators(release.urlkey)
        return {name: value for name, value in (("If-None-Match", etag), ("If-Modified-Since", modified)) if value}

    def failed(self, release: Release, outcome: Outcome) -> None:
        """Write that a request for a release got no answer that the archive could keep."""
        if not self._dry_run and self._store:
            with self._store.begin() as connection:
                record_failure(connection, release.page_id, Asked(self._clock(), outcome), self._schedule)

    def moved(self, release: Release, url: str) -> Release:
        """Write that a release redirects, perhaps by other pages, to another one; returns that one."""
        naming = Naming(self._source, None, self._clock())
        if self._dry_run or self._store is None:
            return self.name("", [url])[0]
        with self._store.begin() as connection:
            record_failure(connection, release.page_id, Asked(self._clock(), Outcome.MOVED), self._schedule)
            return link_alias(connection, release.page_id, naming, (urlkey(url), url))

    def resting_hosts(self, hosts: tuple[str, ...]) -> dict[str, RestingHost]:
        """Those hosts that sent the crawler away, and are left alone still."""
        if self._store is None:
            return {}
        with self._store.read() as connection:
            found = resting(connection, hosts)
        self._sent_away_by.update(found)
        longest = self.started_at + self._schedule.revisit
        return {host: each for host, each in found.items() if self.started_at < each.until <= longest}

    def rest(self, host: str, outcome: Outcome) -> datetime:
        """Leave a host alone for a while, longer each time; returns until when."""
        now = self._clock()
        if self._dry_run or self._store is None:
            return now + min(HOST_BACK_OFF[0], self._schedule.revisit)
        with self._store.begin() as connection:
            before = resting(connection, (host,)).get(host)
            times = before.times + 1 if before else 1
            wait = min(step(HOST_BACK_OFF, times), self._schedule.revisit)
            rested = RestingHost(host, now + wait, times, outcome)
            save_resting_host(connection, rested)
        self._sent_away_by.add(host)
        return rested.until

    def answered(self, host: str) -> None:
        """Forget that a host sent the crawler away."""
        if host in self._sent_away_by and not self._dry_run and self._store:
            self._sent_away_by.discard(host)
            with self._store.begin() as connection:
                forget_resting_host(connection, host)

    def outcomes(self) -> RunOutcomes:
        """Outcomes of all releases that this run asked for."""
        found, missing = RunOutcomes(), 0
        if self._dry_run or self._store is None:
            return found
        with self._store.read() as connection:
            for part in chunks(sorted(self.asked)):
                for page, each in releases(connection, part).items():
                    if each.entry.outcome:
                        found.all[each.entry.outcome] += 1
                        found.first[each.entry.outcome] += page in self.first_asked
                        found.examples.setdefault(each.entry.outcome, each.url)
                        missing += each.entry.is_first_missing()
            undated = 0
            for part in chunks(sorted(self.first_asked)):
                undated += connection.scalar(select(func.count(articles.c.page_id.distinct())).where(
                    articles.c.page_id.in_(part), articles.c.published.is_(None))) or 0
        return RunOutcomes(found.all, found.first, undated, missing, found.examples)

    def counts(self) -> tuple[FrontierCounts, int]:
        """Numbers of the source's releases by state, and how many of those due at the start are due still."""
        if self._dry_run or self._store is None:
            return FrontierCounts(), 0
        with self._store.read() as connection:
            return (frontier_counts(connection, self._source, self._clock()),
                    count_due(connection, self._source, self.started_at))
