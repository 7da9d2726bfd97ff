"""The engine holds what the store holds, wherever writing was cut off, and searches go on while an index is remade."""

import json
import shutil
import subprocess
import sys
from contextlib import contextmanager

import pytest
from click.testing import CliRunner

from crawler.urls import page_id
from house import ROOT
from indexer import commands, sync
from indexer.config import IndexerSettings
from indexer.engines.base import Checkpoint
from indexer.engines.embedded import EmbeddedEngine
from indexer.engines.opening import open_engine
from indexer.errors import EngineError, IndexerError
from indexer.folders import locked, put_in_place
from indexer.query.model import Query
from indexer.query.parser import parse
from indexer.sync import RefusedError, StaleIndexError, rebuild, update_documents, update_index
from indexer.vocabulary.loader import load
from made_archive import NOW, MadeArchive, MemoryEngine, an_article, edited


@pytest.fixture
def archive(tmp_path):
    made = MadeArchive.at(tmp_path)
    yield made
    made.store.close()


@pytest.fixture
def settings(tmp_path):
    return IndexerSettings(data=tmp_path)


@pytest.fixture
def small_batches(monkeypatch):
    monkeypatch.setattr(sync, "BATCH", 3)


def fill(archive, numbers):
    """Documents for these numbers; their capture ids."""
    captures = [archive.capture(an_article(number)) for number in numbers]
    update_documents(archive.store, load(), NOW)
    return captures


@contextmanager
def reading(settings):
    engine = open_engine(settings, writable=False)
    yield engine
    engine.close()


# --- replay


def test_a_new_engine_gets_everything_and_the_checkpoint(archive, small_batches):
    fill(archive, range(8))
    engine = MemoryEngine()
    assert sync.sync(archive.store, engine) == 8
    assert engine.titles() == {f"Release {number}" for number in range(8)}
    assert engine.checkpoint() == Checkpoint(archive.store.uuid, 8)
    assert engine.writes == 1 + 3  # the first checkpoint, then 3 + 3 + 2


def test_without_news_nothing_is_written(archive):
    fill(archive, range(2))
    engine = MemoryEngine()
    sync.sync(archive.store, engine)
    before = engine.writes
    assert sync.sync(archive.store, engine) == 0
    assert engine.writes == before


def test_an_empty_archive_gives_an_index_that_can_be_opened(archive, settings):
    assert update_index(archive.store, settings) == 0
    with reading(settings) as engine:
        assert (engine.count(), engine.checkpoint()) == (0, Checkpoint(archive.store.uuid, 0))


def test_changes_and_removals_reach_the_engine(archive):
    captures = fill(archive, range(3))
    engine = MemoryEngine()
    sync.sync(archive.store, engine)
    archive.forget(captures[0])
    archive.capture(edited(an_article(1), title="Edited"), at="2026-06-01T00:00:00Z")
    update_documents(archive.store, load(), NOW)
    assert sync.sync(archive.store, engine) == 2
    assert engine.titles() == {"Edited", "Release 2"}


@pytest.mark.parametrize("writes", range(5))
def test_a_write_that_fails_midway_is_made_up_for_by_the_next_sync(archive, small_batches, writes):
    fill(archive, range(8))
    engine = MemoryEngine()
    engine.fails_after = writes
    if writes < 4:
        with pytest.raises(EngineError, match="no space"):
            sync.sync(archive.store, engine)
        assert engine.count() == max(0, (writes - 1) * 3)
    engine.fails_after = None
    sync.sync(archive.store, engine)
    assert engine.count() == 8
    assert engine.checkpoint() == Checkpoint(archive.store.uuid, 8)


def test_a_checkpoint_that_was_lost_means_writing_the_same_again(archive):
    fill(archive, range(4))
    engine = MemoryEngine()
    sync.sync(archive.store, engine)
    engine.held["checkpoint"] = Checkpoint(archive.store.uuid, 1)
    assert sync.sync(archive.store, engine) == 3
    assert engine.count() == 4


# --- refusals


def test_a_refused_document_is_named_and_does_not_keep_the_others_out(archive):
    fill(archive, range(9))
    engine = MemoryEngine(refuses=["Release 4", "Release 7"])
    with pytest.raises(RefusedError, match=r"refused 2 documents.*Release 4.*Release 7") as caught:
        sync.sync(archive.store, engine)
    assert page_id(an_article(4).urlkey) in str(caught.value)
    assert engine.count() == 7
    assert engine.checkpoint() == Checkpoint(archive.store.uuid, 9)


def test_a_refused_change_takes_the_old_text_out_of_the_index(archive):
    fill(archive, range(2))
    engine = MemoryEngine(refuses=["Bad"])
    sync.sync(archive.store, engine)
    archive.capture(edited(an_article(1), title="Bad"), at="2026-06-01T00:00:00Z")
    update_documents(archive.store, load(), NOW)
    with pytest.raises(RefusedError, match="Bad"):
        sync.sync(archive.store, engine)
    assert engine.titles() == {"Release 0"}


