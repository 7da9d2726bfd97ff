"""The engine holds what the store holds, wherever writing was cut off; a stale index is made anew."""

import json
from itertools import chain, cycle, repeat
from pathlib import Path

import pytest
from click.testing import CliRunner

import gongbao
from archive.errors import StoreError
from archive.ingest.catalog import Catalog
from archive.ingest.keep import ArchiveWriter
from archive.messages import message
from archive.urls import page_id
from archive.warc.http import Exchange
from crawler.reader import READER_VERSION
from crawler.settings import CrawlerSettings
from indexer import commands, sync
from indexer.document_rows import count_refused, documents_by_id, refused_documents
from indexer.engines.base import Checkpoint
from indexer.engines.embedded import engine as embedded_engine
from indexer.engines.embedded import schema
from indexer.engines.embedded.engine import EmbeddedEngine
from indexer.engines.factory import open_engine
from indexer.errors import DocumentRefusedError, EngineError, FormatError, UnavailableError
from indexer.query.model import Clause, Query
from indexer.settings import IndexerSettings
from indexer.sync import RefusedError, StaleIndexError, update_documents, update_index
from indexer.vocabulary.loader import load
from support.archive import NOW, Archive, FunctionReader, add_documents, an_article, checkpoint_at, edited, reading
from support.engines import FaultyEngine

PAGES = Path(__file__).parents[1] / "crawler" / "pages" / "mofcom_en"


@pytest.fixture
def engine(tmp_path):
    """The embedded engine with an index of its own; its writes are counted, and can be made to fail."""
    opened = FaultyEngine(EmbeddedEngine.open(tmp_path / "engine", writable=True))
    yield opened
    opened.close()


def titles(engine, *candidates):
    """Those candidates that are titles of documents in the index; it must hold no other document."""
    pages = {each: engine.search(Query((Clause(each, phrase=True),))) for each in candidates}
    found = {each: {hit.id for hit in page.hits} for each, page in pages.items() if page.hits and not page.widened}
    assert engine.count() == len(set().union(*found.values()))
    return set(found)


@pytest.fixture
def small_batches(monkeypatch):
    monkeypatch.setattr(sync, "BATCH", 3)


# --- replay


def test_a_new_engine_gets_everything_and_the_checkpoint(archive, engine, small_batches):
    add_documents(archive, range(8))
    assert sync.sync(archive.store, engine) == 8
    assert titles(engine, *(f"Release {number}" for number in range(9))) == {f"Release {number}" for number in range(8)}
    assert engine.checkpoint() == checkpoint_at(archive.store, 8)
    assert engine.writes == 1 + 3  # the first checkpoint, then 3 + 3 + 2


def test_without_news_nothing_is_written(archive, engine):
    add_documents(archive, range(2))
    sync.sync(archive.store, engine)
    before = engine.writes
    assert sync.sync(archive.store, engine) == 0
    assert engine.writes == before


def test_an_empty_archive_gives_an_index_that_can_be_opened(archive, settings):
    assert update_index(archive.store, settings) == 0
    with reading(settings) as engine:
        assert (engine.count(), engine.checkpoint()) == (0, Checkpoint(archive.store.uuid, 0))


def test_changes_and_removals_reach_the_engine(archive, engine):
    captures = add_documents(archive, range(3))
    sync.sync(archive.store, engine)
    archive.forget(captures[0])
    archive.capture(edited(an_article(1), title="Edited"), at="2026-06-01T00:00:00Z")
    update_documents(archive.store, load(), NOW)
    assert sync.sync(archive.store, engine) == 2
    assert titles(engine, "Edited", "Release 0", "Release 1", "Release 2") == {"Edited", "Release 2"}


