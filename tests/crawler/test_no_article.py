"""Every kind of page that is served with status 200 in the place of a release is quarantined under its own code."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.records import Article, Capture, Unreadable
from crawler.extract.no_article import challenge_reason
from crawler.extract.page import Page
from crawler.reader import read_capture
from crawler.source import all_sources, source
from demo.replica import Replica
from demo.samples import load_releases, sampled_sources
from support.recorded_pages import ALTERABLE, PAGES, expected, html, name, read, with_body, with_title

FETCHED = datetime(2026, 11, 1, tzinfo=UTC)
URLS = {path.parent.name: expected(path)["url"] for path in PAGES}
URL = URLS["mofcom_zh"]
SCRIPT = "<script>document.cookie='__jsl=1'; location.reload();</script>"
HEAD = "<!DOCTYPE html><html><head><meta charset=utf-8><script src=/a.js></script></head>"
CHALLENGES = (
    SCRIPT, f"<html><head>{SCRIPT}</head><body></body></html>", f"{HEAD}<body> &nbsp;<br></body></html>",
    f"{HEAD}<body><noscript>Please enable JavaScript and cookies to continue</noscript></body></html>",
    f"{HEAD}<body><form id=f method=post><input type=hidden name=token value=1></form></body></html>",
    f"{HEAD}<body><div style='display:none'>trap</div></body></html>",
    "<html><head><meta http-equiv='Refresh' content='3'></head><body></body></html>",
    "<meta http-equiv=refresh content='1;url={url}'>", "<script>window.location.href='{url}'</script>",
    "<script>window.location.href='{url}#top'</script>", "<script>eval(function(p,a,c){{}}('0',1,2))</script>",
)
WORDS = (
    ("Please enable JavaScript.",), ("Please turn on JavaScript and reload the page.",), ("JavaScript is disabled",),
    ("Just a moment...", "Checking if the site connection is secure", "Ray ID: 8f2b1c"),
    ("Checking your browser before accessing www.mofcom.gov.cn.", "This process is automatic.",
     "Please allow up to 5 seconds…", "DDoS protection by Cloudflare"),
    ("Verify you are human",), ("Are you a robot?",), ("Security check",), ("Attention Required! | Cloudflare",),
    ("正在验证",), ("正在进行安全验证，请稍候……",), ("安全检查",), ("安全检查中...",),
    ("人机验证", "请按住滑块，拖动到最右边"),
    ("请完成安全验证后继续访问",), ("为了更好的访问体验，请进行验证，通过后即可继续访问网页",), ("请输入验证码",),
    ("您的访问过于频繁，请稍后再试",), ("系统检测到您的网络环境异常", "请点击下方按钮完成验证"),
    ("您的请求已被拦截", "事件编号：20261101"),
    ("请开启JavaScript并刷新该页",), ("您的浏览器未启用JavaScript",), ("请确认您不是机器人",),
)
EMPTY = ("<html></html>", "<html><head><title>商务部</title></head><body></body></html>", "<body><p>&nbsp;</p></body>",
         "<html><body><img src=/logo.png></body></html>", "<html><body><iframe src=/a.html></iframe></body></html>")
CODES = (
    ("<body><h1>404 Not Found</h1></body>", "missing_page"), ("<p>Sorry, no such page.</p>", "missing_page"),
    ("<body><p>网站正在升级维护中</p><p>请稍后再试。</p></body>", "nothing_to_read"),
    ("<body><h2>Member Login</h2><p>User name</p><p>Password</p></body>", "nothing_to_read"),
    ("<body><p>[an error occurred while processing this directive]</p></body>", "ssi_error"),
    ("<meta http-equiv=refresh content='0; url=/index.html'>", "redirect_only"),
    ("<script>location.href='/index.html'</script>", "redirect_only"),
    ("<html><head><title>公布对纯电动乘用车</title><script src=/a.js></script>", "text_cut"),
    ("<html><body><p>Welcome to the ministry.</p></body></html>", None),
)


def code(body: str | bytes, url: str = URL) -> str:
    found = read_capture(Capture(url, body.encode() if isinstance(body, str) else body, FETCHED))
    assert isinstance(found, Unreadable), found
    assert found.tried
    return found.reason.code


@pytest.mark.parametrize("site", sorted(URLS))
class TestAtAReleaseOfASource:
    @pytest.mark.parametrize("body", CHALLENGES)
    def test_a_page_of_script_alone_is_a_challenge(self, site, body):
        assert code(body.format(url=URLS[site]), URLS[site]) == "challenge_page"

    @pytest.mark.parametrize("lines", WORDS, ids=lambda each: each[0])
    def test_a_page_that_only_says_that_it_checks_the_browser_is_a_challenge(self, site, lines):
        for title in ("", "<title>www.mofcom.gov.cn</title>", f"<title>{lines[0]}</title>"):
            body = "".join(f"<div>{line}</div>" for line in lines)
            assert code(f"<html><head>{title}</head><body>{body}{SCRIPT}</body></html>", URLS[site]) == "challenge_page"

    @pytest.mark.parametrize("body", EMPTY)
    def test_a_no_text_and_script_is_empty(self, site, body):
        assert code(body, URLS[site]) == "no_text"

    @pytest.mark.parametrize(("body", "expected_code"), CODES)
    def test_the_other_kinds_keep_their_codes(self, site, body, expected_code):
        found = code(body, URLS[site])
        assert found == expected_code if expected_code else found not in dict(CODES).values()

    @given(noise=st.lists(st.sampled_from([
        SCRIPT, "<noscript>x</noscript>", "<style>p{color:red}</style>", "<!-- 公告 -->", "<form></form>", "<br>",
        "<input type=hidden>", "<div hidden>text</div>", "<svg><text>1</text></svg>", " \n", "<p> </p>"])))
    def test_whatever_shows_nothing_makes_a_challenge_with_a_script_and_an_empty_page_without(self, site, noise):
        body = f"<html><body>{''.join(noise)}</body></html>"
        assert code(body, URLS[site]) == ("challenge_page" if "<script" in body else "no_text")


@pytest.fixture(scope="module")
def replica():
    with Replica(load_releases()) as running:
        yield running


@pytest.mark.parametrize("site", sampled_sources(), ids=lambda each: each.id)
def test_the_home_page_at_a_release_is_told(replica, site):
    for path in ("", "index.html"):
        home = replica.response(f"https://{site.hosts[0]}/{path}")
        if home.status == 200:
            assert code(home.body, URLS[site.id]) == "home_or_list_page", path


def test_the_saved_hub_at_a_release_is_told(shared):
    assert code((shared / "pages" / "mofcom_zh_list_2025.html").read_bytes()) == "home_or_list_page"


def test_a_page_with_the_metas_of_an_article_is_never_a_list():
    links = "".join(f"<li><a href='/zcfb/zc/art/2025/art_{n:032x}.html'>公告{n}</a></li>" for n in range(9))
    body = f"<body><ul>{links}</ul></body></html>"
    assert code(f"<html><head></head>{body}") == "home_or_list_page"
    assert code(f"<html><head><meta name=PubDate content=2025-01-01></head>{body}") == "no_title"


def test_a_page_with_running_text_is_never_a_list():
    links = "".join(f"<li><a href='/zcfb/zc/art/2025/art_{n:032x}.html'>公告{n}</a></li>" for n in range(9))
    text = "<p>为促进新能源汽车贸易健康发展，依据有关法律规定，现将有关事项公告如下，自公布之日起实施。</p>"
    assert code(f"<html><body><div>{text}</div><ul>{links}</ul></body></html>") == "no_title"


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_a_recorded_page_is_read_and_no_challenge(path):
    assert isinstance(read(path), Article)
    assert challenge_reason(Page(Capture(expected(path)["url"], html(path).encode(), FETCHED))) is None


@pytest.mark.parametrize("path", ALTERABLE, ids=name)
@pytest.mark.parametrize(("title", "text"), [
    ("海关总署开展安全检查", "安全检查历时三个月。正在验证的项目共计四十二个。"),
    ("Security Check", "The ministry checked the security of 316 ports last week. Please enable JavaScript, it said."),
])
def test_a_release_that_speaks_of_checks_is_read(path, title, text):
    source_text = with_body(path, text)
    by_address = path.parent.name == "made_in_china"  # the address spells the title
    found = read(path, source_text if by_address else with_title(path, source_text, title))
    assert isinstance(found, Article), found
    assert found.body == text


@pytest.mark.parametrize("site", all_sources(), ids=lambda each: each.id)
def test_a_list_page_is_no_challenge(replica, site):
    if site.id not in {each.id for each in sampled_sources()}:
        pytest.skip("no pages in the demo")
    for listing in source(site.id).listings_on(FETCHED.date()):
        page = replica.response(listing.url)
        if page.status == 200 and not listing.unit:
            assert challenge_reason(Page(Capture(listing.url, page.body, FETCHED))) is None, listing.url
