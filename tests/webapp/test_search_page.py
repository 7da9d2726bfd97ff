"""The front page and the search page, as a reader without a browser sees them."""

import re
from datetime import date
from html import unescape
from pathlib import Path

import pytest
from lxml import html

from archive.errors import StoreError
from archive.messages import message
from indexer.documents.document import Document
from indexer.errors import EngineError, QueryError
from support.engines import FaultyEngine
from support.pages import arguments, text, tree
from support.releases import index_releases

ROOT = Path(__file__).resolve().parents[2]


def links(page, css):
    return {text(each): each.get("href") for each in page.cssselect(css)}


def test_the_front_page_says_what_the_archive_holds(client):
    page = tree(client.get("/"))
    assert "37 releases" in text(page)
    assert {"Ministry of Commerce (English site)", "Ministry of Commerce (Chinese site)"} <= {
        text(each) for each in page.cssselect(".facet .name")}
    assert text(page.cssselect(".results h3")[0]) == "Export licences for graphene samples"


def test_an_empty_archive_says_how_to_fill_it(serve, tmp_path):
    client = serve(data=tmp_path / "nothing")
    page = tree(client.get("/"))
    assert "The folder that this site was started with holds no archive." in text(page)
    assert "--data or GONGBAO_DATA" in text(page)
    assert "gongbao crawl mofcom_en --limit 50" in text(page)
    assert "camce, ccdp_me, cnus_cccme" in text(page)
    assert not (tmp_path / "nothing").exists()
    refused = client.get("/search?q=tea")
    assert "gongbao import" in text(tree(refused, 503))
    assert refused.headers["Retry-After"]


def test_an_archive_without_releases_is_not_taken_for_a_missing_one(serve, tmp_path):
    client = serve(data=index_releases(tmp_path, []))
    page = tree(client.get("/"))
    assert "This archive is still empty" in text(page)
    assert "GONGBAO_DATA" not in text(page)


def test_the_status_page_says_that_there_is_no_archive(serve, tmp_path):
    response = serve(data=tmp_path / "nothing").get("/status")
    assert "There is no archive here yet" in text(tree(response, 503))
    assert str(tmp_path) not in response.text


def test_a_result_shows_title_date_source_and_language(client):
    found = tree(client.get("/search?q=石墨烯")).cssselect(".results li")
    assert len(found) == 1
    assert text(found[0].cssselect(".meta")[0]).startswith("26 September 2025 17:34")
    assert found[0].cssselect("time")[0].get("datetime") == "2025-09-26T17:34+08:00"
    assert found[0].cssselect("h3")[0].get("lang") == "zh"
    assert [each.text for each in found[0].cssselect("h3 mark")] == ["石墨烯"]
    assert found[0].cssselect(".excerpt mark")


@pytest.mark.parametrize(("query", "shown"), [("delegation", "October 2015"), ("forum", "undated")])
def test_dates_are_shown_as_exact_as_they_are_known(client, query, shown):
    assert text(tree(client.get(f"/search?q={query}")).cssselect(".meta > *")[0]) == shown


def test_what_was_found_is_never_taken_for_markup(client):
    response = client.get("/search?q=tea")
    assert "<script" not in response.text
    assert "<img src=x" not in response.text
    assert "\x0b" not in response.text
    assert text(tree(response).cssselect(".results h3")[0]) == "<script>alert('title')</script> & \"anti-dumping\" tea"


def test_a_typed_script_stays_text(client):
    response = client.get("/search", query_string={"q": "\"><script>alert(1)</script>"})
    assert "<script" not in response.text
    assert tree(response).cssselect("#q")[0].get("value") == "\"><script>alert(1)</script>"


def test_facets_count_and_narrow(client):
    page = tree(client.get("/search"))
    rows = {text(each.cssselect(".name")[0]): each for each in page.cssselect(".facet li a")}
    count = int(text(rows["Chinese"].cssselect(".count")[0]))
    narrowed = tree(client.get(rows["Chinese"].get("href")))
    assert text(narrowed.cssselect("#found")[0]).startswith(f"{count} release")


