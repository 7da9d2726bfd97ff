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


@pytest.mark.parametrize(("words", "found"), [
    (["--source", "mofcom_en", "steel"], {"Tariffs on steel", "Steel and cars"}),
    (["--source", "camce", "steel"], set()),
    (["--source", "camce", "--source", "mofcom_en", "buses"], {"Tariffs on cars and buses"}),
    (["--lang", "en", "steel"], {"Tariffs on steel", "Steel and cars"}), (["--lang", "zh", "steel"], set()),
    (["--topic", "tariffs"], {"Tariffs on cars and buses", "Tariffs on steel"}),
    (["--place", "france"], set()), (["place:france", "steel"], set()), (["topic:关税", "steel"], {"Tariffs on steel"}),
    (["--topic", "tariffs", "--topic", "steel", "--all", "topic"], {"Tariffs on steel"}),
    (["--org", "mofcom", "--alone", "steel"], {"Tariffs on steel", "Steel and cars"}),
    (["--org", "mofcom", "steel"], {"Tariffs on steel", "Steel and cars"}), (["--org", "wto", "steel"], set()),
    (["--from", "2020-05", "tariffs"], {"Tariffs on cars and buses"}), (["--from", "2021", "tariffs"], set()),
    (["--to", "2020-05-07"], set()), (["--from", "2020", "--to", "2020-05-08", "cars", "-steel"],
                                      {"Tariffs on cars and buses"})])
def test_options_filter_as_on_the_site(run, words, found):
    assert titles(run("--json", *words)) == found


def in_order(result):
    assert result.exit_code == 0, result.output
    return [json.loads(line)["title"] for line in result.stdout.splitlines()]


def test_an_order_is_kept(run):
    arrived = ["Steel and cars", "Tariffs on steel", "Tariffs on cars and buses"]
    assert in_order(run("--json", "--sort", "added")) == arrived
    assert in_order(run("--json", "--sort", "oldest"))[-1] == "Tariffs on steel"
    assert in_order(run("--json", "--sort", "newest", "tariffs")) == ["Tariffs on cars and buses", "Tariffs on steel"]


@pytest.mark.parametrize(("words", "lines"), [
    (["--org", "mofcm", "tea"], ["--org: No organization is called “mofcm”; did you mean “mofcom”? The page "
                                 "/organizations lists all of them."]),
    (["--source", "mofcom_zn"], ["--source: No source is called “mofcom_zn”; did you mean “mofcom_zh”? The status page "
                                 "lists the sources."]),
    (["--lang", "fr"], ["--lang: “fr” is not a language of this archive; take “en” or “zh”."]),
    (["--sort", "best"],
     ["--sort: Results cannot be sorted by “best”; take one of: relevance, newest, oldest, added."]),
    (["--from", "soon"], ["--from: “soon” is not a date; write 2019, 2019-05 or 2019-05-17."]),
    (["--from", "2021", "--to", "2020"],
     ["--from: The first day (2021) is later than the last day (2020); swap them."]),
    (["?!"], ["WORDS: There is nothing to search for: the query holds no letter, digit or Chinese character."]),
    (["x" * 2001], ["WORDS: The query has 2001 characters, 2000 are allowed; shorten it."]),
    (["--to", "2020-13", "--lang", "de", "?!"], [
        "--lang: “de” is not a language of this archive; take “en” or “zh”.",
        "--to: “2020-13” is not a date; write 2019, 2019-05 or 2019-05-17.",
        "WORDS: There is nothing to search for: the query holds no letter, digit or Chinese character."])])
def test_wrong_values_are_a_usage_error_that_names_each(run, words, lines):
    result = run(*words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.split("Error: ")[1].splitlines() == lines


@pytest.mark.parametrize(("option", "known"), [
    ("--topic", "trade-remedies, anti-dumping,"), ("--org", "mofcom, "), ("--source", "camce, ccdp_me,")])
def test_an_id_that_resembles_none_is_answered_with_all_that_exist(run, option, known):
    result = run(option, "qqqq")
    assert result.exit_code == 2
    assert " is called “qqqq”; " in result.stderr
    assert known in result.stderr.partition(" Known are ")[2]


def test_neither_words_nor_a_filter_is_a_usage_error(run):
    result = run("--json")
    assert result.exit_code == 2
    assert "Missing argument 'WORDS...'" in result.stderr


def test_a_mistyped_option_is_no_word(run):
    result = run("steel", "--jsn")
    assert result.exit_code == 2
    assert "No such option '--jsn'" in result.stderr


def test_where_there_is_no_archive_it_says_how_to_fill_one(tmp_path):
    result = CliRunner(env={"GONGBAO_DATA": str(tmp_path)}).invoke(search, ["x"])
    assert "there is no archive at" in str(result.exception)
    assert "gongbao crawl" in str(result.exception)
