"""The demo archive is built through the real pipeline; a second build adds nothing."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from dataclasses import replace

import pytest
from click.testing import CliRunner

import gongbao
from crawler.commands.read import read
from crawler.settings import CrawlerSettings
from crawler.source import all_sources, source, source_of
from crawler.spiders.health import Health
from demo.build import build_archive
from demo.errors import DemoError
from demo.replica import Replica
from demo.samples import load_releases, sampled_sources
from support import forks
from support.archive import Archive, an_article
from support.crawl import Archived


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The demo built twice in a row: the completed process and the archive after each."""
    data = tmp_path_factory.mktemp("demo") / "data"
    found = []
    for _ in range(2):
        done = forks.run(["demo", "build"], {**os.environ, "GONGBAO_DATA": str(data)}, timeout=100)
        found.append((done, Archived.read(data)))
    return found


def test_it_succeeds_both_times(built):
    assert [done.returncode for done, _ in built] == [0, 0], [done.stderr for done, _ in built]


def test_every_sample_is_an_article_of_its_source(built):
    _, archive = built[0]
    found = {row.urlkey: row.source for row in archive.rows["articles"]}
    assert len(found) == len(load_releases()) >= 80
    for release in load_releases():
        assert archive.article(release.url).source == release.source == source_of(release.url).id


def test_every_run_was_healthy(built):
    assert {row.verdict for row in built[0][1].rows["runs"]} == {"healthy"}


def test_a_demo_whose_crawl_fell_short_is_an_error(tmp_path, monkeypatch):
    healths = {"camce": Health("healthy"), "cnus_cccme": Health("short", ("why",))}
    monkeypatch.setattr("demo.build.crawl_sources", lambda *_: healths)
    with pytest.raises(DemoError, match="the demo is incomplete: cnus_cccme fell short"):
        build_archive(CrawlerSettings(data=tmp_path))


def test_samples_never_go_beside_captures_of_the_live_sites(tmp_path):
    with Archive.open(tmp_path) as archive:
        archive.capture(an_article())
        before = archive.counts()
    with pytest.raises(DemoError, match=f"the archive in {tmp_path} holds captures that are no samples, such as http"):
        build_archive(CrawlerSettings(data=tmp_path))
    with Archive.open(tmp_path) as archive:
        assert archive.counts() == before


@pytest.mark.parametrize(("environment", "option", "used"), [
    ({}, [], "data/demo"), ({"GONGBAO_DATA": "mine"}, [], "mine"), ({"GONGBAO_DATA": "mine"}, ["--data", "b"], "b")])
def test_it_has_a_folder_of_its_own_unless_one_is_named(monkeypatch, environment, option, used):
    built = []
    monkeypatch.setattr("demo.build.build_archive", lambda settings: built.append(settings.data.as_posix()))
    done = CliRunner(env=environment).invoke(gongbao.main, ["demo", "build", "--no-index", *option])
    assert (done.exit_code, built) == (0, [used])


def test_a_source_without_samples_is_left_out(tmp_path, monkeypatch):
    crawled, sampled = [], sampled_sources()
    with_new = (*all_sources(), replace(source("camce"), id="new"))
    monkeypatch.setattr("demo.samples.all_sources", lambda: with_new)
    monkeypatch.setattr("demo.replica.all_sources", lambda: with_new)
    monkeypatch.setattr("demo.build.crawl_sources", lambda _, sources, __: crawled.extend(sources) or {})
    build_archive(CrawlerSettings(data=tmp_path))
    assert crawled == list(sampled)


def test_a_clone_is_imported_and_names_its_original(built):
    by_id = {each.id: each for each in load_releases()}
    clones = [each for each in load_releases() if each.clone_of]
    assert clones
    for each in clones:
        article = built[0][1].article(each.url)
        assert article.facts["clone_of"] == by_id[each.clone_of].url
        assert [row.provenance for row in built[0][1].of("captures", each.url)] == ["import clones/index.csv"]


def test_the_second_build_fetches_no_release_again(built):
    (_, first), (_, second) = built
    assert len(second.rows["articles"]) == len(first.rows["articles"])
    assert all(len(second.of("captures", each.url)) == 1 for each in load_releases())


def _heed_interrupts() -> None:
    """A shell that runs the tests in the background makes all its children ignore SIGINT."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_the_replica_is_served_until_it_is_interrupted():
    command = [sys.executable, "-W", "error", "-m", "gongbao", "demo", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          preexec_fn=_heed_interrupts, env={**os.environ, "PYTHONUNBUFFERED": "1"}) as process:
        address = process.stdout.readline().removeprefix("The replica is at ").strip()
        with urllib.request.urlopen(f"{address}/", timeout=10) as answer:  # noqa: S310
            said = answer.read().decode()
        process.send_signal(signal.SIGINT)
        _, complaints = process.communicate(timeout=20)
    assert "A replica of the sites" in said
    assert (process.returncode, complaints) == (0, "")


def test_a_port_that_is_taken_is_named():
    with Replica(load_releases()) as replica:
        port = replica.url.rpartition(":")[2]
        done = subprocess.run([sys.executable, "-m", "gongbao", "demo", "--port", port], text=True, capture_output=True,
                              check=False, timeout=20)
    assert done.returncode == 1
    assert f"gongbao: cannot listen on port {port}" in done.stderr


def test_its_warcs_read_alone_say_what_the_store_says(built):
    _, archive = built[0]
    said = CliRunner().invoke(read, [str(archive.data / "warc"), "--json"])
    assert said.exit_code == 0
    objects = [json.loads(line) for line in said.stdout.splitlines()]
    titles = {each["urlkey"]: each["title"] for each in objects if "title" in each}
    assert titles == {row.urlkey: row.title for row in archive.rows["articles"]}
    assert {each["source"] for each in objects if "links" in each} == {row.source for row in archive.rows["articles"]}
    assert all(each["unreadable"] and each["tried"] for each in objects if "unreadable" in each)
