"""The embedded engine: engine contract, concurrent readers and writers, damaged folders."""

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import tantivy

from indexer.engines.base import Checkpoint
from indexer.engines.directory_swap import replace_directory
from indexer.engines.embedded import schema
from indexer.engines.embedded.engine import EmbeddedEngine
from indexer.engines.embedded.errors import engine_errors
from indexer.errors import (
    BrokenIndexError,
    DocumentRefusedError,
    EngineError,
    FormatError,
    NoIndexError,
    TooCostlyError,
    UnavailableError,
)
from indexer.query.model import Query
from indexer.query.parser import parse
from support.engine_cases import doc, ids, put, search
from support.engine_contract import EngineContract, quoted

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def engine(tmp_path):
    opened = EmbeddedEngine.open(tmp_path / "index", writable=True)
    yield opened
    opened.close()


@pytest.fixture
def reader(engine, tmp_path):
    opened = EmbeddedEngine.open(tmp_path / "index", writable=False)
    yield opened
    opened.close()


class TestEmbedded(EngineContract):
    """Tantivy in a folder."""


def test_an_index_is_the_same_when_opened_again(engine, tmp_path):
    put(engine, doc("a", "公告 policies"), rev=4)
    engine.close()
    again = EmbeddedEngine.open(tmp_path / "index", writable=True)
    put(again, doc("b", "公告"), rev=5)
    assert (sorted(ids(again, "公告")), ids(again, "policy"), again.checkpoint().rev) == (["a", "b"], ["a"], 5)
    again.close()


def test_a_reader_sees_every_commit_at_once(engine, reader):
    for number in range(1, 5):
        put(engine, doc(f"d{number}", "x"), rev=number)
        assert (reader.count(), reader.checkpoint().rev, search(reader, "x").total) == (number, number, number)


def test_a_reader_does_not_write(reader):
    with pytest.raises(UnavailableError, match="reading only"):
        put(reader, doc("a"))


def test_a_second_writer_is_told_why_it_must_wait(engine, tmp_path):
    with pytest.raises(UnavailableError, match="another process is writing"):
        EmbeddedEngine.open(tmp_path / "index", writable=True)
    engine.close()
    EmbeddedEngine.open(tmp_path / "index", writable=True).close()


def test_a_reader_follows_a_folder_that_is_swapped(engine, reader, tmp_path):
    put(engine, doc("a", "old"))
    assert ids(reader, "old") == ["a"]
    beside = EmbeddedEngine.open(tmp_path / "index.new", writable=True)
    put(beside, doc("b", "new"), rev=2)
    beside.close()
    engine.close()
    replace_directory(tmp_path / "index.new", tmp_path / "index")
    assert (ids(reader, "old"), ids(reader, "new"), reader.checkpoint().rev) == ([], ["b"], 2)


def test_a_reader_goes_on_while_the_folder_is_away(engine, reader, tmp_path):
    put(engine, doc("a", "old"))
    assert reader.count() == 1
    (tmp_path / "index").rename(tmp_path / "aside")
    assert ids(reader, "old") == ["a"]


@pytest.mark.parametrize(("words", "phrases", "size"), [(2, 64, 600), (2000, 1, 600), (2000, 64, 1), (2000, 3, 8)])
def test_a_cut_quotation_is_found_whatever_the_engine_has_room_for(engine, monkeypatch, words, phrases, size):
    for name, value in (("_MAX_WORDS", words), ("_MAX_PHRASES", phrases), ("_REGEX_BYTES", size)):
        monkeypatch.setattr(f"indexer.engines.embedded.compile.{name}", value)
    put(engine, doc("a", "administering 53 of trading partners"), doc("b",
        "mastering lettering 53 of traders trades traded"))
    for cut in ("tering 53 of trad", "ing 53 of trading part", "ering 53", "of trad", "tering 53 o", "dministerin",
                "g 53 of tradi"):
        assert "a" in [each.id for each in quoted(engine, cut).hits], cut