# --- stale indexes


def test_the_index_of_another_store_is_not_written_to(archive):
    fill(archive, range(2))
    engine = MemoryEngine({"documents": {}, "checkpoint": Checkpoint("another", 1)})
    with pytest.raises(StaleIndexError, match="another store"):
        sync.sync(archive.store, engine)
    assert engine.writes == 0


def test_an_index_ahead_of_its_store_is_not_written_to(archive):
    fill(archive, range(2))
    engine = MemoryEngine({"documents": {}, "checkpoint": Checkpoint(archive.store.uuid, 3)})
    with pytest.raises(StaleIndexError, match="restored from a copy"):
        sync.sync(archive.store, engine)


def test_an_index_is_remade_for_another_store(archive, settings, tmp_path):
    fill(archive, range(3))
    update_index(archive.store, settings)
    other = MadeArchive.at(tmp_path / "other")
    fill(other, [7])
    assert update_index(other.store, settings) == 1
    with reading(settings) as engine:
        assert engine.checkpoint() == Checkpoint(other.store.uuid, 1)
        assert engine.count() == 1
    other.store.close()


def test_an_index_is_remade_where_the_store_was_restored_from_an_older_copy(archive, settings, tmp_path):
    fill(archive, range(3))
    archive.store.close()
    for file in tmp_path.glob("gongbao.sqlite*"):
        shutil.copy(file, tmp_path / f"kept-{file.name}")
    archive = MadeArchive.at(tmp_path)
    fill(archive, range(3, 6))
    assert update_index(archive.store, settings) == 6
    archive.store.close()
    for file in tmp_path.glob("gongbao.sqlite*"):
        file.unlink()
    for file in tmp_path.glob("kept-*"):
        file.rename(tmp_path / file.name.removeprefix("kept-"))
    restored = MadeArchive.at(tmp_path)
    assert update_index(restored.store, settings) == 3
    with reading(settings) as engine:
        assert engine.count() == 3
    restored.store.close()


# --- rebuild and swap


def test_a_rebuild_leaves_one_folder_with_everything(archive, settings, tmp_path):
    fill(archive, range(4))
    update_index(archive.store, settings)
    (settings.index_folder() / "left-by-the-old-one").touch()
    assert rebuild(archive.store, settings) == 4
    assert not (settings.index_folder() / "left-by-the-old-one").exists()
    assert sorted(each.name for each in tmp_path.iterdir() if each.is_dir()) == ["index"]
    assert update_index(archive.store, settings) == 0


def test_an_open_reader_sees_the_rebuilt_index(archive, settings):
    fill(archive, range(4))
    update_index(archive.store, settings)
    with reading(settings) as engine:
        fill(archive, [5])
        rebuild(archive.store, settings)
        assert engine.search(Query(parse("release"))).total == 5


def test_a_rebuild_that_failed_leaves_the_old_index_and_the_next_one_works(archive, settings):
    fill(archive, range(4))
    update_index(archive.store, settings)
    with pytest.raises(EngineError):
        rebuild(archive.store, settings, lambda folder: failing(folder, after=0))
    with reading(settings) as engine:
        assert engine.count() == 4
    assert rebuild(archive.store, settings) == 4


def failing(folder, after):
    folder.mkdir()
    engine = MemoryEngine()
    engine.fails_after = after
    return engine


def test_what_comes_in_during_a_rebuild_is_in_the_new_index(archive, settings):
    fill(archive, range(4))
    opened = []

    def opener(folder):
        if opened:
            fill(archive, [10])
        opened.append(folder)
        return EmbeddedEngine.open(folder, writable=True)

    assert rebuild(archive.store, settings, opener) == 5
    assert len(opened) == 2
    with reading(settings) as engine:
        assert engine.count() == 5


def test_a_rebuild_with_a_refused_document_is_put_in_place_and_then_says_so(archive, settings):
    fill(archive, range(3))
    held = {"documents": {}, "checkpoint": None}

    def opener(folder):
        folder.mkdir(exist_ok=True)
        return MemoryEngine(held, refuses=["Release 1"])

    with pytest.raises(RefusedError, match="Release 1"):
        rebuild(archive.store, settings, opener)
    assert settings.index_folder().is_dir()
    assert len(held["documents"]) == 2


SEARCHER = """
import sys
from pathlib import Path
from indexer.config import IndexerSettings
from indexer.engines.opening import open_engine
from indexer.query.model import Query
from indexer.query.parser import parse

settings, totals = IndexerSettings(data=Path(sys.argv[1])), []
kept = open_engine(settings, writable=False)
print("ready", flush=True)
stop = Path(sys.argv[1]) / "stop"
while not stop.exists():
    totals.append(kept.search(Query(parse("release"))).total)
    fresh = open_engine(settings, writable=False)
    totals.append(fresh.search(Query(parse("release"))).total)
    fresh.close()
print(len(totals), sorted(set(totals)))
"""


