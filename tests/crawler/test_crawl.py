"""A whole crawl of the replica and the runs after it: each release is fetched once, and nothing from other hosts."""

import subprocess
import sys
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from archive.urls import urlkey
from crawler.source import all_sources, source
from demo.replica import Replica
from demo.samples import Release, load_releases, sampled_sources
from support import forks
from support.archive import Archive, an_article, load_capture
from support.crawl import Archived, crawl, environment, requested_urls, sentences

OWN = tuple(each for each in load_releases() if not each.clone_of)
SAMPLED = [each.id for each in sampled_sources()]
PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """Two crawls of all sources that have samples: the archive after each, and the requests of each."""
    data = tmp_path_factory.mktemp("first") / "data"
    with Replica(load_releases()) as replica:
        done = crawl(data, replica, *SAMPLED)
        before = len(replica.requests)
        once = Archived.read(data)
        again = crawl(data, replica, *SAMPLED)
        return {"done": done, "once": once, "again": again, "twice": Archived.read(data),
                "asked": replica.requests[:before], "asked_again": requested_urls(replica, before)}


def test_every_source_is_crawled_and_healthy(first):
    assert first["done"].returncode == 0, first["done"].stderr
    assert {row.source: row.verdict for row in first["once"].rows["runs"]} == dict.fromkeys(SAMPLED, "healthy")


@pytest.mark.parametrize("release", OWN, ids=lambda each: each.id)
def test_every_release_is_an_article_with_its_title(first, release):
    found = first["once"].article(release.url)
    assert found is not None, first["once"].reasons(release.url) or "never fetched"
    assert found.title == release.title
    assert found.source == release.source


def test_nothing_is_in_quarantine(first):
    assert first["once"].rows["quarantine"] == []


def test_no_release_is_requested_twice_in_a_run(first):
    wanted = {urlkey(each.url) for each in OWN}
    asked_for = [key for each in first["asked"] if (key := urlkey(each.url)) in wanted]
    assert len(asked_for) == len(set(asked_for)) == len(wanted)


def test_every_response_is_kept_with_its_real_url_and_the_provenance_replica(first):
    rows = first["once"].rows["captures"]
    assert sorted(urlkey(row.url) for row in rows) == sorted(urlkey(each.url) for each in first["asked"])
    assert {row.provenance for row in rows} == {"replica"}
    assert {row.status for row in rows} >= {200, 404}
    assert {urlsplit(row.url).scheme for row in rows} == {"http", "https"}


def test_a_kept_capture_holds_what_was_sent(first):
    url = "https://www.mofcom.gov.cn/zcfb/index.html"
    [row] = first["once"].of("captures", url)
    with Replica(load_releases()) as replica:
        assert load_capture(first["once"].data, row).body == replica.response(url).body


def test_robots_txt_is_requested_first_on_every_host(first):
    hosts: dict[str, str] = {}
    for each in first["asked"]:
        hosts.setdefault(urlsplit(each.url).netloc, urlsplit(each.url).path)
    assert set(hosts.values()) == {"/robots.txt"}
    assert set(hosts) == {host for each in sampled_sources() for host in each.hosts}


def test_the_user_agent_names_the_crawler_and_how_to_reach_who_runs_it(first):
    agents = {each.headers["user-agent"] for each in first["asked"]}
    assert len(agents) == 1
    assert "Gongbao/" in next(iter(agents))
    assert "+https://github.com/gongbao/gongbao" in next(iter(agents))
    assert {each.headers["accept-encoding"] for each in first["asked"]} == {"gzip, deflate"}


def test_a_second_run_is_healthy_and_requests_no_known_release(first):
    assert first["again"].returncode == 0, first["again"].stderr
    known = {urlkey(each.url) for each in OWN}
    assert not [url for url in first["asked_again"] if urlkey(url) in known]
    assert len(first["twice"].rows["articles"]) == len(first["once"].rows["articles"])


def test_a_second_run_does_not_page_through_what_is_known(first):
    assert not [url for url in first["asked_again"] if "paramJson" in url or url.endswith("?3")]


def test_the_counts_of_a_run_are_written_down(first):
    counts = first["once"].run_of("cnus_cccme").counts
    mine = [each for each in OWN if each.source == "cnus_cccme"]
    assert counts["articles"] == len(mine)
    assert counts["lists"] == len(source("cnus_cccme").listings)
    assert counts["complete"] == 1


