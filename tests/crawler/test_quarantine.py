"""Pages that are no articles are quarantined with the reason; borderline pages are read completely or not at all."""

import gzip
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.records import Article, Capture, Unreadable
from crawler.reader import read_capture
from support.recorded_pages import PAGES, expected

URL = "http://english.mofcom.gov.cn/article/newsrelease/press/202103/20210303041234.shtml"
FETCHED = datetime(2026, 11, 1, tzinfo=UTC)
TEXT = "<p>The two sides agreed to deepen cooperation in trade, services and investment over the next five years.</p>"


def article(inner: str, head: str = "", title: str = "A Meeting in Beijing") -> bytes:
    return (
        f"<html><head>{head}</head><body><div class=art-title>{title}</div>"
        f"<div class='art-con art-con-bottonmLine'>{inner}</div></body></html>"
    ).encode()


def read(body: bytes, content_type: str | None = "text/html; charset=utf-8", *, url: str = URL) -> Article | Unreadable:
    return read_capture(Capture(url, body, FETCHED, content_type))


def reason(body: bytes, **more: str) -> str:
    found = read(body, **more)
    assert isinstance(found, Unreadable), found
    return str(found.reason)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "empty"),
        (b"  \r\n ", "empty"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"\x89PNG\r\n\x1a\n0000", "PNG"),
        (b"PK\x03\x04abc", "ZIP"),
        (gzip.compress(b"<html>", mtime=0)[:20], "gzip"),
        (b"<html>\x00\x01\x02\x00", "NUL"),
        (b"<html><title>404 Error</title><body><h1>404 Error</h1></body></html>", "404 Error"),
        ("<body><p>抱歉，您访问的页面不存在！</p><a href=/>首页</a></body>".encode(), "不存在"),
        (b"<body>[an error occurred while processing this directive]</body>", "SSI"),
        (
            b"<script>window.location.href='http://english.mofcom.gov.cn/new.shtml'</script>",
            "on, to http://english.mofcom.gov.cn/new",
        ),
        (b'<script>var _cofing1={href:"http://english.mofcom.gov.cn/x.shtml",type:1}</script>', "sends the browser on"),
        (b"<html><body><p>Welcome</p></body></html>", "title"),
        (article(""), "body"),
        (article("<p> &nbsp; </p>"), "body"),
        (article(TEXT, title=""), "title"),
        (article("<p>I don鈥檛 have any announcement to make today, so please ask.</p>".encode().decode()), "garbled"),
    ],
    ids=lambda each: each if isinstance(each, str) else None,
)
def test_a_page_that_is_no_article(body, why):
    assert why in reason(body)


def test_a_page_too_large_is_kept_but_not_read():
    assert "more than the" in reason(article(TEXT * 100_000))


def test_a_large_page_is_read_to_its_end():
    found = read(article(TEXT * 20_000 + "<p>The very last sentence.</p>"))
    assert isinstance(found, Article)
    assert found.body.endswith("The very last sentence.")


def test_a_tree_too_deep_is_not_read_in_part():
    assert "cannot be read to its end" in reason(article("<div>" * 100_000 + TEXT + "</div>" * 100_000))


def test_a_deep_tree_that_the_parser_holds_is_read():
    found = read(article("<span>" * 600 + TEXT + "</span>" * 600))
    assert isinstance(found, Article)
    assert found.body.startswith("The two sides agreed")


def test_gbk_declared_as_utf_8_is_read_and_said():
    body = (
        article("<p>双方同意在未来五年深化贸易、服务和投资合作，并继续为企业创造良好环境。</p>")
        .decode()
        .encode("gb18030")
    )
    found = read(body)
    assert isinstance(found, Article)
    assert found.language == "zh"
    assert [each.code for each in found.defects] == ["charset"]


def test_a_stray_byte_is_counted():
    body = article(TEXT + "<p>Caf@ owners were there as well.</p>").replace(b"@", b"\xe9")
    found = read(body)
    assert isinstance(found, Article)
    assert [each.code for each in found.defects] == ["stray_bytes_in_body"]
    assert "Caf\ufffd" in found.body


