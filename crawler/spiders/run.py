"""A crawl under way: `Job` is what its sources share, `Run` is one source's counts, notes and row."""

import os
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date
from types import TracebackType
from typing import Protocol

from archive.db.store import Store
from archive.errors import ArchiveError, GongbaoError
from archive.ingest.catalog import Catalog
from archive.ingest.keep import ArchiveWriter
from archive.messages import Message
from archive.records import Capture
from archive.settings import from_environment
from archive.times import Clock, utc_now
from archive.warc.coding import BodyError, decode
from archive.warc.http import Exchange, header
from crawler.reader import SourceReader
from crawler.settings import CrawlerSettings
from crawler.source import Source
from crawler.spiders.health import Health, RunEnd, judge
from crawler.spiders.history import SourceHistory
from crawler.spiders.lock import SourceLock, close_dead_runs

NOTES = 40  # sentences kept per run; a site that fails on every page says the same thing each time


class Keeper(Protocol):
    """The part of the archive that a crawl needs."""

    def keep(self, exchange: Exchange) -> Capture:
        """Write an exchange down and give what its readers get."""

    def flush(self) -> None:
        """Make everything kept so far durable, and read what is to be read."""


class Display(Protocol):
    """Who shows how a crawl goes on."""

    def started(self, source: str) -> None:
        """A source is being asked."""

    def counted(self, source: str, counts: Mapping[str, int]) -> None:
        """Something was counted."""

    def finished(self, source: str, counts: Mapping[str, int], health: Health) -> None:
        """A source is done."""

    def say(self, text: str) -> None:
        """A line for whoever watches."""


class NullDisplay:
    """Shows nothing."""

    def started(self, source: str) -> None:
        """Nothing."""

    def counted(self, source: str, counts: Mapping[str, int]) -> None:
        """Nothing."""

    def finished(self, source: str, counts: Mapping[str, int], health: Health) -> None:
        """Nothing."""

    def say(self, text: str) -> None:
        """Nothing."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asked for: releases listed on or after a day, so many articles, or only a look."""

    since: date | None = None
    limit: int | None = None
    dry_run: bool = False


@dataclass(slots=True)
class Job:
    """What the sources of one crawl share. Without an archive nothing is kept; without a store nothing is known.

    `failure` is set once when the archive or the store can no longer be written; from then on nothing is fetched.
    """

    settings: CrawlerSettings
    display: Display
    options: Options = Options()
    store: Store | None = None
    archive: Keeper | None = None
    clock: Clock = utc_now
    failure: ArchiveError | None = None
    healths: dict[str, Health] = field(default_factory=dict)

    def keep(self, exchange: Exchange) -> tuple[Capture, bool]:
        """What readers get of an exchange, kept first; and whether its body could be unpacked as a whole."""
        if self.archive is None:
            return _unpacked(exchange)
        try:
            capture = self.archive.keep(exchange)
        except ArchiveError as error:
            self.failure = self.failure or error
            raise
        # The archive gives an empty body for one that does not unpack.
        return capture, bool(capture.body) or not exchange.body

    def flush(self) -> None:
        """Make what was kept durable; a failure is remembered, not raised."""
        if self.archive is None or self.failure:
            return
        try:
            self.archive.flush()
        except ArchiveError as error:
            self.failure = error


def _unpacked(exchange: Exchange) -> tuple[Capture, bool]:
    try:
        body, whole = decode(exchange.body, exchange.response_headers), True
    except BodyError:
        body, whole = b"", False
    kind = header(exchange.response_headers, "Content-Type")
    return Capture(exchange.url, body, exchange.fetched_at, kind, exchange.status), whole


