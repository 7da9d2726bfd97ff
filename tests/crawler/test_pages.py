"""Each layout reads its recorded page as a person read it; delete a landmark and it is the same or nothing."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crawler.capture import Capture
from crawler.extract.article import Article
from crawler.extract.page import Page
from crawler.reading import read_capture
from crawler.source import all_sources, source

PAGES = Path(__file__).parent / "pages"
CASES = sorted(PAGES.glob("*/*.html"))
FETCHED = datetime(2026, 11, 1, tzinfo=UTC)


def capture(path: Path, body: bytes | None = None) -> Capture:
    return Capture(expected(path)["url"], path.read_bytes() if body is None else body, FETCHED)


def expected(path: Path) -> dict[str, object]:
    return json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", CASES, ids=lambda each: f"{each.parent.name}/{each.stem}")
class TestRecordedPage:
    def test_is_read_as_expected(self, path):
        article = read_capture(capture(path))
        assert isinstance(article, Article)
        assert json.loads(json.dumps(article.to_dict())) == expected(path)

    def test_says_that_it_is_a_reconstruction(self, path):
        assert b"RECONSTRUCTION" in path.read_bytes()

    def test_is_the_same_article_or_none_without_any_one_class(self, path):
        text = path.read_text(encoding="utf-8")
        names = set(re.findall(r'(?:class|id|ergodic)="?([\w -]+)', text))
        for name in sorted(names):
            without = read_capture(capture(path, text.replace(f'"{name}"', '"x"').encode()))
            if isinstance(without, Article):
                assert (without.title, without.body.split("\n")[0]) == (
                    expected(path)["title"], str(expected(path)["body"]).split("\n")[0]), name
                assert without.published.value in (expected(path)["published"]["value"], *_coarser(path)), name


def _coarser(path: Path) -> list[object]:
    """What the date may fall back to: the time shown beside it, its day, its month, its year, or nothing."""
    stamp = expected(path)["published"]
    value = str(stamp["value"] or "")
    shown = [each["text"].replace(" ", "T") + "+08:00" for each in stamp["evidence"]]
    return [*shown, value[:10], value[:7], value[:4], None]


@pytest.mark.parametrize("each", all_sources(), ids=lambda each: each.id)
def test_every_layout_has_a_page(each):
    used = {expected(path)["layout"] for path in CASES if path.parent.name == each.id}
    assert used == {layout.name for layout in each.layouts}


def test_layouts_are_tried_by_day():
    mofcom = source("mofcom_en")
    page = Page(capture(PAGES / "mofcom_en" / "g3.html"))
    assert [layout.name for layout in mofcom.layouts_for(page)] == ["G3", "landmarks"]
