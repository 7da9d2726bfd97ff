"""Crawl job (shared by all sources of a crawl) and source run (one source: lock, counts, notes, row in the store)."""

import os
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import select

from archive.answers import Outcome
from archive.db.frontier import mark_doubtful_times
from archive.db.store import Store
from archive.db.tables import captures
from archive.errors import ArchiveError, GongbaoError
from archive.ingest.catalog import Catalog
from archive.ingest.keep import ArchiveWriter, decode_exchange
from archive.messages import Message, message
from archive.records import Capture
from archive.settings import from_environment
from archive.times import Clock, utc_now
from archive.warc.http import Exchange
from crawler.errors import LiveArchiveError
from crawler.extract.links import Link
from crawler.reader import SourceReader
from crawler.settings import CrawlerSettings
from crawler.source import Source
from crawler.spiders.failures import outcome_message
from crawler.spiders.frontier import DryRunFrontier, RunFrontier
from crawler.spiders.health import Health, LeftOut, RunOutcome, check_health
from crawler.spiders.list_walk import ListWalk
from crawler.spiders.lock import SourceLock, close_dead_runs

# Provenances of the samples; the second is that of the saved pages which `gongbao demo build` imports.
SAMPLES = ("replica", "import clones/index.csv")
MAX_NOTES = 40  # per run; a site that fails on every page would add one per page


