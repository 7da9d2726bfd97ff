"""The true date of a release is found in every form and place; where it is missing nothing else is taken for it.

The cases are the pages whose texts tests may alter, and in them every place that a date was read from.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from archive.messages import Message
from archive.records import Article
from support.recorded_pages import ALTERABLE, expected, html, name, read

LABEL = re.compile(r"label '(.+)'")


@dataclass(frozen=True)
class Place:
    """Place that a layout reads its date from on a recorded page: its text, there and in the evidence."""

    page: Path
    text: str
    where: str

    def __str__(self) -> str:
        return f"{name(self.page)} {self.where}"

    def source(self, written: str) -> str:
        """The page with `written` in this place, and nothing in the others that it would be read from."""
        source = html(self.page)
        for other in places(self.page):
            source = replaced(source, other, written if other == self else "")
        return source


def sentence(evidence: dict) -> str:
    return str(Message.from_json(evidence["place"]))


def places(page: Path) -> list[Place]:
    return [Place(page, each["text"], sentence(each)) for each in expected(page)["published"]["evidence"]
            if "address" not in sentence(each) and "MakeTime" not in sentence(each)]


def replaced(source: str, place: Place, written: str) -> str:
    if place.text:
        assert place.text in source
        return source.replace(place.text, written, 1)
    label = LABEL.fullmatch(place.where)[1]
    return re.sub(rf"({re.escape(label)}(?:\s*</?\w+>)*)", rf"\g<1>{written}", source, count=1)


PLACES = [place for page in ALTERABLE for place in places(page)]
UNDATED = [page for page in ALTERABLE if not places(page)]


def article(page: Path, source: str) -> Article:
    found = read(page, source)
    assert isinstance(found, Article), found
    return found


def assert_not_dated_by_the_page(found: Article) -> None:
    """Only an address may date it: the page's own or that of the source it cites."""
    assert found.published.value is None or "address" in str(found.published.evidence[0].place), found.published


WRITTEN = {
    "2025年4月4日": "2025-04-04",
    "2025 年 4 月 4 日": "2025-04-04",
    "2025&nbsp;年&nbsp;4&nbsp;月&nbsp;4&nbsp;日": "2025-04-04",
    "2025年04月04日": "2025-04-04",
    "二〇二五年四月四日": "2025-04-04",
    "二○二五年十二月三十一日": "2025-12-31",
    "２０２５年４月４日": "2025-04-04",
    "２０２５－０４－０４": "2025-04-04",
    "2025-4-4": "2025-04-04",
    "2025.04.04": "2025-04-04",
    "2025/4/4": "2025-04-04",
    "(2025-04-04)": "2025-04-04",
    "2025-09-26 00:00:00": "2025-09-26",
    "2025-09-26 24:00:00": "2025-09-26",
    "Sep 26, 2025": "2025-09-26",
    "Friday, September 26, 2025": "2025-09-26",
    "26 September 2025": "2025-09-26",
    "26th September, 2025": "2025-09-26",
    "26/09/2025": "2025-09-26",
    "09/26/2025": "2025-09-26",
    "2025-09-26T17:34:00Z": "2025-09-26",
}
WITH_CLOCK = {
    "2025-09-26 17:34": "2025-09-26T17:34+08:00",
    "2025-09-26 17:34:12.0": "2025-09-26T17:34+08:00",
    "2025-9-26 9:5": "2025-09-26T09:05+08:00",
    "2025-09-26T17:34:00+08:00": "2025-09-26T17:34+08:00",
    "2025年9月26日 17:34": "2025-09-26T17:34+08:00",
    "2025年9月26日17:34": "2025-09-26T17:34+08:00",
    "2025年9月26日 星期五 17时34分": "2025-09-26T17:34+08:00",
    "September 26, 2025 17:34": "2025-09-26T17:34+08:00",
}
COARSE = {"2025年4月": ("2025-04", "month"), "二〇二五年四月": ("2025-04", "month"), "2025-04": ("2025-04", "month"),
          "April 2025": ("2025-04", "month"), "2025年": ("2025", "year")}
NO_DATE = ("", "&nbsp;", "今天", "昨天 09:30", "yesterday", "2 hours ago", "2025-02-30", "2025年13月1日",
           "二〇二五年二月三十日", "2031-01-01 10:00", "2027年", "04/05/2025", "0000-00-00 00:00:00", "9:30")