def test_a_chosen_value_is_marked_counts_beside_its_rivals_and_can_be_switched_off(client):
    page = tree(client.get("/search?lang=zh&q=石墨烯"))
    on = page.cssselect(".facet .on a")
    assert [each.get("aria-current") for each in on] == ["true"]
    assert arguments(on[0].get("href")) == [("q", "石墨烯")]


def test_everything_in_force_is_a_chip_that_can_be_removed(client):
    page = tree(client.get("/search?q=export&org=mofcom&source=mofcom_en&lang=en&from=2025&to=2026"))
    chips = page.cssselect("a.chip")
    assert len(chips) == 6
    for chip in chips:
        assert len(arguments(chip.get("href"))) == 5
        assert client.get(chip.get("href")).status_code == 200


def test_pages_keep_everything_else(client):
    page = tree(client.get("/search?q=report&lang=en&sort=oldest&page=2"))
    for address in links(page, ".pages a").values():
        kept = [each for each in arguments(address) if each[0] != "page"]
        assert kept == [("q", "report"), ("lang", "en"), ("sort", "oldest")]
    assert [each.get("rel") for each in page.cssselect("link[rel=next], link[rel=prev]")] == ["prev", "next"]
    assert text(page.cssselect(".pages [aria-current]")[0]) == "2"


def test_the_pages_before_and_after_stand_beside_the_numbers(client):
    around = {number: links(tree(client.get(f"/search?q=report&page={number}&ui=en")), ".pages a[rel]")
              for number in (1, 2, 3)}
    assert around == {1: {"Next": "/search?q=report&page=2"},
                      2: {"Previous": "/search?q=report", "Next": "/search?q=report&page=3"},
                      3: {"Previous": "/search?q=report&page=2"}}
    assert list(links(tree(client.get("/search?q=report&page=2&ui=zh")), ".pages a[rel]")) == ["上一页", "下一页"]
    assert not tree(client.get("/search?q=石墨烯")).cssselect(".pages, link[rel=prev], link[rel=next]")


def test_following_the_pages_shows_every_release_once(client):
    seen, address = [], "/search"
    while address:
        page = tree(client.get(address))
        seen += [each.get("href") for each in page.cssselect(".results h3 a")]
        following = page.cssselect("link[rel=next]")
        address = following[0].get("href") if following else None
    assert len(seen) == len(set(seen)) == 37


def test_a_page_after_the_last_is_refused(client):
    page = tree(client.get("/search?q=report&page=9"), 400)
    assert "There is no page 9; the last one is 3." in text(page)
    assert page.cssselect("#q")[0].get("value") == "report"


def test_sorting_is_a_link_that_keeps_the_search(client):
    page = tree(client.get("/search?q=report&lang=en"))
    assert list(links(page, ".links a")) == ["Relevance", "Newest", "Oldest", "Last added"]
    oldest = tree(client.get(links(page, ".links a")["Oldest"]))
    assert text(oldest.cssselect(".results h3")[0]) == "Weekly report 29"
    assert "Relevance" not in links(tree(client.get("/search")), ".links a")


def test_the_same_search_is_offered_as_feed_and_json(client):
    page = tree(client.get("/search?q=report&lang=en&sort=oldest&page=2"))
    offered = {each.get("type"): each.get("href") for each in page.cssselect("link[rel=alternate]")}
    assert offered == {"application/atom+xml": "/search.atom?q=report&lang=en",
                       "application/rss+xml": "/search.rss?q=report&lang=en",
                       "application/json": "/search.json?q=report&lang=en&sort=oldest&page=2"}


