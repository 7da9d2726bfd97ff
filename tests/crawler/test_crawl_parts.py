"""The parts of a crawl on their own: health, what lists say, what is chosen of them, politeness, displays."""

import io
import json
from datetime import UTC, date, datetime, timedelta
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from scrapy.http import Headers

from archive.messages import message
from archive.records import Capture, Stamp
from crawler.commands.crawl import crawl
from crawler.commands.display import LineDisplay, LiveDisplay, format_counts
from crawler.extract.error_pages import redirect_target
from crawler.extract.links import Link
from crawler.extract.page import Page
from crawler.middlewares import retry_after
from crawler.platforms.jpaas import Unit, UnitError, read_unit, read_unit_response
from crawler.settings import CrawlerSettings, network
from crawler.source import Expect, all_sources, source
from crawler.spiders.health import Health, RunOutcome, check_health
from crawler.spiders.history import PageHistory
from crawler.spiders.run import CrawlJob, Display, Options, SourceRun
from crawler.spiders.selection import ReleaseSelector
from crawler.spiders.spider import read_sitemap

NOW = datetime(2026, 11, 21, 4, tzinfo=UTC)
SHELL = "https://www.mofcom.gov.cn/xwfb/rcxwfb/index.html"
EXPECT = Expect(pages=2, articles=10, dated=0.9, body=0.9)
GOOD = {"lists": 2, "links": 20, "articles": 10, "undated": 1}


def capture(body: str | bytes, url: str = SHELL) -> Capture:
    return Capture(url, body.encode() if isinstance(body, str) else body, NOW, "text/html; charset=utf-8")


def test_a_run_that_yields_what_is_expected_is_healthy():
    assert check_health(EXPECT, GOOD) == Health("healthy")


def test_a_run_that_finds_the_lists_intact_and_nothing_new_is_healthy():
    assert check_health(EXPECT, {"lists": 2, "links": 10, "known": 10}).verdict == "healthy"


@pytest.mark.parametrize(("counts", "words"), [
    ({"lists": 1}, "1 list pages could be read; a healthy run reads 2"),
    ({"links": 9}, "the lists name 9 releases; a healthy run finds 10"),
    ({"undated": 2}, "8 of 10 articles are dated (80%; expected 90%)"),
    ({"unreadable": 2}, "10 of 12 articles could be read (83%; expected 90%)"),
    ({"lost": 2}, "10 of 12 articles could be read (83%; expected 90%)"),
    ({"postponed": 3}, "3 pages were not asked for or not kept; they are left for the next run"),
    ({"silent": 1}, "1 lists name no release and should"),
])
def test_each_shortcoming_is_named(counts, words):
    health = check_health(EXPECT, GOOD | counts)
    assert (health.verdict, [str(each) for each in health.reasons]) == ("short", [words])


def test_a_step_of_ours_that_raised_makes_the_run_short():
    health = check_health(EXPECT, GOOD | {"spider_errors": 1})
    assert health.verdict == "short"
    assert "1 responses raised an error" in str(health.reasons[0])


def test_a_run_without_a_single_list_has_failed():
    assert check_health(EXPECT, {"pages": 3}).verdict == "failed"
    assert check_health(EXPECT, {}).verdict == "failed"


def test_a_limit_lowers_what_is_expected():
    assert check_health(EXPECT, {"lists": 1, "links": 6, "articles": 3}, RunOutcome(limit=3)).verdict == "healthy"


def test_notes_do_not_make_a_run_short_but_are_told():
    note = message("list_silent", url="http://x.cn/")
    assert check_health(EXPECT, GOOD, RunOutcome(notes=(note,))) == Health("healthy", (note,))


def test_a_failure_of_the_archive_outweighs_everything():
    health = check_health(EXPECT, GOOD, RunOutcome(failure="no space"))
    assert health.reasons == (message("run_stopped", error="no space"),)


