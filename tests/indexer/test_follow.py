"""Re-reading is invisible: documents change with the articles they are made of, wherever it is killed."""

import os
from functools import partial

import pytest
from click.testing import CliRunner
from sqlalchemy import event, select

from archive.db.tables import articles, changed_pages
from archive.ingest import reread as reread_module
from archive.ingest.catalog import Catalog
from archive.ingest.reread import reread
from archive.messages import message
from archive.records import Unreadable
from indexer import commands
from indexer.document_rows import changes_after, documents_by_id
from indexer.document_tables import documents
from indexer.documents.page_changes import newest_articles
from indexer.documents.update import DocumentUpdate, UpdateCounts, update_documents
from indexer.settings import IndexerSettings
from indexer.sync import rebuild, update_index
from indexer.vocabulary.loader import load
from support import forks
from support.archive import (
    NOW,
    FunctionReader,
    after,
    an_article,
    exchange,
    read_as_title,
    reading,
    release_url,
)
from support.refusal import Refusal


def keep(archive, count, first=1):
    """Releases whose title and text name MOFCOM at another place in each reading, and their documents."""
    with archive.writer() as writer:
        for number in range(first, first + count):
            writer.keep(exchange(release_url(number), f"MOFCOM {number}".encode(), at=after(hours=number)))


def better(capture):
    """A newer reader: it reads more, so that tags stand elsewhere, and refuses release 3."""
    if capture.url == release_url(3):
        return Unreadable(message("no_title"), ("h1",))
    return read_as_title(type(capture)(capture.url, b"A much better reading: " + capture.body, capture.fetched_at))


def read_again(archive, reader=better):
    """Re-read with a newer reader, followed by documents; the counts of the update."""
    update = DocumentUpdate(archive.store, load(), NOW)
    reread(Catalog(archive.store, FunctionReader(2, reader), update.follow), archive.data, pytest.fail)
    return update


def assert_whole(archive):
    """Every document has an article, and tags that stand in its text."""
    with archive.store.read() as connection:
        names = list(connection.scalars(select(documents.c.id)))
        stored = documents_by_id(connection, names)
        assert list(stored) == names
        for each in stored.values():
            spans = [span for tag in each.organizations for span in tag.spans]
            assert spans
            assert {getattr(each, span.field)[span.start:span.end] for span in spans} == {"MOFCOM"}
        assert all(change.document for change in changes_after(connection, 0, 99) if change.id in names)
    return len(names)


def test_no_transaction_leaves_a_document_without_its_article(archive, monkeypatch):
    monkeypatch.setattr(reread_module, "PAGES", 2)
    keep(archive, 9)
    update_documents(archive.store, load(), NOW)
    seen = []

    def watched(capture):
        seen.append(assert_whole(archive))
        return better(capture)

    update = read_again(archive, watched)
    assert set(seen) == {9, 8}
    assert assert_whole(archive) == 8
    assert update.run() == UpdateCounts(changed=8, gone=1, rev=18)


def test_an_index_that_is_rebuilt_meanwhile_meets_no_document_without_article(archive, monkeypatch):
    monkeypatch.setattr(reread_module, "PAGES", 2)
    keep(archive, 6)
    update_documents(archive.store, load(), NOW)
    settings = IndexerSettings(data=archive.data)

    def rebuilt(capture):
        rebuild(archive.store, settings)
        return better(capture)

    read_again(archive, rebuilt)
    update_index(archive.store, settings)
    with reading(settings) as engine:
        assert engine.count() == 5


def test_a_document_whose_article_was_taken_away_by_another_program_is_written_as_gone(archive):
    """Not by ours: its documents follow. An update finds the page in the queue and gives the removal a rev."""
    captured = archive.capture(an_article(1))
    archive.capture(an_article(2))
    update_documents(archive.store, load(), NOW)
    archive.forget(captured)
    with archive.store.read() as connection:
        assert [each.document is None for each in changes_after(connection, 0, 9)] == [True, False]


def test_documents_follow_where_the_database_refuses_one_of_the_new_articles(archive):
    keep(archive, 4)
    update_documents(archive.store, load(), NOW)
    Refusal(archive).start("articles", "reading: MOFCOM 2")
    update = read_again(archive)
    assert assert_whole(archive) == 2
    assert update.run() == UpdateCounts(changed=2, gone=2, rev=8)


def test_new_pages_wait_for_their_number_in_order_of_capture_time(archive):
    keep(archive, 1, first=9)
    update_documents(archive.store, load(), NOW)
    with archive.writer() as writer:
        writer.keep(exchange(release_url(2), b"MOFCOM late", at=after(hours=30)))
        writer.keep(exchange(release_url(1), b"MOFCOM early", at=after(hours=20)))
    update = read_again(archive)
    assert assert_whole(archive) == 1
    update.run()
    with archive.store.read() as connection:
        titles = connection.scalars(select(articles.c.title).join(documents, documents.c.article_id == articles.c.id)
                                    .order_by(documents.c.seq))
        assert [each.rpartition(" ")[2] for each in titles] == ["9", "early", "late"]


