"""A list with one page a year follows the calendar in Beijing; the list of the new year may be empty."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.records import Capture
from crawler.reader import read_list
from crawler.source import Listing, all_sources, source
from support.crawl import list_urls

YEARS = Listing("https://www.mofcom.gov.cn/zcfb/blgg/gg/{year}/index.html", first_year=2025)
NEW_YEAR = datetime(2026, 12, 31, 16, tzinfo=UTC)  # midnight in Beijing


def years_on(*day: int) -> list[tuple[str, bool]]:
    return [(each.url.split("/")[-2], each.may_be_empty) for each in source("mofcom_zh").listings_on(date(*day))
            if "/blgg/gg/" in each.url]


def test_every_year_up_to_the_present_has_a_list_and_only_the_newest_may_be_empty():
    assert years_on(2025, 1, 1) == [("2025", True)]
    assert years_on(2026, 12, 31) == [("2026", True), ("2025", False)]
    assert years_on(2028, 2, 29) == [("2028", True), ("2027", False), ("2026", False), ("2025", False)]


def test_before_its_first_year_there_is_no_list():
    assert years_on(2024, 12, 31) == []


def test_a_list_that_may_be_empty_stays_so_in_every_year():
    lists = Listing("http://a.cn/{year}/", first_year=2025, may_be_empty=True).for_years(2027)
    assert [each.may_be_empty for each in lists] == [True, True, True]


@pytest.mark.parametrize("each", all_sources(), ids=lambda each: each.id)
@given(day=st.dates(date(2026, 1, 1), date(2099, 12, 31)))
def test_no_placeholder_is_left_and_no_list_is_there_twice(each, day):
    urls = [listing.url for listing in each.listings_on(day)]
    assert len(urls) == len(set(urls))
    assert not [url for url in urls if "{" in url]


@pytest.mark.parametrize(("moment", "newest"), [(NEW_YEAR - timedelta(seconds=1), 2026), (NEW_YEAR, 2027)])
def test_a_crawl_asks_for_the_lists_of_the_year_that_it_is_in_beijing(moment, newest):
    urls = [url for url in list_urls(source("mofcom_zh"), moment) if "/blgg/gg/" in url]
    assert urls == [YEARS.url.replace("{year}", str(year)) for year in range(newest, 2024, -1)]


def test_a_captured_list_of_a_year_is_read_as_that_list(monkeypatch):
    seen = []
    monkeypatch.setattr("crawler.reader.read_links", lambda page, site, listing: seen.append(listing) or ())
    read_list(Capture(YEARS.url.replace("{year}", "2027"), b"<p>2027</p>", NEW_YEAR))
    assert [each.url for each in seen] == [YEARS.url.replace("{year}", "2027")]
