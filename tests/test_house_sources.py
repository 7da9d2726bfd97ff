"""Every source says who it is in both languages, what it lists, how it is read, and proves it with a page."""

import pytest

from crawler.source import all_sources
from support.house import ROOT

PAGES = ROOT / "tests" / "crawler" / "pages"
SOURCES = all_sources()


def test_there_are_sources():
    assert len(SOURCES) >= 6


@pytest.mark.parametrize("source", SOURCES, ids=lambda each: each.id)
class TestSource:
    def test_is_named_in_both_languages(self, source):
        assert all(source.name.get(language, "").strip() for language in ("en", "zh"))

    def test_lists_something_and_is_read_by_something(self, source):
        assert source.hosts
        assert source.articles
        assert source.listings
        assert source.layouts
        assert len({each.name for each in source.layouts}) == len(source.layouts)

    def test_every_layout_has_title_and_body(self, source):
        assert [each.name for each in source.layouts if not (each.title and each.body)] == []

    def test_has_a_page_with_what_is_expected_of_it(self, source):
        expected = {each.stem for each in (PAGES / source.id).glob("*.json")}
        pages = {each.stem for each in (PAGES / source.id).glob("*.html")}
        assert expected, f"add a page and its expected JSON under tests/crawler/pages/{source.id}/"
        assert pages <= expected | {"list"}, "a page without its JSON proves nothing"
