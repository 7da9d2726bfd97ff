"""Archived pages: our frame around them, and the page itself in a sandbox."""

import gzip
import shutil

import pytest
from lxml import html
from markupsafe import escape
from sqlalchemy import select

from archive.db.store import Store
from archive.db.tables import captures
from archive.settings import ArchiveSettings
from archive.warc.builder import digest_of
from archive.warc.http import Exchange
from support.archive import NOW, exchange
from support.releases import MOFCOM_ZH, NOTICE, article_url, index_releases, page_of
from webapp import create_app
from webapp.release import archived_page
from webapp.settings import WebSettings

SITE = "https://www.mofcom.gov.cn/"
PACKED = gzip.compress(b"<p>one</p>\r\n<p>a &amp; b</p>", mtime=0)
NOTICES = "<p>商务部的公告和通知</p>"
LONG = b"\n".join(b"line %d" % number for number in range(archived_page.LINES + 5))
LARGE = b"<p>large</p>\r\n\r\n" * (archived_page.MOST_BYTES // 16 + 1)
BOMB = gzip.compress(bytes(archived_page.MOST_BYTES + 1), mtime=0)
HTML = "text/html; charset=utf-8"


def numbers_of(folder):
    with Store.open(ArchiveSettings(data=folder), readonly=True) as store, store.read() as connection:
        found = {}
        for url, number in connection.execute(select(captures.c.url, captures.c.id).order_by(captures.c.id)):
            found.setdefault(url, []).append(number)
    return found


@pytest.fixture(scope="module")
def numbers(data):
    """The ids of the captures by URL; of a URL captured twice, both."""
    return numbers_of(data)


def coded(name, body, encoding):
    return Exchange(SITE + name, NOW, 200, "OK", [
        (b"Content-Type", HTML.encode()), (b"Content-Encoding", encoding.encode())], body)


@pytest.fixture(scope="module")
def odd(tmp_path_factory):
    """A site whose captures are damaged, empty or strange, and their addresses by name."""
    folder = index_releases(tmp_path_factory.mktemp("odd"), [], more=[
        coded("whole", PACKED, "gzip"), coded("cut", PACKED[:-12], "gzip"), coded("unheard-of", b"xyz", "rot13"),
        exchange(SITE + "empty", b"", content_type=HTML),
        Exchange(SITE + "moved", NOW, 301, "Moved", [(b"Location", b"/there?a=1&b=2")], b""),
        exchange(SITE + "charset", NOTICES.encode("gb18030"), content_type="text/html; charset=x-none"),
        exchange(SITE + "noise", b"<p>" + bytes(range(128, 256)) * 20, content_type=HTML),
        exchange(SITE + "script", b"<script>alert(1)</script>\x01", content_type=HTML),
        exchange(SITE + "long", LONG, content_type="text/plain"),
        Exchange(SITE + "file", NOW, 200, "OK", [
            (b"Content-Type", b"application/pdf"), (b"Content-Encoding", b"gzip")], gzip.compress(b"%PDF")),
        exchange(SITE + "feed", b"<rss/>", content_type="application/rss+xml"),
        exchange(SITE + "large", LARGE, content_type=HTML), coded("bomb", BOMB, "gzip"),
        exchange(article_url(MOFCOM_ZH, 77), b"<p>no title</p>", content_type=HTML)])
    app = create_app(WebSettings(data=folder))
    found = {url.removeprefix(SITE): f"/archived/{each[0]}" for url, each in numbers_of(folder).items()}
    yield app, found
    app.extensions["gongbao"].close()


@pytest.fixture
def ask(odd):
    """`ask("cut", "/sent", ui="zh")`: the site's answer about one of the odd captures."""
    client, found = odd[0].test_client(), odd[1]
    return lambda name, part="", **arguments: client.get(found[name] + part, query_string=arguments)


def text_of(response):
    assert response.status_code == 200
    return " ".join(html.fromstring(response.text).text_content().split())


def fact(response, name):
    """The value of a fact of the page."""
    names = {each.text_content(): each.getnext() for each in html.fromstring(response.text).cssselect("dl.facts dt")}
    return " ".join(names[name].text_content().split())


def ending(numbers, part):
    return next(found[-1] for url, found in numbers.items() if url.endswith(part))


def test_the_page_around_says_what_is_shown(client, numbers):
    shown = html.fromstring(client.get(f"/archived/{numbers[NOTICE.url][0]}").text)
    said = " ".join(shown.text_content().split())
    assert NOTICE.url in said
    assert "21 November 2026 20:00 Beijing time" in said
    assert "fetched from the site by this archive" in said
    assert "sha" in said
    frame = shown.cssselect("iframe")[0]
    assert frame.get("sandbox") == "allow-popups allow-popups-to-escape-sandbox"
    assert frame.get("src") == f"/archived/{numbers[NOTICE.url][0]}/page"


def test_the_archived_page_comes_in_a_sandbox_with_nothing_changed_but_its_links(client, numbers):
    response = client.get(f"/archived/{numbers[NOTICE.url][0]}/page")
    assert response.text == f'<base href="{NOTICE.url}" target="_blank">' + page_of(NOTICE).decode()
    policy = response.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'")
    assert policy.count("allow") == 2
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"


def test_it_is_read_in_the_charset_that_reads_the_bytes(client, numbers):
    response = client.get(f"/archived/{ending(numbers, '4d.html')}/page")
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "商务部的一个网页" in response.text


@pytest.mark.parametrize(("text", "shown"), [
    ("<p>", '<base href="http://x.cn/a/b" target="_blank"><p>'),
    ("\n<!DOCTYPE HTML>\n<p>", '\n<!DOCTYPE HTML><base href="http://x.cn/a/b" target="_blank">\n<p>'),
    ('<?xml version="1.0"?>\n<!DOCTYPE html><p>',
     '<?xml version="1.0"?>\n<!DOCTYPE html><base href="http://x.cn/a/b" target="_blank"><p>'),
    ('<base href="/c/">', '<base href="http://x.cn/c/" target="_blank"><base href="/c/">'),
    ('<base href="http://[">', '<base href="http://x.cn/a/b" target="_blank"><base href="http://[">'),
    ("<A HREF=c TARGET=main>", '<base href="http://x.cn/a/b" target="_blank"><A HREF=c TARGET="_blank">'),
    ("<p>a target=_top</p>", '<base href="http://x.cn/a/b" target="_blank"><p>a target=_top</p>')])
def test_links_lead_to_their_own_addresses(text, shown):
    assert archived_page.rebase_links(text, "http://x.cn/a/b") == shown


@pytest.mark.parametrize(("link", "shown"), [
    ('<a target="_top" href="/b">', '<a target="_blank" href="/b">'),
    ("<a href='/b' target = 'main'>", "<a href='/b' target = \"_blank\">"),
    ("<area\nTarget=_self\n>", '<area\nTarget="_blank"\n>'),
    ('<a href="/b?x=1&target=2">', '<a href="/b?x=1&target=2">'),
    ("<a href=/b?target=2 target=x>", '<a href=/b?target=2 target="_blank">'),
    ('<a title="see target=new here" href=b>', '<a title="see target=new here" href=b>'),
    ('<a title="1 > 0" target=x>', '<a title="1 > 0" target="_blank">'),
    ("<a data-target=x target>", "<a data-target=x target>"),
    ('<a title="never closed target=x>', '<a title="never closed target=x>'),
    ('<img alt="<a target=x>">', '<img alt="<a target=x>">'),
    ("<abbr target=x>", "<abbr target=x>")])
def test_of_a_link_only_the_target_is_changed(link, shown):
    base = '<base href="http://x.cn/" target="_blank">'
    assert archived_page.rebase_links(f"<html>{link}", "http://x.cn/") == f"{base}<html>{shown}"


# Milliseconds in linear time; a pattern that backtracks from every offset would not end.
@pytest.mark.parametrize("piece", ["<a ", '<a "', "<a '\"", "<a target=", "<a x = ", "<a" + " " * 50, "<a target "])
def test_a_hostile_page_is_read_once(piece):
    text = piece * (100_000 // len(piece))
    assert archived_page.rebase_links(text, "http://x.cn/").endswith(f">{text}")


def test_an_address_is_never_markup():
    assert archived_page.rebase_links("", 'http://x.cn/"><script>').count("<") == 1


def test_anything_but_text_is_a_download(client, numbers):
    number = ending(numbers, ".pdf")
    assert "iframe" not in client.get(f"/archived/{number}").text
    response = client.get(f"/archived/{number}/page")
    assert response.headers["Content-Type"] == "application/octet-stream"
    assert response.headers["Content-Disposition"].startswith("attachment")
    assert response.data == b"%PDF-1.7 bytes"


def test_plain_text_is_shown(client, numbers):
    response = client.get(f"/archived/{ending(numbers, 'robots.txt')}/page")
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert response.data == b"User-agent: *"


def test_not_modified_shows_the_capture_it_repeats(client, numbers):
    full, repeat = numbers[NOTICE.url]
    assert client.get(f"/archived/{repeat}/page").data.endswith(page_of(NOTICE))
    shown = html.fromstring(client.get(f"/archived/{repeat}").text)
    assert "not modified" in shown.text_content()
    assert [each.get("href") for each in shown.cssselect("dd a")][1] == f"/archived/{full}"


@pytest.mark.parametrize("address", ["/archived/99999", "/archived/99999/page", "/archived/x", "/archived/-1"])
def test_an_unknown_capture_is_not_found(client, address):
    assert client.get(address).status_code == 404


def test_a_missing_warc_file_is_reported(data, serve, numbers, tmp_path):
    (tmp_path / "gongbao.sqlite").write_bytes((data / "gongbao.sqlite").read_bytes())
    client = serve(data=tmp_path)
    assert "is missing or damaged in this archive" in text_of(client.get(f"/archived/{numbers[NOTICE.url][0]}"))
    response = client.get(f"/archived/{numbers[NOTICE.url][0]}/page")
    assert response.status_code == 503
    assert "This capture cannot be read" in response.text
    assert "can restore it from a backup" in response.text


class TestSource:
    def test_is_shown_as_text_line_by_line(self, ask):
        response = ask("whole", "/source")
        lines = html.fromstring(response.text).cssselect("ol.source li")
        assert [each.text_content().strip() for each in lines] == ["<p>one</p>", "<p>a &amp; b</p>"]
        assert [each.get("id") for each in lines] == ["L1", "L2"]
        assert response.headers["Content-Security-Policy"].startswith("default-src 'none'")

    def test_runs_nothing(self, ask):
        response = ask("script", "/source")
        assert html.fromstring(response.text).cssselect("script") == []
        assert "\x01" not in response.text

    def test_marks_the_words_that_are_looked_for(self, ask):
        shown = html.fromstring(ask("whole", "/source", find="a &amp;").text)
        assert [each.text for each in shown.cssselect("#L2 mark")] == ["a &amp;"]
        assert "first occurs in line 2" in shown.cssselect(".banner")[0].text_content()
        assert shown.cssselect(".banner a")[0].get("href") == "#L2"

    def test_says_that_words_are_not_there(self, ask):
        assert "“<b>” does not occur in these lines" in text_of(ask("whole", "/source", find="<b>"))

    def test_of_a_very_long_page_shows_the_beginning(self, ask):
        shown = html.fromstring(ask("long", "/source").text)
        assert len(shown.cssselect("ol.source li")) == archived_page.LINES
        assert f"{archived_page.LINES:,} of {archived_page.LINES + 5:,} lines" in shown.text_content()
        assert archived_page.source_text("x" * (archived_page.CHARACTERS + 1)).complete is False

    def test_is_read_in_the_charset_that_reads_it(self, ask):
        assert escape(NOTICES) in ask("charset", "/source").text

    def test_marks_what_no_charset_reads(self, ask):
        assert "\ufffd" in ask("noise", "/source").text

    def test_is_there_for_what_is_written_but_no_page(self, ask):
        assert "/source" in ask("feed").text
        assert "<rss/>" in text_of(ask("feed", "/source"))

    @pytest.mark.parametrize("name", ["cut", "empty", "moved"])
    def test_leads_back_where_there_is_none(self, ask, odd, name):
        assert "/source" not in ask(name).text
        assert ask(name, "/source").headers["Location"] == odd[1][name]


class TestSent:
    @pytest.mark.parametrize(("name", "sent"), [("whole", PACKED), ("cut", PACKED[:-12]), ("unheard-of", b"xyz")])
    def test_the_bytes_come_as_they_were_sent_and_as_the_digest_says(self, ask, name, sent):
        response = ask(name, "/sent")
        assert response.data == sent
        assert digest_of(response.data) in ask(name).text

    def test_a_browser_can_only_save_them(self, ask):
        headers = ask("script", "/sent").headers
        assert headers["Content-Type"] == "application/octet-stream"
        assert headers["Content-Disposition"].startswith("attachment; ")
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Content-Security-Policy"].startswith("sandbox ")

    def test_a_file_can_be_had_as_it_was_meant_and_as_it_was_sent(self, ask, odd):
        links = [each.get("href") for each in html.fromstring(ask("file").text).cssselect(".banner a")]
        assert links == [odd[1]["file"] + "/page", odd[1]["file"] + "/sent"]
        assert ask("file", "/page").data == b"%PDF"
        assert ask("file", "/page").headers["Content-Disposition"].endswith('.pdf"')

    def test_the_name_says_what_they_are(self, ask, odd):
        number = odd[1]["whole"].rpartition("/")[2]
        assert ask("whole", "/sent").headers["Content-Disposition"].endswith(f'"capture-{number}.html.gz"')


class TestLarge:
    """Bodies above MOST_BYTES, as sent or unpacked: never loaded as a whole, only streamed as they were sent."""

    def test_is_not_shown_but_offered(self, ask, odd):
        page = html.fromstring(ask("large").text)
        assert "too large to be shown" in page.cssselect(".banner")[0].text_content()
        assert [each.get("href") for each in page.cssselect(".banner a")] == [odd[1]["large"] + "/sent"]
        assert fact(ask("large"), "Size") == f"{len(LARGE):,} bytes"
        assert not page.cssselect("iframe")

    def test_is_streamed_in_pieces(self, odd):
        with odd[0].test_client().get(odd[1]["large"] + "/sent") as response:
            pieces = list(response.iter_encoded())
        assert b"".join(pieces) == LARGE
        assert max(map(len, pieces)) <= 64 * 1024
        assert response.headers["Content-Length"] == str(len(LARGE))
        assert "immutable" in response.headers["Cache-Control"]

    def test_is_never_loaded(self, ask, monkeypatch):
        monkeypatch.setattr("webapp.views.archived.load_body", None)
        for part in ("", "/page", "/source"):
            assert ask("large", part).status_code in (200, 302)

    def test_what_unpacks_to_more_is_offered_as_sent(self, ask, odd):
        page = html.fromstring(ask("bomb").text)
        assert "unpacks to more than 4 MB" in page.cssselect(".banner.warn")[0].text_content()
        assert ask("bomb", "/page").headers["Location"] == odd[1]["bomb"]
        assert ask("bomb", "/sent").data == BOMB

    def test_a_damaged_file_is_reported(self, data, serve, numbers, tmp_path):
        place = shutil.copytree(data, tmp_path / "place")
        for each in place.rglob("*.warc.gz"):
            each.write_bytes(b"no gzip" * 1000)
        response = serve(data=place).get(f"/archived/{numbers[NOTICE.url][0]}/sent")
        assert response.status_code == 503
        assert "This capture cannot be read" in response.text


def test_a_source_has_no_more_marks_than_a_page_bears(ask):
    text = "a" * 100_000
    marked = sum(str(each.html).count("<mark>") for each in archived_page.source_text(text, "a").lines)
    assert marked == archived_page.MOST_MARKS


class TestTrouble:
    @pytest.mark.parametrize(("ui", "told", "offer"), [
        ("en", "cannot be unpacked", "Download the bytes as they were sent"), ("zh", "无法解压", "下载原始字节")])
    @pytest.mark.parametrize("name", ["cut", "unheard-of"])
    def test_a_decoding_fault_is_reported_with_the_download(self, ask, odd, name, ui, told, offer):
        response = ask(name, ui=ui)
        banner = html.fromstring(response.text).cssselect(".banner.warn")[0]
        assert response.status_code == 200
        assert told in banner.text_content()
        link = banner.cssselect("a")[0]
        assert (link.text, link.get("href")) == (offer, odd[1][name] + "/sent")
        assert "iframe" not in response.text
        assert ask(name, "/page").headers["Location"] == odd[1][name]

    def test_an_empty_answer_is_no_page(self, ask):
        assert "the site's answer was empty" in text_of(ask("empty"))
        assert "What the site sent" in text_of(ask("empty"))
        assert "iframe" not in ask("empty").text

    def test_a_redirect_says_where_it_leads(self, ask):
        assert fact(ask("moved"), "Leads on to") == SITE + "there?a=1&b=2"

    @pytest.mark.parametrize("location", ["javascript:alert(1)", "http://[x/", ""])
    def test_a_redirect_to_nowhere_is_no_link(self, location):
        assert archived_page._redirect_target(SITE, location) == ""

    def test_a_quarantined_page_says_why_and_is_shown(self, ask, odd):
        name = next(each for each in odd[1] if each.startswith("zcfb"))
        assert fact(ask(name), "In quarantine") == "no title was found what was tried: h1"
        assert "iframe" in ask(name).text

    def test_a_page_that_no_charset_reads_is_shown(self, ask):
        assert "iframe" in ask("noise").text
        assert ask("noise", "/page").status_code == 200


@pytest.mark.parametrize(("provenance", "ui", "said"), [
    ("import old.warc.gz", "en", "imported from old.warc.gz, not fetched by this archive"),
    ("import a.html (time of import)", "en",
     "imported from a.html, not fetched by this archive the time is that of the import"),
    ("import a.html (time of import)", "zh", "从 a.html 导入，并非本档案采集 时间为导入时间")])
def test_an_import_is_named_in_the_language_of_the_reader(serve, tmp_path, provenance, ui, said):
    client = serve(data=index_releases(tmp_path, [NOTICE], provenance=provenance))
    assert fact(client.get(f"/archived/1?ui={ui}"), {"en": "How", "zh": "取得方式"}[ui]) == said