class TestTimeline:
    def test_counts_years_where_the_span_is_long(self, client):
        page = tree(client.get("/search"))
        bars = {each.findtext("title"): each.get("href") for each in page.cssselect(".timeline svg a")}
        assert next(iter(bars)) == "2015: 1 release"
        assert bars["2025: 2 releases"] == "/search?from=2025&to=2025"

    def test_counts_months_where_it_is_short_and_keeps_the_search(self, client):
        page = tree(client.get("/search?q=report&from=2024-11&to=2024-12"))
        bars = {each.findtext("title"): each for each in page.cssselect(".timeline svg a")}
        assert list(bars) == ["November 2024: 4 releases", "December 2024: 5 releases"]
        assert bars["December 2024: 5 releases"].get("href") == "/search?q=report&from=2024-12&to=2024-12"

    def test_a_bar_leads_to_as_many_releases_as_it_counts(self, client):
        for bar in tree(client.get("/search")).cssselect(".timeline svg a"):
            count = bar.findtext("title").split(": ")[1]
            assert text(tree(client.get(bar.get("href"))).cssselect("#found")[0]) == count

    def test_the_table_says_the_same(self, client):
        page = tree(client.get("/search"))
        table = [": ".join(text(cell) for cell in row) for row in page.cssselect(".timeline tbody tr")]
        assert table == [each.findtext("title").rpartition(" ")[0] for each in page.cssselect(".timeline svg a")]

    def test_what_has_no_date_is_counted_beside_it(self, client):
        assert "1 undated release is not in the chart." in text(tree(client.get("/search")))

    def test_what_is_known_by_its_year_alone_is_counted(self, serve, data, engine):
        shown = tree(serve(data=data).get("/search?from=2015&to=2015"))
        assert "known by its year alone" not in text(shown)
        engine.write([Document("a", 1, 1, "camce", "en", "t", "b", first_day=date(2015, 1, 1),
                               last_day=date(2015, 12, 31), month_known=False)], (), engine.checkpoint())
        page = tree(serve(lambda: engine, data=data).get("/search?from=2015&to=2015"))
        assert "1 more is known by its year alone." in text(page)


@pytest.mark.parametrize("address", ["/", "/search", "/search?q=qqqqqq", "/search?page=0", "/nothing"])
def test_every_form_says_how_to_search(client, address):
    """Its examples are links, and those of docs/search.md, in both languages."""
    documented = set(re.findall(r"`([^`]+)`", (ROOT / "docs" / "search.md").read_text(encoding="utf-8")))
    for ui, title in (("en", "How to search"), ("zh", "检索方法")):
        page = html.fromstring(client.get(f"{address}{'&' if '?' in address else '?'}ui={ui}").text)
        assert text(page.cssselect(".help summary")[0]) == title
        examples = page.cssselect(".help dl a")
        assert len(examples) == len(page.cssselect(".help dd")) == 7
        for each in examples:
            assert arguments(each.get("href")) == [("q", each.text)]
            assert client.get(each.get("href")).status_code == 200
            assert each.text in documented


@pytest.mark.parametrize(("address", "title"), [
    ("/search", "All releases"), ("/search?page=2", "All releases · page 2"), ("/search?q=report", "report"),
    ("/search?org=mofcom&from=2024&to=2025", "Ministry of Commerce · 2024–2025"),
    ("/search?q=report&lang=en&ui=zh&page=2", "report · 英文 · 第 2 页")])
def test_the_title_says_what_is_searched_for(client, address, title):
    assert tree(client.get(address)).findtext(".//title") == f"{title} · Gongbao 公报"


def test_a_long_query_makes_no_long_title(client):
    assert len(tree(client.get("/search?q=" + "x" * 500)).findtext(".//title")) < 110


@pytest.mark.parametrize(("address", "current"), [
    ("/search", ["All releases"]), ("/search?page=2", ["All releases"]), ("/status", ["Status"]),
    ("/search?q=report", []), ("/search?org=mofcom", []), ("/search?from=2024", []), ("/search?from=soon", [])])
def test_the_navigation_says_where_one_is(client, address, current):
    page = html.fromstring(client.get(address).text)
    assert [text(each) for each in page.cssselect("nav [aria-current=page]") if each.getparent().get("class") is None] \
        == current