def test_warc_files_are_finished(first):
    names = [path.name for path in (first["once"].data / "warc").rglob("*") if path.is_file()]
    assert names
    assert all(name.endswith(".warc.gz") for name in names)


def test_scrapy_knows_every_source_by_name():
    command = [sys.executable, "-m", "scrapy", "list"]
    assert subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True).stdout.split() == [
        each.id for each in all_sources()]


def test_scrapy_crawls_one_source_into_the_archive(tmp_path):
    with Replica(load_releases()) as replica:
        done = subprocess.run([sys.executable, "-m", "scrapy", "crawl", "made_in_china"], cwd=PROJECT, text=True,
                              capture_output=True, check=True, env=environment(tmp_path / "data", replica), timeout=60)
    found = Archived.read(tmp_path / "data")
    assert {row.source for row in found.rows["articles"]} == {"made_in_china"}, done.stderr
    assert found.run_of("made_in_china").verdict == "healthy"


def test_a_dry_run_names_what_it_would_fetch_and_keeps_nothing(tmp_path):
    with Replica(load_releases()) as replica:
        done = crawl(tmp_path / "data", replica, "ccdp_me", "--dry-run")
        fetched = requested_urls(replica)
    wanted = {each.url for each in OWN if each.source == "ccdp_me"}
    titles = {each.url: each.title for each in OWN if each.source == "ccdp_me"}
    assert dict(line.split("  ", 1) for line in done.stdout.splitlines()) == titles
    assert set(titles) == wanted
    assert not wanted & set(fetched)
    assert not (tmp_path / "data").exists()
    assert "Error" not in done.stderr


def test_a_dry_run_names_the_releases_of_every_list(tmp_path):
    with Replica(load_releases()) as replica:
        done = crawl(tmp_path / "data", replica, "mofcom_zh", "--dry-run")
    named = {line.split("  ", 1)[0] for line in done.stdout.splitlines()}
    assert named == {each.url for each in OWN if each.source == "mofcom_zh"}


def test_limit_and_since_leave_older_releases_out(tmp_path):
    since = date(2023, 1, 1)
    with Replica(load_releases()) as replica:
        crawl(tmp_path / "limited", replica, "mofcom_zh", "--limit", "3")
        crawl(tmp_path / "since", replica, "mofcom_zh", "--since", since.isoformat())
    assert len(Archived.read(tmp_path / "limited").rows["articles"]) == 3
    days = {row.published[:10] for row in Archived.read(tmp_path / "since").rows["articles"]}
    expected = {each.published[:10] for each in OWN if each.source == "mofcom_zh" and (each.published or "") >= "2023"}
    assert days == expected


@pytest.fixture(scope="module")
def limited(tmp_path_factory):
    """Crawls of CAMCE, whose lists have no dates: the commands, and their runs in the archive."""
    data = tmp_path_factory.mktemp("limited") / "data"
    options = (["--limit", "1"], ["--since", "2024-01-01"], ["--limit", "99"], ["--since", "2024-01-01", "--dry-run"])
    with Replica(load_releases()) as replica:
        done = [crawl(data, replica, "camce", *each) for each in options]
    return done, Archived.read(data).rows["runs"]


def test_a_limited_run_says_what_it_left_out_and_is_not_called_healthy(limited):
    done, runs = limited
    rest = len([each for each in OWN if each.source == "camce"]) - 1
    said = f"limited by --limit 1: releases that are due and were not asked for: {rest}; the next crawl asks for them"
    assert (done[0].returncode, runs[0].verdict, runs[0].counts["complete"]) == (0, "limited", 0)
    assert sentences(runs[0]) == [said]
    assert "✓ camce: limited: " in done[0].stderr
    assert said in done[0].stderr


def test_a_limit_that_leaves_nothing_out_changes_nothing(limited):
    _, runs = limited
    assert (runs[2].verdict, runs[2].counts["complete"], sentences(runs[2])) == ("healthy", 1, [])


def test_a_list_without_dates_is_told_where_since_asks_for_them(limited):
    done, runs = limited
    [said] = [each for each in sentences(runs[1]) if "dates" in each]
    assert said.startswith("lists without dates, so that --since leaves nothing of them out: 3; the first is http")
    assert said in done[3].stderr


def test_after_a_limited_run_the_rest_is_fetched(tmp_path):
    with Replica(load_releases()) as replica:
        crawl(tmp_path / "data", replica, "mofcom_zh", "--limit", "7")
        crawl(tmp_path / "data", replica, "mofcom_zh")
    found = Archived.read(tmp_path / "data")
    assert len(found.rows["articles"]) == len([each for each in OWN if each.source == "mofcom_zh"])


