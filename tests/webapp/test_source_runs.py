"""What the site says of its sources: releases by state, runs, and a source that has fallen short for days."""

from datetime import timedelta

import pytest
from lxml import html

from archive.answers import Asked, Outcome, Schedule
from archive.db.frontier import Naming, name_releases, record_failure
from archive.messages import message
from archive.times import utc_now
from support.archive import Archive, add_index, an_article, release_url
from webapp import create_app
from webapp.settings import WebSettings


def text(element):
    return " ".join(element.text_content().split())


@pytest.fixture
def site(tmp_path):
    """A site with one release that was read, one that times out, and runs that fall short since five days."""
    now = utc_now()
    with Archive.open(tmp_path) as archive:
        archive.capture(an_article(1))
        with archive.store.begin() as connection:
            named = name_releases(connection, Naming("mofcom_en", None, now - timedelta(days=9)),
                                  {str(each): release_url(each) for each in (7, 8)})
            for _ in range(3):
                record_failure(connection, named["7"].page_id, Asked(now, Outcome.TIMED_OUT), Schedule())
        for days in (9, 5, 1):
            at = now - timedelta(days=days)
            run = archive.store.start_run("mofcom_en", at, live=True)
            archive.store.finish_run(run, at, "healthy" if days == 9 else "short", [message("no_list_read")])
        add_index(archive)
    app = create_app(WebSettings(data=tmp_path))
    yield app.test_client()
    app.extensions["gongbao"].close()


def row(site, path):
    return html.fromstring(site.get(path).text).get_element_by_id("mofcom_en")


def test_the_status_page_tells_what_the_lists_named_and_what_became_of_it(site):
    shown = text(row(site, "/status"))
    assert "2 waiting, the oldest since" in shown
    assert "1 × the server did not answer in time" in shown
    assert "1 × not asked for yet" in shown
    assert "1 lost: waiting for a week in spite of several requests" in shown


def test_the_status_page_lists_earlier_runs_and_since_when_a_source_is_short(site):
    shown = row(site, "/status")
    assert [each.text for each in shown.cssselect("details .verdict")] == ["fell short", "healthy"]
    assert "short since" in text(shown)


@pytest.mark.parametrize(("path", "said"), [
    ("/?ui=en", "News may be missing"), ("/?ui=zh", "可能有遗漏")])
def test_the_front_page_names_a_source_that_has_fallen_short_for_days(site, path, said):
    [banner] = html.fromstring(site.get(path).text).cssselect(".banner.warn")
    assert said in text(banner)
    assert banner.cssselect("a")[0].get("href") == "/status#mofcom_en"


def test_the_status_page_says_it_in_chinese(site):
    assert "服务器未及时应答" in text(row(site, "/status?ui=zh"))


def test_the_status_page_tells_apart_what_no_list_named(site):
    shown = text(row(site, "/status"))
    assert "Releases1 1 of them not named by a list" in shown


def test_a_run_is_shown_with_its_end(site):
    times = row(site, "/status").cssselect(".counts .verdict ~ time")
    assert len(times) == 2


def test_what_was_not_asked_for_yet_is_a_matter_of_the_next_crawl(site):
    assert "1 × not asked for yet; the next crawl asks for them" in text(row(site, "/status"))


def test_numbers_that_mean_nothing_to_readers_are_not_shown(site):
    assert "change number" not in site.get("/status").text
@pytest.fixture
def stopped(tmp_path, serve):
    """A site whose crawls stopped: one source's process died today, another's last run is 60 days old."""
    now = utc_now()
    with Archive.open(tmp_path) as archive:
        archive.capture(an_article(1))
        archive.store.start_run("mofcom_en", now, live=True)
        old = archive.store.start_run("camce", now - timedelta(days=60), live=False)
        archive.store.finish_run(old, now - timedelta(days=60), "healthy")
        add_index(archive)
    return serve(data=tmp_path)


@pytest.mark.parametrize(("source", "said"), [
    ("mofcom_en", "did not end: its process died gongbao crawl mofcom_en"),
    ("camce", "last run 60 days ago gongbao crawl camce")])
def test_the_status_page_tells_that_crawls_have_stopped(stopped, source, said):
    shown = html.fromstring(stopped.get("/status?ui=en").text).get_element_by_id(source)
    assert said in text(shown)
    assert "running" not in text(shown)


def test_the_status_page_tells_it_in_chinese(stopped):
    page = html.fromstring(stopped.get("/status?ui=zh").text)
    assert "未结束：进程已中断" in text(page.get_element_by_id("mofcom_en"))
    assert "上次采集在 60 天前" in text(page.get_element_by_id("camce"))


@pytest.mark.parametrize(("path", "said"), [("/?ui=en", "News may be missing."), ("/?ui=zh", "可能有遗漏")])
def test_the_front_page_names_a_source_that_is_crawled_no_more(stopped, path, said):
    [banner] = html.fromstring(stopped.get(path).text).cssselect(".banner.warn")
    assert said in text(banner)
    assert [each.get("href") for each in banner.cssselect("a")] == ["/status#camce"]