class Run:
    """One source in a crawl: its counts, its notes, and the row that tells of it.

    BusyError where another crawl is asking the source: together they would ask it more often than was promised.
    """

    def __init__(self, job: Job, source: Source) -> None:
        self.job = job
        self.source = source
        self._claim = SourceLock.take(job.settings.data, source.id) if self._writes else None
        self.memory = SourceHistory(job.store, source.id)
        self.counts: Counter[str] = Counter()
        self.notes: dict[Message, None] = {}  # in order, each once
        self.cut = False  # whether something was left for a later run
        self._row = self._begin()
        job.display.started(source.id)

    @property
    def _writes(self) -> Store | None:
        return None if self.job.options.dry_run else self.job.store

    def _begin(self) -> int:
        live = not self.job.settings.via
        return self._writes.start_run(self.source.id, self.job.clock(), live) if self._writes else 0

    def count(self, what: str, number: int = 1) -> None:
        """Add to a count and show it."""
        self.counts[what] += number
        self.job.display.counted(self.source.id, self.counts)

    def note(self, note: Message) -> None:
        """Keep a sentence for whoever reads the run's row."""
        if len(self.notes) < NOTES:
            self.notes[note] = None

    def keep(self, exchange: Exchange) -> tuple[Capture, bool]:
        """`Job.keep`, counted."""
        capture, whole = self.job.keep(exchange)
        self.count("pages")
        return capture, whole

    def finish(self, reason: str) -> Health:
        """Close the run: everything durable, its counts and the verdict written down."""
        self.job.flush()
        self.counts.update(self.memory.results())
        failure = str(self.job.failure) if self.job.failure else None
        ending = RunEnd(reason, self.job.options.limit, failure, tuple(self.notes))
        health = judge(self.source.expect, self.counts, ending)
        self.counts["complete"] = int(reason == "finished" and not self.cut and not failure)
        self._end(health)
        return health

    def fail(self, reason: Message) -> None:
        """Close a run that did not come so far as to ask anything."""
        self._end(Health("failed", (reason,)))

    def _end(self, health: Health) -> None:
        self._write_down(health)
        self.job.healths[self.source.id] = health
        self.job.display.finished(self.source.id, self.counts, health)

    def _write_down(self, health: Health) -> None:
        try:
            if self._writes:
                self._writes.finish_run(
                    self._row, self.job.clock(), health.verdict, health.reasons, counts=self.counts)
        except ArchiveError as error:  # a full disk: the next crawl closes the run's row, the exit code tells
            self.job.failure = self.job.failure or error
        finally:
            if self._claim:
                self._claim.close()


@dataclass(slots=True)
class OpenJob:
    """A job with what it holds open; close it, or use it in `with`."""

    job: Job
    _held: ExitStack

    @classmethod
    def open(cls, settings: CrawlerSettings, options: Options | None = None,
             display: Display | None = None) -> "OpenJob":
        """A job on the archive of these settings. A dry run opens no archive, and a store only where there is one."""
        with ExitStack() as stack:
            job = Job(settings, display or NullDisplay(), options or Options())
            if not job.options.dry_run:
                job.store = stack.enter_context(Store.open(settings))
                catalog = Catalog(job.store, SourceReader())
                provenance = "replica" if settings.via else "crawl"
                job.archive = stack.enter_context(ArchiveWriter.open(settings, catalog, provenance, parallel=True))
                close_dead_runs(settings.data, job.store, job.clock)
            elif settings.has_store():
                job.store = stack.enter_context(Store.open(settings, readonly=True))
            return cls(job, stack.pop_all())

    def close(self) -> None:
        """Close the archive, then the store."""
        self._held.close()

    def __enter__(self) -> "OpenJob":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._held.__exit__(kind, error, trace)


def environment_settings() -> CrawlerSettings:
    """The settings of a spider that `scrapy crawl` starts; ends the program with a sentence where one is wrong."""
    with _ended():
        return from_environment(CrawlerSettings, os.environ)


def open_run(source: Source) -> tuple[OpenJob, Run]:
    """The job and the run of such a spider; ends the program with a sentence where there can be none."""
    with _ended(), ExitStack() as stack:
        own = stack.enter_context(OpenJob.open(environment_settings()))
        run = Run(own.job, source)
        stack.pop_all()
        return own, run


@contextmanager
def _ended() -> Iterator[None]:
    """The end of the program for an error of ours; Scrapy would show where in our code it was raised."""
    try:
        yield
    except GongbaoError as error:
        sys.exit(f"gongbao: {error}")