@pytest.fixture(scope="module")
def revisited(tmp_path_factory) -> dict[str, object]:
    """A release of yesterday that its site changes between two runs, one that it leaves alone, and one that is new."""
    data = tmp_path_factory.mktemp("revisited") / "data"
    kept, changed, *others = [_listed(each, days=1) if place < 2 else each for place, each in enumerate(_english())]
    new = _listed(replace(others[0], id="new", url=others[0].url.replace("20", "21", 1)), days=0)
    with Replica((kept, changed, *others)) as replica:
        crawl(data, replica, "mofcom_en")
        before = len(replica.requests)
        replica.set_releases((kept, replace(changed, title="A title that was changed"), *others, new))
        done = crawl(data, replica, "mofcom_en", settings={"GONGBAO_REVISIT": "0"})
        return {"kept": kept, "changed": changed, "others": others, "done": done, "found": Archived.read(data),
                "requests": replica.requests[before:]}


def _english() -> list[Release]:
    return [each for each in OWN if "/article/newsrelease/significantnews/" in each.url]


def _listed(release: Release, days: int) -> Release:
    return replace(release, published=f"{date.today() - timedelta(days)} 10:00")  # noqa: DTZ011


def test_an_unchanged_recent_release_is_requested_conditionally_and_kept_as_a_revisit(revisited):
    url = revisited["kept"].url
    [request] = [each for each in revisited["requests"] if each.url == url]
    assert request.status == 304
    assert "if-none-match" in request.headers
    first, second = revisited["found"].of("captures", url)
    assert (second.kind, second.status, second.repeats) == ("revisit", 304, first.id)
    assert len(revisited["found"].of("articles", url)) == 1


def test_a_changed_recent_release_is_read_again(revisited):
    assert revisited["found"].article(revisited["changed"].url).title == "A title that was changed"


def test_an_old_known_release_is_left_alone(revisited):
    asked_for = {each.url for each in revisited["requests"]}
    assert not asked_for & {each.url for each in revisited["others"]}


def test_an_unknown_source_is_a_usage_error(tmp_path):
    done = crawl(tmp_path / "data", None, "nowhere")
    assert done.returncode == 2
    assert f"known are {all_sources()[0].id}" in done.stderr


WITHOUT_LISTINGS = """
import os
from dataclasses import replace
from archive.settings import from_environment
from crawler.commands.crawl import crawl_sources
from crawler.settings import CrawlerSettings
from crawler.source import source
from crawler.spiders.run import Options
bare = replace(source("ccdp_me"), listings=())
print(crawl_sources(from_environment(CrawlerSettings, os.environ), (bare,), Options())["ccdp_me"].verdict)
"""


def test_a_source_without_listings_is_crawled_from_its_home_page_and_sitemap(tmp_path):
    with Replica(load_releases()) as replica:
        done = forks.run_program(WITHOUT_LISTINGS, environment=environment(tmp_path / "data", replica))
        lists = [url for url in requested_urls(replica) if "/en/news/" not in url]
    wanted = {urlkey(each.url) for each in OWN if each.source == "ccdp_me"}
    found = Archived.read(tmp_path / "data")
    assert done.stdout.splitlines()[-1:] == ["healthy"], done.stderr
    assert sorted(lists) == ["https://www.ccdp-me.com/", "https://www.ccdp-me.com/sitemap.xml"]
    assert {row.urlkey for row in found.rows["articles"]} == wanted
    assert found.run_of("ccdp_me").counts["lists"] == 1


@pytest.mark.parametrize("command", [["gongbao", "crawl", "--no-index"], ["scrapy", "crawl"]], ids=lambda each: each[0])
def test_a_forgotten_replica_brings_no_samples_into_an_archive_of_live_captures(tmp_path, command):
    with Archive.open(tmp_path) as archive:
        archive.capture(an_article())
        before = archive.counts()
    with Replica(load_releases()) as replica:
        done = subprocess.run([sys.executable, "-m", *command, "camce"], env=environment(tmp_path, replica), text=True,
                              capture_output=True, timeout=60, check=False)
        requests = requested_urls(replica)
    assert (done.returncode, requests) == (1, [])
    assert "and the archive in" in done.stderr
    assert "holds captures that are no samples, such as http://english.mofcom.gov.cn/" in done.stderr
    with Archive.open(tmp_path) as archive:
        assert archive.counts() == before