def test_searches_of_another_process_go_on_through_many_rebuilds(archive, settings, tmp_path):
    fill(archive, range(5))
    update_index(archive.store, settings)
    process = subprocess.Popen([sys.executable, "-c", SEARCHER, str(tmp_path)], cwd=ROOT, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    with process:
        assert process.stdout.readline() == "ready\n"
        for _ in range(8):
            rebuild(archive.store, settings)
        (tmp_path / "stop").touch()
        out, err = process.communicate(timeout=60)
    assert err == ""
    count, totals = out.split(" ", 1)
    assert int(count) > 8
    assert totals == "[5]\n"


DYING = """
import os, sys
from pathlib import Path
import indexer.engines.embedded, indexer.folders, indexer.sync, indexer.updating
from crawler.config import CrawlerSettings
from crawler.store import Store
from crawler.times import utc_now
from indexer.config import IndexerSettings
from indexer.vocabulary.loader import load

data, place, name, times = Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
holder = {"engine": indexer.engines.embedded.EmbeddedEngine, "sync": indexer.sync, "updating": indexer.updating,
          "shutil": indexer.folders.shutil}[place]
real, calls = getattr(holder, name), []

def dying(*args, **kwargs):
    calls.append(1)
    if len(calls) == times:
        os._exit(9)
    return real(*args, **kwargs)

setattr(holder, name, dying)
indexer.sync.BATCH = indexer.updating.MANY = 3
with Store.open(CrawlerSettings(data=data)) as store:
    indexer.sync.update_documents(store, load(), utc_now())
    indexer.sync.rebuild(store, IndexerSettings(data=data))
"""


@pytest.mark.parametrize(("place", "name", "times"), [
    ("updating", "_relate", 5), ("updating", "_finish", 1), ("engine", "_finish", 1), ("engine", "_finish", 3),
    ("sync", "put_in_place", 1), ("shutil", "rmtree", 2)])
def test_a_process_that_dies_loses_nothing(archive, settings, tmp_path, place, name, times):
    fill(archive, range(4))
    update_index(archive.store, settings)
    for number in range(4, 11):
        archive.capture(an_article(number))
    died = subprocess.run([sys.executable, "-c", DYING, str(tmp_path), place, name, str(times)], cwd=ROOT, check=False)
    assert died.returncode == 9
    update_documents(archive.store, load(), NOW)
    update_index(archive.store, settings)
    with reading(settings) as engine:
        assert engine.search(Query(parse("release"))).total == engine.count() == 11
        assert engine.checkpoint() == Checkpoint(archive.store.uuid, 11)


# --- folders


@pytest.mark.parametrize("exchange", [True, False])
def test_a_folder_takes_the_place_of_another(tmp_path, monkeypatch, exchange):
    if not exchange:
        monkeypatch.setattr("indexer.folders._exchange", lambda one, other: False)
    for name in ("new", "old"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).touch()
    put_in_place(tmp_path / "new", tmp_path / "old")
    assert [each.name for each in tmp_path.iterdir()] == ["old"]
    assert (tmp_path / "old" / "new").exists()


def test_a_folder_that_is_not_there_cannot_take_a_place(tmp_path):
    with pytest.raises(IndexerError, match="cannot be put in the place"):
        put_in_place(tmp_path / "new", tmp_path / "old")


def test_a_lock_is_given_back_when_its_holder_is_done_or_failed(tmp_path):
    for _ in range(2):
        with pytest.raises(KeyError), locked(tmp_path / "lock"):
            raise KeyError


def test_a_lock_in_a_place_that_cannot_be_written_is_explained(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(IndexerError, match="cannot be written"), locked(tmp_path / "file" / "lock"):
        pass


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
    assert run(commands.index, "--rebuild").output == "0 new, 0 changed, 0 gone, rev 2\n"


def test_search_prints_title_day_source_and_address(archive, run):
    archive.capture(an_article(1, title="商务部公告"))
    run(commands.index)
    output = run(commands.search, "商務部公告").output
    assert output.splitlines()[0] == "2020-05-08  mofcom_en  商务部公告"
    assert an_article(1).url in output
    assert output.endswith("1 of 1\n")


def test_search_prints_json_lines(archive, run):
    archive.capture(an_article(1))
    archive.capture(an_article(2))
    run(commands.index)
    lines = [json.loads(line) for line in run(commands.search, "release", "--json", "--limit", "1").output.splitlines()]
    assert [set(each) for each in lines] == [{"id", "title", "published", "source", "language", "url"}]


def test_another_engine_is_refused_by_name(archive, run, monkeypatch):
    monkeypatch.setenv("GONGBAO_ENGINE", "sphinx")
    with pytest.raises(IndexerError, match="'sphinx'"):
        run(commands.index)