@pytest.mark.parametrize("writes", range(5))
def test_a_write_that_fails_midway_is_made_up_for_by_the_next_sync(archive, engine, small_batches, writes):
    add_documents(archive, range(8))
    engine.fails_after = writes
    if writes < 4:
        with pytest.raises(UnavailableError, match="no space"):
            sync.sync(archive.store, engine)
        assert engine.count() == max(0, (writes - 1) * 3)
    engine.fails_after = None
    sync.sync(archive.store, engine)
    assert engine.count() == 8
    assert engine.checkpoint() == checkpoint_at(archive.store, 8)


def test_a_checkpoint_that_was_lost_means_writing_the_same_again(archive, engine):
    add_documents(archive, range(4))
    sync.sync(archive.store, engine)
    engine.write((), (), checkpoint_at(archive.store, 1))
    assert sync.sync(archive.store, engine) == 3
    assert engine.count() == 4


# --- refusals


def test_a_refused_document_is_named_and_does_not_keep_the_others_out(archive, engine):
    add_documents(archive, range(9))
    engine.refuses = ["Release 4", "Release 7"]
    with pytest.raises(RefusedError, match=r"refused these documents.*Release 4.*Release 7") as caught:
        sync.sync(archive.store, engine)
    assert page_id(an_article(4).urlkey) in str(caught.value)
    assert engine.count() == 7
    assert engine.checkpoint() == checkpoint_at(archive.store, 9)


def test_a_refused_change_takes_the_old_text_out_of_the_index(archive, engine):
    add_documents(archive, range(2))
    engine.refuses = ["Bad"]
    sync.sync(archive.store, engine)
    archive.capture(edited(an_article(1), title="Bad"), at="2026-06-01T00:00:00Z")
    update_documents(archive.store, load(), NOW)
    with pytest.raises(RefusedError, match="Bad"):
        sync.sync(archive.store, engine)
    assert titles(engine, "Release 0", "Release 1", "Bad") == {"Release 0"}


def refused(archive):
    """Title and reason of each refused document, as /status shows them."""
    with archive.store.read() as connection:
        assert count_refused(connection) == len(refused_documents(connection, 99))
        return {each.title: str(each.reason) for each in refused_documents(connection, 99)}


UNFIT = "its fields cannot be read: unfit"


@pytest.mark.parametrize("partial", [False, True])
def test_the_store_keeps_why_a_document_was_refused(archive, engine, partial):
    add_documents(archive, range(3))
    engine.refuses, engine.partial = ["Release 1"], partial
    with pytest.raises(RefusedError):
        sync.sync(archive.store, engine)
    assert refused(archive) == {"Release 1": UNFIT}
    assert titles(engine, "Release 0", "Release 1", "Release 2") == {"Release 0", "Release 2"}
    assert sync.sync(archive.store, engine) == 0
    assert refused(archive) == {"Release 1": UNFIT}


def test_a_refused_document_is_tried_again_when_it_changes(archive, engine):
    add_documents(archive, range(3))
    engine.refuses = ["Release 1", "Still bad"]
    with pytest.raises(RefusedError):
        sync.sync(archive.store, engine)
    archive.capture(edited(an_article(1), title="Still bad"), at="2026-06-01T00:00:00Z")
    update_documents(archive.store, load(), NOW)
    with pytest.raises(RefusedError, match="Still bad"):
        sync.sync(archive.store, engine)
    assert refused(archive) == {"Still bad": UNFIT}
    archive.capture(edited(an_article(1), title="Good"), at="2026-07-01T00:00:00Z")
    update_documents(archive.store, load(), NOW)
    sync.sync(archive.store, engine)
    assert refused(archive) == {}
    assert titles(engine, "Release 0", "Good", "Release 2") == {"Release 0", "Good", "Release 2"}


def test_the_refusal_of_a_document_that_is_gone_is_forgotten(archive, engine):
    captured = add_documents(archive, range(2))
    engine.refuses = ["Release 1"]
    with pytest.raises(RefusedError):
        sync.sync(archive.store, engine)
    archive.forget(captured[1])
    update_documents(archive.store, load(), NOW)
    sync.sync(archive.store, engine)
    assert refused(archive) == {}


