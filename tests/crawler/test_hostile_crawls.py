"""Histories of a hostile site through real crawls, one a simulated day: two good days later nothing is missing.

The assumptions are those of test_hostile_site.py; besides, a list that says how many pages it has lies about their
number on one day only, after it was read to its end.
"""

import os
import random
from collections import Counter
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from archive.db.store import Store
from archive.db.tables import articles
from archive.times import beijing_day, iso, utc_now
from archive.urls import urlkey
from crawler.settings import CrawlerSettings
from crawler.source import all_sources
from indexer.document_tables import documents
from indexer.engines.factory import open_engine
from indexer.query.model import Query
from indexer.settings import IndexerSettings
from support.crawl import Archived, requested_urls
from support.hostile_replica import (
    ARTICLE_FAULTS,
    GOOD,
    LIES_ABOUT_THE_END,
    LIST_FAULTS,
    ROWS,
    SETTLED_LIES,
    BadDay,
    Crawler,
    HostileReplica,
    release_url,
)
from support.hostile_site import HostileSite, SiteRelease, move

ALL = 20
SEEDS = range(min(ALL, int(os.environ.get("GONGBAO_TEST_HISTORIES", "2"))))
[MOFCOM_EN] = [each for each in all_sources() if each.id == "mofcom_en"]


class History:
    """The site and its crawls, day by day, as a seed draws them."""

    def __init__(self, seed: int, crawler: Crawler) -> None:
        self.chance = random.Random(seed)
        self.crawler, self.site, self.day = crawler, crawler.replica.site, 0
        self.was_healthy = False
        self._lies = Counter[str]()
        self._list_lies: dict[int, int] = {}
        self._publish(self.chance.randint(8, 20), -400)

    def live(self, bad: BadDay) -> None:
        """A crawl of the day; what it calls healthy must be whole."""
        code = self.crawler.crawl(self.day, bad)
        assert code in (None, 0, 4), self.crawler.said()
        if code == 0:
            self.was_healthy = True
            assert self._never_read(bad) == [], self.crawler.said()

    def change(self) -> BadDay:
        """The next day: what the site does, and what will go wrong."""
        chance, self.day = self.chance, self.day + 1
        self._publish(chance.choice([0, 1, 2, 7]), self.day)
        recent = [each for each in self.site.releases if each.published > utc_now() - timedelta(days=30)
                  and each.text and not each.moved_to]
        for each in chance.sample(recent, min(len(recent), chance.randint(0, 3))):
            each.text = f"edited on day {self.day}"
        for each in chance.sample(recent, min(len(recent), chance.choice([0, 0, 1]))):
            each.text = None
        if recent and chance.random() < 0.4:
            move([each for each in recent if each.text], chance.randrange(40), chance.randrange(40))
        return BadDay(self._list_faults(), self._article_faults(), lag=chance.choice([0, 0, 0, 1, 7]),
                      shrunk=self._shrunk(), killed_after=chance.choice([None, chance.randint(0, 70)]))

    def end(self) -> None:
        """The next day, on which nothing changes and nothing goes wrong."""
        self.day += 1
        self.live(GOOD)

    def _publish(self, count: int, day: int) -> None:
        for _ in range(count):
            number = len(self.site.releases)
            self.site.releases.append(SiteRelease(f"r{number}", utc_now() + timedelta(days=day), f"text of {number}"))

    def _list_faults(self) -> dict[tuple[int, int], str]:
        drawn = [(self.chance.randint(0, 1), self.chance.randint(1, 6), self.chance.choice([*LIST_FAULTS]))
                 for _ in range(self.chance.randint(0, 3))]
        return {(which, number): name for which, number, name in drawn
                if name not in LIES_ABOUT_THE_END or self.site.counted or self._may_lie(which)}

    def _article_faults(self) -> dict[str, str]:
        found = {}
        for each in self.chance.sample(self.site.releases, min(len(self.site.releases), self.chance.randint(0, 12))):
            name = self.chance.choice([*ARTICLE_FAULTS])
            self._lies[each.name] += name in SETTLED_LIES
            if self._lies[each.name] <= 2:
                found[each.name] = name
        return found

    def _shrunk(self) -> frozenset[int]:
        which = self.chance.randint(0, 3)
        is_read = which < 2 and self.was_healthy and len(self.site.shown(which)) > 4 * ROWS
        return frozenset([which] if is_read and self._may_lie(which) else [])

    def _may_lie(self, which: int) -> bool:
        return self._list_lies.setdefault(which, self.day) == self.day

    def _never_read(self, bad: BadDay) -> list[str]:
        """Releases that a list shows and that were not read; neither gone nor dead, as far as can be known."""
        found = Archived.read(self.crawler.data)
        entries = {row.urlkey: row for row in found.rows["frontier"]}
        read = {row.urlkey for row in found.rows["articles"]}
        missing = []
        for name in {name for which in (0, 1) for name in self.crawler.replica.shown(which, bad)}:
            key = urlkey(release_url(name))
            entry = entries.get(key)
            is_dead = entry and entry.outcome == "missing" and entry.attempts > 1
            if entry is None or (entry.state == "waiting" and not is_dead) or (
                    entry.state == "read" and key not in read):
                missing.append(name)
        return missing

    def missing(self) -> list[str]:
        """Releases that the site has, without a document of its present text that can be found."""
        settings = {"data": self.crawler.data, "database": self.crawler.database}
        with Store.open(CrawlerSettings(**settings), readonly=True) as store, store.read() as connection:
            rows = connection.execute(select(documents.c.id, articles.c.facts, articles.c.body).join(
                articles, articles.c.id == documents.c.article_id)).all()
        engine = open_engine(IndexerSettings(**settings), writable=False)
        shown = Counter(hit.id for hit in engine.search(Query(), limit=1000).hits)
        engine.close()
        texts = {urlkey(row.facts["url"]): row.body for row in rows if shown[row.id] == 1}
        return [each.name for each in self.site.releases if each.text is not None and each.moved_to is None and
                texts.get(urlkey(release_url(each.name))) != "\n".join(self.crawler.replica.release(each).body)]

    def due(self) -> list[str]:
        """Keys of the releases that are due when the next day's crawl begins."""
        moment = iso(utc_now() + timedelta(days=self.day + 1))
        rows = Archived.read(self.crawler.data).rows["frontier"]
        return sorted(row.urlkey for row in rows if row.due_at and row.due_at <= moment)


@pytest.mark.parametrize("seed", SEEDS)
def test_after_two_good_days_every_release_is_found(tmp_path, database, faketime, seed):
    chance = random.Random(-seed - 1)
    with HostileReplica(HostileSite(counted=seed % 3 != 0)) as replica:
        history = History(seed, Crawler(tmp_path, database, faketime, replica))
        for _ in range(chance.randint(2, 5)):
            history.live(history.change())
        history.end()
        history.end()
        history.crawler.index(history.day)
        assert history.missing() == []
        due, before = history.due(), len(replica.requests)
        history.end()
        asked = requested_urls(replica, before)
    lists = [each.url for each in MOFCOM_EN.listings_on(beijing_day(utc_now()))]
    assert sorted(each for each in asked if each in lists) == sorted(lists)
    assert sorted(urlkey(each) for each in asked if each not in lists) == due
    assert {urlsplit(each).query for each in asked} == {""}
