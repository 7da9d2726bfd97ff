"""The command group of gongbao.py: errors in one line, exit codes, and the index after a crawl or import."""

import os
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

import gongbao
from archive.errors import StoreError
from archive.settings import ArchiveSettings, from_environment, variable
from crawler.source import all_sources
from indexer.errors import EngineError
from support.house import ROOT, commands, settings


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
    ("full", "operating system error: No space left on device: a.warc; check disk space and permissions, "
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
         ["serve", "--host", "nowhere.invalid"], ["demo", "build"], ["backup", "copy"], ["restore", "copy"], ["check"],
         ["status"])


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


NAMED = dict(commands(gongbao.main))


def front_door(*words, **environment):
    return CliRunner(env={"COLUMNS": "80", **environment}).invoke(gongbao.main, words)


@pytest.mark.parametrize("words", [(), *NAMED], ids=" ".join)
class TestHelp:
    def test_is_given_by_h_too(self, words):
        said = [front_door(*words, flag) for flag in ("-h", "--help")]
        assert [each.exit_code for each in said] == [0, 0]
        assert said[0].stdout == said[1].stdout
        assert said[0].stdout.startswith("Usage: ")

    def test_is_never_cut(self, words):
        assert "..." not in front_door(*words, "-h").stdout.replace("...", "", said_with_dots(words))


def said_with_dots(words):
    """How often the usage line of a command ends an argument in dots."""
    command = NAMED.get(words, gongbao.main)
    return " ".join(command.collect_usage_pieces(click.Context(command, **command.context_settings))).count("...")


def test_help_names_the_folder_the_sources_and_the_settings():
    said = front_door("--help").stdout
    assert "in the folder data, unless --data or GONGBAO_DATA" in " ".join(said.split())
    assert "gongbao demo build` fills data/demo" in " ".join(said.split())
    assert {each.id for each in all_sources()} <= set(said.split())
    assert {variable(each.name) for each in settings()} <= set(said.split())


def test_a_word_that_begins_like_the_help_option_is_a_word():
    said = front_door("search", "tea", "-hydrogen", "-h2", "--", "-h", GONGBAO_DATA="nowhere")
    assert (said.exit_code, "there is no folder" in said.stderr) == (1, True)


@pytest.mark.parametrize("words", [(), *NAMED], ids=" ".join)
def test_every_command_takes_the_folder(words):
    assert "--data FOLDER" in front_door(*words, "-h").stdout


@pytest.fixture
def folders(monkeypatch):
    """The data folders that `gongbao search` was run with."""
    used = []

    def found(_query, _limit):
        used.append(str(from_environment(ArchiveSettings, os.environ).data))
        return 0, []

    monkeypatch.setattr("indexer.commands._found", found)
    return used


def test_the_option_overrides_the_variable_for_one_command(folders, tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    assert front_door("search", "tea", "--data", str(second), GONGBAO_DATA=str(first)).exit_code == 0
    assert front_door("search", "tea", GONGBAO_DATA=str(first)).exit_code == 0
    assert front_door("--data", str(second), "search", "tea", GONGBAO_DATA=str(first)).exit_code == 0
    assert front_door("--data", str(second), "search", "tea", "--data", str(first)).exit_code == 0
    assert folders == [str(second), str(first), str(second), str(first)]
    assert "GONGBAO_DATA" not in os.environ


def test_the_index_step_uses_the_folder_of_the_command(door, monkeypatch, tmp_path):
    used = []
    monkeypatch.setattr(gongbao, "_index", lambda: used.append(os.environ["GONGBAO_DATA"]))
    door.add_command(gongbao._with_common_options(gongbao.then_index(door.commands["fine"])))
    run(door, "fine", "--data", str(tmp_path))
    assert used == [str(tmp_path)]


@pytest.mark.parametrize("words", [["search", "tea"], ["serve", "--port", "0"], ["index"]], ids=" ".join)
@pytest.mark.parametrize("by_option", [True, False], ids=["option", "variable"])
def test_a_folder_that_does_not_exist_is_named(words, by_option, tmp_path):
    wrong = tmp_path / "dmeo"
    said = front_door(*words, "--data", str(wrong)) if by_option else front_door(*words, GONGBAO_DATA=str(wrong))
    assert (said.exit_code, said.stdout) == (1, "")
    assert said.stderr == (f"gongbao: there is no folder {wrong}; name that of the archive with --data or "
                           "GONGBAO_DATA, or make it if an archive shall be there\n")
    assert not wrong.exists()


def test_a_path_to_read_that_does_not_exist_is_named(tmp_path):
    said = front_door("read", str(tmp_path / "nowhere"))
    assert said.exit_code == 1
    assert f"{tmp_path / 'nowhere'} cannot be read" in said.stderr


@pytest.mark.parametrize(("name", "hint"), [
    ("GONGBAO_DTAA", "; did you mean GONGBAO_DATA?"), ("GONGBAO_FEEDSIZE", "; did you mean GONGBAO_FEED_SIZE?"),
    ("GONGBAO_XYZ", "; `gongbao --help` lists the settings")])
def test_a_variable_that_is_no_setting_is_named(folders, tmp_path, name, hint):
    said = front_door("search", "tea", "--data", str(tmp_path), **{name: "1"})
    assert (said.exit_code, said.stderr) == (0, f"gongbao: {name} is no setting and has no effect{hint}\n")


def test_settings_and_other_variables_are_not(folders, tmp_path):
    said = front_door("search", "tea", "--data", str(tmp_path), GONGBAO_PORT="1", HOME="x", XGONGBAO_A="1")
    assert said.stderr == ""


def test_the_version_is_the_package_s():
    words = [sys.executable, "-m", "gongbao", "--version"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("gongbao, version 0.")


@pytest.mark.parametrize("words", [
    ("crawl", "--limit", "abc"), ("serve", "--port", "abc"), ("search", "--limit", "abc"), ("demo", "--port", "abc")],
    ids=" ".join)
def test_a_word_in_the_place_of_a_number_is_refused_in_plain_words(words):
    result = run(gongbao.main, *words)
    assert result.exit_code == 2
    assert "'abc' is not a valid whole number." in result.stderr
@pytest.mark.parametrize("words", [["serve", "--port", "0"], ["check"]], ids=" ".join)
def test_a_folder_that_is_a_file_is_refused_by_the_option_s_name(words, tmp_path):
    (tmp_path / "README.md").write_text("text")
    said = front_door(*words, "--data", str(tmp_path / "README.md"))
    assert (said.exit_code, "GONGBAO_DATA" in said.stderr) == (2, False)
    assert "Invalid value for '--data'" in said.stderr
    assert "it has to be the path of a folder" in said.stderr


def test_a_database_that_is_not_there_is_named_by_its_setting(tmp_path):
    database = f"sqlite:///{tmp_path}/nosuch/x.db"
    said = front_door("status", GONGBAO_DATA=str(tmp_path), GONGBAO_DATABASE=database)
    assert said.stderr == (f"gongbao: there is no archive at {tmp_path}/nosuch/x.db; correct GONGBAO_DATABASE, which "
                           "names it, or fill one there with `gongbao crawl` or `gongbao import`\n")
