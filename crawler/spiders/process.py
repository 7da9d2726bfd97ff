"""Scrapy's process around a crawl: all sources at once, each at its own pace, one event loop, one archive."""

import logging
import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from scrapy.crawler import AsyncCrawlerProcess
from scrapy.settings import Settings

import crawler.settings
from archive.errors import BusyError, WarcError
from archive.messages import message
from crawler.source import Source
from crawler.spiders.health import Health
from crawler.spiders.loader import spider_class
from crawler.spiders.run import Job, Run

SIGNALS = (signal.SIGINT, signal.SIGTERM)


def run_spiders(job: Job, sources: Iterable[Source], *, verbose: bool = False) -> None:
    """Crawl the sources until all are done or a signal stops them; `job` holds how it went."""
    runs = [run for each in sources if (run := _begun(job, each))]
    if not runs:
        return
    with _signals_restored():
        process = AsyncCrawlerProcess(_settings(job, verbose))
        # Otherwise two records are made for every request only to be thrown away by the log's own level.
        logging.getLogger("scrapy").setLevel(crawler.settings.LOG_LEVEL)
        for run in runs:
            process.crawl(spider_class(run.source), run=run)
        process.start()
    for run in runs:
        if run.source.id not in job.healths:
            run.fail(message("run_not_started"))


def _begun(job: Job, source: Source) -> Run | None:
    """The run of a source; None where another crawl is at it."""
    try:
        return Run(job, source)
    except BusyError:
        health = job.healths[source.id] = Health("short", (message("source_busy", source=source.id),))
        job.display.finished(source.id, {}, health)
        return None


def _settings(job: Job, verbose: bool) -> Settings:
    settings = Settings()
    settings.setmodule(crawler.settings, priority="project")
    own: dict[str, Any] = {"GONGBAO": job.settings}
    if job.options.dry_run and not verbose and not job.settings.data.exists():
        own["LOG_LEVEL"] = "ERROR"  # on the terminal: a look leaves nothing behind
    elif not verbose:
        own["LOG_FILE"] = str(_log_file(job))
    settings.setdict(own, priority="cmdline")
    return settings


def _log_file(job: Job) -> str:
    folder = job.settings.data / "logs"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WarcError(f"the folder {folder} cannot be made: {error.strerror}; set GONGBAO_DATA") from error
    return str(folder / "crawl.log")


@contextmanager
def _signals_restored() -> Iterator[None]:
    """Scrapy's handlers outlive its reactor and would swallow a later Ctrl-C."""
    before = {each: signal.getsignal(each) for each in SIGNALS}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
