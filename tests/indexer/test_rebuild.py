"""Rebuild of the index: atomic swap, concurrent searches, killed processes."""

import errno
import os
import subprocess
import sys
import threading
from itertools import repeat

import pytest

from indexer.document_rows import refused_documents
from indexer.engines.directory_swap import locked, replace_directory
from indexer.engines.embedded.engine import EmbeddedEngine
from indexer.errors import EngineError, IndexerError, UnavailableError
from indexer.query.model import Query
from indexer.query.parser import parse
from indexer.sync import RefusedError, rebuild, update_documents, update_index, why_stale
from indexer.vocabulary.loader import load
from support import forks
from support.archive import NOW, add_documents, an_article, checkpoint_at, reading
from support.engines import FaultyEngine
from support.house import ROOT


def test_a_rebuild_leaves_one_folder_with_everything(archive, settings, tmp_path):
    add_documents(archive, range(4))
    update_index(archive.store, settings)
    (settings.index_folder() / "left-by-the-old-one").touch()
    assert rebuild(archive.store, settings) == 4
    assert not (settings.index_folder() / "left-by-the-old-one").exists()
    assert sorted(each.name for each in tmp_path.iterdir() if each.is_dir()) == ["index"]
    assert update_index(archive.store, settings) == 0


def test_an_open_reader_sees_the_rebuilt_index(archive, settings):
    add_documents(archive, range(4))
    update_index(archive.store, settings)
    with reading(settings) as engine:
        add_documents(archive, [5])
        rebuild(archive.store, settings)
        assert engine.search(Query(parse("release"))).total == 5


def test_a_rebuild_that_failed_leaves_the_old_index_and_the_next_one_works(archive, settings):
    add_documents(archive, range(4))
    update_index(archive.store, settings)
    with pytest.raises(EngineError):
        rebuild(archive.store, settings, lambda folder: faulty(folder, fails_after=0))
    with reading(settings) as engine:
        assert engine.count() == 4
    assert rebuild(archive.store, settings) == 4


def faulty(folder, **faults):
    return FaultyEngine(EmbeddedEngine.open(folder, writable=True), **faults)


def test_what_comes_in_during_a_rebuild_is_in_the_new_index(archive, settings):
    add_documents(archive, range(4))
    opened = []

    def opener(folder):
        if opened:
            add_documents(archive, [10])
        opened.append(folder)
        return EmbeddedEngine.open(folder, writable=True)

    assert rebuild(archive.store, settings, opener) == 5
    assert len(opened) == 2
    with reading(settings) as engine:
        assert engine.count() == 5


def test_a_rebuild_with_a_refused_document_is_put_in_place_and_then_says_so(archive, settings):
    add_documents(archive, range(3))
    with pytest.raises(RefusedError, match="Release 1"):
        rebuild(archive.store, settings, lambda folder: faulty(folder, refuses=["Release 1"]))
    with reading(settings) as engine:
        assert engine.count() == 2


def test_a_rebuild_tries_refused_documents_again(archive, settings):
    add_documents(archive, range(3))
    with pytest.raises(RefusedError):
        update_index(archive.store, settings, lambda folder: faulty(folder, refuses=["Release 1", "Release 2"]))
    with pytest.raises(RefusedError, match="Release 1"):
        rebuild(archive.store, settings, lambda folder: faulty(folder, refuses=["Release 1"]))
    with archive.store.read() as connection:
        assert [each.title for each in refused_documents(connection, 9)] == ["Release 1"]
    rebuild(archive.store, settings)
    with archive.store.read() as connection:
        assert refused_documents(connection, 9) == []


def test_a_rebuild_that_fails_keeps_the_reasons_of_the_old_index(archive, settings):
    add_documents(archive, range(3))
    with pytest.raises(RefusedError):
        update_index(archive.store, settings, lambda folder: faulty(folder, refuses=["Release 1"]))
    openings = iter([{}, {"outages": repeat(True)}])
    with pytest.raises(UnavailableError):
        rebuild(archive.store, settings, lambda folder: outage_at_the_end(archive, faulty(folder, **next(openings))))
    with archive.store.read() as connection:
        assert [each.title for each in refused_documents(connection, 9)] == ["Release 1"]


def outage_at_the_end(archive, engine):
    """The engine; something comes in, so that the end of a rebuild has to write."""
    archive.capture(an_article(20 + engine.count()))
    update_documents(archive.store, load(), NOW)
    return engine


SEARCHER = """
import sys
from pathlib import Path
from indexer.settings import IndexerSettings
from indexer.engines.factory import open_engine
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
    add_documents(archive, range(5))
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
import indexer.engines.embedded.engine, indexer.engines.directory_swap, indexer.sync, indexer.documents.update
from archive.settings import ArchiveSettings
from archive.db.store import Store
from archive.times import utc_now
from indexer.settings import IndexerSettings
from indexer.vocabulary.loader import load

data, place, name, times = Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
holder = {"engine": indexer.engines.embedded.engine.EmbeddedEngine, "sync": indexer.sync,
          "updating": indexer.documents.update, "pages": indexer.documents.page_changes,
          "shutil": indexer.engines.directory_swap.shutil}[place]
real, calls = getattr(holder, name), []

def dying(*args, **kwargs):
    calls.append(1)
    if len(calls) == times:
        os._exit(9)
    return real(*args, **kwargs)

setattr(holder, name, dying)
indexer.sync.BATCH = indexer.documents.update.BATCH = 3
with Store.open(ArchiveSettings(data=data, database=os.environ["GONGBAO_DATABASE"])) as store:
    indexer.sync.update_documents(store, load(), utc_now())
    indexer.sync.rebuild(store, IndexerSettings(data=data))
"""


