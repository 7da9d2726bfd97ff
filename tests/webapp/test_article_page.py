"""The page of one release: what it says and where each fact comes from."""

import shutil
from datetime import UTC, datetime, timedelta

import pytest
from lxml import html
from sqlalchemy import delete, insert, select

from archive.db.store import Store
from archive.db.tables import captures, pages, revisions
from archive.messages import message
from archive.records import Evidence, Stamp
from archive.urls import page_id
from crawler.settings import CrawlerSettings
from indexer.document_tables import documents, tombstones
from indexer.documents.document import FieldSpan, Tag
from support.archive import NOW, exchange
from support.releases import (
    CLONE,
    ENGLISH,
    MOFCOM_EN,
    MOFCOM_ZH,
    MONTH,
    NOTICE,
    ORIGINAL,
    article_url,
    index_releases,
    release,
)
from webapp.queries import MAX_CAPTURES
from webapp.release.tag_marks import paragraphs, tag_wordings


def text(element):
    return " ".join(element.text_content().split())


@pytest.fixture
def page(client, ids):
    def get(name):
        response = client.get(f"/article/{ids[name]}")
        assert response.status_code == 200
        return html.fromstring(response.text)

    return get


def facts(page):
    """The facts by name; several of one name are joined."""
    found = {}
    for name in page.cssselect("dl.facts dt"):
        found.setdefault(text(name), []).append(text(name.getnext()))
    return {name: " | ".join(each) for name, each in found.items()}


def test_each_fact_says_where_it_comes_from(page):
    found = facts(page("notice"))
    assert found["Published"] == (
        "26 September 2025 17:34 Beijing time read from 2025-09-26 17:34 meta PubDate other times on the page, "
        "not taken as its date: 2025-09-26 16:56 section.article-tool")
    assert found["Number"] == "商务部公告2025年第99号 as the page gives it"
    assert found["Names as its source"].startswith("外贸司")
    assert found["Author"].startswith("wms")
    assert found["Category"].startswith("对外贸易管理")
    assert found["This page's address"] == NOTICE.url
    assert found["Defects of the page"] == "charset: declared gb2312, read as gb18030"


def test_what_a_browser_does_not_show_is_linked_in_the_source(page, client):
    links = page("notice").cssselect("dl.facts a[href*='/source']")
    assert [text(each) for each in links] == ["meta PubDate", *["as the page gives it"] * 4]
    assert links[0].get("href").endswith("/source?find=2025-09-26+17:34")
    assert client.get(links[0].get("href")).status_code == 200
    assert page("month").cssselect("dl.facts a[href*='/source']") == []


def test_an_undated_release_says_what_was_empty(page):
    one = page("undated")
    assert text(one.cssselect(".meta .undated")[0]) == "undated"
    assert facts(one)["Published"] == "undated the page's date field is empty: label 'Release Date:'"
    assert one.cssselect("dl.facts q") == []
    assert one.cssselect(".meta time") == []


def test_places_and_defects_are_said_in_chinese(client, ids):
    found = facts(html.fromstring(client.get(f"/article/{ids['notice']}?ui=zh").text))
    assert "取自 2025-09-26 17:34 页面元数据 PubDate" in found["发布时间"]
    assert found["页面的缺陷"] == "字符编码：声明为 gb2312，按 gb18030 读取"


def test_a_month_is_no_day(page):
    assert facts(page("month"))["Published"].startswith("October 2015 the day is not known read from 201510")


def test_the_other_language_is_one_link_away_from_both_sides(page, ids):
    for here, there, title in (("notice", "english", ENGLISH.title), ("english", "notice", NOTICE.title)):
        link = page(here).cssselect(".counterpart a")[0]
        assert (link.get("href"), text(link)) == (f"/article/{ids[there]}", title)


def test_a_clone_points_to_its_original(page, ids):
    one = page("clone")
    banner = one.cssselect(".banner.warn")[0]
    assert "not the source's own" in text(banner)
    assert banner.cssselect("a")[0].get("href") == f"/article/{ids['original']}"
    assert facts(one)["Clone of"].startswith(ORIGINAL.title)
    assert facts(page("original"))["Cloned at"].startswith(CLONE.title)
    assert page("original").cssselect(".banner.warn") == []


@pytest.fixture
def republished(serve, tmp_path):
    """The page of a release that cites another one, and that of the other one; the first has an impossible date."""
    cited = release(article_url(MOFCOM_EN, 1), "mofcom_en", "Tea", "A case about tea.")
    citing = release(MONTH.url, "made_in_china", "More tea",
                     "The ministry told of tea.", cites=(cited.url,), counterpart=article_url(MOFCOM_ZH, 9),
                     published=Stamp(None, "unknown", (
                         Evidence("2099-01-01", message("label", label="Release Date:")),)))
    client = serve(data=index_releases(tmp_path, [cited, citing]))
    return [html.fromstring(client.get(f"/article/{page_id(each.urlkey)}").text) for each in (citing, cited)]


