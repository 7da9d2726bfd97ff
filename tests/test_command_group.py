"""The command group of gongbao.py: errors in one line, exit codes, and the index after a crawl or import."""

import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

import gongbao
from archive.errors import StoreError
from indexer.errors import EngineError
from support.house import ROOT


@pytest.fixture
def door():
    """A command group with commands that end in different ways."""
    group = gongbao.CommandGroup("gongbao")
    endings = {"fine": None, "store": StoreError("the store is gone\n  look for it"), "engine": EngineError("no index"),
               "full": OSError(28, "No space left on device", "a.warc"), "stopped": KeyboardInterrupt(),
               "short": click.exceptions.Exit(4), "left": SystemExit(4), "broken": ZeroDivisionError("a defect")}
    for name, ending in endings.items():
        group.add_command(click.Command(name, callback=lambda ending=ending, **_: ends(ending),
                                        params=[click.Option(["--dry-run"], is_flag=True)]))
    return group


def ends(ending):
    if ending:
        raise ending


def run(door, *words):
    return CliRunner().invoke(door, words)


@pytest.mark.parametrize(("word", "line"), [
    ("store", "the store is gone look for it"), ("engine", "no index"),
    ("full", "operating system error: [Errno 28] No space left on device: 'a.warc'; check disk space and permissions, "
             "then run the command again"),
    ("stopped", "stopped; what was done is kept, and the same command does the rest")])
def test_what_a_person_can_mend_is_one_line_on_stderr_and_exit_code_1(door, word, line):
    result = run(door, word)
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", f"gongbao: {line}\n")


def test_nothing_is_said_to_who_reads_no_more(door):
    door.add_command(click.Command("gone", callback=lambda: ends(BrokenPipeError(32, "Broken pipe"))))
    result = run(door, "gone")
    assert (result.exit_code, result.stderr) == (1, "")


def test_a_defect_keeps_its_traceback(door):
    assert isinstance(run(door, "broken").exception, ZeroDivisionError)


def test_exit_codes_of_commands_stay_theirs(door):
    assert run(door, "fine").exit_code == 0
    assert run(door, "short").exit_code == 4
    assert run(door, "nonsense").exit_code == 2


@pytest.fixture
def indexed(monkeypatch):
    """The calls of the index step."""
    calls = []
    monkeypatch.setattr(gongbao, "_index", lambda: calls.append("indexed"))
    return calls


@pytest.mark.parametrize(("words", "code", "times"), [
    (["fine"], 0, 1), (["fine", "--no-index"], 0, 0), (["fine", "--dry-run"], 0, 0),
    (["short"], 4, 1), (["left"], 4, 1), (["short", "--no-index"], 4, 0), (["store"], 1, 0)])
def test_the_index_follows_what_came_in(door, indexed, words, code, times):
    door.add_command(gongbao.then_index(door.commands[words[0]]))
    assert (run(door, *words).exit_code, len(indexed)) == (code, times)


@pytest.mark.parametrize(("word", "ending", "code"), [
    ("fine", SystemExit(1), 0), ("short", SystemExit(1), 4), ("left", SystemExit(1), 4),
    ("fine", EngineError("no index"), 1), ("short", EngineError("no index"), 4)])
def test_the_exit_code_is_the_command_s_not_the_index_s(door, monkeypatch, word, ending, code):
    monkeypatch.setitem(gongbao.main.commands, "index", click.Command("index", callback=lambda: ends(ending)))
    door.add_command(gongbao.then_index(door.commands[word]))
    result = run(door, word)
    told = "gongbao: no index\n" if isinstance(ending, EngineError) else ""
    assert (result.exit_code, result.stderr) == (code, told)


def test_then_index_leaves_the_command_of_the_package_as_it_was(door):
    before = list(door.commands["fine"].params)
    gongbao.then_index(door.commands["fine"])
    assert door.commands["fine"].params == before


WRONG = {"GONGBAO_DELAY": "-1", "GONGBAO_ENGINE": "sphinx", "GONGBAO_PORT": "99999"}
TRIED = (["crawl"], ["import", "a.warc.gz"], ["read", "a.warc.gz"], ["index"], ["search", "x"],
         ["serve", "--host", "nowhere.invalid"], ["demo", "build"])


@pytest.mark.parametrize("variable", WRONG)
@pytest.mark.parametrize("words", TRIED, ids=" ".join)
def test_no_command_begins_while_a_setting_is_wrong(tmp_path, variable, words):
    data = tmp_path / "data"
    wrong = {"GONGBAO_DATA": str(data), "GONGBAO_VIA": "http://127.0.0.1:9", variable: WRONG[variable]}
    result = CliRunner(env=wrong).invoke(gongbao.main, words)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"gongbao: {variable}='{WRONG[variable]}' is refused: ")
    assert not data.exists()


def test_every_command_is_tried_with_a_wrong_setting():
    assert {words[0] for words in TRIED} == set(gongbao.main.commands)


def test_the_version_is_the_package_s():
    words = [sys.executable, "-m", "gongbao", "--version"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("gongbao, version 0.")