@pytest.mark.parametrize("status", [301, 403, 404, 500, 503])
def test_only_answers_with_a_page_are_read(status):
    found = read_capture(Capture(URL, article(TEXT), FETCHED, None, status))
    assert isinstance(found, Unreadable)
    assert str(status) in str(found.reason)


def test_an_address_of_no_source_and_one_that_is_no_release():
    assert "no source" in reason(article(TEXT), url="https://example.org/a.html")
    assert "form of a release" in reason(
        article(TEXT), url="http://www.mofcom.gov.cn/article/ae/ai/202001/20200102930000.shtml"
    )


class TestBody:
    def paragraphs(self, inner: str) -> list[str]:
        found = read(article(inner))
        assert isinstance(found, Article), found
        return found.body.split("\n")

    def test_styles_scripts_and_hidden_text_are_no_text(self):
        inner = (
            f"<style>p{{color:red}}</style>{TEXT}<script>var x=1</script><p hidden>old</p>"
            "<p style='display: none'>trap</p><!-- note --><noscript>no</noscript>"
        )
        assert len(self.paragraphs(inner)) == 1

    @pytest.mark.parametrize("attributes", [
        "style='height:0;overflow:hidden'", "style='OVERFLOW: hidden; max-height: 0px'", "style='Display : None'",
        "style='position:absolute;clip:rect(0 0 0 0)'", "class='note sr-only'", "class=visually-hidden"])
    def test_text_that_nobody_sees_is_no_text(self, attributes):
        assert len(self.paragraphs(f"{TEXT}<p {attributes}>A sentence that nobody sees.</p>")) == 1

    @pytest.mark.parametrize("style", [
        "line-height:0.9;overflow:hidden", "overflow:hidden", "min-height:0;overflow:hidden", "clip:auto",
        "padding-left:120px;text-indent:-120px", "margin-left:-150px", "font-size:10.5pt", "border-top:-9999px"])
    def test_text_that_only_looks_hidden_stays(self, style):
        assert len(self.paragraphs(f"{TEXT}<p style='{style}'>A second paragraph.</p>")) == 2

    def test_a_style_for_paper_hides_nothing_on_screen(self):
        style = "<style>@media print { .note { display: none } } .trap { display: none }</style>"
        assert self.paragraphs(f"{style}{TEXT}<p class=note>A note.</p><p class=trap>No.</p>")[1:] == ["A note."]

    def test_spans_and_line_breaks_in_the_source_do_not_break_a_paragraph(self):
        assert self.paragraphs("<p>The two <span>sides\n agreed</span> on\n<b>trade</b> and investment.</p>") == [
            "The two sides agreed on trade and investment."
        ]

    def test_unclosed_and_upper_case_paragraphs(self):
        assert self.paragraphs("<P>First paragraph of the text.<P><p>Second paragraph of it.<BR>Third line.") == [
            "First paragraph of the text.",
            "Second paragraph of it.",
            "Third line.",
        ]

    def test_a_row_of_a_table_is_one_paragraph(self):
        rows = ("<td>8703801090</td><td><p>Electric cars</p></td>", "<td>8501</td><td>Motors</td>")
        table = f"<table>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"
        assert self.paragraphs(TEXT + table)[1:] == ["8703801090 Electric cars", "8501 Motors"]

    def test_the_english_disclaimer_is_left_out(self):
        line = (
            "<p>(All information published on this website is authentic in Chinese. "
            "English is provided for reference only.)</p>"
        )
        assert len(self.paragraphs(TEXT + line)) == 1

    def test_attachments_are_listed_with_and_without_an_extension(self):
        found = read(
            article(
                f"{TEXT}<a href='/images/list.PDF'>List</a> <a href='http://x.gov.cn/front/document/download?fileName=Annex.docx"
                "&fileUrl=1'></a><a href='/other.html'>page</a><a href='/images/list.PDF'>again</a>"
            )
        )
        assert isinstance(found, Article)
        assert [(each.url.rsplit("/", 1)[-1][:12], each.name) for each in found.attachments] == [
            ("list.PDF", "List"),
            ("download?fil", "Annex.docx"),
        ]


