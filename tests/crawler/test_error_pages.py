"""Error pages, redirects and "not found" notices are quarantined in every source; a release about them is read."""

import json
import subprocess
import sys

import pytest

from archive.records import Article, Unreadable
from crawler.extract.error_pages import is_error_text, script_target
from support.house import ROOT
from support.recorded_pages import ALTERABLE, html, name, read, with_body, with_title

MENU = "<ul>" + "".join(f"<li><a href='/{n}/'>Menu entry number {n} of the site</a></li>" for n in range(40)) + "</ul>"
MISSING = (
    "404 Error", "404 Not Found", "HTTP 404", "Error 404: page not found", "Not Found", "404 - File not found",
    "抱歉，您访问的页面不存在！", "对不起，您要访问的网页找不到了", "非常抱歉，您查看的文章不存在或已被删除",
    "404页面不存在", "页面不存在或已删除", "温馨提示：您要找的页面不存在", "该页面已下线", "无法找到该网页",
    "Sorry, the page you are looking for could not be found.", "The requested URL /a/b was not found on this server.",
    "We're sorry, but the page you requested does not exist.", "Oops! That page can’t be found.",
    "The document you requested has been removed", "This page doesn't exist", "Sorry, no such page.",
)
WAYS_OUT = ("5秒后自动返回首页，或点击此处返回。", "Please check the address, or go back to the home page.", "")
SPOKEN_OF = {
    "近日有用户反映，登录系统时提示“页面不存在”。经查，系服务器升级所致，现已恢复正常。特此说明。":
        "关于部分网页提示页面不存在的说明",
    "Some exporters saw the message 404 Not Found on the portal last week. All its pages have been restored since.":
        "Statement on the Portal That Answered Page Not Found",
    "您反映的部分文件页面不存在问题已转有关司局核实，核实后将在本网站统一公布办理结果，感谢您对商务工作的关心和支持。":
        "关于“404”问题的答复",
    "404 companies from 31 provinces took part in the fair, and none of them could be found on the old list.":
        "404 Companies Take Part in the Fair",
}
NOTHING_TO_READ = (
    ("This article has been deleted or has not been approved yet.",), ("该文章已被删除",), ("此信息已下线。",),
    ("Website under maintenance", "The website is being upgraded. We apologize for any inconvenience."),
    ("网站正在升级维护中", "请稍后再试。"), ("Please log in", "User name", "Password"), ("请先登录", "用户名 密码"),
    ("Member Login", "You must be a member to read this article. Register free of charge."),
    ("正在加载，请稍候…",), ("加载中",), ("Loading...",), ("[an error occurred while processing this directive]",),
)
HELPER = "<script>function go(id) { window.location.href = '/list.html'; }\nlocation.href='#top';</script></head>"


@pytest.mark.parametrize("page", ALTERABLE, ids=name)
class TestInTheLayoutOfASource:
    @pytest.mark.parametrize("notice", MISSING)
    def test_a_missing_page_is_no_article(self, page, notice):
        for way_out in WAYS_OUT:
            for title in (notice, "提示信息", None):
                source = with_body(page, notice, way_out)
                found = read(page, with_title(page, source, title) if title else source)
                assert isinstance(found, Unreadable), (title, way_out, found)

    @pytest.mark.parametrize("lines", NOTHING_TO_READ, ids=lambda each: each[0])
    def test_what_is_no_text_is_no_article(self, page, lines):
        source = with_body(page, *lines)
        for title in (lines[0], None):
            found = read(page, with_title(page, source, title) if title else source)
            assert isinstance(found, Unreadable), (title, found)

    @pytest.mark.parametrize("entry", [
        "<p><a href='/{n}.html'>The Ministry Opens Its Door in Round {n}</a> 2025-09-{day}</p>",
        "<p>[2025-09-{day}] <a href='/{n}.html'>Notice</a></p>", "<p><a href='/{n}.html'>第{n}号公告全文发布</a></p>"])
    def test_a_list_of_others_is_no_article(self, page, entry):
        source = with_body(page, "PLACE").replace("PLACE", "PLACE</p>" + "".join(
            entry.format(n=number, day=10 + number) for number in range(1, 9)) + "<p>").replace("PLACE", "")
        assert isinstance(read(page, source), Unreadable)

    def test_a_page_that_ends_in_its_text_is_no_half_article(self, page):
        source, whole = html(page), read(page)
        for at in range(source.index("<body"), len(source) - len("</body></html>"), 5):
            found = read(page, source[:at])
            assert isinstance(found, Unreadable) or found.body == whole.body or any(
                each.code == "open_end" for each in found.defects), (at, found.body[-60:])

    def test_where_a_page_was_only_not_closed_it_is_read(self, page):
        found = read(page, html(page).replace("</body>", "").replace("</html>", ""))
        assert isinstance(found, Article)
        assert found.body == read(page).body

    @pytest.mark.parametrize("text", SPOKEN_OF)
    def test_a_release_that_speaks_of_one_is_read(self, page, text):
        source = with_body(page, text)
        titled = with_title(page, source, SPOKEN_OF[text])
        by_address = page.parent.name == "made_in_china"  # the address spells the title
        found = read(page, source if by_address else titled)
        assert isinstance(found, Article), found
        assert found.body == text
        assert by_address or found.title == SPOKEN_OF[text]

    @pytest.mark.parametrize("text", [*SPOKEN_OF, None])
    def test_a_script_that_can_lead_on_does_not_matter(self, page, text):
        source = with_body(page, text) if text else html(page)
        found, plain = read(page, source.replace("</head>", HELPER)), read(page, source)
        assert isinstance(plain, Article)
        assert found == plain

    @pytest.mark.parametrize("text", ["页面正在跳转，请稍候……", "You are being redirected.", "This page has moved."])
    def test_a_page_that_only_sends_on_is_no_article(self, page, text):
        source = with_body(page, text).replace("</head>", "<script>location.replace('/new.html')</script></head>")
        assert isinstance(read(page, source), Unreadable)


