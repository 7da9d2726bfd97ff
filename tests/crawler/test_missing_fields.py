"""A page without a title or a body, or with two releases, is quarantined; nothing else is taken for them."""

import re
from dataclasses import replace

import pytest

from archive.records import Article, Capture, Unreadable
from crawler.errors import PageFault
from crawler.extract.article import read_article
from crawler.extract.fields import css, element, published
from crawler.extract.page import Page
from crawler.source import Layout, source
from support.recorded_pages import ALTERABLE, FETCHED, FOLDER, expected, html, name, read, with_body, with_title

ABOVE = "<div>Today is 2026-10-31 Saturday</div><div>English | 中文 | Español</div>"
BELOW = "<div><h3>Related news</h3><ul><li><a href='/1'>A Meeting of Pump Makers</a> 2012-01-11</li></ul></div>"
SECOND = ("<h2>Pump Makers Meet in Hangzhou for an Exchange</h2>"
          "<p>Soruce:CCCME Author:CCCME Add Time:2012-01-11 00:00:00</p>"
          "<p>By: From: Posted: 2012-01-11 08:00:00</p><p>Release Date: 2012-01-11</p><p>发布时间:2012-01-11</p>"
          "<p>Makers of pumps met in Hangzhou for an exchange of views on the market of the coming year.</p>")


def above(source: str, text: str) -> str:
    return re.sub(r"(<body[^>]*>)", lambda match: match[1] + text, source, count=1)


@pytest.mark.parametrize("page", ALTERABLE, ids=name)
class TestOnAnyPage:
    @pytest.mark.parametrize("title", ["", "&nbsp;", "<img src=title.gif alt=''>", "\u200b", "<!-- title -->"])
    @pytest.mark.parametrize("around", [lambda source: source, lambda source: above(source, ABOVE)], ids=["", "above"])
    def test_without_a_title(self, page, title, around):
        untitled = re.sub(r"<title>.*?</title>|<meta[^>]*\"ArticleTitle\"[^>]*>", "", html(page), flags=re.DOTALL)
        assert isinstance(read(page, around(with_title(page, untitled, title))), Unreadable)

    @pytest.mark.parametrize("text", ["", "&nbsp;", "<img src=text.gif>"])
    def test_without_a_text(self, page, text):
        empty = with_body(page, *[text] * expected(page)["body"].count("\n"))
        found = read(page, empty.replace("</body>", f"{BELOW}</body>"))
        assert isinstance(found, Unreadable), found

    def test_with_a_second_release_below_the_first(self, page):
        last = expected(page)["body"].split("\n")[-1][:12]
        head, mark, rest = html(page).rpartition(last)
        cut = head.rindex("<")
        found = read(page, head[:cut] + SECOND + head[cut:] + mark + rest)
        if isinstance(found, Article) and page.parent.name in ("cnus_cccme", "camce", "ccdp_me"):
            assert "Hangzhou" not in found.body
        found = read(page, html(page).replace("</body>", f"{SECOND}</body>"))
        assert isinstance(found, Unreadable) or found.to_dict()["body"] == expected(page)["body"]


@pytest.mark.parametrize("line", ["Reading:", "Visitors: 1,204", "作者："])
def test_a_label_that_nobody_knows_is_not_the_title(line):
    page = FOLDER / "ccdp_me" / "dated.html"
    found = read(page, html(page).replace("<div><label>", f"<div>{line}</div><div><label>"))
    assert isinstance(found, Article), found
    assert found.title == expected(page)["title"]


@pytest.mark.parametrize("place", ["camce/until-2020", "camce/since-2021", "cnus_cccme/page", "ccdp_me/dated",
                                   "mofcom_en/landmarks", "mofcom_en/landmarks-below-title"])
def test_a_subtitle_is_not_the_title(place):
    page = FOLDER / f"{place}.html"
    title = expected(page)["title"]
    changed, count = re.subn(rf"(<(\w+)[^<]*>{re.escape(title)}</\2>)(?!\s*(?:<meta|</head))",
                            r"\1<h4>——With a subtitle of its own</h4>", html(page))
    assert count
    found = read(page, changed)
    assert isinstance(found, Article), found
    assert found.title == title


def test_a_text_that_begins_with_its_title_again_holds_it_once():
    for page in ALTERABLE:
        body = expected(page)["body"].split("\n")
        found = read(page, with_body(page, "Photo by Li", expected(page)["title"], *body))
        if isinstance(found, Article):
            assert expected(page)["title"] not in found.body.split("\n"), name(page)


def test_layouts_that_find_different_titles_are_not_believed():
    layouts = (Layout("one", css("h1"), element(".none"), published()),
               Layout("two", css("h2"), element("p"), published()))
    one = replace(source("mofcom_en"), layouts=layouts)
    body = "<h1>A Meeting in Beijing</h1><h2>{}</h2><p>The two sides met and agreed to meet again.</p>"
    url = "http://english.mofcom.gov.cn/article/newsrelease/press/202103/20210303041234.shtml"
    assert read_article(Page(Capture(url, body.format("A  Meeting in&nbsp;Beijing").encode(), FETCHED)), one)
    with pytest.raises(PageFault, match="different titles"):
        read_article(Page(Capture(url, body.format("Another Title").encode(), FETCHED)), one)


def test_a_text_too_short_to_be_sure_of_is_not_replaced_by_the_next_column():
    page = FOLDER / "cnus_cccme" / "page.html"
    box = "<h2>In Focus</h2><dl><dt><a href=/1>Group News Digest</a></dt><dd>Ministry officials of both countries " \
          "took note of the results that were published in Beijing in the first week of the year.</dd></dl>"
    columns = with_body(page, "The pavilion was open from nine to five, admission free of charge")
    columns = re.sub(r"<table[^>]*>", r"<table><tr><td>\g<0>", columns, count=1).replace(
        "</table>", f"</table></td><td>{box}</td></tr></table>")
    found = read(page, columns)
    assert isinstance(found, Article), found
    assert found.body == "The pavilion was open from nine to five, admission free of charge"