class Display:
    """Progress output of a crawl. This base class prints nothing.

    A source is `started`, `updated` with every change of its counts, and `finished`; `write_line` prints a result of
    a dry run.
    """

    def started(self, source: str) -> None: ...

    def updated(self, source: str, counts: Mapping[str, int]) -> None: ...

    def finished(self, source: str, counts: Mapping[str, int], health: Health) -> None: ...

    def write_line(self, text: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Options:
    """Options of `gongbao crawl`: skip releases listed before `since`, request at most `limit`, or fetch lists only."""

    since: date | None = None
    limit: int | None = None
    dry_run: bool = False

    @property
    def limiting(self) -> str:
        """The options that make a crawl ask for less than is due, as typed; empty if none was given."""
        given = (("--limit", self.limit), ("--since", self.since))
        return " ".join(f"{name} {value}" for name, value in given if value is not None)


@dataclass(slots=True)
class CrawlJob:
    """State that the sources of one crawl share. A dry run has no archive, and an empty store if there is none yet.

    `failure` is the first error of writing the archive or the store; once it is set, no more requests are sent.
    """

    settings: CrawlerSettings
    display: Display = field(default_factory=Display)
    options: Options = Options()
    store: Store = field(kw_only=True)
    archive: ArchiveWriter | None = None
    clock: Clock = utc_now
    failure: ArchiveError | None = None
    doubtful_times: int = 0  # captures of the future, found at the start
    healths: dict[str, Health] = field(default_factory=dict)

    def keep(self, exchange: Exchange) -> tuple[Capture, bool]:
        """Archive an exchange; gives its capture, and False if its body could not be decoded. Raises ArchiveError."""
        if self.archive is None:
            capture, fault = decode_exchange(exchange)
            return capture, fault is None
        try:
            capture = self.archive.keep(exchange)
        except ArchiveError as error:
            self.failure = self.failure or error
            raise
        return capture, bool(capture.body) or not exchange.body  # a body that cannot be decoded comes back empty

    def flush(self) -> None:
        """Flush the archive; an error is kept in `failure`, not raised."""
        if self.archive is None or self.failure:
            return
        try:
            self.archive.flush()
        except ArchiveError as error:
            self.failure = error


class SourceRun:
    """One source in a crawl, from its lock to its row in the table `runs`.

    Raises BusyError if another crawl holds the lock: two at once would not keep the request delay. The keys of `counts`
    are stored; besides `pages` (responses), `retries` and `errors` they are

    - lists: `lists` pages read, `links` to releases on them, `silent` lists without any, `fallbacks` to other pages;
    - releases: `known` ones, `requested`, `selected` (in a dry run), `unchanged` (304);
    - pages: `postponed` to the next run, `broken` bodies, `spider_errors` (callbacks that raised);
    - set by `finish`: `articles` read and `unreadable` pages; of the releases asked for the first time `first_read`,
      `undated` among them and `first_unreadable` ones; `missing` ones, found so for the first time; `waiting` releases
      that are not read yet in spite of requests, `lost` ones; `lists_failed` and `gaps` of lists; `still_due`;
      `left_out` ones by `--limit` or `--since`; `complete`, 1 if no callback raised, nothing that was due is due still
      or left out, and every list reached known ground or its end.
    """

    def __init__(self, job: CrawlJob, source: Source) -> None:
        self.job = job
        self.source = source
        self._lock = SourceLock.take(job.settings.data, source.id) if self._run_store else None
        frontier = DryRunFrontier if job.options.dry_run else RunFrontier
        self.frontier = frontier(job.store, source.id, job.settings, job.clock)
        self.walks: dict[str, ListWalk] = {}  # by URL of the list
        self._has_days: dict[str, bool] = {}  # by URL of the list
        self.counts: Counter[str] = Counter()
        self.notes: dict[Message, None] = {}  # an ordered set
        self._row_id = self._start_row()
        if job.doubtful_times:
            self.note(message("clock_was_wrong", count=job.doubtful_times))
        job.display.started(source.id)

    @property
    def _run_store(self) -> Store | None:
        """The store to record the run in; None in a dry run."""
        return None if self.job.options.dry_run else self.job.store

    def _start_row(self) -> int:
        live = not self.job.settings.via
        return self._run_store.start_run(self.source.id, self.job.clock(), live) if self._run_store else 0

    def count(self, key: str, number: int = 1) -> None:
        """Add to a count and update the display."""
        self.counts[key] += number
        self.job.display.updated(self.source.id, self.counts)

    def note(self, note: Message) -> None:
        """Add a note to the run's row, once, and no more than MAX_NOTES in all."""
        if len(self.notes) < MAX_NOTES:
            self.notes[note] = None

    def start_list(self, url: str, *, has_end: bool = True) -> None:
        """Begin the walk through a list."""
        self.walks[url] = ListWalk(self.frontier.list_memory(url), self.job.clock(), has_end=has_end)

    def save_list(self, url: str) -> None:
        """Save how far the walk through a list got."""
        self.frontier.save_list(url, self.walks[url].memory)

    def look_for_days(self, url: str, links: Sequence[Link]) -> None:
        """Remember whether any entry of a list shows its day: otherwise `--since` leaves nothing of it out."""
        self._has_days[url] = self._has_days.get(url, False) or any(each.published for each in links)

    def keep(self, exchange: Exchange) -> tuple[Capture, bool]:
        """`CrawlJob.keep`, counted."""
        result = self.job.keep(exchange)
        self.count("pages")
        return result

    def finish(self, reason: str) -> Health:
        """Flush the archive, check the run's health and finish its row. `reason` is Scrapy's close reason."""
        self.job.flush()
        failure = str(self.job.failure) if self.job.failure else None
        causes = (*self._list_causes(), *self._release_causes())
        self._note_lists_without_days()
        outcome = RunOutcome(reason, self._left_out(), failure, causes, tuple(self.notes))
        health = check_health(self.source.expect, self.counts, outcome)
        self.counts["complete"] = int(reason == "finished" and not failure and self._is_complete())
        self._close(health)
        return health

    def _note_lists_without_days(self) -> None:
        without = [url for url, has_days in self._has_days.items() if not has_days]
        if self.job.options.since and without:
            self.note(message("lists_without_days", count=len(without), url=without[0]))

    def _left_out(self) -> LeftOut | None:
        """What the options of the crawl left out, None if it has none that limit it."""
        options = self.job.options
        if not options.limiting:
            return None
        self.counts["left_out"] = self.frontier.count_not_asked()
        lists = sum(not each.complete and each.fault is None for each in self.walks.values())
        return LeftOut(options.limiting, options.limit, self.counts["left_out"], lists)

    def _is_complete(self) -> bool:
        is_disturbed = self.counts["still_due"] or self.counts["left_out"] or self.counts["spider_errors"]
        return bool(self.walks) and not is_disturbed and all(each.complete for each in self.walks.values())

    def _list_causes(self) -> Iterator[Message]:
        """One message for all lists that share a cause."""
        failed = {url: each.fault for url, each in self.walks.items() if each.fault}
        self.counts["lists_failed"] = len(failed)
        self.counts["gaps"] = sum(each.has_gap for each in self.walks.values())
        for cause in dict.fromkeys(failed.values()):
            urls = [url for url, each in failed.items() if each == cause]
            yield message("lists_failed", count=len(urls), cause=cause, url=urls[0])
        for url, each in self.walks.items():
            if each.has_gap:
                yield message("list_has_gap", url=url)

    def _release_causes(self) -> Iterator[Message]:
        """Count the outcomes of the releases; one message for all that share a cause."""
        asked = self.frontier.outcomes()
        counts, self.counts["still_due"] = self.frontier.counts()
        self.counts.update(articles=asked.all[Outcome.READ], unreadable=asked.all[Outcome.UNREADABLE],
                           first_read=asked.first[Outcome.READ], undated=asked.undated,
                           first_unreadable=asked.first[Outcome.UNREADABLE], missing=asked.missing,
                           waiting=counts.failing, lost=counts.lost)
        for outcome, count in asked.all.most_common():
            if outcome not in (Outcome.READ, Outcome.UNCHANGED, Outcome.MOVED):
                cause = outcome_message(outcome, self.job.settings.via)
                yield message("releases_failed", count=count, cause=cause, url=asked.examples[outcome])
        if counts.lost:
            yield message("releases_lost", count=counts.lost)

    def fail(self, reason: Message) -> None:
        """Finish a run whose spider never started."""
        self._close(Health("failed", (reason,)))

    def _close(self, health: Health) -> None:
        self._finish_row(health)
        self.job.healths[self.source.id] = health
        self.job.display.finished(self.source.id, self.counts, health)

    def _finish_row(self, health: Health) -> None:
        try:
            if self._run_store:
                self._run_store.finish_run(
                    self._row_id, self.job.clock(), health.verdict, health.reasons, counts=self.counts)
        except ArchiveError as error:  # e.g. a full disk: the next crawl closes the row as that of a dead run
            self.job.failure = self.job.failure or error
        finally:
            if self._lock:
                self._lock.close()


@contextmanager
def open_crawl(settings: CrawlerSettings, options: Options | None = None,
               display: Display | None = None) -> Iterator[CrawlJob]:
    """A crawl job, with archive and store open for the block. A dry run opens no archive and makes no store."""
    options = options or Options()
    if settings.via and not options.dry_run:
        _refuse_live_archive(settings)
    with ExitStack() as stack:
        store = stack.enter_context(_dry_run_store(settings) if options.dry_run else Store.open(settings))
        job = CrawlJob(settings, display or Display(), options, store=store)
        if not options.dry_run:
            catalog = Catalog(job.store, SourceReader(), schedule=settings.schedule())
            provenance = "replica" if settings.via else "crawl"
            job.archive = stack.enter_context(ArchiveWriter.open(settings, catalog, provenance, parallel=True))
            close_dead_runs(settings.data, job.store, job.clock)
            job.doubtful_times = mark_doubtful_times(job.store, job.clock())
        yield job


def _refuse_live_archive(settings: CrawlerSettings) -> None:
    """Raise LiveArchiveError before samples are stored beside other captures."""
    url = live_capture(settings)
    if url is not None:
        raise LiveArchiveError(
            f"GONGBAO_VIA names the replica {settings.via}, and the archive in {settings.data.absolute()} holds "
            f"captures that are no samples, such as {url}: unset GONGBAO_VIA to crawl the real sites, or name another "
            "folder for the samples with --data")


def live_capture(settings: CrawlerSettings) -> str | None:
    """URL of a capture that is no sample; None if the archive holds none."""
    if not settings.has_store():
        return None
    with Store.open(settings) as store, store.read() as connection:
        return connection.scalar(select(captures.c.url).where(captures.c.provenance.not_in(SAMPLES)).limit(1))


def _dry_run_store(settings: CrawlerSettings) -> Store:
    return Store.open(settings, readonly=True) if settings.has_store() else Store.in_memory()


def environment_settings() -> CrawlerSettings:
    """The settings of a spider that `scrapy crawl` runs. Exits with a message if one is wrong."""
    with _exit_on_error():
        return from_environment(CrawlerSettings, os.environ)


def standalone_run(source: Source) -> tuple[SourceRun, ExitStack]:
    """The run of a spider that `scrapy crawl` runs, and the stack to close after it. Exits with a message on errors."""
    with _exit_on_error(), ExitStack() as stack:
        run = SourceRun(stack.enter_context(open_crawl(environment_settings())), source)
        return run, stack.pop_all()


@contextmanager
def _exit_on_error() -> Iterator[None]:
    """Exit with the message of a GongbaoError; Scrapy would print a traceback."""
    try:
        yield
    except GongbaoError as error:
        sys.exit(f"gongbao: {error}")
