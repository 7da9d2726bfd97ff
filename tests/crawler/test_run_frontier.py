"""The frontier of a run in the store: one transaction for a page of a list, lists that are loaded once."""

from collections import Counter

import pytest
from sqlalchemy import event, select

from archive.db import tables
from archive.db.listings import ListMemory
from crawler.source import source
from crawler.spiders.frontier import RunFrontier
from crawler.spiders.list_walk import ListPage, ListWalk
from crawler.spiders.run import CrawlJob, SourceRun
from support.archive import NOW, Archive, release_url

LIST, OTHER = "https://www.mofcom.gov.cn/list/", "https://www.mofcom.gov.cn/other/"


@pytest.fixture
def archive(tmp_path):
    with Archive.open(tmp_path) as opened:
        yield opened


@pytest.fixture
def frontier(archive):
    return RunFrontier(archive.store, "mofcom_zh", archive.settings, lambda: NOW)


def rows(archive, table):
    with archive.store.read() as connection:
        return connection.execute(select(table)).all()


@pytest.fixture
def ended(archive):
    """Counts of the transactions that were committed, and of the reads that were rolled back."""
    counts = Counter()
    event.listen(archive.store.engine, "commit", lambda _connection: counts.update(["commit"]))
    event.listen(archive.store.engine, "rollback", lambda _connection: counts.update(["rollback"]))
    return counts


def read_page(frontier, walk):
    with frontier.list_page(LIST, [release_url(1), release_url(2)], walk) as named:
        walk.read(ListPage(1, {each.urlkey: each.entry.listed_at for each in named}, NOW, page_count=1))
    return named


def test_a_page_of_a_list_is_saved_in_one_transaction(archive, frontier, ended):
    named = read_page(frontier, walk := ListWalk(ListMemory(), NOW))
    assert ended == {"commit": 1}
    assert len(rows(archive, tables.frontier)) == 2
    assert [(each.url, each.is_new) for each in named] == [(release_url(1), True), (release_url(2), True)]
    assert RunFrontier(archive.store, "mofcom_zh", archive.settings, lambda: NOW).list_memory(LIST) == walk.memory


def test_a_page_whose_walk_fails_names_nothing(archive, frontier):
    with (pytest.raises(ZeroDivisionError),
          frontier.list_page(LIST, [release_url(1)], ListWalk(ListMemory(), NOW))):
        1 / 0  # noqa: B018
    assert (rows(archive, tables.frontier), rows(archive, tables.listings)) == ([], [])


def test_lists_are_loaded_once_and_without_the_writer_s_lock(frontier, ended):
    assert [frontier.list_memory(each) for each in (LIST, OTHER, LIST)] == [ListMemory()] * 3
    assert ended == {"rollback": 1}


@pytest.mark.parametrize("disturbed", ["no list was begun", "a callback raised"])
def test_a_disturbed_run_is_not_complete(archive, disturbed):
    run = SourceRun(CrawlJob(archive.settings, store=archive.store, clock=lambda: NOW), source("mofcom_zh"))
    if disturbed == "a callback raised":
        run.start_list(LIST)
        read_page(run.frontier, run.walks[LIST])
        assert run.walks[LIST].complete
        run.count("spider_errors")
    run.finish("finished")
    assert run.counts["complete"] == 0