@pytest.mark.parametrize(("place", "name", "times"), [
    ("pages", "_replace_relations", 5), ("updating", "take_queued", 1), ("updating", "write_documents", 3),
    ("engine", "_commit", 1), ("engine", "_commit", 3),
    ("sync", "replace_directory", 1), ("shutil", "rmtree", 2)])
def test_a_process_that_dies_loses_nothing(archive, settings, tmp_path, place, name, times):
    add_documents(archive, range(4))
    update_index(archive.store, settings)
    for number in range(4, 11):
        archive.capture(an_article(number))
    died = forks.run_program(DYING, str(tmp_path), place, name, str(times))
    assert died.returncode == 9, died.stderr
    update_documents(archive.store, load(), NOW)
    update_index(archive.store, settings)
    with reading(settings) as engine:
        assert engine.search(Query(parse("release"))).total == engine.count() == 11
        assert engine.checkpoint() == checkpoint_at(archive.store, 11)


# --- folders


@pytest.mark.parametrize("exchange", [True, False])
def test_a_folder_takes_the_place_of_another(tmp_path, monkeypatch, exchange):
    if not exchange:
        monkeypatch.setattr("indexer.engines.directory_swap._exchange", lambda one, other: False)
    for name in ("new", "old"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).touch()
    replace_directory(tmp_path / "new", tmp_path / "old")
    assert [each.name for each in tmp_path.iterdir()] == ["old"]
    assert (tmp_path / "old" / "new").exists()


@pytest.mark.parametrize("files", [1, 1000], ids=["one file late", "new files for ever"])
def test_a_reader_that_opens_the_replaced_folder_is_no_failure(tmp_path, monkeypatch, files):
    """Opening an index makes a lock file in its folder: the folder that is being removed is then not empty."""
    for name in ("new", "old"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).touch()
    late = iter(range(files))

    def rmdir(path, *arguments, **more):
        if next(late, None) is not None:
            raise OSError(errno.ENOTEMPTY, "Directory not empty")
        return real(path, *arguments, **more)

    real = os.rmdir
    monkeypatch.setattr(os, "rmdir", rmdir)
    replace_directory(tmp_path / "new", tmp_path / "old")
    assert (tmp_path / "old" / "new").exists()
    assert (tmp_path / "new").exists() == (files > 1)


def test_a_folder_that_is_not_there_cannot_take_a_place(tmp_path):
    with pytest.raises(IndexerError, match=r"cannot replace .*check the permissions"):
        replace_directory(tmp_path / "new", tmp_path / "old")


def test_a_lock_is_given_back_when_its_holder_is_done_or_failed(tmp_path):
    for _ in range(2):
        with pytest.raises(KeyError), locked(tmp_path / "lock"):
            raise KeyError


def test_a_lock_is_waited_for_until_its_holder_releases_it(tmp_path):
    events, waiting = [], threading.Event()

    def second():
        waiting.set()
        with locked(tmp_path / "lock"):
            events.append("second")

    thread = threading.Thread(target=second)
    with locked(tmp_path / "lock"):
        thread.start()
        waiting.wait(5)
        thread.join(0.2)
        events.append("first")
    thread.join(5)
    assert events == ["first", "second"]


def test_an_error_under_a_lock_stays_what_it_was(tmp_path):
    with pytest.raises(FileNotFoundError), locked(tmp_path / "lock"):
        (tmp_path / "none").read_bytes()


def test_a_lock_in_a_place_that_cannot_be_written_is_explained(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(IndexerError, match="cannot be written"), locked(tmp_path / "file" / "lock"):
        pass


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOSYS])
def test_a_file_system_without_locks_is_no_reason_for_one_that_outlives_its_process(tmp_path, monkeypatch, number):
    def refuse(_file, _how):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("fcntl.flock", refuse)
    with pytest.raises(IndexerError, match=os.strerror(number)), locked(tmp_path / "lock"):
        pytest.fail("locked all the same")


@pytest.mark.parametrize("write", [rebuild, update_index])
def test_a_file_in_the_place_of_the_index_is_replaced(archive, settings, tmp_path, write):
    add_documents(archive, range(2))
    (tmp_path / "index").write_text("no folder")
    write(archive.store, settings)
    assert not (tmp_path / "index.new").exists()
    with reading(settings) as engine:
        assert engine.count() == 2


def test_what_a_command_does_already_is_not_advised(archive, settings, tmp_path, caplog):
    (tmp_path / "index").write_text("no folder")
    assert "gongbao" not in (why_stale(archive.store, settings) or "")
    update_index(archive.store, settings)
    [line] = [each.message for each in caplog.records]
    assert line.startswith("the search index is made anew: the search index in ")
    assert "gongbao" not in line