def test_nobody_needs_a_cookie(client):
    reader = client.application.test_client(use_cookies=False)
    page = tree(reader.get("/search?q=report&ui=zh"))
    assert page.get("lang") == "zh-Hans"
    following = tree(reader.get(page.cssselect("a[rel=next]")[0].get("href")))
    assert text(following.cssselect("#found")[0]).startswith("30 releases")


def test_no_results_suggests_other_searches(client):
    page = tree(client.get("/search?q=qqqqqq&lang=en"))
    assert text(page.cssselect("#found")[0]).startswith("0 releases")
    assert "Take away one of the filters" in text(page)


class TestWithoutEngine:
    @pytest.fixture
    def broken(self, serve, data, engine):
        return serve(lambda: FaultyEngine(engine, EngineError("the index is damaged")), data=data)

    def test_searching_answers_503_and_keeps_what_was_typed(self, broken):
        response = broken.get("/search?q=tea&lang=en")
        page = tree(response, 503)
        assert response.headers["Retry-After"] == "30"
        assert "The search engine does not answer." in text(page)
        assert page.cssselect("#q")[0].get("value") == "tea"

    def test_an_empty_archive_says_how_to_fill_it_though_there_is_no_engine_either(self, serve, tmp_path):
        def none():
            raise EngineError("there is no index yet")

        page = tree(serve(none, data=tmp_path / "nothing").get("/search?q=tea"), 503)
        assert "gongbao import" in text(page)
        assert "Nothing is lost" not in text(page)

    def test_releases_are_still_shown(self, broken, ids):
        assert broken.get(f"/article/{ids['notice']}").status_code == 200
        page = tree(broken.get("/"))
        assert "Searching does not work" in text(page)
        assert len(page.cssselect(".results li")) == 6

    def test_the_engine_is_opened_anew(self, serve, data, engine):
        opened = []

        def opener():
            opened.append(1)
            if len(opened) == 1:
                raise EngineError("there is no index yet")
            return engine

        client = serve(opener, data=data)
        assert [client.get("/search").status_code for _ in range(3)] == [503, 200, 200]
        assert len(opened) == 2


def test_a_release_that_left_the_store_is_left_out(serve, data, engine):
    engine.write([Document("f" * 16, 999, 999, "camce", "en", "gone", "gone")], (), engine.checkpoint())
    page = tree(serve(lambda: engine, data=data).get("/search?q=gone"))
    assert text(page.cssselect("#found")[0]).startswith("1 release")
    assert page.cssselect(".results li") == []


def test_an_unreadable_store_is_reported(client, app, monkeypatch):
    def broken(*_):
        raise StoreError("the disk is gone")

    monkeypatch.setattr(type(app.extensions["gongbao"]), "read_store", broken)
    for address in ("/search", "/"):
        page = tree(client.get(address), 503)
        assert "The archive cannot be read at the moment" in text(page)
        assert "The store cannot be read." in text(page)


def test_query_errors_of_the_engine_are_shown_like_others(serve, data, engine):
    client = serve(lambda: FaultyEngine(engine, QueryError(message("too_many_clauses", most=64), 2)), data=data)
    page = tree(client.get("/search?q=a+*"), 400)
    assert "The query has more than 64 words and phrases." in text(page)
    assert page.cssselect("#q")[0].get("value") == "a *"


def test_the_first_page_is_small(client):
    files = ["/search", "/static/style.css", "/static/icon.svg"]
    assert sum(len(client.get(each, buffered=True).data) for each in files) < 60_000


def test_a_page_carries_no_inline_style_or_script(client, ids):
    for address in ("/", "/search?q=tea", f"/article/{ids['notice']}", "/archived/1", "/status", "/search?page=0"):
        page = html.fromstring(client.get(address).text)
        assert page.cssselect("[style], script, style") == []
        assert not re.search(r"\son\w+\s*=", unescape(re.sub(r">[^<]*<", "><", client.get(address).text)))
