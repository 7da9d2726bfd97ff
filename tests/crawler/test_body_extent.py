"""The extracted body is complete (several containers, linked sentences, signature) and holds nothing else."""

import pytest

from archive.records import Article, Capture
from crawler.reader import read_capture
from support.recorded_pages import FETCHED

URL = "https://www.ccdp-me.com/en/news/88606e4a-0138-4e62-8aeb-f59ce059c447"
REPUBLISHED = "http://resources.made-in-china.com/article/policy-opinion/rELnPWBAoxDt"
FIRST, SECOND, THIRD = (
    "The gates of the tunnel were lowered at ten in the morning, and the water began to rise behind the dam.",
    "The station has three units of 86 megawatts each, of which the first is to be tested in August this year.",
    "More than 1,200 workers of the region were trained as welders, as crane drivers and as surveyors.")
AFTER = "<div class='x'><a href=/1>Pump makers meet in Hangzhou</a> 2024-01-05</div><footer>Copyright 2024</footer>"


def paragraphs(inner: str, after: str = AFTER) -> list[str]:
    """The body that is read of a page with this text and what stands after it."""
    page = f"<body><h1>A Title of Words</h1><p>Release Date:</p>{inner}{after}</body>"
    article = read_capture(Capture(URL, page.encode(), FETCHED))
    assert isinstance(article, Article), article
    return article.body.split("\n")


def republished(title: str, inner: str, slug: str) -> Article:
    page = f"<title>{title} - Example</title><body><div>Trade Resources</div><div>{title}</div>{inner}</body>"
    article = read_capture(Capture(f"{REPUBLISHED}/{slug}/", page.encode(), FETCHED))
    assert isinstance(article, Article), article
    return article


class TestTextInSeveralContainers:
    @pytest.mark.parametrize("second", [
        f"<p>{THIRD}</p>", f"<div class=b><p>{THIRD}</p></div>",
        f"<div class=b><p><a href=/w>More than 1,200</a>{THIRD.removeprefix('More than 1,200')}</p></div>"])
    def test_goes_on_after_the_first(self, second):
        assert paragraphs(f"<div class=a><p>{FIRST}</p><p>{SECOND}</p></div>{second}") == [FIRST, SECOND, THIRD]

    @pytest.mark.parametrize("box", [
        "<div class=b><p><a href=/1>Pump makers met in Hangzhou and agreed to buy more steel this year.</a></p></div>",
        f"<div class=b><p>{THIRD} <a href=/2>[more]</a></p></div>",
        f"<div class='related-news'><p>{THIRD}</p></div>"])
    def test_does_not_go_on_in_a_box_of_other_releases(self, box):
        assert paragraphs(f"<div class=a><p>{FIRST}</p><p>{SECOND}</p></div>{box}") == [FIRST, SECOND]

    @pytest.mark.parametrize("text", ["<p>{}</p>", "{}", "<center><p>{}</p></center>"])
    def test_whose_first_repeats_the_title(self, text):
        title = "Hydropower Station Starts to Fill Its Reservoir"
        inner = (f"<section><p>{title}</p>{text.format(FIRST)}</section><section>{text.format(SECOND)}</section>"
                 "<p>Source: http://english.mofcom.gov.cn/article/newsrelease/press/201503/20150300001234.shtml</p>")
        assert republished(title, inner, title.replace(" ", "-")).body == f"{FIRST}\n{SECOND}"


@pytest.mark.parametrize("line", [
    "Disclaimer: the articles on this site are provided for reference only and bind nobody in any way.",
    "免责声明：本网站转载内容仅供参考，不代表本网站的观点和立场，也不构成任何建议。", "扫描二维码关注本会的微信公众号"])
@pytest.mark.parametrize("place", ["<p>{}</p>", "<div>{}</div>", "<div class=b><p>{}</p></div>"])
def test_what_a_site_says_of_itself_is_no_text(place, line):
    said = place.format(line)
    assert paragraphs(f"<div class=a><p>{FIRST}</p><p>{SECOND}</p></div>{said}") == [FIRST, SECOND]
    assert paragraphs(f"<p>{FIRST}</p><p>{SECOND}</p>{said}") == [FIRST, SECOND]


class TestSentenceThatIsALink:
    LINK = "<p><a href=/w>The list of the workers who were trained is published here.</a></p>"
    TEXT = "The list of the workers who were trained is published here."

    def test_is_said_by_the_text(self):
        assert paragraphs(f"<p>{FIRST}</p>{self.LINK}<p>{SECOND}</p>") == [FIRST, self.TEXT, SECOND]
        assert paragraphs(f"<div><p>{FIRST}</p>{self.LINK}</div>") == [FIRST, self.TEXT]

    def test_is_not_where_it_only_names_another_release(self):
        named = self.LINK.replace(".</a>", "</a>")
        assert paragraphs(f"<p>{FIRST}</p>{named}<p>{SECOND}</p>") == [FIRST, SECOND]


class TestSignature:
    @pytest.mark.parametrize("day", ["November 8, 2019", "2019年11月8日"])
    def test_belongs_to_the_text_whatever_element_it_stands_in(self, day):
        signed = f"<div>{FIRST}</div><p align=right>Ministry of Commerce</p><p align=right>{day}</p>"
        assert paragraphs(signed) == [FIRST, "Ministry of Commerce", day]

    @pytest.mark.parametrize("box", [
        "<div class=side><h3>Upcoming events</h3><span>November 28, 2026</span></div>",
        "<div class=w><b>Today</b><br>November 28, 2026</div>"])
    @pytest.mark.parametrize("text", ["<div class=a><p>{}</p><p>{}</p></div>", "<p>{}</p><p>{}</p>"])
    def test_is_no_calendar(self, text, box):
        assert paragraphs(text.format(FIRST, SECOND) + box) == [FIRST, SECOND]

    @pytest.mark.parametrize("line", ["2019-11-08", "<a href=/1>November 8, 2019</a>", "Hits: 23"])
    def test_is_not_made_of_what_a_machine_writes(self, line):
        assert paragraphs(f"<div>{FIRST}</div><p>Zhang Li</p><p>{line}</p>") == [FIRST]


@pytest.mark.parametrize(
    "line", ["Print  Close Window", "Print Close", "打印本页 关闭窗口", "Last updated: 2024-01-09",
             "Contact Us | Site Map | Disclaimer", "Help | FAQ | Feedback"])
def test_tools_in_a_row_are_no_text(line):
    assert paragraphs(f"<div>{FIRST}<br>{SECOND}</div>", f"<div>{line}</div>") == [FIRST, SECOND]


class TestSentenceThatBeginsAsALandmark:
    def test_as_a_label(self):
        said = "Release Date: 1 May 2024 was set for the second edition of the catalogue."
        assert paragraphs(f"<p>{FIRST}</p><p>{said}</p><p>{SECOND}</p>") == [FIRST, said, SECOND]

    def test_as_the_end(self):
        said = "Topics: the round table went through four items, from labels to logistics."
        article = republished("A Title of Words", f"<p>{FIRST}</p><p>{said}</p><p>{SECOND}</p><p>Topics: Steel</p>",
                              "A-Title-of-Words")
        assert article.body == f"{FIRST}\n{said}\n{SECOND}"


def test_a_line_in_which_the_address_stands_among_other_words_is_no_title():
    title = "China and Chile Sign a Pact"
    said = f"中智 {title} 签署协定：北京，五月，双方代表出席"
    article = republished(title, f"<p>{said}</p><p>{FIRST}</p><p>Topics: Steel, Pumps, Midea Group Co., Ltd.</p>"
                                 f"<div>{SECOND}</div>", title.replace(" ", "-"))
    assert (article.title, article.body) == (title, f"{said}\n{FIRST}")


@pytest.mark.parametrize(("label", "day"), [
    ("Release Date: 2025-09-26 by admin at home", "2025-09-26"),
    ("Release Date: Sep 16, 2020 by staff reporter", "2020-09-16")])
def test_a_name_behind_a_date_does_not_take_it_away(label, day):
    page = f"<h1>A Title of Words</h1><p>{label}</p><p>{FIRST}</p>"
    article = read_capture(Capture(URL, page.encode(), FETCHED))
    assert isinstance(article, Article), article
    assert article.published.value == day


@pytest.mark.parametrize(("title", "slug"), [("RCEP", "RCEP"), ("中美省州合作 Working Group", "Working-Group")])
def test_an_address_spells_a_short_title_and_the_latin_words_of_one_in_two_languages(title, slug):
    assert republished(title, f"<p>{FIRST}</p><p>Topics: Steel</p>", slug).title == title