def test_a_process_that_dies_after_a_refusal_has_kept_its_reason(archive, engine):
    add_documents(archive, range(3))
    sync.sync(archive.store, engine)
    archive.capture(edited(an_article(1), title="Bad"), at="2026-06-01T00:00:00Z")
    update_documents(archive.store, load(), NOW)
    engine.refuses, engine.outages = ["Bad"], iter([False, True])
    with pytest.raises(UnavailableError):
        sync.sync(archive.store, engine)
    assert refused(archive) == {"Bad": UNFIT}
    assert engine.checkpoint() == checkpoint_at(archive.store, 3)


def test_an_engine_that_refuses_what_it_was_not_given_ends_the_sync(archive, engine, monkeypatch):
    add_documents(archive, range(2))

    def write(self, documents, gone, upto):
        if list(documents):
            raise DocumentRefusedError({"another": message("document_unreadable", error="unfit")})

    monkeypatch.setattr(FaultyEngine, "write", write)
    with pytest.raises(DocumentRefusedError, match="another"):
        sync.sync(archive.store, engine)


def test_many_refused_documents_are_counted_and_some_named(archive, engine):
    add_documents(archive, range(25))
    engine.refuses = {f"Release {number}" for number in range(25)}
    with pytest.raises(RefusedError, match=r"and 5 more$"):
        sync.sync(archive.store, engine)
    assert len(refused(archive)) == 25


# --- outages


@pytest.mark.parametrize("partial", [False, True])
def test_an_engine_that_fails_for_a_while_loses_nothing(archive, engine, small_batches, partial):
    """An engine that answers 429 to nine writes: once all their documents but two were found again."""
    add_documents(archive, range(30))
    engine.refuses, engine.partial = ["Release 11"], partial
    engine.outages = chain([False], repeat(True, 9), cycle([False, False, True]))
    failures = 0
    while True:
        try:
            sync.sync(archive.store, engine)
        except UnavailableError:
            failures += 1
        except RefusedError:
            pass
        else:
            break
    assert failures > 9
    assert engine.count() == 29
    assert engine.checkpoint() == checkpoint_at(archive.store, 30)
    assert refused(archive) == {"Release 11": UNFIT}


def test_a_broken_index_is_made_anew(archive, settings, caplog):
    add_documents(archive, range(3))
    update_index(archive.store, settings)
    (settings.index_folder() / "meta.json").write_bytes(b"{")
    assert update_index(archive.store, settings) == 3
    assert "the search index is made anew: the search index in" in caplog.text
    with reading(settings) as engine:
        assert engine.count() == 3


def test_an_index_that_is_locked_for_a_while_is_left_as_it_is(archive, settings):
    add_documents(archive, range(3))
    update_index(archive.store, settings)
    add_documents(archive, [3])
    writer = open_engine(settings, writable=True)
    with pytest.raises(UnavailableError, match="another process is writing"):
        update_index(archive.store, settings)
    writer.close()
    assert update_index(archive.store, settings) == 1


# --- stale indexes


def test_the_index_of_another_store_is_not_written_to(archive, engine):
    add_documents(archive, range(2))
    engine.write((), (), Checkpoint("another", 1))
    with pytest.raises(StaleIndexError, match="another store"):
        sync.sync(archive.store, engine)
    assert engine.writes == 1


def test_an_index_ahead_of_its_store_is_not_written_to(archive, engine):
    add_documents(archive, range(2))
    engine.write((), (), Checkpoint(archive.store.uuid, 3))
    with pytest.raises(StaleIndexError, match="restored from a copy"):
        sync.sync(archive.store, engine)