def test_a_page_that_changes_while_it_is_tagged_is_done_once_more(archive, monkeypatch):
    captured = archive.capture(an_article(1, body="MOFCOM first"))
    def changed_meanwhile(connection, pages, tagger):
        found = newest_articles(connection, pages, tagger)
        monkeypatch.undo()
        archive.read(captured, an_article(1, body="then MOFCOM"))
        return found

    monkeypatch.setattr("indexer.documents.update.newest_articles", changed_meanwhile)
    assert update_documents(archive.store, load(), NOW) == UpdateCounts(new=1, rev=1)
    assert assert_whole(archive) == 1
    with archive.store.read() as connection:
        assert connection.execute(select(changed_pages)).all() == []


def test_an_article_in_the_queue_twice_is_updated_by_one_of_two_processes(archive):
    for number in range(3):
        archive.capture(an_article(number))
    first, second = (DocumentUpdate(archive.store, load(), NOW) for _ in range(2))
    assert first.run().new + second.run().new == 3


# --- killed

KILLED = """
import os, signal, sys
from pathlib import Path
sys.path[:0] = [sys.argv[2]]
from sqlalchemy import Engine, event
from archive.db.store import Store
from archive.ingest import reread as reread_module
from archive.ingest.catalog import Catalog
from archive.settings import ArchiveSettings
from indexer.documents import update
from indexer.settings import IndexerSettings
from indexer.sync import update_index
from indexer.vocabulary.loader import load
from support.archive import NOW, FunctionReader
from test_follow import better

reread_module.PAGES = update.BATCH = 2
left = int(sys.argv[3])

def dies(statement):
    global left
    if not statement.lstrip().upper().startswith(("SELECT", "PRAGMA")):
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

event.listen(Engine, "before_cursor_execute", lambda _c, _u, statement, *_: dies(statement))
event.listen(Engine, "commit", lambda _c: dies("COMMIT"))
data = Path(sys.argv[1])
with Store.open(ArchiveSettings(data=data, database=os.environ["GONGBAO_DATABASE"])) as store:
    following = update.DocumentUpdate(store, load(), NOW)
    reread_module.reread(Catalog(store, FunctionReader(2, better), following.follow), data, print)
    following.run()
    update_index(store, IndexerSettings(data=data))
print("done")
"""


@pytest.mark.parametrize("writes", [9, 25, 42, 60, 80])
def test_killed_at_any_write_it_leaves_a_whole_archive_and_the_next_does_the_rest(archive, writes):
    keep(archive, 7)
    update_documents(archive.store, load(), NOW)
    keep(archive, 2, first=8)
    tests = os.path.dirname(__file__)
    done = forks.run_program(KILLED, str(archive.data), tests, str(writes))
    assert (done.returncode, done.stderr) in ((-9, ""), (0, "")), done.stderr
    assert assert_whole(archive) >= 6
    read_again(archive).run()
    update_index(archive.store, IndexerSettings(data=archive.data))
    assert assert_whole(archive) == 8
    with reading(IndexerSettings(data=archive.data)) as engine:
        assert engine.count() == 8
    with archive.store.read() as connection:
        assert sorted(connection.scalars(select(documents.c.seq))) == [1, 2, 4, 5, 6, 7, 8, 9]
        assert connection.execute(select(changed_pages)).all() == []


# --- what an update looks at


def scans_of(archive, work):
    """The tables that statements of some work scan, each with the rest of its line in the plan."""
    executed = []
    event.listen(archive.store.engine, "before_cursor_execute",
                 lambda _c, _u, statement, given, *_: executed.append((statement, given)))
    work()
    scans = set()
    with archive.store.engine.connect() as connection:
        is_sqlite = connection.dialect.name == "sqlite"
        explain, column, scan = ("EXPLAIN QUERY PLAN", 3, "SCAN ") if is_sqlite else ("EXPLAIN", 0, "Seq Scan on ")
        if not is_sqlite:
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")  # it prefers to scan small tables
        for statement, given in executed:
            if statement.startswith(("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")):
                one = given[0] if isinstance(given, list) else given
                lines = [row[column] for row in connection.exec_driver_sql(f"{explain} {statement}", one)]
                scans |= {each.partition(scan)[2] for each in lines if scan in each}
    return scans


def test_one_new_page_costs_the_same_in_an_archive_of_any_size(archive):
    settings = IndexerSettings(data=archive.data)
    keep(archive, 30)
    update_documents(archive.store, load(), NOW)
    update_index(archive.store, settings)
    keep(archive, 1, first=40)

    def work():
        assert update_documents(archive.store, load(), NOW).new == 1
        assert update_index(archive.store, settings) == 1

    big = {"documents", "articles", "captures", "pages", "tombstones", "relations", "revisions", "lineage"}
    found = {each for each in scans_of(archive, work) if each.split()[0] in big and " USING " not in each}
    assert found == set()


def test_index_counts_what_followed_a_re_read(archive, monkeypatch):
    keep(archive, 3)
    update_documents(archive.store, load(), NOW)
    monkeypatch.setenv("GONGBAO_DATA", str(archive.data))

    def prepare(store, settings, follow):
        reread(Catalog(store, FunctionReader(2, better), follow), settings.data, pytest.fail)
        return 1

    monkeypatch.setattr(commands.index, "callback", partial(commands.index.callback, prepare=prepare))
    result = CliRunner().invoke(commands.index, catch_exceptions=False)
    assert result.output == "0 new, 2 changed, 1 gone, rev 6\n"
    assert result.exit_code == 1