@pytest.mark.parametrize("page", ALTERABLE, ids=name)
@pytest.mark.parametrize("around", ["{}", f"{MENU}{{}}{MENU}", "<table><tr><td>{}</td></tr></table>"])
@pytest.mark.parametrize(("inner", "why"), [
    *((f"<h1>{notice}</h1>", "a missing page") for notice in MISSING),
    *((f"<div>{notice}<br>{WAYS_OUT[0]}</div>", "a missing page") for notice in MISSING),
    ("<p>[an error occurred while processing this directive]</p>", "SSI error"),
])
def test_a_page_without_a_layout_says_why(page, around, inner, why):
    found = read(page, f"<html><head><title>MOFCOM</title></head><body>{around.format(inner)}</body></html>")
    assert isinstance(found, Unreadable)
    assert why in str(found.reason)
    assert found.tried


@pytest.mark.parametrize("page", ALTERABLE, ids=name)
@pytest.mark.parametrize("script", [
    "window.location.href='/new.html'", "location.replace(\"/new.html\")", "top.location = '/new.html'",
    "var _cofing1={href:\"/new.html\",type:1}"])
def test_a_redirect_says_where_it_leads(page, script):
    found = read(page, f"<html><body><script>{script}</script></body></html>")
    assert isinstance(found, Unreadable)
    assert str(found.reason) == "the page only sends the browser on, to /new.html"


@pytest.mark.parametrize("title", ["“404 Page Not Found”: What Exporters See", "The Page of the Book Was Missing",
                                   "网页版申报系统上线", "关于网页被删除的说明"])
def test_a_title_that_speaks_of_missing_pages_is_a_title(title):
    assert not is_error_text(title, "The ministry answers questions about it. " * 3)


def test_a_script_without_an_address_leads_nowhere():
    assert script_target("<script>location.href = base + '/a'; location.reload()</script>") is None


REPEATED = """
import json, re, sys, time
from crawler.extract.error_pages import is_challenge_text, is_error_text
from crawler.platforms.mofcom import SHOWN_TIME
seconds = {}
for words in sys.argv[1:]:
    begun = time.process_time()
    for length in (300, 4000, 400_000):
        text = (words * length)[:length]
        is_error_text(text, "It rained.")
        is_error_text("Rain", text)
        is_challenge_text(text, "It rained.")
        is_challenge_text("Rain", text)
    re.search(SHOWN_TIME, text[:2000])
    seconds[words] = time.process_time() - begun
print(json.dumps(seconds))
"""


def test_no_text_takes_for_ever():
    """No content of a page makes its reading take minutes: a crawl would wait for it."""
    words = ["提示", "非常抱歉", "error ", "404 ", "sorry, but ", "页面", "http error 错误 ", "not found ", "您的文章 ",
             "the website is being under ", "the file you ", "a: ", "来源: ", "the page ", "正在加载",
             "请", "请完成", "正在", "浏览器，", "您的访问", "系统检测到", "不支持", "verify that ", "javascript is "]
    # A child process: a match that does not end can only be stopped from outside.
    done = subprocess.run([sys.executable, "-c", REPEATED, *words], cwd=ROOT, timeout=120, check=True,
                          capture_output=True, text=True)
    seconds = json.loads(done.stdout)
    assert [*seconds] == words
    assert max(seconds.values()) < 1, seconds
