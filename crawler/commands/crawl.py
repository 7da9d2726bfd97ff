"""`gongbao crawl`: fetch new releases of the sources into the archive."""

import os
import sys
from contextlib import ExitStack
from datetime import date
from typing import TYPE_CHECKING

import click

from archive.options import WholeNumber
from archive.settings import from_environment
from crawler.settings import CrawlerSettings
from crawler.source import Source, all_sources

if TYPE_CHECKING:
    from crawler.spiders.health import Health
    from crawler.spiders.run import Display, Options

FELL_SHORT = 4  # exit code


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is not a day; write it as 2025-09-27") from None


@click.command()
@click.argument("names", metavar="[SOURCE]...", nargs=-1)
@click.option("--since", metavar="YYYY-MM-DD", type=_day,
              help="Leave out releases that are listed before this day. Of a list without dates it leaves out nothing.")
@click.option("--limit", type=WholeNumber(min=1), help="Ask each source for at most so many releases.")
@click.option("--dry-run", is_flag=True, help="Read the lists, print what would be fetched, keep nothing.")
@click.option("-v", "--verbose", is_flag=True, help="Log to the terminal instead of logs/crawl.log in the data folder.")
def crawl(names: tuple[str, ...], *, since: date | None, limit: int | None, dry_run: bool, verbose: bool) -> None:
    """Collect new releases of the named sources, or of all.

    Exits with code 4 if a source fell short of its expected minimum; /status shows the run and the reasons. A run that
    left something out because of --limit or --since says so and is "limited", not "healthy"; its exit code is 0.
    """
    from crawler.spiders.run import Options

    sources = _named_sources(names)
    settings = from_environment(CrawlerSettings, os.environ)
    options = Options(since, limit, dry_run)
    healths = crawl_sources(settings, sources, options, verbose=verbose)
    if any(each.fell_short for each in healths.values()):
        sys.exit(FELL_SHORT)


def _named_sources(names: tuple[str, ...]) -> tuple[Source, ...]:
    known = {each.id: each for each in all_sources()}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise click.BadParameter(f"{', '.join(unknown)}: no such source; known are {', '.join(known)}")
    return tuple(known[name] for name in dict.fromkeys(names or known))


def crawl_sources(settings: CrawlerSettings, sources: tuple[Source, ...], options: "Options",
                  *, verbose: bool = False) -> "dict[str, Health]":
    """Crawl the sources; gives the health of each run by source id. Raises the ArchiveError that ended the crawl.

    Call it once per process: Scrapy's reactor cannot be restarted.
    """
    from crawler.spiders.process import run_spiders
    from crawler.spiders.run import open_crawl

    with ExitStack() as stack:
        display = _display(stack, dry_run=options.dry_run, verbose=verbose)
        job = stack.enter_context(open_crawl(settings, options, display))
        run_spiders(job, sources, verbose=verbose)
        if job.failure:
            raise job.failure
        return dict(job.healths)


def _display(stack: ExitStack, *, dry_run: bool, verbose: bool) -> "Display":
    from crawler.commands.display import LineDisplay, LiveDisplay

    if sys.stderr.isatty() and not dry_run and not verbose:
        return stack.enter_context(LiveDisplay(sys.stderr))
    return LineDisplay(sys.stdout, sys.stderr)