def test_the_unit_is_read_from_the_shell_and_asked_in_utf8():
    query = "{'parseType':'bulidstatic','tagId':'分页列表','editType':'null','pageId':'a1'}"
    unit = read_unit(Page(capture(f"<script url='/api/unit' queryData=\"{query}\"></script>")))
    first, second = unit.page_url(1), Unit(unit.url, unit.parameters, 15).page_url(2)
    assert first.startswith("https://www.mofcom.gov.cn/api/unit?parseType=bulidstatic&tagId=%E5%88%86%E9%A1%B5")
    assert "editType=null" in first
    assert "editType" not in second
    assert second.endswith("&paramJson=%7B%22pageNo%22%3A2%2C%22pageSize%22%3A15%7D")


@given(st.dictionaries(st.text("abcAB", min_size=1), st.text(), min_size=1))
def test_a_unit_address_gives_its_parameters_back(parameters):
    query = urlsplit(Unit("https://a/b", parameters).page_url(1)).query
    assert {key: values[0] for key, values in parse_qs(query, keep_blank_values=True).items()} == parameters
    assert query.isascii()


@pytest.mark.parametrize("script", ["", "<script url='/x' querydata='no json'></script>",
                                    "<script url='/x' querydata='[1]'></script>"])
def test_a_shell_without_a_readable_query_is_an_error(script):
    with pytest.raises(UnitError):
        read_unit(Page(capture(f"<p>list</p>{script}")))


def test_an_answer_of_the_unit_becomes_a_page_under_the_shell_s_address():
    html = '<ul><li><a href="/a">x</a></li></ul><div class="pagination" rows="15" count="8242" pageNo="1"></div>'
    answer = read_unit_response(capture(json.dumps({"success": True, "data": {"html": html}})), SHELL)
    assert (answer.rows, answer.total, answer.capture.url) == (15, 8242, SHELL)
    assert Page(answer.capture).absolute("/a") == "https://www.mofcom.gov.cn/a"


@pytest.mark.parametrize("body", [
    '{"success":false,"data":{}}', '{"success":true,"data":{}}', "", "<html>", "[]", "null", b"\xff\xfe{", "[" * 99_999,
    '{"success":true,"data":{"html":null}}'])
def test_a_soft_failure_of_the_unit_is_an_error(body):
    with pytest.raises(UnitError):
        read_unit_response(capture(body), SHELL)


@given(st.binary(max_size=200))
def test_no_answer_of_the_unit_breaks_its_reader(body):
    with pytest.raises(UnitError):
        read_unit_response(capture(body), SHELL)


def test_a_sitemap_names_addresses():
    body = b"<urlset><url><loc> https://a/1?x=1&amp;y=2 </loc></url><url><loc>https://a/2</loc></url></urlset>"
    assert read_sitemap(body) == ("urlset", ["https://a/1?x=1&y=2", "https://a/2"])


@pytest.mark.parametrize("body", [b"", b"<!doctype html><p>404</p>", b"\x1f\x8b", b"<urlset>"])
def test_what_is_no_sitemap_names_nothing(body):
    assert read_sitemap(body)[1] == []


@pytest.mark.parametrize("script", [
    "window.location.href='/b.html'", 'location.replace("https://www.mofcom.gov.cn/b.html")', "location = '/b.html'",
    '_cofing1={href:"/b.html",type:1}', "window.location.href = '../../b.html'"])
def test_a_script_that_sends_on_is_understood(script):
    assert redirect_target(capture(f"<script>{script}</script>")) == "https://www.mofcom.gov.cn/b.html"


@pytest.mark.parametrize("meta", [
    '<meta http-equiv="refresh" content="0;url=/b.html">', "<META HTTP-EQUIV=Refresh CONTENT='3; URL=\"/b.html\"'>"])
def test_a_page_that_refreshes_to_another_is_understood(meta):
    assert redirect_target(capture(f"<html>{meta}</html>")) == "https://www.mofcom.gov.cn/b.html"


def test_a_page_with_something_to_read_sends_nobody_on():
    assert redirect_target(capture("<p>text</p>")) is None
    assert redirect_target(capture("<script>location.href='/b'</script>" + "text " * 2000)) is None


