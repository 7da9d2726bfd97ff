"""The two real saved pages are read exactly, and the five example pages in any markup."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

from archive.records import Article, Capture
from crawler.reader import read_capture, read_list
from crawler.source import source
from support.random_dom import VisibleRelease, render

ARTICLE = "https://www.mofcom.gov.cn/zcfb/dwmygl/art/2025/art_9db78dcb84714e8e8ff75793f18e6f24.html"
HUB = "https://www.mofcom.gov.cn/zcfb/index.html"
SAVED = datetime(2025, 9, 27, tzinfo=UTC)
EXAMPLES = {
    "000": "http://resources.made-in-china.com/article/policy-opinion/rELnPWBAoxDt/Delegation-of-Reverse-Trade-of-the-"
           "Chinese-enterprises-Visits-the-United-States/",
    "001": "http://cnus.cccme.org.cn/news/en_news/content-237978.aspx",
    "002": "http://cnus.cccme.org.cn/news/en_news/content-259467.aspx",
    "003": "https://www.ccdp-me.com/en/news/88606e4a-0138-4e62-8aeb-f59ce059c447",
    "004": "https://www.sino-chart.com/en/enNews/enGN/202009/t20200922_253777.htm",
}


@pytest.fixture(scope="module")
def article(shared) -> Article:
    body = (shared / "pages" / "mofcom_zh_article_2025.html").read_bytes()
    found = read_capture(Capture(ARTICLE, body, SAVED))
    assert isinstance(found, Article)
    return found


class TestSavedArticle:
    def test_facts(self, article):
        assert article.title == "公布对纯电动乘用车实施出口许可证管理"
        assert article.number == "商务部 工业和信息化部 海关总署 市场监管总局公告2025年第54号"
        assert article.source_label == "外贸司"
        assert article.author is None
        assert (article.language, article.layout) == ("zh", "G3")

    def test_the_date_is_that_of_publication_and_the_other_times_are_evidence(self, article):
        assert (article.published.value, article.published.precision) == ("2025-09-26T17:34+08:00", "minute")
        assert [(each.text, str(each.place)) for each in article.published.evidence] == [
            ("2025-09-26 17:34", "meta PubDate"), ("2025-09-26 16:56", ".article-tool .at-left"),
            ("2025年09月26日", ".art-con-gonggao"), ("2025-09-26 17:34:12", "meta MakeTime")]

    def test_the_body_is_the_text_and_nothing_else(self, article):
        paragraphs = article.body.split("\n")
        assert len(paragraphs) == 9
        assert paragraphs[0].startswith("为促进新能源汽车贸易健康发展")
        assert paragraphs[3] == "三、本公告自2026年1月1日起正式实施。"
        assert paragraphs[4:] == ["商务部", "工业和信息化部", "海关总署", "市场监管总局", "2025年9月26日"]
        assert not any(word in article.body for word in ("font-face", "发布文号", "商务热点", "mso-"))


def test_the_hub_gives_every_policy_link_with_date_and_category(shared):
    found = read_list(Capture(HUB, (shared / "pages" / "mofcom_zh_list_2025.html").read_bytes(), SAVED))
    assert found is not None
    listed, links = found
    assert listed.id == "mofcom_zh"
    assert [(each.published.value, each.category) for each in links] == [
        ("2025-09-25", "公平贸易"), ("2025-09-25", "公平贸易"), ("2025-09-25", "对外贸易"), ("2025-09-25", "对外贸易"),
        ("2025-09-17", "国内贸易"), ("2025-09-13", "公平贸易"), ("2025-09-13", "公平贸易"),
        ("2025-09-08", "对外经济技术合作")]
    assert all(source("mofcom_zh").is_article(each.url) and each.title for each in links)


def example(shared: Path, number: str) -> VisibleRelease:
    """An example's text taken apart by hand: the lines before its title, its labels, its text, what follows."""
    text = next((shared / "examples").glob(f"{number}_*.txt")).read_text(encoding="utf-8")
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    if number == "000":
        return VisibleRelease(lines[1], lines[2:-3], lines[0], after=lines[-3:])
    if number in ("001", "002"):
        values = re.match(r"Soruce:(.*) Author:(.*) Add Time:(.*)", lines[3])
        labels = zip(("Soruce:", "Author:", "Add Time:"), values.groups(), strict=True)
        return VisibleRelease(lines[2], lines[4:], lines[1], tuple(labels))
    if number == "003":
        return VisibleRelease(lines[0], lines[2:], "", (("Release Date:", ""),))
    labels = (("By:", ""), ("From:", ""), ("Posted:", "2020-09-22 01:44:00"), ("FontSize:", "BIG MIDDLE SMALL"))
    return VisibleRelease(lines[1], lines[3:-2], lines[0], labels, after=lines[-2:])


