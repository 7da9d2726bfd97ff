"""A search as Atom and as JSON."""

import json
import warnings
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree, html

from indexer.errors import EngineError
from support.engines import FaultyEngine
from support.releases import HOSTILE, NOTICE
from webapp import create_app
from webapp.settings import WebSettings

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import feedparser

ATOM = {"a": "http://www.w3.org/2005/Atom"}


def feed(response):
    assert response.status_code == 200
    assert response.mimetype == "application/atom+xml"
    parsed = feedparser.parse(response.data)
    assert not parsed.bozo, parsed.get("bozo_exception")
    return parsed


def root(client, address):
    return etree.fromstring(client.get(address).data)


def test_arrivals_come_newest_first_whatever_their_dates(client):
    entries = feed(client.get("/search.atom?sort=oldest&page=3")).entries
    assert len(entries) == 37
    assert [each.title for each in entries[-2:]] == ["Export licences for graphene samples", NOTICE.title]


def test_an_entry_leads_to_our_page_and_to_the_original(client, ids):
    entry = feed(client.get("/search.atom?q=石墨烯")).entries[0]
    links = {each.rel: each.href for each in entry.links}
    assert links == {"alternate": f"http://localhost/article/{ids['notice']}", "via": NOTICE.url}
    assert entry.published == "2025-09-26T17:34:00+08:00"
    assert entry.updated == "2026-11-21T12:00:00+00:00"
    assert entry.author == "Ministry of Commerce (Chinese site)"
    assert root(client, "/search.atom?q=石墨烯").xpath("string(a:entry/@xml:lang)", namespaces=ATOM) == "zh"


def test_ids_stay_the_same_wherever_the_archive_is_served_from(client, serve, data):
    here = root(client, "/search.atom").xpath("//a:id/text()", namespaces=ATOM)
    there = etree.fromstring(serve(data=data, address="https://elsewhere.example").get("/search.atom").data)
    assert there.xpath("//a:id/text()", namespaces=ATOM) == here
    assert len(set(here)) == 38
    assert all(each.startswith("urn:uuid:") for each in here)


def test_undated_releases_and_bare_months_have_no_published(client):
    for query in ("forum", "delegation"):
        entry = root(client, f"/search.atom?q={query}").find("a:entry", ATOM)
        assert entry.find("a:published", ATOM) is None
        assert entry.find("a:updated", ATOM) is not None


def test_the_feed_names_itself_and_its_page(client):
    links = root(client, "/search.atom?q=tea&lang=en").xpath("a:link", namespaces=ATOM)
    assert {each.get("rel"): each.get("href") for each in links} == {
        "self": "http://localhost/search.atom?q=tea&lang=en", "alternate": "http://localhost/search?q=tea&lang=en"}


def test_the_address_of_a_feed_holds_its_language(client):
    """Feed readers send no language: the link has it."""
    shown = html.fromstring(client.get("/search?q=石墨烯&ui=zh").text)
    offered = set(shown.xpath("(//a | //link)[contains(@href, '.atom')]/@href"))
    assert offered == {f"/search.atom?q={quote('石墨烯')}&ui=zh", "/search.atom?ui=zh"}
    reader = client.application.test_client()
    for address in offered:
        feed = etree.fromstring(reader.get(address).data)
        assert feed.get("{http://www.w3.org/XML/1998/namespace}lang") == "zh"
        assert feed.xpath("string(a:link[@rel='self']/@href)", namespaces=ATOM) == f"http://localhost{address}"
        assert feed.xpath("string(a:link[@rel='alternate']/@href)", namespaces=ATOM) == (
            f"http://localhost{address.replace('.atom', '')}")
    negotiated = etree.fromstring(reader.get("/search.atom", headers={"Accept-Language": "zh"}).data)
    assert negotiated.xpath("string(a:link[@rel='self']/@href)", namespaces=ATOM).endswith("/search.atom?ui=zh")


def test_hostile_text_stays_text(client):
    entry = root(client, "/search.atom?q=tea").find("a:entry", ATOM)
    assert entry.findtext("a:title", namespaces=ATOM) == HOSTILE.title
    summary = entry.find("a:summary", ATOM)
    assert summary.get("type") == "html"
    assert "&lt;img src=x" in summary.text


def test_an_empty_feed_is_as_old_as_the_archive(client):
    assert root(client, "/search.atom?q=qqqqqq").findtext("a:updated", namespaces=ATOM) == "2026-11-21T12:00:00+00:00"


def test_polling_costs_little(client):
    first = client.get("/search.atom")
    again = client.get("/search.atom", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_a_wrong_feed_address_is_refused(client):
    assert client.get("/search.atom?from=soon").status_code == 400


def test_json_tells_everything(client, ids):
    answer = client.get("/search.json?q=石墨烯&lang=zh").get_json()
    assert list(answer) == ["query", "total", "page", "pages", "took_ms", "results", "facets", "months", "undated"]
    assert (answer["total"], answer["page"], answer["pages"]) == (1, 1, 1)
    assert answer["results"] == [{
        "id": ids["notice"], "title": NOTICE.title, "url": NOTICE.url,
        "article": f"http://localhost/article/{ids['notice']}", "source": "mofcom_zh", "language": "zh",
        "number": "商务部公告2025年第99号",
        "published": {"value": "2025-09-26T17:34+08:00", "precision": "minute"}, "original": True, "copy_of": None,
        "organizations": ["mofcom"],
        "topics": answer["results"][0]["topics"], "excerpt": answer["results"][0]["excerpt"]}]
    assert "石墨烯" in answer["results"][0]["excerpt"]
    assert {"value": "zh", "count": 1, "name": {"en": "Chinese", "zh": "中文"}} in answer["facets"]["lang"]
    assert answer["months"] == [{"month": "2025-09", "count": 1}]
    assert answer["query"] == {"q": "石墨烯", "topic": [], "org": [], "source": [], "lang": ["zh"], "from": None,
                               "to": None, "sort": "relevance"}


def test_undated_releases_have_null_dates(client):
    answer = client.get("/search.json?q=forum").get_json()
    assert answer["results"][0]["published"] == {"value": None, "precision": "unknown"}
    assert answer["undated"] == 1


def test_json_errors_are_json(client, serve, data, engine):
    answer = client.get("/search.json?from=soon&page=0")
    assert answer.status_code == 400
    error = answer.get_json()["error"]
    assert [each["parameter"] for each in error["problems"]] == ["page", "from"]
    assert client.get("/search.json", query_string={"q": "?!"}).get_json()["error"]["problems"][0]["offset"] == 0
    assert client.get("/nothing.json").get_json()["error"]["status"] == 404
    broken = serve(lambda: FaultyEngine(engine, EngineError("gone")), data=data)
    assert broken.get("/search.json").get_json()["error"]["status"] == 503


def test_json_is_read_as_it_is_written(client):
    assert "石墨烯" in client.get("/search.json?q=石墨烯").text


@pytest.fixture(scope="module")
def quiet(data):
    app = create_app(WebSettings(data=data))
    yield app.test_client()
    app.extensions["gongbao"].close()


@settings(max_examples=40)
@given(q=st.text(max_size=30))
def test_any_query_gives_well_formed_answers(quiet, q):
    query = {"q": q}
    page, atom, api = (quiet.get(f"/search{form}", query_string=query) for form in ("", ".atom", ".json"))
    assert page.status_code == atom.status_code == api.status_code
    assert page.status_code in (200, 400)
    json.loads(api.data)
    assert not set(page.text) & {chr(each) for each in range(32)} - set("\t\n\r")
    if atom.status_code == 200:
        etree.fromstring(atom.data)