class Remembered:
    """A history of the given pages."""

    def __init__(self, known: dict[str, PageHistory], complete: bool = True) -> None:
        self._known, self._complete = known, complete

    def known(self, urlkeys):
        return {key: self._known[key] for key in urlkeys if key in self._known}

    def validators(self, urlkey):
        return {"If-None-Match": f'"{urlkey[-1]}"'}

    def was_complete(self):
        return self._complete

    def results(self):
        return {}


def chooser(known=None, options=Options(), complete=True):  # noqa: B008
    run = SourceRun(CrawlJob(CrawlerSettings(revisit=20), Display(), options, clock=lambda: NOW), source("camce"))
    run.history = Remembered(known or {}, complete)  # type: ignore[assignment]
    return ReleaseSelector(run)


def link(name: str, day: str | None = None) -> Link:
    return Link(f"http://a/{name}", name, Stamp(day, "day") if day else None)


def seen(hours: float, *, first: int = 0, answered: bool = True, readable: bool = True) -> PageHistory:
    return PageHistory(NOW - timedelta(days=first), NOW - timedelta(hours=hours), answered, readable)


def names(choice) -> list[str]:
    return [each.link.title for each in choice.requests]


def test_each_address_is_chosen_once():
    one = chooser()
    assert names(one.choose([link("a"), link("b")])) == ["a", "b"]
    assert names(one.choose([link("b"), link("c")])) == ["c"]


@pytest.mark.parametrize(("day", "known", "wished"), [
    ("2026-11-20", seen(1), False),  # asked an hour ago
    ("2026-11-20", seen(21), True),
    ("2026-10-22", seen(21), True),
    ("2026-10-21", seen(21), False),  # older than 30 days
    (None, seen(21, first=5), True),  # the list gives no day: first seen counts
    (None, seen(21, first=40), False),
    ("2020-01-01", seen(1, readable=False), False),
    ("2020-01-01", seen(21, readable=False), True),  # whatever its age: it was never read
    ("2020-01-01", seen(0, answered=False, readable=False), True),  # was never answered
])
def test_a_known_release_is_asked_for_again_while_it_is_recent(day, known, wished):
    assert bool(chooser({"a/a": known}).choose([link("a", day)]).requests) is wished


def test_only_readable_releases_are_asked_for_conditionally():
    known = {"a/a": seen(21), "a/b": seen(21, readable=False)}
    requests = chooser(known).choose([link("a", "2026-11-20"), link("b", "2026-11-20"), link("c")]).requests
    assert [each.headers for each in requests] == [{"If-None-Match": '"a"'}, {}, {}]


def test_known_releases_end_the_paging_only_after_a_complete_run():
    known = {"a/a": seen(1)}
    assert not chooser(known).choose([link("a")]).next_page
    assert chooser(known, complete=False).choose([link("a")]).next_page
    assert chooser(known).choose([link("a"), link("b")]).next_page


def test_a_page_that_repeats_what_was_listed_ends_the_paging():
    one = chooser()
    assert one.choose([link("a")]).next_page
    assert not one.choose([link("a")]).next_page
    assert not one.choose([]).next_page


def test_lists_that_overlap_are_paged_each_for_itself():
    one = chooser()
    one.choose([link("a"), link("b")], "first list")
    other = one.choose([link("b")], "second list")
    assert (names(other), other.next_page) == ([], True)
    assert not one.choose([link("b")], "second list").next_page


def test_what_this_run_asked_for_does_not_count_as_known():
    known: dict[str, PageHistory] = {}
    one = chooser(known)
    one.choose([link("a")], "first list")
    known["a/a"] = seen(0)  # fetched meanwhile
    assert one.choose([link("a")], "second list").next_page


