"""Each layout reads its recorded page as a person read it; delete a landmark and it is the same or nothing."""

import json
import re

import pytest

from archive.records import Article
from crawler.extract.page import Page
from crawler.source import all_sources, source
from support.recorded_pages import FOLDER, PAGES, capture, expected, html, name, read


@pytest.mark.parametrize("path", PAGES, ids=name)
class TestRecordedPage:
    def test_is_read_as_expected(self, path):
        article = read(path)
        assert isinstance(article, Article)
        assert json.loads(json.dumps(article.to_dict())) == expected(path)

    def test_says_that_it_is_a_reconstruction(self, path):
        assert b"RECONSTRUCTION" in path.read_bytes()

    def test_is_the_same_article_or_none_without_any_one_class(self, path):
        text = html(path)
        names = set(re.findall(r'(?:class|id|ergodic)="?([\w -]+)', text))
        for each in sorted(names):
            without = read(path, text.replace(f'"{each}"', '"x"'))
            if isinstance(without, Article):
                assert (without.title, without.body.split("\n")[0]) == (
                    expected(path)["title"], str(expected(path)["body"]).split("\n")[0]), each
                assert without.published.value in (expected(path)["published"]["value"], *_coarser(path)), each


def _coarser(path) -> list[object]:
    """What the date may fall back to: the time shown beside it, its day, its month, its year, or nothing."""
    stamp = expected(path)["published"]
    value = str(stamp["value"] or "")
    shown = [each["text"].replace(" ", "T") + "+08:00" for each in stamp["evidence"]]
    return [*shown, value[:10], value[:7], value[:4], None]


@pytest.mark.parametrize("each", all_sources(), ids=lambda each: each.id)
def test_every_layout_has_a_page(each):
    used = {expected(path)["layout"] for path in PAGES if path.parent.name == each.id}
    assert used == {layout.name for layout in each.layouts}


def test_layouts_are_tried_by_day():
    mofcom = source("mofcom_en")
    page = Page(capture(FOLDER / "mofcom_en" / "g3.html"))
    assert [layout.name for layout in mofcom.layouts_for(page)] == ["G3", "landmarks"]
