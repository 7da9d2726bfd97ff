"""Every source is complete and has a recorded page; docs/add-a-source.md explains what a source file can use."""

import ast
from dataclasses import fields
from pathlib import Path

import pytest

from crawler.extract.landmarks import Landmarks
from crawler.source import Expect, Layout, Listing, Source, all_sources
from support.house import ROOT, tree

PAGES = ROOT / "tests" / "crawler" / "pages"
SOURCES = all_sources()
GUIDE = (ROOT / "docs" / "add-a-source.md").read_text(encoding="utf-8")
WORDS = [node.name for node in tree(Path("crawler/extract/fields.py")).body
         if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")]


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


@pytest.mark.parametrize("word", WORDS)
def test_a_field_word_is_explained(word):
    assert f"`{word}(" in GUIDE


@pytest.mark.parametrize(("cls", "name"), [
    (cls, each.name) for cls in (Source, Listing, Layout, Expect, Landmarks) for each in fields(cls)])
def test_a_field_of_a_source_file_is_explained(cls, name):
    assert f"`{name}`" in GUIDE, f"docs/add-a-source.md does not say what {cls.__name__}.{name} is"