def test_no_index_says_what_to_run(tmp_path):
    with pytest.raises(NoIndexError, match=r"no search index.*gongbao index"):
        EmbeddedEngine.open(tmp_path / "none", writable=False)


@pytest.mark.parametrize("meta", [b"", b"{", b"{}", b'{"segments": 3}', b"\xff"])
def test_a_damaged_index_says_what_to_run(engine, tmp_path, meta):
    engine.close()
    (tmp_path / "index" / "meta.json").write_bytes(meta)
    for writable in (False, True):
        with pytest.raises(BrokenIndexError, match="index --rebuild"):
            EmbeddedEngine.open(tmp_path / "index", writable=writable)


def test_a_missing_segment_says_what_to_run(engine, tmp_path):
    put(engine, doc("a", "x"))
    engine.close()
    for each in (tmp_path / "index").glob("*.term"):
        each.unlink()
    with pytest.raises(BrokenIndexError, match="index --rebuild"):
        EmbeddedEngine.open(tmp_path / "index", writable=False)


@pytest.mark.parametrize("error", [PermissionError(13, "Permission denied"), OSError(30, "Read-only file system")])
def test_an_index_without_rights_says_which_are_needed(engine, tmp_path, monkeypatch, error):
    def shut(meta):
        raise error

    monkeypatch.setattr("indexer.engines.embedded.engine._file_stamp", shut)
    with pytest.raises(UnavailableError, match="give this user read and write permission"):
        EmbeddedEngine.open(tmp_path / "index", writable=False)


def test_an_index_of_another_format_is_refused(engine, tmp_path, monkeypatch):
    put(engine, doc("a", "x"))
    engine.close()
    for module in ("indexer.engines.embedded.engine", "indexer.engines.embedded.schema"):
        monkeypatch.setattr(f"{module}.FORMAT", schema.FORMAT + 1)
    with pytest.raises(FormatError, match=r"format.*index --rebuild"):
        EmbeddedEngine.open(tmp_path / "index", writable=False)


def test_threads_search_while_one_writes(engine):
    put(engine, *(doc(f"d{at}", "trade 贸易") for at in range(1, 51)))
    totals, failures, done = [], [], threading.Event()

    def ask():
        try:
            while not done.is_set():
                page = engine.search(Query(parse("trade 贸易")), facets=True)
                totals.append((page.total, page.undated))
        except EngineError as error:
            failures.append(error)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for each in threads:
        each.start()
    for number in range(51, 71):
        put(engine, doc(f"d{number}", "trade 贸易"), rev=number)
    done.set()
    for each in threads:
        each.join()
    assert not failures
    assert all(total == undated and 50 <= total <= 70 for total, undated in totals)


def test_a_document_that_is_refused_leaves_nothing_of_its_batch_behind(engine):
    put(engine, doc("a", "old"))
    with pytest.raises(DocumentRefusedError):
        put(engine, doc("a", "new"), doc("b", source=""), doc("c", "new"), rev=2)
    put(engine, doc("d", "x"), rev=3)
    assert (ids(engine, "old"), ids(engine, "new"), engine.count()) == (["a"], [], 2)


def test_a_search_that_needs_too_large_an_automaton_is_too_costly(engine, monkeypatch):
    monkeypatch.setattr("indexer.engines.embedded.compile._word_prefix", lambda _prefix: tantivy.Query.regex_query(
        schema.schema(), schema.WORDS, ".{1000}{1000}"))
    put(engine, doc("a", "x"))
    with pytest.raises(TooCostlyError, match="write whole words"):
        quoted(engine, "zz of yy")


