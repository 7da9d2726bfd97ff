"""Commands in messages can be pasted: they repeat the folder that the command was given by option."""

import click
import pytest
from click.testing import CliRunner

import gongbao
from archive.output import echo, remember_folder
from support.archive import NOW, Archive


@pytest.mark.parametrize(("said", "printed"), [
    ("run `gongbao index`", "run `gongbao index --data /srv/x`"),
    ("run `gongbao restore BACKUP --repair`, or `gongbao index --from-files`",
     "run `gongbao restore BACKUP --repair --data /srv/x`, or `gongbao index --from-files --data /srv/x`"),
    ("run `gongbao restore /b --data FOLDER`", "run `gongbao restore /b --data FOLDER`"),
    ("`gongbao --help` lists the settings", "`gongbao --help` lists the settings"),
    ("`other index`", "`other index`")])
def test_commands_repeat_the_folder(said, printed):
    with click.Context(click.Command("check")) as context:
        remember_folder(context, "/srv/x")
        assert printed_by(said) == printed


def printed_by(said):
    @click.command()
    def say():
        echo(said)

    return CliRunner().invoke(say, parent=click.get_current_context()).stdout.rstrip()


def test_a_folder_with_a_space_is_quoted():
    with click.Context(click.Command("check")) as context:
        remember_folder(context, "/srv/my data")
        assert printed_by("run `gongbao index`") == "run `gongbao index --data '/srv/my data'`"


@pytest.mark.parametrize("words", [["check"], ["status"], ["search", "tea"]], ids=" ".join)
@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
def test_commands_name_the_folder_of_the_option(words, before, tmp_path):
    option = ["--data", str(tmp_path)]
    said = CliRunner().invoke(gongbao.main, [*option, *words] if before else [*words, *option])
    assert f"`gongbao crawl --data {tmp_path}`" in said.output


def test_the_folder_of_the_environment_is_not_repeated(tmp_path):
    said = CliRunner(env={"GONGBAO_DATA": str(tmp_path)}).invoke(gongbao.main, ["check"])
    assert "`gongbao crawl`" in said.output


def test_status_names_the_folder_in_its_alarms(tmp_path):
    with Archive.open(tmp_path) as archive:
        archive.store.start_run("camce", NOW, live=True)
    said = CliRunner().invoke(gongbao.main, ["status", "--data", str(tmp_path)])
    assert said.exit_code == 4
    assert f"run `gongbao crawl camce --data {tmp_path}`" in said.output
