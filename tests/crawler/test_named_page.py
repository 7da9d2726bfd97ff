"""A page that names another release as its own address is not read; no spelling of its own address is another one."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from archive.records import Article, Capture, Unreadable
from crawler.extract.named_page import other_release
from crawler.extract.page import Page
from crawler.reader import read_capture
from crawler.source import source
from demo.replica import Replica
from demo.samples import load_releases
from support.recorded_pages import PAGES, capture, expected, html, name, read

FETCHED = datetime(2026, 11, 1, tzinfo=UTC)
EN, ZH = source("mofcom_en"), source("mofcom_zh")
HEX = "0123456789abcdef"
ART = "https://www.mofcom.gov.cn/zcfb/zc/art/2025/art_{}.html"
OWN, OTHER = ART.format("5" * 32), ART.format("6" * 32)
PLACES = ('<link rel="canonical" href="{}">', '<meta property="og:url" content="{}">', '<meta name="Url" content="{}">')
IDS = st.text(HEX, min_size=32, max_size=32)


def named(url: str, *heads: str, site=ZH) -> str | None:
    body = f"<html><head><title>商务部</title>{''.join(heads)}</head><body><p>Text</p></body></html>".encode()
    return other_release(Page(Capture(url, body, FETCHED)), site)


@pytest.mark.parametrize("place", PLACES)
def test_another_release_in_any_place_is_named(place):
    assert named(OWN, place.format(OTHER)) == OTHER


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("spelling", [
    "/zcfb/zc/art/2025/art_{}.html", "//www.mofcom.gov.cn/zcfb/zc/art/2025/art_{}.html", "art_{}.html",
    "http://WWW.MOFCOM.GOV.CN:80/zcfb/zc/art/2025/art_{}.html", "/xwfb/rcxwfb/art/2024/art_{}.html",
    "https://big5.mofcom.gov.cn/gate/big5/www.mofcom.gov.cn/zcfb/zc/art/2025/art_{}.html",
    "/zcfb/zc/art/2025/art_{}.html?spm=1#top"])
def test_no_spelling_of_its_own_address_is_another_release(place, spelling):
    assert named(OWN, place.format(spelling.format("5" * 32))) is None
    assert named(OWN, place.format(spelling.format("6" * 32))) is not None


@pytest.mark.parametrize("address", [
    "", " ", "/", "/index.html", "/zcfb/index.html", "https://www.mofcom.gov.cn/", "http://[abc", "javascript:void(0)",
    "https://example.org/zcfb/zc/art/2025/art_{0}.html", "https://english.mofcom.gov.cn/News/art/2025/art_{0}.html",
    "mailto:a@b.c", "#top"])
def test_an_address_that_is_no_release_of_the_source_says_nothing(address):
    assert named(OWN, *(place.format(address.format("6" * 32)) for place in PLACES)) is None


@pytest.mark.parametrize("place", PLACES)
def test_a_page_that_names_itself_anywhere_is_itself(place):
    others = [each.format(OTHER) for each in PLACES]
    assert named(OWN, *others, place.format(OWN)) is None
    assert named(OWN, place.format(OWN), *others) is None


def test_what_was_pasted_into_the_text_says_nothing():
    pasted = f"<p>Text</p><meta name=Url content={OTHER}><link rel=canonical href={OTHER}>"
    body = f"<html><head></head><body>{pasted}</body></html>".encode()
    assert other_release(Page(Capture(OWN, body, FETCHED)), ZH) is None


@pytest.mark.parametrize(("url", "same", "other"), [
    # old addresses were given out again with another section and extension
    ("http://english.mofcom.gov.cn/aarticle/newsrelease/press/200903/20090306088668.html",
     "/article/newsrelease/significantnews/200903/20090306088668.shtml",
     "/article/newsrelease/significantnews/200903/20090306088669.shtml"),
    ("http://english.mofcom.gov.cn/article/newsrelease/press/202103/20210303041234.shtml?2",
     "/article/newsrelease/press/202103/20210303041234.shtml",
     "/article/newsrelease/press/202103/20210303041235.shtml"),
    ("http://cnus.cccme.org.cn/news/en_news/content-237978.aspx", "/news/en_news/Content-237978.ASPX?lang=en",
     "/news/en_news/content-237979.aspx"),
    # the words of a title may change, its id stays
    ("http://resources.made-in-china.com/article/policy-opinion/rELnPWBAoxDt/Delegation-of-Reverse-Trade/",
     "/article/policy-opinion/rELnPWBAoxDt/Delegation/",
     "/article/policy-opinion/rELnPWBAoxDx/Delegation-of-Reverse-Trade/"),
    # clones: their own addresses, or those of the original
    ("https://www.sino-chart.com/en/enNews/enGN/202009/t20200922_253777.htm", "t20200922_253777.htm",
     "http://www.camce.com.cn/en/enNews/enGN/202009/t20200923_253778.htm"),
    ("http://www.eximftp.com/cnus/news/en_news/content-237978.aspx",
     "http://cnus.cccme.org.cn/news/en_news/content-237978.aspx", "/cnus/news/en_news/content-237979.aspx"),
])
def test_ids_are_compared_in_every_form_of_address(url, same, other):
    site = next(each for each in map(source, ("mofcom_en", "cnus_cccme", "camce", "made_in_china"))
                if each.is_article(url) or each.original_of(url))
    assert named(url, PLACES[0].format(same), site=site) is None
    assert named(url, PLACES[0].format(other), site=site) is not None


SCRIPTS = replace(ZH, articles=(r"/news/details\.aspx$", r"/news/\d+/(?:index\.html)?$", r"/news/\d+(?:_\d+)?\.html$"))


@pytest.mark.parametrize(("path", "address", "is_other"), [
    ("details.aspx?id=7", "details.aspx?id=8", True), ("details.aspx?id=7", "/news/Details.aspx?ID=7&lang=en", False),
    ("details.aspx?newsid=7&columnid=1", "details.aspx?newsid=7&columnid=2", False),
    ("details.aspx?columnid=1", "details.aspx?columnid=2", False), ("details.aspx?id=7", "details.aspx", False),
    ("7/", "/news/7/index.html", False), ("7/", "/news/8/index.html", True),
    ("7_2.html", "7.html", False), ("7.html", "7_2.html", False), ("7.html", "8_2.html", True),
    ("7.html", "71.html", True), ("7.html?id=1", "7.html?id=2", False),
])
def test_ids_in_the_query_folders_and_later_pages(path, address, is_other):
    found = named(f"https://www.mofcom.gov.cn/news/{path}", PLACES[0].format(address), site=SCRIPTS)
    assert (found is not None) == is_other


@given(own=IDS, other=IDS, place=st.sampled_from(PLACES), section=st.text("abz/", max_size=6), query=st.text("a=?&1"))
def test_two_ids_are_two_releases_wherever_they_stand(own, other, place, section, query):
    assume(own != other)
    address = f"/x{section}/art/2025/art_{{}}.html?{query}".replace("&", "&amp;")
    assert named(ART.format(own), place.format(address.format(other)))
    assert named(ART.format(own), place.format(address.format(own))) is None


@given(address=st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=60), url=st.sampled_from([OWN, "http://cnus.cccme.org.cn/news/en_news/content-1.aspx"]))
def test_no_text_is_another_release_by_chance(address, url):
    text = address.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
    site = ZH if url == OWN else source("cnus_cccme")
    assert named(url, *(place.format(text) for place in PLACES), site=site) is None


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_a_recorded_page_at_the_address_of_another_release_is_refused_where_it_names_its_own(path):
    assert isinstance(read(path), Article)
    own = re.search(r'<meta name="Url" content="([^"]+)"', html(path))
    url = re.sub(r"art_[0-9a-f]{32}", "art_" + "0" * 32, expected(path)["url"])
    found = read_capture(replace(capture(path), url=url))
    assert isinstance(found, Unreadable) == bool(own)
    if own:
        assert (found.reason.code, dict(found.reason.parameters)["url"]) == ("names_other_page", expected(path)["url"])


def test_no_page_of_the_demo_names_another():
    with Replica(load_releases()) as replica:
        pages = {each.url: replica.response(each.url) for each in load_releases()}
    for url, page in pages.items():
        assert isinstance(read_capture(Capture(url, page.body, FETCHED, page.content_type)), Article), url


def test_the_saved_page_names_itself_under_every_address_it_has(shared):
    body = (shared / "pages" / "mofcom_zh_article_2025.html").read_bytes()
    path = "www.mofcom.gov.cn/zcfb/dwmygl/art/2025/art_9db78dcb84714e8e8ff75793f18e6f24.html"
    for url in (f"https://{path}", f"http://{path}?from=app", f"http://big5.mofcom.gov.cn/gate/big5/{path}"):
        assert isinstance(read_capture(Capture(url, body, FETCHED)), Article), url
    wrong = read_capture(Capture(OWN, body, FETCHED))
    assert (wrong.reason.code, dict(wrong.reason.parameters)["url"]) == ("names_other_page", f"https://{path}")
