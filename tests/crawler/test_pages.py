"""Each layout reads its recorded page as a person read it; with a class taken away, the same article or none."""

import json
import re

import pytest

from archive.records import Article
from crawler.extract.page import Page
from crawler.source import all_sources, source
from support.recorded_pages import FOLDER, MARKER, PAGES, RECONSTRUCTIONS, capture, expected, html, name, read

URL = "https://www.mofcom.gov.cn/a/art/2025/art_1.html"
# Texts that only pages made for the project hold.
OURS = ("written for the Gongbao project", "为公报项目编写", "(replica)")


@pytest.mark.parametrize("path", PAGES, ids=name)
class TestRecordedPage:
    def test_is_read_as_expected(self, path):
        article = read(path)
        assert isinstance(article, Article)
        assert json.loads(json.dumps(article.to_dict())) == expected(path)

    def test_is_marked_as_a_reconstruction_or_genuine(self, path):
        made_here = [each for each in OURS if each in html(path)]
        assert path in RECONSTRUCTIONS or not made_here, f"a page with {made_here} needs the comment <!-- {MARKER} -->"

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
    """Dates that may be read without one class: the time shown beside it, its day, month or year, or none."""
    stamp = expected(path)["published"]
    value = str(stamp["value"] or "")
    shown = [each["text"].replace(" ", "T") + "+08:00" for each in stamp["evidence"]]
    return [*shown, value[:10], value[:7], value[:4], None]


@pytest.mark.parametrize("each", all_sources(), ids=lambda each: each.id)
def test_every_layout_has_a_page(each):
    used = {expected(path)["layout"] for path in PAGES if path.parent.name == each.id}
    assert used == {layout.name for layout in each.layouts}


@pytest.mark.parametrize(("charset", "declared"), [("gbk", "gb2312"), ("gb18030", ""), ("big5", "big5"), ("utf-8", "")])
def test_a_genuine_page_is_read_from_its_bytes_in_any_charset(tmp_path, charset, declared):
    path = tmp_path / "page.html"
    source = f'<meta charset="{declared}"><h1>商務部召開新聞發佈會</h1>\r\n<p>會議在北京進行，這是我們的主要工作。</p>'
    path.write_bytes(source.encode(charset))
    at = "2020-05-01T08:00:00+08:00"
    path.with_suffix(".json").write_text(json.dumps({"file": "page.html", "url": URL, "fetched_at": at}))
    assert expected(path) == {"url": URL}
    assert capture(path).fetched_at.isoformat() == at
    assert html(path) == source
    assert capture(path).body == path.read_bytes()
    assert capture(path, source).body == path.read_bytes()
    assert Page(capture(path, source)).text == source


def test_layouts_are_tried_by_day():
    mofcom = source("mofcom_en")
    page = Page(capture(FOLDER / "mofcom_en" / "g3.html"))
    assert [layout.name for layout in mofcom.layouts_for(page)] == ["G3", "landmarks"]
