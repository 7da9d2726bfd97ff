"""Kills of crawl and index in short, and the check that follows them, on archives with one fault each."""

import json
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from demo.replica import Replica
from demo.samples import load_releases
from support import forks
from support.crawl import environment
from support.house import ROOT, load_script

RELEASES = [each for each in load_releases() if each.source == "mofcom_en" and not each.clone_of]


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_kills_at_random_moments_lose_nothing(request, kind):
    if kind == "postgresql":
        request.getfixturevalue("postgresql")  # skips without a server; the script starts its own
    script = ROOT / "bench" / "crash.py"
    done = subprocess.run([sys.executable, script, "--rounds", "2", "--releases", "20", "--database", kind],
                          capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout.splitlines()[-1])
    assert (result["met"], result["ratio"], result[f"{kind}_kills"]) == (True, 0, 2), done.stdout


@pytest.fixture(scope="module")
def checker():
    return load_script("crash_check")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    data = tmp_path_factory.mktemp("crash") / "data"
    with Replica(RELEASES) as replica:
        forks.run(["crawl", "mofcom_en"], environment(data, replica), timeout=60).check_returncode()
    return data


def test_a_whole_archive_has_no_faults(checker, whole):
    found = checker.check(whole, "", RELEASES)
    assert (found.lost, found.twice, found.half) == ([], [], [])


@pytest.mark.parametrize(("statement", "kind"), [
    ("UPDATE articles SET body = body || ' more' WHERE id = 3", "lost"),
    ("DELETE FROM documents WHERE seq = 3", "lost"),
    ("UPDATE frontier SET state = 'waiting' WHERE page_id = 9", "lost"),
    ("DELETE FROM captures WHERE id = 3", "lost"),
    ("UPDATE captures SET warc_offset = (SELECT warc_offset FROM captures WHERE id = 4) WHERE id = 3", "twice"),
    ("UPDATE captures SET warc_offset = warc_offset + 1 WHERE id = 3", "half"),
    ("UPDATE captures SET length = length + 1 WHERE id = 3", "half"),
    ("UPDATE captures SET digest = 'sha1:AAAA' WHERE id = 3", "half"),
    ("UPDATE runs SET verdict = 'running'", "half"),
    ("UPDATE listings SET position = 1 WHERE id = 1", "half"),
    ("INSERT INTO changed_pages (page_id, captured_at) VALUES (1, '')", "half"),
    ("UPDATE counters SET value = value + 1 WHERE key = 'next_rev'", "half"),
    ("UPDATE documents SET id = 'another' WHERE seq = 3", "lost"),
])
def test_a_fault_in_the_store_is_found(checker, whole, tmp_path, statement, kind):
    data = shutil.copytree(whole, tmp_path / "data")
    with closing(sqlite3.connect(data / "gongbao.sqlite")) as connection, connection:
        assert connection.execute(statement).rowcount > 0
    assert getattr(checker.check(data, "", RELEASES), kind) != []


def test_a_release_that_is_missing_is_found(checker, whole):
    more = [*RELEASES, next(each for each in load_releases() if each.source == "mofcom_zh")]
    assert len(checker.check(whole, "", more).lost) == 1


def test_a_damaged_record_is_found(checker, whole, tmp_path):
    data = shutil.copytree(whole, tmp_path / "data")
    [path] = data.rglob("*.warc.gz")
    damaged = bytearray(path.read_bytes())
    damaged[len(damaged) // 2] ^= 0xFF
    path.write_bytes(damaged)
    assert checker.check(data, "", RELEASES).half != []


def test_a_torn_record_and_a_file_left_open_are_found(checker, whole, tmp_path):
    data = shutil.copytree(whole, tmp_path / "data")
    [path] = data.rglob("*.warc.gz")
    whole_bytes = path.read_bytes()
    path.write_bytes(whole_bytes[:-4000])
    assert checker.check(data, "", RELEASES).half != []
    path.write_bytes(whole_bytes)
    path.rename(f"{path}.open")
    assert [each for each in checker.check(data, "", RELEASES).half if "is left" in each] != []
