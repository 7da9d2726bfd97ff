"""Runs `gongbao crawl` on the replica in a child process, and reads the archive that it filled."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select

from archive.db.store import Store
from archive.db.tables import articles, captures, frontier, listings, pages, quarantine, runs
from archive.messages import Message
from archive.urls import urlkey
from crawler.settings import CrawlerSettings
from crawler.source import Source
from crawler.spiders.loader import spider_class
from crawler.spiders.run import CrawlJob, Options, SourceRun
from demo.replica import Replica
from support import forks

COMMAND = (sys.executable, "-W", "error", "-m", "gongbao")


@dataclass(frozen=True)
class Archived:
    """An archive that a crawl filled, read back from its store."""

    data: Path
    rows: Mapping[str, list[Any]] = field(default_factory=dict)

    @classmethod
    def read(cls, data: Path) -> "Archived":
        chosen = {
            "articles": select(pages.c.urlkey, articles).join(pages, pages.c.id == articles.c.page_id).order_by(
                articles.c.id),
            "captures": select(pages.c.urlkey, captures).join(pages, pages.c.id == captures.c.page_id).order_by(
                captures.c.id),
            "quarantine": select(pages.c.urlkey, quarantine).join(pages, pages.c.id == quarantine.c.page_id),
            "frontier": select(pages.c.urlkey, frontier).join(pages, pages.c.id == frontier.c.page_id),
            "listings": select(listings).order_by(listings.c.id),
            "runs": select(runs).order_by(runs.c.id),
        }
        settings = CrawlerSettings(data=data, database=os.environ.get("GONGBAO_DATABASE", ""))
        with Store.open(settings, readonly=True) as store, store.read() as connection:
            return cls(data, {name: list(connection.execute(query)) for name, query in chosen.items()})

    def of(self, table: str, url: str) -> list[Any]:
        """The rows of a table for a URL."""
        return [row for row in self.rows[table] if row.urlkey == urlkey(url)]

    def article(self, url: str) -> Any:
        """The newest article of a URL; None if there is none."""
        found = self.of("articles", url)
        return found[-1] if found else None

    def statuses(self, url: str) -> list[int]:
        """The status of every capture of a URL, in order."""
        return [row.status for row in self.of("captures", url)]

    def reasons(self, url: str) -> str:
        """Quarantine reasons of the captures of a URL."""
        return "; ".join(str(row.reason) for row in self.of("quarantine", url))

    def entry(self, url: str) -> Any:
        """The row of a release in the frontier."""
        [row] = self.of("frontier", url)
        return row

    def listing(self, url: str) -> Any:
        """The row of a list."""
        [row] = [row for row in self.rows["listings"] if row.url == url]
        return row

    def notes(self, source: str) -> list[str]:
        """The reasons and notes of a source's newest run, in English."""
        return sentences(self.run_of(source))

    def run_of(self, source: str) -> Any:
        """The newest run of a source."""
        return [row for row in self.rows["runs"] if row.source == source][-1]


def sentences(run: Any) -> list[str]:
    """The reasons and notes of a row of `runs`, in English."""
    return [str(Message.from_json(each)) for each in run.reasons]


def environment(data: Path, replica: Replica | None, settings: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a crawl into a folder, from a replica."""
    via = {"GONGBAO_VIA": replica.url} if replica else {}
    return {**os.environ, "GONGBAO_DATA": str(data), **via, **(settings or {})}


def crawl(data: Path, replica: Replica | None, *words: str,
          settings: Mapping[str, str] | None = None) -> "subprocess.CompletedProcess[str]":
    """Run `gongbao crawl` to its end; the index is left alone."""
    return forks.run(["crawl", "--no-index", *words], environment(data, replica, settings), timeout=60)


def requested_urls(replica: Replica, since: int = 0) -> list[str]:
    """URLs of the requests to the replica, without robots.txt."""
    return [each.url for each in replica.requests[since:] if not each.url.endswith("/robots.txt")]


def list_urls(source: Source, moment: datetime) -> list[str]:
    """URLs of the requests that a crawl of the source begins with at a moment."""
    with Store.in_memory() as store:
        job = CrawlJob(CrawlerSettings(), options=Options(dry_run=True), store=store, clock=lambda: moment)
        spider = spider_class(source)(run=SourceRun(job, source))

        async def first() -> list[str]:
            return [request.url async for request in spider.start()]

        return asyncio.run(first())