@pytest.mark.parametrize(("trouble", "kind"), [
    ("No space left on device (os error 28)", UnavailableError),
    ("An index writer was killed. A worker thread encountered an error (io::Error most likely) or panicked.",
     UnavailableError),
    ("Failed to acquire Lockfile: LockBusy. Some(...)", UnavailableError),
    ("something that nobody has seen yet", UnavailableError),
    ("Data corrupted: 'meta file cannot be deserialized.'", BrokenIndexError),
    ("FileDoesNotExist('a.term')", BrokenIndexError),
    ("An IO error occurred: 'Unsupported dictionary type, expected 2, got 253'", BrokenIndexError),
    ("An IO error occurred: 'Reach end of buffer while reading VInt'", BrokenIndexError),
    ("An IO error occurred: 'the offset to copy is not contained in the decompressed buffer'", BrokenIndexError)])
def test_what_may_pass_is_not_called_damage(tmp_path, trouble, kind):
    with pytest.raises(kind), engine_errors(tmp_path):
        raise ValueError(trouble)


def test_a_panic_is_damage_of_the_index(tmp_path):
    panic = type("PanicException", (BaseException,), {})
    with (pytest.raises(BrokenIndexError, match=r"panicked: index out of bounds; run `gongbao index --rebuild`$"),
          engine_errors(tmp_path)):
        raise panic("index out of bounds")


def test_two_threads_may_write(engine):
    threads = [threading.Thread(target=put, args=(engine, doc(f"d{at}", "x"))) for at in range(1, 9)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert engine.count() == 8


WRITER = """
import sys
from pathlib import Path
sys.path.insert(0, "tests")
from support.engine_cases import doc, put
from indexer.engines.embedded.engine import EmbeddedEngine
engine = EmbeddedEngine.open(Path(sys.argv[1]), writable=True)
def endless():
    for number in range(1, 10**9):
        yield doc(f"half{number}", "half " * 200)
        if number == 3000:
            print("half", flush=True)
            sys.stdin.read()
if sys.argv[2] == "half":
    put(engine, doc("a", "whole"), rev=1)
    engine.write(endless(), ["a"], None)
for number in range(1, 10**9):
    put(engine, doc(f"d{number}", "x"), rev=number)
    print(number, flush=True)
"""


def killed_writer(folder, way, lines):
    """Start a process that writes, kill it after so many lines, and say what it had printed last."""
    with subprocess.Popen([sys.executable, "-c", WRITER, str(folder), way], cwd=ROOT, stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True) as process:
        said = [process.stdout.readline().strip() for _ in range(lines)]
        os.kill(process.pid, signal.SIGKILL)
        rest = process.stdout.read().split()
    return [*said, *rest][-1]


def test_a_writer_killed_in_the_middle_leaves_the_last_checkpoint(tmp_path):
    assert killed_writer(tmp_path / "index", "half", 1) == "half"
    engine = EmbeddedEngine.open(tmp_path / "index", writable=True)
    assert (engine.checkpoint().rev, engine.count(), ids(engine, "whole"), ids(engine, "half")) == (1, 1, ["a"], [])
    put(engine, doc("b", "whole"), rev=2)
    assert engine.count() == 2
    engine.close()


@pytest.mark.parametrize("commits", [1, 4, 9])
def test_a_writer_killed_while_committing_loses_nothing_it_reported(tmp_path, commits):
    reported = int(killed_writer(tmp_path / "index", "whole", commits))
    engine = EmbeddedEngine.open(tmp_path / "index", writable=True)
    rev = engine.checkpoint().rev
    assert rev in (reported, reported + 1)
    assert engine.count() == rev
    engine.close()


def test_the_index_holds_no_text(engine, tmp_path):
    put(engine, doc("a", "unmistakable 独一无二的词句"))
    engine.close()
    stored = b"".join(each.read_bytes() for each in (tmp_path / "index").glob("*.store"))
    assert b"unmistakable" not in stored
    assert "独一无二".encode() not in stored
    assert json.loads((tmp_path / "index" / "meta.json").read_text())["segments"]


def test_a_new_checkpoint_alone_is_a_commit(engine, reader):
    engine.write((), (), Checkpoint("other", 0))
    assert reader.checkpoint() == Checkpoint("other", 0)