@pytest.mark.parametrize("place", PLACES, ids=str)
class TestWhatStandsWhereTheDateStands:
    @pytest.mark.parametrize(("written", "value"), [*WRITTEN.items(), *WITH_CLOCK.items()])
    def test_a_day_is_read_as_it_is_written(self, place, written, value):
        if place.where.startswith("script"):
            written = written.replace("&nbsp;", "\u00a0")  # a script holds no entities
        found = article(place.page, place.source(written)).published
        clockless = place.page.parent.name == "cnus_cccme"  # its clock is always 00:00:00
        assert found.value == (value[:10] if clockless else value)
        assert found.precision == ("minute" if len(found.value) > 10 else "day")
        assert str(found.evidence[0].place) == place.where

    @pytest.mark.parametrize("written", COARSE)
    def test_a_month_or_a_year_is_no_more_than_that(self, place, written):
        found = article(place.page, place.source(written)).published
        if place.where == "the line after the title":  # there it is what the release is about: "April 2025"
            assert found.precision == "month"
            assert "address" in str(found.evidence[0].place)
            return
        assert (found.value, found.precision, str(found.evidence[0].place)) == (*COARSE[written], place.where)

    @pytest.mark.parametrize("written", NO_DATE)
    def test_what_is_no_date_dates_nothing(self, place, written):
        assert_not_dated_by_the_page(article(place.page, place.source(written)))


BOX = ("<div class='box'><h3>Related news</h3><ul><li><a href='/x/1.html'>An older release about pumps</a> "
       "<span>2012-01-11</span></li><li><a href='/x/2.html'>Another release on cranes</a> <span>2012-02-12</span></li>"
       "<li><a href='/x/3.html'>2012-03-13 会议通知</a></li></ul></div>")
HIDDEN = ("<div style='display:none'>Posted: 2012-01-11 Add Time:2012-01-11 Release Date: 2012-01-11</div>"
          "<p hidden>发布时间:2012-01-11</p><!-- Posted: 2012-01-11 --><script>var old = 'Release Date: 2012-01-11';\n"
          "// var tm = \"2012-01-11 10:00:00\"\n</script>")


def below(source: str, text: str) -> str:
    return source.replace("</body>", f"{text}</body>")


def above(source: str, text: str) -> str:
    return re.sub(r"(<body[^>]*>)", lambda match: match[1] + text, source, count=1)


def in_head(source: str, text: str) -> str:
    return source.replace("</head>", f"{text}</head>")


def inside(source: str, page: Path, text: str) -> str:
    """The page with a sentence more at the beginning of its second paragraph."""
    start = expected(page)["body"].split("\n")[1][:12]
    assert start in source
    return source.replace(start, f"{text} {start}", 1)


TRAPS = {
    "copyright year": lambda source, page: below(source, "<p>Copyright © 2012 All Rights Reserved</p>"),
    "版权": lambda source, page: below(source, "<p>版权所有 2012-01-11 京ICP备05004093号</p>"),
    "deadline": lambda source, page: inside(source, page, "The deadline is 2012-01-11."),
    "报名截止": lambda source, page: inside(source, page, "报名截止日期为2012年1月11日。"),
    "box below": lambda source, page: below(source, BOX),
    "box above": lambda source, page: above(source, BOX),
    "MakeTime": lambda source, page: in_head(source, '<meta name="MakeTime" content="2012-01-11 10:00">'),
    "other metas": lambda source, page: in_head(
        source, '<meta name="date" content="2012-01-11"><meta name="Keywords" content="2012-01-11">'),
    "hidden": lambda source, page: above(source, HIDDEN),
    "clock of the page": lambda source, page: above(
        source, "<div>Today is 2012-01-11</div><div>今天是2012年1月11日 星期三</div>"),
}


@pytest.mark.parametrize("trap", TRAPS.values(), ids=TRAPS)
class TestTraps:
    @pytest.mark.parametrize("place", PLACES, ids=str)
    def test_beside_the_true_date(self, place, trap):
        found = article(place.page, trap(place.source("2025年4月4日"), place.page)).published
        assert (found.value, found.precision, str(found.evidence[0].place)) == ("2025-04-04", "day", place.where)

    @pytest.mark.parametrize("place", PLACES, ids=str)
    def test_where_the_true_date_is_missing(self, place, trap):
        assert_not_dated_by_the_page(article(place.page, trap(place.source(""), place.page)))

    @pytest.mark.parametrize("page", UNDATED, ids=name)
    def test_where_the_page_never_has_a_date(self, page, trap):
        assert article(page, trap(html(page), page)).published.value == expected(page)["published"]["value"]


@pytest.mark.parametrize("place", [each for each in PLACES if LABEL.fullmatch(each.where)], ids=str)
@pytest.mark.parametrize("begins", [
    "2012年1月11日，商务部在京召开会议。", "January 11, 2012, the two sides met in Beijing.",
    "2012年1月11日上午在京召开工作会议，有关省市商务主管部门负责同志、商协会代表和企业代表参加会议，会期一天半。"])
def test_a_text_that_begins_on_the_line_of_an_empty_label_does_not_date_it(place, begins):
    found = read(place.page, place.source(begins))
    if isinstance(found, Article):
        assert_not_dated_by_the_page(found)


def test_every_page_has_a_case():
    assert {*UNDATED, *(place.page for place in PLACES)} == set(ALTERABLE)
