"""Every source has names in both languages, hosts, article URLs, layouts, and a recorded page."""

import pytest

from crawler.source import all_sources
from house import ROOT

PAGES = ROOT / "tests" / "crawler" / "pages"
SOURCES = all_sources()


def test_there_are_sources():
    assert len(SOURCES) >= 6


@pytest.mark.parametrize("source", SOURCES, ids=lambda each: each.id)
class TestSource:
    def test_is_named_in_both_languages(self, source):
        assert all(source.name.get(language, "").strip() for language in ("en", "zh"))

    def test_has_hosts_and_article_urls_and_layouts(self, source):
        assert source.hosts
        assert source.articles
        assert source.layouts
        assert len({each.name for each in source.layouts}) == len(source.layouts)

    def test_every_layout_has_title_and_body(self, source):
        assert [each.name for each in source.layouts if not (each.title and each.body)] == []

    def test_has_a_recorded_page_with_its_expected_article(self, source):
        pages = {each.stem for each in (PAGES / source.id).glob("*.html")}
        expected = {each.stem for each in (PAGES / source.id).glob("*.json")}
        assert pages, f"add a page and its expected JSON: tests/crawler/pages/{source.id}/<name>.html and <name>.json"
        assert pages == expected, f"tests/crawler/pages/{source.id}: each <name>.html needs its <name>.json"
