"""A crawl's store and archive, opened and closed together."""

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from types import TracebackType

from crawler.config import CrawlerSettings, from_environment
from crawler.errors import CrawlerError
from crawler.progress import Quiet
from crawler.source import Source
from crawler.spiders.claims import close_ended
from crawler.spiders.run import Display, Job, Options, Run
from crawler.store import Store
from crawler.warc.archive import Archive


@dataclass(slots=True)
class OwnJob:
    """A job with what it holds open; close it, or use it in `with`."""

    job: Job
    _held: ExitStack

    @classmethod
    def open(cls, settings: CrawlerSettings, options: Options | None = None,
             display: Display | None = None) -> "OwnJob":
        """A job on the archive of these settings. A dry run opens no archive, and a store only where there is one."""
        with ExitStack() as stack:
            job = Job(settings, display or Quiet(), options or Options())
            if not job.options.dry_run:
                job.store = stack.enter_context(Store.open(settings))
                provenance = "replica" if settings.via else "crawl"
                job.archive = stack.enter_context(Archive.open(settings, job.store, provenance, parallel=True))
                close_ended(settings.data, job.store, job.clock)
            elif settings.has_store():
                job.store = stack.enter_context(Store.open(settings, readonly=True))
            return cls(job, stack.pop_all())

    def close(self) -> None:
        """Close the archive, then the store."""
        self._held.close()

    def __enter__(self) -> "OwnJob":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._held.__exit__(kind, error, trace)


def own_settings() -> CrawlerSettings:
    """The settings of a spider that `scrapy crawl` starts; ends the program with a sentence where one is wrong."""
    with _ended():
        return from_environment(CrawlerSettings, os.environ)


def own_run(source: Source) -> tuple[OwnJob, Run]:
    """The job and the run of such a spider; ends the program with a sentence where there can be none."""
    with _ended(), ExitStack() as stack:
        own = stack.enter_context(OwnJob.open(own_settings()))
        run = Run(own.job, source)
        stack.pop_all()
        return own, run


@contextmanager
def _ended() -> Iterator[None]:
    """The end of the program for an error of ours; Scrapy would show where in our code it was raised."""
    try:
        yield
    except CrawlerError as error:
        sys.exit(f"gongbao: {error}")
