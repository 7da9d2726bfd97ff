"""Languages, headers, status, sample banner, and the modules that the web process loads."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import html
from protego import Protego

from indexer.errors import EngineError
from support.engines import FaultyEngine
from support.releases import ENGLISH, UNDATED_ONE, index_releases

ROOT = Path(__file__).resolve().parents[2]
PAGES = ["/", "/search", "/search?q=tea&lang=en", "/status", "/search?page=0", "/nothing", "/archived/1"]


def words(element):
    return " ".join(element.text_content().split())


def text(response):
    return words(html.fromstring(response.text))


class TestLanguage:
    def test_follows_the_browser(self, client):
        assert '<html lang="zh-Hans">' in client.get("/", headers={"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.5"}).text
        assert '<html lang="en">' in client.get("/", headers={"Accept-Language": "en-GB,de"}).text

    def test_falls_back_on_the_setting(self, serve, data):
        client = serve(data=data, language="zh")
        assert '<html lang="zh-Hans">' in client.get("/", headers={"Accept-Language": "de"}).text

    @pytest.mark.parametrize("address", PAGES)
    def test_the_switch_keeps_the_page(self, client, address):
        switch = html.fromstring(client.get(address).text).cssselect("a.switch")[0]
        there = client.get(switch.get("href"))
        assert '<html lang="zh-Hans">' in there.text
        back = html.fromstring(there.text).cssselect("a.switch")[0].get("href")
        assert back.replace("?ui=en", "").replace("&ui=en", "") == address

    def test_the_choice_is_remembered(self, client):
        response = client.get("/?ui=zh", headers={"Accept-Language": "en"})
        cookie = response.headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        assert '<html lang="zh-Hans">' in client.get("/status", headers={"Accept-Language": "en"}).text

    def test_nonsense_is_ignored(self, client):
        assert client.get("/?ui=xx").status_code == 200
        assert "Set-Cookie" not in client.get("/?ui=xx").headers

    def test_dates_names_and_errors_are_chinese_too(self, client):
        assert "2025年9月26日 17:34" in client.get("/search?q=石墨烯&ui=zh").text
        assert "2015年10月" in client.get("/search?q=delegation&ui=zh").text
        assert "商务部" in client.get("/search?ui=zh").text
        assert "“soon”不是日期" in client.get("/search?from=soon&ui=zh").text
        assert "没有这个页面" in client.get("/nothing?ui=zh").text
        assert "没有可检索的内容" in client.get("/search?q=%3F&ui=zh").text

    NEGOTIATED = ("/", "/search?q=tea", "/status", "/search.atom", "/nothing", "/search?page=0", "/search.json?page=0")

    @pytest.mark.parametrize("address", NEGOTIATED)
    def test_negotiated_responses_vary_by_language_and_cookie(self, client, address):
        assert {"Accept-Language", "Cookie"} <= set(client.get(address).vary)

    @pytest.mark.parametrize("address", [
        "/search.json", "/robots.txt", "/favicon.ico", "/static/style.css", "/static/icon.svg", "/archived/1/page",
        "/?ui=zh", "/search.atom?ui=en"])
    def test_an_answer_that_is_the_same_for_all_names_nothing(self, client, address):
        response = client.get(address, buffered=True)
        assert response.status_code < 400
        assert not set(response.vary) & {"Accept-Language", "Cookie"}

    def test_a_feed_leaves_no_cookie(self, client):
        assert "Set-Cookie" not in client.get("/search.atom?ui=zh").headers


class TestHeaders:
    @pytest.mark.parametrize("address", [*PAGES, "/search.json", "/search.atom", "/robots.txt"])
    def test_every_answer_is_protected(self, client, address):
        headers = client.get(address).headers
        assert headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self'")
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"

    def test_static_files_are_protected_and_kept_by_browsers(self, client):
        address = html.fromstring(client.get("/").text).cssselect("link[rel=stylesheet]")[0].get("href")
        response = client.get(address, buffered=True)
        assert "?v=" in address
        assert "max-age=31536000" in response.headers["Cache-Control"]
        assert "Content-Security-Policy" in response.headers

    def test_only_reading_is_allowed(self, client):
        response = client.post("/search")
        assert response.status_code == 405
        assert "GET" in response.headers["Allow"]

    @pytest.mark.parametrize(("address", "open_to_robots"), [
        ("/", True), ("/article/0123456789abcdef", True), ("/search", True), ("/search?page=2", True),
        ("/status", True), ("/search.atom", True), ("/search.atom?q=tea&ui=zh", True),
        ("/search.json?q=tea&page=2", True),
        ("/search?q=tea", False), ("/search?org=mofcom&page=2", False), ("/archived/1", False),
        ("/archived/1/page", False)])
    def test_robots_find_every_release_and_stay_out_of_endless_combinations(self, client, address, open_to_robots):
        rules = Protego.parse(client.get("/robots.txt").text)
        assert rules.can_fetch(f"http://localhost{address}", "anybot") is open_to_robots

    def test_robots_reach_every_release_by_plain_pages(self, client):
        rules, address, seen = Protego.parse(client.get("/robots.txt").text), "/search", set()
        while address and rules.can_fetch(f"http://localhost{address}", "anybot"):
            page = html.fromstring(client.get(address).text)
            seen |= {each.get("href") for each in page.cssselect(".results h3 a")}
            address = next((each.get("href") for each in page.cssselect("a[rel=next]")), None)
        assert len(seen) == 37

    def test_the_icon_is_found(self, client):
        response = client.get("/favicon.ico", follow_redirects=True, buffered=True)
        assert response.mimetype == "image/svg+xml"


class TestStatus:
    def card(self, client, source):
        """What the card of a source says, by heading; the lists below the numbers are "more"."""
        card = html.fromstring(client.get("/status").text).get_element_by_id(source)
        said = {words(each[0]): words(each[1]) for each in card.cssselect("dl > div")}
        return said | {"more": [words(each) for each in card.xpath("./ul | ./details")]}

    def test_shows_the_state_of_each_source(self, client):
        assert self.card(client, "mofcom_zh") == {
            "Releases": "1", "Named by its lists": "2", "In quarantine": "1",
            "Last run": "fell short 20 November 2026 10:00 – 10:05 short since 20 November 2026 10:00",
            "Last healthy run on the live site": "20 November 2026 10:05",
            "more": ["3 articles, 10 expected", "1 read 1 cannot be read",
                     "Why pages are in quarantine 1 × no title was found",
                     "Earlier runs healthy 20 November 2026 10:00 – 10:05"]}

    def test_a_replica_is_no_live_site(self, client):
        said = self.card(client, "camce")
        assert said["Last run"] == "healthy 20 November 2026 10:00 – 10:05 on a replica of the site"
        assert said["Last healthy run on the live site"] == "never"

    def test_a_source_that_was_never_crawled_is_shown(self, client):
        said = self.card(client, "ccdp_me")
        assert (said["Last run"], said["Last healthy run on the live site"]) == ("never", "never")

    def test_says_that_the_index_is_complete(self, client):
        assert "The search index holds every release of the archive." in text(client.get("/status"))

    def test_says_how_far_the_index_is_behind(self, serve, data, engine):
        reached = engine.checkpoint()
        engine.write((), (), replace(reached, rev=reached.rev - 3))
        client = serve(lambda: engine, data=data)
        assert "The search index is 3 changes behind the archive." in text(client.get("/status"))

    def test_says_that_releases_are_missing_in_the_index(self, serve, data, engine, ids):
        engine.write((), [ids["notice"]], engine.checkpoint())
        client = serve(lambda: engine, data=data)
        assert "The search index holds 36 of 37 releases." in text(client.get("/status"))

    def test_is_there_without_an_engine(self, serve, data):
        def none():
            raise EngineError("there is no index yet")

        assert "The search engine does not answer." in text(serve(none, data=data).get("/status"))


class TestSamples:
    SENTENCE = "This archive holds sample releases written for the project."

    def test_a_real_archive_says_nothing(self, client):
        assert all(self.SENTENCE not in client.get(address).text for address in PAGES)

    def test_every_page_of_a_sample_archive_says_so_in_both_languages(self, serve, ids, tmp_path):
        client = serve(data=index_releases(tmp_path, [ENGLISH, UNDATED_ONE], provenance="replica"))
        for address in (*PAGES, f"/article/{ids['english']}"):
            assert self.SENTENCE in client.get(address).text, address
            assert "示例新闻稿" in client.get(address, headers={"Accept-Language": "zh"}).text, address
        assert "the real site never sent this" in client.get("/archived/1").text

    def test_samples_that_come_later_are_noticed(self, serve, tmp_path):
        client = serve(data=index_releases(tmp_path, [ENGLISH]))
        assert self.SENTENCE not in client.get("/").text
        client.application.extensions["gongbao"]._next_samples_check = 0.0
        index_releases(tmp_path, [UNDATED_ONE], provenance="replica")
        assert self.SENTENCE in client.get("/").text


def test_a_notice_is_shown_as_text(serve, data):
    assert "Down at <b>noon" in text(serve(data=data, notice="Down at <b>noon").get("/status"))


def test_a_fault_of_ours_shows_no_traceback(serve, data, engine):
    response = serve(lambda: FaultyEngine(engine, RuntimeError("secret detail")), data=data).get("/search")
    assert response.status_code == 500
    assert "secret detail" not in response.text
    assert "Something went wrong here" in response.text


def test_the_web_process_stays_light(data):
    """The web process imports no crawling library, and no WARC library."""
    program = f"""
import sys
from pathlib import Path
from webapp import create_app
from webapp.settings import WebSettings
client = create_app(WebSettings(data=Path({str(data)!r}))).test_client()
assert client.get("/search?q=tea").status_code == 200
assert client.get("/").status_code == 200
assert client.get("/status").status_code == 200
print(*sorted({{each.split(".")[0] for each in sys.modules}}))
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not set(done.stdout.split()) & {
        "scrapy", "twisted", "warcio", "fastwarc", "alembic", "trafilatura", "bs4", "opencc", "rich"}
