"""The parts of a crawl on their own: health, what lists say, what is chosen of them, politeness, displays."""

import io
import json
from datetime import UTC, datetime
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from scrapy.http import Headers

from archive.messages import message
from archive.records import Capture
from crawler.commands.crawl import crawl
from crawler.commands.display import LineDisplay, LiveDisplay
from crawler.commands.run_text import format_counts
from crawler.extract.error_pages import redirect_target
from crawler.extract.no_article import challenge_reason
from crawler.extract.page import Page
from crawler.middlewares import retry_after
from crawler.platforms.jpaas import Unit, UnitError, read_unit, read_unit_response
from crawler.settings import CrawlerSettings, network
from crawler.source import Expect, all_sources
from crawler.spiders.health import Health, LeftOut, RunOutcome, check_health
from crawler.spiders.list_pages import read_sitemap

NOW = datetime(2026, 11, 21, 4, tzinfo=UTC)
SHELL = "https://www.mofcom.gov.cn/xwfb/rcxwfb/index.html"
EXPECT = Expect(pages=2, articles=10, dated=0.9, body=0.9)
GOOD = {"lists": 2, "links": 20, "first_read": 10, "undated": 1}


def capture(body: str | bytes, url: str = SHELL) -> Capture:
    return Capture(url, body.encode() if isinstance(body, str) else body, NOW, "text/html; charset=utf-8")


def test_a_run_that_yields_what_is_expected_is_healthy():
    assert check_health(EXPECT, GOOD) == Health("healthy")


def test_a_run_that_finds_the_lists_intact_and_nothing_new_is_healthy():
    assert check_health(EXPECT, {"lists": 2, "links": 10, "known": 10}).verdict == "healthy"


@pytest.mark.parametrize(("counts", "words"), [
    ({"lists": 1}, "list pages that could be read: 1; a healthy run reads 2"),
    ({"links": 9}, "releases that the lists name: 9; a healthy run finds 10"),
    ({"undated": 2}, "8 of 10 articles are dated (80%; expected 90%)"),
    ({"first_unreadable": 2}, "10 of 12 articles could be read (83%; expected 90%)"),
    ({"postponed": 3}, "pages that were not asked for or not kept: 3; they are left for the next run"),
    ({"lists_failed": 1}, "lists that could not be read to known ground or to their end: 1"),
    ({"gaps": 1}, "lists that show no release that they showed before, so that others may have come and gone: 1"),
    ({"waiting": 1}, "releases that were asked for and could not be read yet: 1; they are asked for again"),
    ({"missing": 1}, "new releases that are missing where the lists say they are: 1; they count as gone after a second "
                     "answer on another day"),
])
def test_each_shortcoming_is_named(counts, words):
    health = check_health(EXPECT, GOOD | counts)
    assert (health.verdict, [str(each) for each in health.reasons]) == ("short", [words])


def test_a_step_of_ours_that_raised_makes_the_run_short():
    health = check_health(EXPECT, GOOD | {"spider_errors": 1})
    assert health.verdict == "short"
    assert "responses that raised an error in the crawler: 1" in str(health.reasons[0])


def test_a_run_without_a_single_list_has_failed():
    assert check_health(EXPECT, {"pages": 3}).verdict == "failed"
    assert check_health(EXPECT, {}).verdict == "failed"


def test_a_limit_lowers_what_is_expected():
    outcome = RunOutcome(left_out=LeftOut("--limit 3", 3))
    assert check_health(EXPECT, {"lists": 1, "links": 6, "articles": 3}, outcome).verdict == "healthy"


@pytest.mark.parametrize("left_out", [LeftOut("--since 2024-01-01", releases=2), LeftOut("--limit 1", 1, lists=1)])
def test_a_run_that_left_something_out_is_limited_and_did_not_fall_short(left_out):
    health = check_health(EXPECT, GOOD, RunOutcome(left_out=left_out))
    assert (health.verdict, health.fell_short, len(health.reasons)) == ("limited", False, 1)
    assert check_health(EXPECT, GOOD | {"postponed": 1}, RunOutcome(left_out=left_out)).verdict == "short"


def test_notes_do_not_make_a_run_short_but_are_told():
    note = message("list_has_gap", url="http://x.cn/")
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


MALFORMED = ["http://[x/a", "//[", "https://www.mofcom.gov.cn:99999/b.html", "https://www.mofcom.gov.cn:x/b.html",
             "javascript:void(0)"]


@pytest.mark.parametrize("target", MALFORMED)
@pytest.mark.parametrize("form", [
    "<script>location.href='{}'</script>", '<meta http-equiv="refresh" content="0;url={}">'])
def test_a_page_that_sends_on_to_no_address_sends_nobody_on(target, form):
    page = capture(form.format(target))
    assert redirect_target(page) is None
    challenge_reason(Page(page))  # raises nothing


@pytest.mark.parametrize("target", MALFORMED)
def test_a_sitemap_with_malformed_addresses_names_the_others(target):
    body = f"<urlset><url><loc>{target}</loc></url><url><loc>https://a/2</loc></url></urlset>"
    assert read_sitemap(body.encode()) == ("urlset", ["https://a/2"])


@pytest.mark.parametrize("url", ["http://[x/api", "https://www.mofcom.gov.cn:x/api"])
def test_a_shell_with_a_malformed_address_of_its_api_is_a_fault(url):
    with pytest.raises(UnitError):
        read_unit(Page(capture(f'<script url="{url}" querydata="{{}}"></script>')))


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
    assert network(CrawlerSettings(via="http://127.0.0.1:1"), 5.0)["DOWNLOAD_DELAY"] == 0


def test_a_delay_that_is_set_is_kept_to_a_replica_too():
    through = network(CrawlerSettings(via="http://127.0.0.1:1", delay=2.0), 5.0)
    assert (through["DOWNLOAD_DELAY"], through.get("CONCURRENT_REQUESTS_PER_DOMAIN")) == (2.0, None)
    assert network(CrawlerSettings(via="http://127.0.0.1:1", delay=0.0))["CONCURRENT_REQUESTS_PER_DOMAIN"] == 8


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
    assert format_counts({"pages": 2, "errors": 0, "complete": 1, "retries": 1}) == "2 pages, 1 retry"


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