@settings(max_examples=60)
@given(st.binary(max_size=300), st.sampled_from([expected(page)["url"] for page in PAGES]))
def test_no_bytes_crash_any_reader(body, url):
    assert isinstance(read(b"<body>" + body, url=url), Article | Unreadable)


@settings(max_examples=60)
@given(
    st.recursive(
        st.text("ab 商务:<&\u00a0", max_size=12),
        lambda inner: st.builds(
            "<{0}>{1}</{0}>".format,
            st.sampled_from(["div", "p", "td", "table", "span", "li", "h1", "form", "a"]),
            inner,
        ),
        max_leaves=8,
    )
)
def test_no_markup_crashes_a_landmark_reader(inner):
    body = f"<body>Home>News Content{inner}Add Time:2014-10-13{inner}{TEXT}</body>".encode()
    found = read(body, url="http://cnus.cccme.org.cn/news/en_news/content-237978.aspx")
    assert isinstance(found, Article | Unreadable)


CAMCE = "http://www.camce.com.cn/en/enNews/enGN/202009/t20200922_253777.htm"
HEAD = (
    "<div>Group News Location: Home / News / Group News / Content</div>"
    "<h1>A Title of Words</h1><p>Posted: 2020-09-22</p>"
)


def test_a_list_that_closes_a_text_is_text():
    items = "<ul><li>Steel</li><li>Cement</li><li>Cars</li></ul>"
    found = read(f"<body>{HEAD}<div>{TEXT}{items}</div></body>".encode(), url=CAMCE)
    assert isinstance(found, Article)
    assert found.body.split("\n")[1:] == ["Steel", "Cement", "Cars"]


@pytest.mark.parametrize("href", [
    "/images/list.pdf", "/images/list.et", "/images/list.7z", "/images/list.rtf", "/upload/uploadfile/attach/12",
    "/api-gateway/jpaas-web-server/front/document/download?fileUrl=a&fileName=b.pdf"])
def test_a_line_that_leads_to_a_file_is_text_and_attachment(href):
    found = read(f"<body>{HEAD}<div>{TEXT}<p><a href='{href}'>Annex</a></p></div></body>".encode(), url=CAMCE)
    assert isinstance(found, Article)
    assert found.body.split("\n")[1:] == ["Annex"]
    assert [each.name for each in found.attachments] == ["Annex"]


@pytest.mark.parametrize("href", ["http://x.cn:99999/a", "http://[abc", "http://www.mofcom.gov.cn？x=1"])
def test_a_broken_address_on_a_page_is_no_address(href):
    found = read(article(f"{TEXT}<a href='{href}/list.pdf'>List</a>"))
    assert isinstance(found, Article)
    assert found.attachments == ()


def test_a_long_page_of_short_lines_is_read_in_one_go():
    rows = "".join(f"<p>Row {number} of the list</p>" for number in range(4_000))
    found = read(f"<body>{HEAD}<div>{TEXT}{rows}{TEXT}</div></body>".encode(), url=CAMCE)
    assert isinstance(found, Article)
    assert found.body.count("\n") == 4_001


NEIGHBOURS = "<div>上一篇：<a href=/1>Pump makers meet</a><br>下一篇：<a href=/2>The fair opens</a></div>"
CLOSING = ("联系人：李伟", "商务部办公厅", "2010年5月6日", "附件：报名表")


@pytest.mark.parametrize("line", CLOSING)
@pytest.mark.parametrize("markup", [
    "<table><tr><td>{0}</td></tr><tr><td>{0}</td></tr><tr><td>{1}</td></tr></table>",
    "<font>{0}<br><br>{0}<br><br>{1}</font>" + NEIGHBOURS,
    "<div><p>{0}</p><p>{0}</p><p>{1}</p></div>" + NEIGHBOURS,
])
def test_a_short_line_that_closes_a_text_is_text(line, markup):
    sentence = "The two sides agreed to deepen cooperation in trade and investment over the next five years."
    found = read(f"<body>{HEAD}{markup.format(sentence, line)}</body>".encode(), url=CAMCE)
    assert isinstance(found, Article)
    assert found.body.split("\n") == [sentence, sentence, line]