def test_since_leaves_out_older_releases_and_ends_the_paging_among_them():
    one = chooser(options=Options(since=date(2024, 1, 1)))
    mixed = one.choose([link("a", "2024-01-01"), link("b", "2023-12-31"), link("c")])
    assert (names(mixed), mixed.next_page) == (["a", "c"], True)
    assert not one.choose([link("d", "2023-12-30")]).next_page


def test_a_limit_counts_over_all_lists():
    one = chooser(options=Options(limit=3))
    assert names(one.choose([link("a"), link("b")])) == ["a", "b"]
    last = one.choose([link("c"), link("d")])
    assert (names(last), last.next_page) == (["c"], False)


@pytest.mark.parametrize(("header", "seconds"), [
    ("120", 120), ("", 0), ("soon", 0), ("-5", 0), ("Sat, 21 Nov 2026 04:01:00 GMT", 60),
    ("Sat, 21 Nov 2026 03:00:00 GMT", 0), ("Sat Nov 21 04:01:00 2026", 60),
    ("Sat, 99999999999999999999 Nov 2026 04:01:00 GMT", 0)])
def test_retry_after_is_seconds_or_a_date(header, seconds):
    assert retry_after(Headers({"Retry-After": header}), NOW) == seconds


def test_the_longer_of_both_delays_is_kept_and_a_replica_is_not_waited_for():
    settings = CrawlerSettings(delay=2.0)
    assert network(settings, 5.0)["DOWNLOAD_DELAY"] == 5.0
    assert network(settings)["DOWNLOAD_DELAY"] == 2.0
    assert network(settings)["AUTOTHROTTLE_START_DELAY"] == 2.0
    assert network(CrawlerSettings(via="http://127.0.0.1:1"))["DOWNLOAD_DELAY"] == 0


@pytest.mark.parametrize("each", all_sources(), ids=lambda each: each.id)
def test_every_source_is_asked_politely(each):
    assert network(CrawlerSettings(), each.delay)["DOWNLOAD_DELAY"] >= 2


def test_plain_lines_tell_verdict_and_reasons():
    out, err = io.StringIO(), io.StringIO()
    display = LineDisplay(out, err)
    display.started("camce")
    for pages in (99, 100):
        display.updated("camce", {"pages": pages})
    display.write_line("http://a/1")
    display.finished("camce", {"pages": 100}, Health("short", (message("text", text="why"),)))
    assert err.getvalue().splitlines() == [
        "camce: started", "camce: 100 pages", "! camce: short: 100 pages", "    why"]
    assert out.getvalue() == "http://a/1\n"


def test_the_moving_display_ends_with_the_verdict():
    err = io.StringIO()
    with LiveDisplay(err) as display:
        display.started("camce")
        display.updated("camce", {"pages": 3})
        display.finished("camce", {"pages": 3}, Health("failed", (message("text", text="[no] list"),)))
    assert "camce: [no] list" in err.getvalue()
    assert "✗ camce failed: 3 pages" in err.getvalue()


def test_a_source_that_was_never_begun_has_a_line_too():
    err = io.StringIO()
    with LiveDisplay(err) as display:
        display.finished("camce", {}, Health("short", (message("text", text="another crawl is at it"),)))
    assert "! camce short" in err.getvalue()
    assert "short:" not in err.getvalue()


def test_counts_are_told_in_words_and_zeroes_left_out():
    assert format_counts({"pages": 2, "errors": 0, "complete": 1, "retries": 1}) == "2 pages, 1 retries"


def test_names_of_addresses_stay_as_they_are():
    assert unquote(Unit("https://a/b", {"tagId": "分页列表"}).page_url(1)) == "https://a/b?tagId=分页列表"


@pytest.mark.parametrize(("words", "said"), [
    (["--since", "yesterday"], "'yesterday' is not a day; write it as 2025-09-27"),
    (["--since", "2026-13-01"], "'2026-13-01' is not a day"),
    (["nosuch"], f"nosuch: no such source; known are {all_sources()[0].id}, ")])
def test_what_a_crawl_cannot_understand_ends_with_2(words, said):
    result = CliRunner().invoke(crawl, words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr
