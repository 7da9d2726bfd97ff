"""Title and body in one element, and bodies with lines that look like the end of a page."""

import pytest

from archive.records import Article, Capture, Unreadable
from crawler.reader import read_capture
from support.recorded_pages import FETCHED

MOFCOM = "http://english.mofcom.gov.cn/article/newsrelease/press/202103/20210303041234.shtml"
CAMCE = "http://www.camce.com.cn/en/enNews/enGN/202009/t20200922_253777.htm"
SENTENCE = "The two sides agreed to deepen cooperation in trade and investment over the next five years."
LONG_TITLE = ("Vice President Luo Led a Delegation to the Ministry of Energy and Water Resources and Signed the "
              "Framework Agreement for the Rural Water Supply Project in Eleven Provinces")


def mofcom(inner: str, title: str = "") -> Article | Unreadable:
    body = f"<title>{title}</title><div>Home > News > Press Conference</div>{inner}<footer>Copyright 2021</footer>"
    return read_capture(Capture(MOFCOM, body.encode(), FETCHED))


def camce(inner: str) -> Article | Unreadable:
    head = ("<div>Group News Location: Home / News / Group News / Content</div><h1>A Title of Words</h1>"
            "<p>Posted: 2020-09-22</p>")
    return read_capture(Capture(CAMCE, f"<body>{head}{inner}</body>".encode(), FETCHED))


def read(found: Article | Unreadable) -> tuple[str, list[str]]:
    assert isinstance(found, Article), found
    return found.title, found.body.split("\n")


class TestTitleAndTextInOneElement:
    def test_the_line_before_the_text_is_the_title(self):
        title, body = read(mofcom(f"<div>A Meeting in Beijing<br>{SENTENCE}<br>{SENTENCE}</div>"))
        assert (title, body) == ("A Meeting in Beijing", [SENTENCE, SENTENCE])

    @pytest.mark.parametrize("lines", [
        f"A Meeting in Beijing<br>On the second day<br>{SENTENCE}",
        "A Meeting in Beijing<br>" + SENTENCE.rstrip(".") + " as was said at the closing session of the meeting itself",
    ])
    def test_what_cannot_be_told_apart_is_quarantined(self, lines):
        found = mofcom(f"<div>{lines}</div>")
        assert isinstance(found, Unreadable)
        assert "told apart" in str(found.reason)

    @pytest.mark.parametrize(("tag", "named"), [("h2", ""), ("div", LONG_TITLE)])
    def test_a_title_on_two_lines_is_whole(self, tag, named):
        broken = LONG_TITLE.replace("Luo ", "Luo<br>")
        title, body = read(mofcom(f"<{tag}>{broken}</{tag}><p>{SENTENCE}</p>", named))
        assert (title, body) == (LONG_TITLE, [SENTENCE])

    def test_a_sentence_is_no_title(self):
        assert isinstance(mofcom(f"<p>{SENTENCE}</p><p>{SENTENCE}</p>"), Unreadable)


class TestLinesAboveTheTitle:
    TIMED = "MOFCOM Original News 2021-03-03 10:05"

    def test_a_line_that_ends_in_a_clock_is_no_title_but_tells_the_time(self):
        found = mofcom(f"<div>{self.TIMED}</div><div>A Meeting in Beijing</div><p>{SENTENCE}</p>")
        assert read(found) == ("A Meeting in Beijing", [SENTENCE])
        assert isinstance(found, Article)
        assert (found.published.value, found.published.precision) == ("2021-03-03T10:05+08:00", "minute")

    def test_the_source_that_the_metadata_name_is_no_title(self):
        above = "<meta name=ContentSource content='Example News Agency'><div>Example News Agency</div>"
        title, body = read(mofcom(f"{above}<div>A Meeting in Beijing</div><p>{SENTENCE}</p>"))
        assert (title, body) == ("A Meeting in Beijing", [SENTENCE])

    def test_the_metadata_that_repeat_the_title_are_those_that_the_source_names(self):
        page = "<meta name={} content='RCEP News'><div>RCEP News</div>" + f"<p>{SENTENCE}</p>"
        assert read(mofcom(page.format("ArticleTitle")))[0] == "RCEP News"
        assert isinstance(mofcom(page.format("Description")), Unreadable)

    def test_one_word_that_nothing_on_the_page_calls_a_title_is_none(self):
        assert isinstance(mofcom(f"<div>Xinhua</div><p>{SENTENCE}</p>"), Unreadable)
        assert read(mofcom(f"<h2>Notice</h2><p>{SENTENCE}</p>"))[0] == "Notice"
        assert read(mofcom(f"<div>RCEP</div><p>{SENTENCE}</p>", "RCEP - Ministry"))[0] == "RCEP"


def test_what_a_site_says_of_itself_above_the_labels_is_no_title():
    url = "https://www.ccdp-me.com/en/news/88606e4a-0138-4e62-8aeb-f59ce059c447"
    about = "The chamber was founded in 1988 and has 10,000 members. It serves trade. Its fairs are in spring. More"
    page = f"<p>{about}</p><table><tr><td>A Title of Words</td><td>Release Date:</td></tr></table><p>{SENTENCE}</p>"
    found = read_capture(Capture(url, page.encode(), FETCHED))
    assert isinstance(found, Unreadable)
    assert "does not look like a title" in str(found.reason)


def test_a_text_between_an_empty_label_and_another_label_is_text():
    text = "On April 22, the deputy general manager attended the signing ceremony of the tripartite agreement (video)"
    url = "https://www.ccdp-me.com/en/news/88606e4a-0138-4e62-8aeb-f59ce059c447"
    labels = "<h2>A Title of Words</h2><p>Release Date:</p>"
    body = f"{labels}<p>{text}</p><p>Editor: Zhang</p><div>An Example Platform</div>"
    title, paragraphs = read(read_capture(Capture(url, body.encode(), FETCHED)))
    assert (title, paragraphs[0]) == ("A Title of Words", text)


class TestLinesThatLookLikeAnEnd:
    @pytest.mark.parametrize("line", ["上一篇 is Chinese for “previous”, the interpreter explained to the delegation.",
                                      "下一篇报道将介绍参展企业的情况，敬请关注本网站后续发布的有关消息和专题。"])
    def test_a_sentence_that_begins_as_a_neighbour_does(self, line):
        assert read(camce(f"<div><p>{SENTENCE}</p><p>{line}</p></div>"))[1] == [SENTENCE, line]

    @pytest.mark.parametrize("line", ["上一篇：没有了", "下一篇", "【上一条】<a href=/1>Pump makers meet</a>",
                                      "下一篇 <a href=/1>Pump makers meet in Hangzhou</a>"])
    def test_a_neighbour_ends_the_text(self, line):
        assert read(camce(f"<p>{SENTENCE}</p><p>{line}</p>"))[1] == [SENTENCE]

    def test_text_that_begins_bare_goes_on_in_paragraphs(self):
        line = "Sponsored by: the Department of Commerce of Jiangsu, the fair has grown every year since 2009."
        assert read(camce(f"<div>{SENTENCE}<p>{line}</p><p>{SENTENCE}</p></div>"))[1] == [SENTENCE, line, SENTENCE]

    @pytest.mark.parametrize("foot", [
        "Copyright CNUS CCCME 2026", "Site map | Contact us | Copyright 2026", "Copyright 2014-2020 Example Chamber"])
    def test_a_text_without_a_full_stop_is_not_replaced_by_the_foot_of_the_page(self, foot):
        text = "The pavilion of the company was open from nine to five on all days of the fair, admission free"
        found = camce(f"<div><div><p>{text}</p></div></div><table><tr><td>{foot}</td></tr></table>")
        assert read(found)[1] == [text]
