"""Dates are read whole or not at all, and a date that cannot be is refused."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.messages import message
from archive.records import Capture, Evidence, Stamp
from crawler.extract.dates import day_of, find_date, is_date, is_possible, month_of, parse_date, year_of
from crawler.extract.fields import css, date_in, date_in_url, meta, published, visible
from crawler.extract.page import Page

FETCHED = datetime(2025, 9, 27, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2025年4月4日", "2025-04-04"),
        ("2025 年 4 月 4 日", "2025-04-04"),
        ("[2025-09-25]", "2025-09-25"),
        ("2025/4/4", "2025-04-04"),
        ("2025.04.04", "2025-04-04"),
        ("2025-09-26 17:34", "2025-09-26T17:34+08:00"),
        ("2016-10-26 9:44:12", "2016-10-26T09:44+08:00"),
        ("2014-10-13 00:00:00", "2014-10-13"),
        ("Sept 16, 2020", "2020-09-16"),
        ("Decision 18, 2020", None),
        ("Mayor 3, 2018", None),
        ("2025-09-26T09:34:00Z", "2025-09-26"),
        ("2025-09-26 05:30 PM", "2025-09-26"),
        ("16 September 2020", "2020-09-16"),
        ("2025-02-30", None),
        ("2025-13-01", None),
        ("12025-01-01", None),
        ("2025-01-012", None),
        ("Copyright 2025", None),
        ("2025年", None),
        ("1.2.3", None),
        ("", None),
    ],
)
def test_a_written_time(text, value):
    moment = find_date(text)
    assert (moment.value if moment else None) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2025年4-5月", None),
        ("September 26, 2025 (updated 2025-10-01)", "2025-09-26"),
        ("04/05/2025 or 2025-05-04", "2025-05-04"),
        ("05/05/2025", "2025-05-05"),
        ("2025-09-26 17:34:00 -0500", "2025-09-26"),
        ("2025-09-26 17:34 (北京时间)", "2025-09-26T17:34+08:00"),
        ("2025-09-26 17:34 Author: x", "2025-09-26T17:34+08:00"),
        ("2025-09-26 25:61", "2025-09-26"),
        ("三〇二五年四月四日", None),
        ("二〇二五年四月二十十日", None),
        ("二〇二五年一二月四日", None),
        ("二〇二五年四月一五日", None),
        ("二〇二五年十月三十一日", "2025-10-31"),
    ],
)
def test_the_first_sure_day_counts(text, value):
    moment = find_date(text)
    assert (moment.value if moment else None) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2025年4月", "2025-04"),
        ("（2025年4月）", "2025-04"),
        ("2025年", "2025"),
        ("2025年13月", None),
        ("2025", None),
        ("2025年4月我会", None),
        ("商务部公告2025年第54号", None),
        ("2025年4月 2025-04-03", "2025-04-03"),
    ],
)
def test_a_month_or_a_year_must_be_all_that_a_field_says(text, value):
    moment = parse_date(text)
    assert (moment.value if moment else None) == value


def test_the_clock_can_be_left_out():
    assert find_date("2016-05-20 09:30:00", clock=False).value == "2016-05-20"


@pytest.mark.parametrize(
    ("text", "alone"),
    [("2014-10-13 00:00:00", True), ("(2020-11-05)", True), ("2014-10-13 we met", False), ("", False)],
)
def test_a_time_alone(text, alone):
    assert is_date(text) is alone


@pytest.mark.parametrize(("digits", "value"), [("201510", "2015-10"), ("201513", None), ("20151", None)])
def test_months_of_addresses(digits, value):
    moment = month_of(digits)
    assert (moment.value if moment else None) == value


def test_days_and_years_of_addresses():
    assert day_of("20200922").value == "2020-09-22"
    assert day_of("20200931") is None
    assert year_of("2025").value == "2025"
    assert year_of("9999") is None


@given(
    st.dates(date(1950, 1, 1), date(2099, 12, 31)),
    st.sampled_from(["{:%Y-%m-%d}", "{:%Y年%m月%d日}", "于{:%Y/%m/%d}发布"]),
)
def test_any_day_is_read_as_it_was_written(day, form):
    assert find_date(form.format(day)).value == day.isoformat()


@given(st.text(max_size=60))
def test_no_text_crashes_it(text):
    moment = find_date(text)
    assert moment is None or Stamp(moment.value, moment.precision).first_day()


@pytest.mark.parametrize(
    ("value", "possible"),
    [
        ("2025-09-27", True),
        ("2025-09-28", True),
        ("2025-09-29", False),
        ("2026", False),
        ("2025", True),
        ("2025-10", False),
    ],
)
def test_no_page_is_published_after_it_was_fetched(value, possible):
    moment = find_date(value) or month_of(value.replace("-", "")) or year_of(value)
    assert is_possible(moment, FETCHED) is possible


class TestStamp:
    def test_spans(self):
        assert (Stamp("2015-02", "month").first_day(), Stamp("2015-02", "month").last_day()) == (
            date(2015, 2, 1),
            date(2015, 2, 28),
        )
        assert Stamp("2015", "year").last_day() == date(2015, 12, 31)
        assert Stamp("2025-09-26T17:34+08:00", "minute").last_day() == date(2025, 9, 26)
        assert Stamp(None, "unknown").first_day() is None

    def test_moments(self):
        assert Stamp("2025-09-26T17:34+08:00", "minute").moment().astimezone(UTC) == datetime(
            2025, 9, 26, 9, 34, tzinfo=UTC
        )
        assert Stamp(None, "unknown").moment() is None


def page(source: str, url: str = "http://english.mofcom.gov.cn/article/a/201510/20151001132883.shtml") -> Page:
    return Page(Capture(url, source.encode(), FETCHED))


READ = published(
    date_in(meta("PubDate")),
    date_in(css(".when")),
    date_in(visible(r"^Posted:(.*)$")),
    date_in_url(r"/(\d{6})/"),
    seen=(date_in(meta("MakeTime")),),
)


@pytest.mark.parametrize(
    ("source", "value", "place"),
    [
        (
            '<meta name=PubDate content="2015-10-20 10:00"><p class=when>2015-10-19</p>',
            "2015-10-20T10:00+08:00",
            "meta PubDate",
        ),
        ('<meta name=PubDate content=""><p class=when>2015-10-19 08:00</p>', "2015-10-19T08:00+08:00", ".when"),
        ('<meta name=PubDate content="2031-01-01 10:00"><p>Posted:2015-10-18</p>', "2015-10-18", "the line"),
        ('<meta name=MakeTime content="2015-10-21 08:00:00"><p>text</p>', "2015-10", "the page's address"),
        ("<p>The deadline is 2015-11-30. Copyright 2012-2015</p>", "2015-10", "the page's address"),
        ("<div class=related><p>2012-01-01 An older release</p></div>", "2015-10", "the page's address"),
        (
            "<!-- Posted:2001-01-01 --><script>var Posted='2001-01-01'</script>"
            "<p style='display:none'>Posted:2002-02-02</p>",
            "2015-10",
            "the page's address",
        ),
    ],
)
def test_evidence_is_taken_in_order_of_trust(source, value, place):
    stamp = READ(page(f"<html><body>{source}</body></html>"))
    assert stamp.value == value
    assert str(stamp.evidence[0].place).startswith(place)


@pytest.mark.parametrize(("pattern", "path", "value", "text"), [
    (r"/(\d{4})/(\d{2})(\d{2})/", "/news/2025/0405/123.html", "2025-04-05", "2025/0405"),
    (r"/(\d{4})-(\d{2})/(\d{2})/", "/2025-04/05/123.html", "2025-04-05", "2025-04/05"),
    (r"/(\d{4})/(\d{2})/(\d{2})/", "/2025/04/05/", "2025-04-05", "2025/04/05"),
    (r"/(\d{4})/(\d{1,2})/(\d{1,2})/", "/2025/4/15/x.html", "2025-04-15", "2025/4/15"),
    (r"/(\d{4})/(\d{1,2})/(\d{1,2})/", "/2025/4/5/x.html", "2025-04-05", "2025/4/5"),
    (r"/(\d{6})/(\d{2})/", "/202504/05/", "2025-04-05", "202504/05"),
    (r"/(\d{4})/(\d{2})(?:/(\d{2}))?/", "/2025/04/x.html", "2025-04", "2025/04"),
    (r"/(\d{4})(?:(\d{2})|-(\d))/", "/2025-4/x.html", "2025-04", "2025-4"),
    (r"/(\d{4})/(\d{1,2})(\d{1,2})/", "/2025/1215/", "2025-12-15", "2025/1215"),
    (r"/(\d{4})/(\d{1,2})(\d{1,2})/", "/2025/115/", None, "2025/115"),  # 15 January or 5 November
    (r"/(\d{4})/(\d)(\d)/", "/2025/12/", None, "2025/12"),
    (r"/(\d{4})/(\d)", "/2025/123.html", None, "2025/1"),
    (r"/(\d{4})/(\d{3})/", "/2025/095/", None, "2025/095"),
    (r"/(\d{2})/(\d{2})/(\d{4})/", "/05/04/2025/", None, "05/04/2025"),
    (r"/(\d{4})/(\d{2})(\d{2})/", "/2025/1305/", None, "2025/1305"),
])
def test_a_date_may_be_split_over_the_segments_of_an_address(pattern, path, value, text):
    found, date_read = date_in_url(pattern)(page("<p>text</p>", f"http://www.example.gov.cn{path}"))
    assert (found.text, date_read.value if date_read else None) == (text, value)
    assert found.place == message("page_url")


def test_an_address_without_the_pattern_has_no_date():
    assert date_in_url(r"/(\d{4})/(\d{2})(\d{2})/")(page("<p>text</p>")) is None
    assert date_in_url(r"/article/(\d{4})?")(page("<p>text</p>")) is None


@pytest.mark.parametrize("field", [date_in_url, visible, lambda pattern: css("p", pattern)])
def test_a_pattern_that_keeps_nothing_is_refused_when_the_source_is_loaded(field):
    with pytest.raises(ValueError, match="has no group"):
        field(r"/\d{8}/")


def test_an_impossible_date_stays_as_evidence_only():
    stamp = READ(page('<meta name=PubDate content="2031-01-01 10:00"><p>x</p>', "http://x.cn/a.html"))
    assert (stamp.value, stamp.precision) == (None, "unknown")
    assert stamp.evidence == (Evidence("2031-01-01 10:00", message("meta", name="PubDate")),)


def test_no_evidence_means_no_date():
    assert READ(page("<p>x</p>", "http://x.cn/a.html")) == Stamp(None, "unknown")