def test_a_republication_points_to_its_original_and_is_listed_there(republished):
    citing, cited = republished
    assert text(citing.cssselect(".banner")[0]) == "This is a republication. The original: Tea"
    assert citing.cssselect(".banner a")[0].get("href") == cited.cssselect("a.switch")[0].get("href").split("?")[0]
    assert facts(citing)["Republished from"] == f"Tea the page itself says so: {article_url(MOFCOM_EN, 1)}"
    assert facts(cited)["Republished at"].startswith("More tea that page says so:")
    assert cited.cssselect(".banner") == []


def test_a_republication_of_nobody_knows_what_says_so(serve, tmp_path):
    unnamed = release(MONTH.url, "made_in_china", "More tea", "The ministry told of tea.")
    client = serve(data=index_releases(tmp_path, [unnamed]))
    page = html.fromstring(client.get(f"/article/{page_id(unnamed.urlkey)}").text)
    assert [text(each) for each in page.cssselect(".banner")] == [
        "This is a republication. The page does not name the original."]


def test_the_archived_page_is_one_click_away(page, client, ids):
    [link] = [each for each in page("notice").cssselect(".jump a") if text(each) == "Archived page"]
    read = next(each for each in page("notice").cssselect(".captures li") if "read for this page" in text(each))
    assert link.get("href") == read.cssselect("a")[0].get("href")
    assert client.get(link.get("href")).status_code == 200


def test_an_address_that_is_its_own_evidence_is_shown_once(republished):
    assert facts(republished[0])["In the other language"] == (
        f"{article_url(MOFCOM_ZH, 9)} not in this archive as the page itself says")


def test_an_impossible_date_is_shown_as_what_was_not_taken(republished):
    assert facts(republished[0])["Published"] == (
        "undated the page's date field holds no date that can be: 2099-01-01 label 'Release Date:'")


def test_the_evidence_of_a_clone_is_the_archive_s_own_knowledge_on_both_pages(page):
    for name, label in (("clone", "Clone of"), ("original", "Cloned at")):
        assert "the cloning host is known to this archive:" in facts(page(name))[label]


def test_what_a_release_is_about_stands_apart_from_what_it_mentions(serve, tmp_path):
    body = "Tariffs fell. " * 30 + "MOFCOM spoke of RCEP once."
    data = index_releases(tmp_path, [release(article_url(MOFCOM_EN, 1), "mofcom_en", "Lower tariffs", body)])
    client = serve(data=data, language="en")
    [found] = client.get("/search.json").get_json()["results"]
    assert (found["topics"], found["mentioned"]["topics"]) == (["tariffs"], ["rcep"])
    shown = html.fromstring(client.get(f"/article/{found['id']}").text)
    lists = {text(each): text(each.getnext()) for each in shown.cssselect("aside h2")}
    assert lists["Topics"] == "Tariffs in the title; found as tariffs, Tariffs × 30"
    assert lists["Topics only mentioned"] == (
        "Regional Comprehensive Economic Partnership named in the text; found as RCEP")
    assert shown.xpath("//a[contains(@href, 'rcep')]/@href") == ["/search?topic=rcep&mentions=1"]
    assert client.get("/search.json?topic=rcep").get_json()["total"] == 0
    assert client.get("/search.json?topic=rcep&mentions=1").get_json()["total"] == 1


def test_a_kind_of_release_is_shown_with_the_words_that_tell_it(page):
    lists = {text(each): text(each.getnext()) for each in page("notice").cssselect("aside h2")}
    assert lists["Kind of release"] == "Announcements and orders it has a number"


def test_tags_are_listed_with_the_words_they_came_from(page):
    one = page("english")
    tags = {text(each.cssselect("a")[0]): each for each in one.cssselect(".tags li")}
    ministry = tags["Ministry of Commerce"]
    assert ministry.cssselect("a")[0].get("href") == "/org/mofcom"
    assert [text(each) for each in ministry.cssselect(".from a")] == ["Ministry of Commerce", "MOFCOM × 2"]
    assert [each.get("href") for each in ministry.cssselect(".from a")] == ["#p1", "#p1"]
    assert {"Ministry of Commerce", "MOFCOM"} <= {text(each) for each in one.cssselect(".body mark.tag")}


def test_the_body_is_text_in_its_own_language(page):
    body = page("notice").cssselect(".body")[0]
    assert body.get("lang") == "zh"
    assert "\n".join(text(each) for each in body.cssselect("p")) == NOTICE.body
    assert [each.get("id") for each in body.cssselect("p")] == ["p1", "p2"]


def test_nothing_of_a_release_is_markup(page, client, ids):
    one = page("hostile")
    assert text(one.cssselect("h1")[0]) == "<script>alert('title')</script> & \"anti-dumping\" tea"
    assert one.cssselect("script, .body img") == []
    assert "\x0b" not in client.get(f"/article/{ids['hostile']}").text