def plain(shown: VisibleRelease) -> str:
    """The text as nothing but paragraphs: the least that a page can say about itself."""
    labels = [" ".join(f"{label}{value}" for label, value in shown.labels)] if shown.labels else []
    lines = [shown.crumb, shown.title, *labels, *shown.body, *shown.after]
    return "<body>" + "".join(f"<p>{line}</p>" for line in lines if line) + "</body>"


def read(shared: Path, number: str, seed: int | None) -> tuple[Article, VisibleRelease]:
    shown = example(shared, number)
    source_text = plain(shown) if seed is None else render(shown, Random(seed))
    found = read_capture(Capture(EXAMPLES[number], source_text.encode(), datetime(2026, 11, 1, tzinfo=UTC)))
    assert isinstance(found, Article), (number, seed, found)
    return found, shown


@pytest.mark.parametrize("seed", [None, 1, 2, 3, 4, 5, 6, 7, 8])
@pytest.mark.parametrize("number", sorted(EXAMPLES))
def test_title_and_text_of_an_example(shared, number, seed):
    article, shown = read(shared, number, seed)
    assert article.title == shown.title
    assert re.sub(r"\W", "", article.body) == re.sub(r"\W", "", "".join(shown.body))


FACTS = {
    "000": ("2015-10", "month", None, None),
    "001": ("2014-10-13", "day", "The China Provinces and US States Cooperation",
            "The China Provinces and US States Cooperation"),
    "002": ("2016-05-20", "day", "中美省州合作专题子站", "中美省州合作专题子站"),
    "003": (None, "unknown", None, None),
    "004": ("2020-09-22T01:44+08:00", "minute", None, None),
}


@pytest.mark.parametrize("seed", [None, 11, 12, 13])
@pytest.mark.parametrize("number", sorted(EXAMPLES))
def test_facts_of_an_example(shared, number, seed):
    article, _ = read(shared, number, seed)
    found = (article.published.value, article.published.precision, article.source_label, article.author)
    assert found == FACTS[number]
    assert article.language == "en"


def test_the_first_takes_its_date_from_the_release_that_it_cites(shared):
    article, _ = read(shared, "000", None)
    assert article.cites == ("http://english.mofcom.gov.cn/article/newsrelease/significantnews/201510/20151001132883.shtml",)
    assert article.published.evidence[0].text == "201510"
    assert "cited source" in str(article.published.evidence[0].place)


def test_the_fourth_is_undated_because_its_label_is_empty(shared):
    article, _ = read(shared, "003", None)
    assert [(each.text, str(each.place)) for each in article.published.evidence] == [("", "label 'Release Date:'")]


def test_the_fifth_is_marked_as_a_clone_of_its_original(shared):
    article, _ = read(shared, "004", None)
    assert article.clone_of == "http://www.camce.com.cn/en/enNews/enGN/202009/t20200922_253777.htm"
    assert [each.code for each in article.defects] == ["clone"]
    assert json.loads(json.dumps(article.to_dict()))["clone_of"] == article.clone_of
