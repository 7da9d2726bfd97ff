"""Scrapy process of a crawl: the spiders of all sources in one event loop, each with its own request delay."""

import logging
import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from scrapy.crawler import AsyncCrawlerProcess
from scrapy.settings import Settings

import crawler.settings
from archive.errors import BusyError
from archive.messages import message
from crawler.errors import DataFolderError
from crawler.source import Source
from crawler.spiders.health import Health
from crawler.spiders.loader import spider_class
from crawler.spiders.run import CrawlJob, SourceRun

SIGNALS = (signal.SIGINT, signal.SIGTERM)


def run_spiders(job: CrawlJob, sources: Iterable[Source], *, verbose: bool = False) -> None:
    """Crawl the sources until all are done or a signal stops them; afterwards `job.healths` has one entry for each."""
    runs = [run for each in sources if (run := _start_run(job, each))]
    if not runs:
        return
    with _signal_handlers_restored():
        process = AsyncCrawlerProcess(_scrapy_settings(job, verbose))
        # Without this, two log records per request are built and then dropped by the handler's level.
        logging.getLogger("scrapy").setLevel(crawler.settings.LOG_LEVEL)
        for run in runs:
            process.crawl(spider_class(run.source), run=run)
        process.start()
    for run in runs:
        if run.source.id not in job.healths:
            run.fail(message("run_not_started"))


def _start_run(job: CrawlJob, source: Source) -> SourceRun | None:
    """The run of a source; None if another crawl holds the source's lock."""
    try:
        return SourceRun(job, source)
    except BusyError:
        health = job.healths[source.id] = Health("short", (message("source_busy", source=source.id),))
        job.display.finished(source.id, {}, health)
        return None


def _scrapy_settings(job: CrawlJob, verbose: bool) -> Settings:
    settings = Settings()
    settings.setmodule(crawler.settings, priority="project")
    own: dict[str, Any] = {"GONGBAO": job.settings}
    if job.options.dry_run and not verbose and not job.settings.data.exists():
        own["LOG_LEVEL"] = "ERROR"  # to the terminal: a dry run creates no folder for a log file
    elif not verbose:
        own["LOG_FILE"] = str(_log_file(job))
    settings.setdict(own, priority="cmdline")
    return settings


def _log_file(job: CrawlJob) -> str:
    folder = job.settings.data / "logs"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataFolderError(f"the folder {folder} cannot be made: {error.strerror}; set GONGBAO_DATA") from error
    return str(folder / "crawl.log")


@contextmanager
def _signal_handlers_restored() -> Iterator[None]:
    """Restore the signal handlers: Scrapy leaves its own in place, and they would swallow a later Ctrl-C."""
    before = {each: signal.getsignal(each) for each in SIGNALS}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
