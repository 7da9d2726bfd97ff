"""Compression, entity tags and Cache-Control of every kind of response."""

import gzip

import pytest
from lxml import html

from webapp.http import compression

HTML = ("/", "/search", "/search?q=tea", "/status", "/status/quarantine", "/archived/1", "/archived/1/source")
DATA = ("/search.json?q=tea", "/search.atom", "/search.rss", "/archived/1/page")
GZIP = {"Accept-Encoding": "gzip, deflate, br"}


@pytest.fixture
def style(client):
    """The URL of the style sheet, with its fingerprint."""
    return html.fromstring(client.get("/").text).cssselect("link[rel=stylesheet]")[0].get("href")


@pytest.mark.parametrize("address", [*HTML, "/search.json", "/search.atom", "/search.rss", "/nothing", "/search?q=?!"])
class TestCompression:
    def test_is_sent_to_who_accepts_it(self, client, address):
        plain, packed = client.get(address), client.get(address, headers=GZIP)
        assert packed.headers["Content-Encoding"] == "gzip"
        assert int(packed.headers["Content-Length"]) == len(packed.data) < len(plain.data) * .6
        assert len(gzip.decompress(packed.data)) == pytest.approx(len(plain.data), abs=8)  # "found in 3.3 ms"

    def test_is_sent_to_nobody_else(self, client, address):
        for headers in ({}, {"Accept-Encoding": "br"}, {"Accept-Encoding": "gzip;q=0"}):
            assert "Content-Encoding" not in client.get(address, headers=headers).headers

    def test_caches_tell_both_apart(self, client, address):
        assert "Accept-Encoding" in client.get(address).vary
        assert "Accept-Encoding" in client.get(address, headers=GZIP).vary


def test_static_files_are_compressed_once(client, style):
    compression._gzip_static.cache_clear()
    answers = [client.get(style, headers=GZIP, buffered=True) for _ in range(3)]
    assert {each.headers["Content-Encoding"] for each in answers} == {"gzip"}
    assert gzip.decompress(answers[0].data) == client.get(style, buffered=True).data
    assert compression._gzip_static.cache_info().misses == 1


def test_a_download_is_sent_as_it_is(client):
    answer = client.get("/archived/1/sent", headers=GZIP)
    assert "Content-Encoding" not in answer.headers


@pytest.mark.parametrize("address", [*HTML, *DATA])
class TestTags:
    def test_nothing_is_sent_twice(self, client, address):
        first = client.get(address)
        again = client.get(address, headers={"If-None-Match": first.headers["ETag"]})
        assert (first.status_code, again.status_code, again.data) == (200, 304, b"")
        assert again.headers["ETag"] == first.headers["ETag"]

    def test_a_compressed_response_has_the_same(self, client, address):
        first = client.get(address, headers=GZIP)
        again = client.get(address, headers={**GZIP, "If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
        assert "Accept-Encoding" in again.vary

    def test_another_tag_gets_the_whole(self, client, address):
        assert client.get(address, headers={"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize("address", [*HTML, "/article/english"])
def test_pages_are_kept_by_browsers_alone_and_asked_for_again(client, ids, address):
    answer = client.get(address.replace("english", ids["english"]))
    assert answer.headers["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize("address", DATA)
def test_data_is_asked_for_again_too(client, address):
    assert client.get(address).headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("address", ["/nothing", "/search?page=0", "/search.json?page=0"])
def test_errors_have_no_tag(client, address):
    answer = client.get(address)
    assert "ETag" not in answer.headers
    assert "no-cache" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("other", ["/search?q=tea&ui=zh", "/search?q=report"])
def test_another_page_has_another_tag(client, other):
    assert client.get("/search?q=tea").headers["ETag"] != client.get(other).headers["ETag"]


def test_static_files_never_change_below_their_fingerprint(client, style):
    assert client.get(style, buffered=True).headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "immutable" not in client.get(style.partition("?")[0], buffered=True).headers["Cache-Control"]


class TestCaptures:
    def test_the_bytes_as_sent_never_change(self, client):
        assert client.get("/archived/1/sent").headers["Cache-Control"] == "public, max-age=31536000, immutable"

    @pytest.mark.parametrize("part", ["page", "sent"])
    def test_who_has_a_capture_is_answered_without_reading_it(self, client, monkeypatch, part):
        first = client.get(f"/archived/1/{part}")
        monkeypatch.setattr("webapp.views.archived.load_body", None)
        monkeypatch.setattr("webapp.views.archived.load_raw", None)
        again = client.get(f"/archived/1/{part}", headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
        assert again.headers["Cache-Control"] == first.headers["Cache-Control"]

    @pytest.mark.parametrize("part", ["", "/page", "/source", "/sent"])
    def test_no_search_engine_lists_them(self, client, part):
        assert client.get(f"/archived/1{part}").headers["X-Robots-Tag"] == "noindex, nofollow"

    def test_search_engines_list_releases(self, client, ids):
        assert "X-Robots-Tag" not in client.get(f"/article/{ids['english']}").headers


@pytest.mark.parametrize(("address", "status"), [
    ("/search.json", 200), ("/search.json?limit=5", 400), ("/nothing.json", 404)])
def test_scripts_of_other_sites_may_read_json_and_its_errors(client, address, status):
    answer = client.get(address)
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (status, "*")