def test_links_to_other_sites_tell_them_nothing(page):
    for name in ("notice", "clone", "month"):
        outside = list(page(name).cssselect("a[href^=http]"))
        assert outside
        assert all({"noopener", "noreferrer"} <= set(each.get("rel").split()) for each in outside)


@pytest.fixture
def hints(app, serve, ids, tmp_path):
    """The hints of the listed captures, newest first, of the notice in a copy of the archive with many captures more;
    of those, the ones with these numbers are changes at the source."""
    def get(count, changed):
        settings = CrawlerSettings(data=tmp_path / "copy")
        shutil.copytree(app.extensions["gongbao"].settings.data, settings.data)
        with Store.open(settings) as store, store.begin() as connection:
            page = connection.scalar(select(pages.c.id).where(pages.c.public_id == ids["notice"]))
            row = dict(connection.execute(select(captures).where(captures.c.page_id == page)).mappings().first())
            del row["id"]
            for number in range(count):
                at = f"{datetime(2027, 1, 1, tzinfo=UTC) + timedelta(days=number):%Y-%m-%dT%H:%M:%SZ}"
                capture = connection.execute(insert(captures).values(
                    {**row, "record_id": f"more-{number}", "fetched_at": at})).inserted_primary_key[0]
                if number in changed:
                    connection.execute(insert(revisions).values(
                        page_id=page, capture_id=capture, content_hash=f"hash {number}", captured_at=at))
        shown = html.fromstring(serve(data=settings.data).get(f"/article/{ids['notice']}").text)
        return ["the text differs" in text(each) for each in shown.cssselect(".captures li")]

    return get


@pytest.mark.parametrize("changed", [{59}, {30, 59}, {11, 12}, set()], ids=str)
def test_a_change_is_listed_as_one_though_the_first_capture_is_not_listed(hints, changed):
    found = hints(60, changed)
    assert len(found) == MAX_CAPTURES
    assert {59 - place for place, differs in enumerate(found) if differs} == changed


def test_the_first_capture_is_no_change(hints):
    assert hints(3, {1}) == [False, True, False, False, False]


def test_every_capture_of_the_page_is_listed_with_its_digest(page):
    captures = page("notice").cssselect(".captures li")
    assert ["unchanged since" in text(each) for each in captures] == [True, False]
    assert ["read for this page" in text(each) for each in captures] == [False, True]
    assert all(text(each.cssselect(".digest")[0]).startswith("sha") for each in captures)
    assert "differs" not in text(page("notice"))
    assert "Older captures" not in text(page("notice"))


def test_a_page_captured_very_often_lists_the_newest(serve, ids, tmp_path):
    index_releases(tmp_path, [NOTICE], more=[
        exchange(NOTICE.url, b"", status=304, at=NOW + timedelta(hours=number))
        for number in range(1, MAX_CAPTURES + 1)])
    shown = html.fromstring(serve(data=tmp_path).get(f"/article/{ids['notice']}").text)
    assert len(shown.cssselect(".captures li")) == MAX_CAPTURES
    assert shown.cssselect(".captures time")[0].get("datetime") == "2026-11-23T14:00:00Z"
    assert "Older captures are kept too" in text(shown)


def test_an_unknown_release_is_not_found(client):
    response = client.get("/article/0123456789abcdef")
    assert response.status_code == 404
    assert html.fromstring(response.text).cssselect("form.search")


def test_a_release_that_was_taken_away_says_why(serve, tmp_path):
    settings = CrawlerSettings(data=tmp_path)
    with Store.open(settings) as store, store.begin() as connection:
        connection.execute(delete(documents))
        connection.execute(insert(tombstones).values(
            id="0123456789abcdef", rev=2, seq=1, added_at="2026-01-01T00:00:00Z", why="its page is gone",
            at="2026-02-03T00:00:00Z"))
    response = serve(data=tmp_path).get("/article/0123456789abcdef")
    assert response.status_code == 410
    assert "It was taken away on 2026-02-03: its page is gone" in response.text


def test_overlapping_words_are_marked_once():
    tags = [Tag("a", (FieldSpan("body", 0, 8),)), Tag("b", (FieldSpan("body", 5, 12),))]
    assert [str(each.html) for each in paragraphs("one two <three>\n\nfour", tags)] == [
        '<mark class="tag">one two &lt;thr</mark>ee&gt;', "four"]


def test_words_are_counted_where_they_stand_first():
    tag = Tag("a", (FieldSpan("title", 0, 2), FieldSpan("body", 3, 5), FieldSpan("body", 6, 8)))
    assert [(each.text, each.count, each.paragraph) for each in tag_wordings(tag, "AB", "x\n\nAB CD")] == [
        ("AB", 2, 0), ("CD", 1, 2)]
