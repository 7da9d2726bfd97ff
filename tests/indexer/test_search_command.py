"""`gongbao search`: what is typed in a shell, and what is printed."""

import json
from dataclasses import replace

import pytest
from click.testing import CliRunner

from archive.records import Stamp
from indexer.commands import search
from indexer.settings import IndexerSettings
from indexer.sync import update_documents, update_index
from indexer.vocabulary.loader import load
from support.archive import NOW, Archive, an_article


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The command as a shell starts it, on an archive of three releases."""
    data = tmp_path_factory.mktemp("archive")
    made = Archive.open(data)
    made.capture(replace(an_article(1, title="Tariffs on cars and buses"), number="No. 3"))
    made.capture(an_article(2, title="Tariffs on steel", published=Stamp(None, "unknown", ())))
    made.capture(an_article(3, title="Steel and cars", clone_of="http://english.mofcom.gov.cn/a.html"))
    update_documents(made.store, load(), NOW)
    update_index(made.store, IndexerSettings(data=data))
    made.store.close()
    return lambda *words: CliRunner(env={"GONGBAO_DATA": str(data)}).invoke(search, words)


def titles(result):
    assert result.exit_code == 0, result.output
    return {json.loads(line)["title"] for line in result.stdout.splitlines()}


@pytest.mark.parametrize(("words", "found"), [
    (["tariffs"], {"Tariffs on cars and buses", "Tariffs on steel"}),
    (["tariffs", "cars"], {"Tariffs on cars and buses"}), (["tariffs cars"], {"Tariffs on cars and buses"}),
    (["tariffs", "-cars"], {"Tariffs on steel"}), (["cars", "-hydrogen", "-buses"], {"Steel and cars"}),
    (["-cars tariffs"], {"Tariffs on steel"}),
    (['"cars and"'], {"Tariffs on cars and buses"})])
def test_words_may_be_given_as_they_come(run, words, found):
    assert titles(run("--json", *words)) == found


def test_no_more_are_printed_than_asked_for(run):
    [line] = run("--json", "--limit", "1", "tariffs").stdout.splitlines()
    assert set(json.loads(line)) == {
        "id", "title", "published", "precision", "source", "language", "number", "original", "url"}
    assert run("--limit", "1", "tariffs").stdout.splitlines()[-1] == "1 of 2"


def test_json_says_how_exact_the_date_is_and_what_is_no_original(run):
    said = {json.loads(line)["title"]: json.loads(line) for line in run("--json", "tariffs").stdout.splitlines()}
    assert {name: (each["published"], each["precision"], each["number"], each["original"])
            for name, each in said.items()} == {"Tariffs on cars and buses": ("2020-05-08", "day", "No. 3", True),
                                                "Tariffs on steel": (None, "unknown", None, True)}
    assert json.loads(run("--json", "steel", "cars").stdout)["original"] is False


def test_people_are_told_the_same(run):
    assert run("steel", "cars").stdout == (
        "2020-05-08  mofcom_en  Steel and cars  (not on its publisher's own site)\n"
        "            http://english.mofcom.gov.cn/article/newsrelease/press/202005/20200500000003.shtml\n1 of 1\n")
    assert run("tariffs", "steel").stdout.startswith("undated     mofcom_en  Tariffs on steel\n")


def test_a_mistyped_option_is_no_word(run):
    result = run("steel", "--jsn")
    assert result.exit_code == 2
    assert "No such option '--jsn'" in result.stderr


def test_where_there_is_no_archive_it_says_how_to_fill_one(tmp_path):
    result = CliRunner(env={"GONGBAO_DATA": str(tmp_path)}).invoke(search, ["x"])
    assert "there is no archive at" in str(result.exception)
    assert "gongbao crawl" in str(result.exception)