def test_an_index_is_remade_for_another_store(archive, settings, tmp_path, new_database):
    add_documents(archive, range(3))
    update_index(archive.store, settings)
    other = Archive.open(tmp_path / "other", database=new_database())
    add_documents(other, [7])
    assert update_index(other.store, settings) == 1
    with reading(settings) as engine:
        assert engine.checkpoint() == checkpoint_at(other.store, 1)
        assert engine.count() == 1
    other.store.close()


def test_an_index_is_remade_where_the_store_was_restored_from_an_older_copy(archive, settings):
    add_documents(archive, range(3))
    copy = archive.copy()
    add_documents(archive, range(3, 6))
    assert update_index(archive.store, settings) == 6
    archive.restore(copy)
    assert update_index(archive.store, settings) == 3
    with reading(settings) as engine:
        assert engine.count() == 3


def test_an_index_of_another_version_is_made_anew(archive, settings, monkeypatch):
    add_documents(archive, range(3))
    with monkeypatch.context() as another:
        for module in (embedded_engine, schema):
            another.setattr(module, "FORMAT", schema.FORMAT - 1)
        update_index(archive.store, settings)
    with pytest.raises(FormatError):
        open_engine(settings, writable=False)
    assert update_index(archive.store, settings) == 3
    with reading(settings) as engine:
        assert engine.count() == 3


# --- commands


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("GONGBAO_DATA", str(tmp_path))

    def called(command, *words):
        return CliRunner().invoke(command, words, catch_exceptions=False)

    return called


def test_index_says_in_one_line_what_it_did(archive, run):
    archive.capture(an_article(1))
    archive.capture(an_article(2))
    assert run(commands.index).output == "2 new, 0 changed, 0 gone, rev 2\n"
    assert run(commands.index).output == "0 new, 0 changed, 0 gone, rev 2\n"
    assert run(commands.index, "--rebuild").output == "index rebuilt; 0 new, 0 changed, 0 gone, rev 2\n"


def test_index_first_reads_again_what_an_older_reader_read(archive, run, tmp_path):
    page = next(PAGES.glob("*.html"))
    said = json.loads(page.with_suffix(".json").read_text("utf-8"))
    older = FunctionReader(READER_VERSION - 1, lambda capture: an_article(url=capture.url, title="Read badly"))
    with ArchiveWriter.open(CrawlerSettings(data=tmp_path), Catalog(archive.store, older), "crawl") as kept:
        kept.keep(Exchange(said["url"], NOW, 200, "OK", [(b"Content-Type", b"text/html")], page.read_bytes()))
    update_documents(archive.store, load(), NOW)
    assert run(gongbao.main, "index").output == "1 capture read again\n0 new, 1 changed, 0 gone, rev 2\n"
    with archive.store.read() as connection:
        document = documents_by_id(connection, [page_id(said["urlkey"])])[page_id(said["urlkey"])]
    assert (document.title, document.cause) == (said["title"], "reader improved")
    assert run(gongbao.main, "index").output == "0 new, 0 changed, 0 gone, rev 2\n"


def test_index_names_what_it_cannot_read_again_and_does_the_rest(archive, run, tmp_path):
    archive.capture(an_article(1), reader=READER_VERSION - 1)
    archive.capture(an_article(2), reader=READER_VERSION - 1)
    result = run(gongbao.main, "index")
    assert result.stderr == f"gongbao: {tmp_path / 'a.warc.gz'} is missing; restore it from a backup (2 captures)\n"
    assert result.stdout == "2 new, 0 changed, 0 gone, rev 2\n"
    assert result.exit_code == 1


def test_index_makes_no_archive_where_there_is_none(run, tmp_path):
    with pytest.raises(StoreError, match="there is no archive at"):
        run(commands.index)
    assert list(tmp_path.iterdir()) == []


def test_another_engine_is_refused_by_name(archive, tmp_path):
    with pytest.raises(EngineError, match="'sphinx'"):
        update_index(archive.store, IndexerSettings(data=tmp_path, engine="sphinx"))
