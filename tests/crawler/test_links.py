"""Lists give each release once, with the date and the category that stand beside it."""

from datetime import UTC, datetime

import pytest

from archive.records import Capture
from crawler.extract.links import read_links
from crawler.extract.page import Page
from crawler.reader import read_list
from crawler.source import Listing, source

ZH, EN = source("mofcom_zh"), source("mofcom_en")
HASHES = [f"{number:032x}" for number in range(1, 6)]


def page(body: str, url: str = "https://www.mofcom.gov.cn/zcfb/index.html") -> Page:
    return Page(Capture(url, body.encode(), datetime(2026, 1, 1, tzinfo=UTC)))


def row(number: int, rest: str = "<span>[2025-09-25]</span>", text: str = "公告") -> str:
    link = f'<a href="/zcfb/zc/art/2025/art_{HASHES[number]}.html" title="{text}">{text}…</a>'
    return f"<li><em>【公平贸易】</em>{link}{rest}</li>"


def test_an_entry_has_address_title_date_and_category():
    links = read_links(page(f"<ul class=policy-list>{row(0)}{row(1, '<span>2025-09-24</span>', '通知')}</ul>"), ZH)
    assert [(each.title, each.published.value, each.category) for each in links] == [
        ("公告", "2025-09-25", "公平贸易"),
        ("通知", "2025-09-24", "公平贸易"),
    ]
    assert links[0].url == f"https://www.mofcom.gov.cn/zcfb/zc/art/2025/art_{HASHES[0]}.html"


def test_only_the_named_entries_count_where_there_are_any():
    body = f"<ul class=policy-list>{row(0)}</ul><aside><ul>{row(1)}</ul></aside>"
    listing = Listing("https://www.mofcom.gov.cn/zcfb/index.html", item="ul.policy-list > li")
    assert len(read_links(page(body), ZH, listing)) == 1
    assert len(read_links(page(body.replace("policy-list", "renamed")), ZH, listing)) == 2


@pytest.mark.parametrize(
    ("script", "value"),
    [
        ("parseToData(1768995462538,1)", "2026-01-21T19:37+08:00"),
        ("document.write('2020-11-05 10:00:00')", "2020-11-05T10:00+08:00"),
    ],
)
def test_a_date_in_the_script_of_an_entry(script, value):
    body = f'<ul><li><a href="/News/art/2026/art_{HASHES[0]}.html">A meeting</a><script>{script}</script></li></ul>'
    assert read_links(page(body, "https://english.mofcom.gov.cn/"), EN)[0].published.value == value


def test_the_date_of_a_neighbour_is_not_taken():
    body = f"<ul>{row(0, '')}{row(1)}</ul>"
    assert [each.published and each.published.value for each in read_links(page(body), ZH)] == [None, "2025-09-25"]


def test_a_date_in_a_title_is_not_the_date_of_the_entry():
    assert read_links(page(f"<ul>{row(0, '', '2025年8月1日起施行的公告')}</ul>"), ZH)[0].published is None


@pytest.mark.parametrize(
    "href",
    [
        "http://evil.example/zcfb/zc/art/2025/art_{0}.html",
        "javascript:void(0)",
        "mailto:a@b.c",
        "/zcfb/index.html",
        "http://[bad/",
        "https://www.mofcom.gov.cn.evil.example/art/2025/art_{0}.html",
        "",
    ],
)
def test_other_links_do_not_count(href):
    assert read_links(page(f'<a href="{href.format(HASHES[0])}">x</a>'), ZH) == ()


def test_one_release_under_several_spellings_is_one_link():
    address = f"/zcfb/zc/art/2025/art_{HASHES[0]}.html"
    body = (
        f'<a href="{address}"><img src=x></a><a href="http://WWW.mofcom.gov.cn{address}#top">Title</a>'
        f'<a href="https://www.mofcom.gov.cn{address}">Title again</a>'
    )
    assert [each.title for each in read_links(page(body), ZH)] == ["Title"]


def test_a_page_of_another_kind_is_no_list():
    capture = Capture("https://www.mofcom.gov.cn/zcfb/index.html", b"<p>nothing</p>", datetime(2026, 1, 1, tzinfo=UTC))
    assert read_list(capture) is None
    assert read_list(Capture("https://example.org/", b"<p>nothing</p>", datetime(2026, 1, 1, tzinfo=UTC))) is None
