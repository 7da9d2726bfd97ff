"""An empty or letter-spaced label gives no value, and never that of the next label."""

import pytest

from archive.records import Article
from support.recorded_pages import FOLDER, expected, html, read

NOTICE = FOLDER / "mofcom_zh" / "g3-notice.html"
NUMBER = "【发布文号】商务部公告2025年第91号"
LABELS = "来源：安全与管制局 <span> 类型：原创</span>"
META = '<meta name="ContentSource" content="安全与管制局">'


def notice(*changes: tuple[str, str]) -> Article:
    source = html(NOTICE)
    for old, new in changes:
        assert old in source
        source = source.replace(old, new)
    found = read(NOTICE, source)
    assert isinstance(found, Article), found
    return found


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("【发布文号】", None),
        ("【发布文号】&nbsp;", None),
        ("【发布文号】 商务部公告2025年第91号 ", "商务部公告2025年第91号"),
        ("【发布文号】商务部令<span>2025年</span>第3号", "商务部令2025年第3号"),
    ],
)
def test_the_number_of_a_notice(written, number):
    assert notice((NUMBER, written)).number == number


@pytest.mark.parametrize(
    ("written", "label"),
    [
        ("来源： <span> 类型：原创</span>", None),
        ("来源：<span></span>", None),
        ("来&nbsp;源：外贸司 <span> 类型：原创</span>", "外贸司"),
        ("来源：21世纪经济报道 <span> 类型：转载</span>", "21世纪经济报道"),
    ],
)
def test_the_source_that_the_page_names(written, label):
    found = notice((META, ""), (LABELS, written))
    assert found.source_label == label
    assert found.published.value == "2025-10-14T10:06+08:00"
    assert found.published.evidence[1].text == "2025-10-14 09:28"


@pytest.mark.parametrize("label", ["发布时间", "文章来源", "阅读次数"])
def test_a_label_with_its_characters_spaced_out_is_that_label(label):
    page = FOLDER / "camce" / "since-2021.html"
    found = read(page, html(page).replace(label, "&nbsp;".join(label)))
    assert isinstance(found, Article)
    assert found.body == expected(page)["body"]
    assert found.published.value == "2021-04-19"
