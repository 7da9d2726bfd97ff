"""Tracking parameters and fragments make no other page; everything else of a URL stays as it is."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.records import Capture
from archive.urls import urlkey
from crawler.extract.links import read_links
from crawler.extract.page import Page
from crawler.reader import SourceReader
from crawler.source import TRACKING, all_sources, source

ZH = source("mofcom_zh")
URL = f"https://www.mofcom.gov.cn/zcfb/zc/art/2025/art_{'5' * 32}.html"
PARAMETERS = st.lists(st.text("abc=+%20.A中", max_size=8), max_size=4).map("&".join)


@pytest.mark.parametrize("added", [
    "?utm_source=weixin&utm_medium=social", "?from=timeline&isappinstalled=0", "?spm=C73544894212", "#page", "#a?b",
    "?UTM_Source=x", "?from", "?%66rom=app", "?utm_source=a#top"])
@pytest.mark.parametrize("each", all_sources(), ids=lambda each: each.id)
def test_what_is_added_to_a_url_is_taken_away(each, added):
    url = f"https://{each.hosts[0]}/a.html"
    assert each.canonical(url + added) == url


@pytest.mark.parametrize("kept", [
    "?id=7", "?2", "?", "?a=%E5%95%86&b=c+d", "?fromage=1", "?a=1&&b=2", "?id=7&id=8", "?x=utm_source"])
def test_other_parameters_stay_as_they_are(kept):
    assert ZH.canonical(URL + kept) == URL + kept


def test_the_others_keep_their_order_and_spelling():
    assert ZH.canonical(f"{URL}?b=%e5&utm_id=1&a=2&&spm=x&c") == f"{URL}?b=%e5&a=2&&c"


def test_a_source_without_tracking_loses_the_fragment_only():
    assert replace(ZH, tracking=()).canonical(f"{URL}?spm=1#top") == f"{URL}?spm=1"


@given(query=PARAMETERS)
def test_a_query_without_tracking_is_not_touched(query):
    assert ZH.canonical(f"{URL}?{query}") == f"{URL}?{query}"


@given(query=PARAMETERS, added=st.sampled_from(["utm_x=1", "spm=", "from=singlemessage"]), place=st.integers(0, 4))
def test_wherever_tracking_stands_the_page_is_the_same(query, added, place):
    parts = query.split("&")
    tracked = "&".join([*parts[:place], added, *parts[place:]])
    once = ZH.canonical(f"{URL}?{tracked}")
    assert once == ZH.canonical(once)
    assert urlkey(once) == urlkey(f"{URL}?{query}")


@given(url=st.text(max_size=40))
def test_no_text_makes_it_raise(url):
    assert all(isinstance(each.canonical(url), str) for each in all_sources())


def test_links_of_a_list_are_canonical_and_once():
    body = "".join(f'<li><a href="{URL}{added}">Title</a> [2025-09-25]</li>'
                   for added in ("?utm_source=home", "?from=list#top", ""))
    links = read_links(Page(Capture("https://www.mofcom.gov.cn/zcfb/index.html", f"<ul>{body}</ul>".encode(),
                                    datetime(2026, 1, 1, tzinfo=UTC))), ZH)
    assert [each.url for each in links] == [URL]


def test_an_entry_that_links_twice_to_one_release_has_its_date():
    entry = f'<div><a href="{URL}?spm=1"><img></a><a href="{URL}">Title</a><span>[2025-09-25]</span></div>'
    capture = Capture("https://www.mofcom.gov.cn/", entry.encode(), datetime(2026, 1, 1, tzinfo=UTC))
    [link] = read_links(Page(capture), ZH)
    assert (link.title, link.published.value) == ("Title", "2025-09-25")


@pytest.mark.parametrize(("url", "canonical"), [
    (f"{URL}?spm=1", URL),
    ("http://eximftp.com/cnus/news/en_news/content-1.aspx?from=app", "http://eximftp.com/cnus/news/en_news/content-1.aspx"),
    ("https://example.org/a?utm_source=b#c", "https://example.org/a?utm_source=b#c"),
    ("http://[abc?spm=1", "http://[abc?spm=1"),
])
def test_the_reader_knows_the_canonical_url_of_every_source_and_clone(url, canonical):
    assert SourceReader().canonical(url) == canonical


def test_no_pattern_would_take_the_id_of_a_page():
    assert not {"*", "id", "?"} & set(TRACKING)
