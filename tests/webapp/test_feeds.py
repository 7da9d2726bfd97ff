"""A search as Atom and as JSON."""

import json
import warnings
from dataclasses import replace
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree, html
from sqlalchemy import select, update

from archive.db.revisions import update_revisions
from archive.db.tables import captures, revisions
from archive.times import iso
from indexer.document_tables import documents
from indexer.errors import EngineError
from indexer.settings import IndexerSettings
from indexer.sync import update_documents, update_index
from indexer.vocabulary.loader import load
from support.archive import Archive, after, edited
from support.engines import FaultyEngine
from support.releases import ENGLISH, HOSTILE, NOTICE, UNDATED_ONE, index_releases
from webapp import create_app
from webapp.settings import WebSettings

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import feedparser

ATOM = {"a": "http://www.w3.org/2005/Atom"}
FORMS = ("atom", "rss")


def feed(response, form="atom"):
    assert response.status_code == 200
    assert response.mimetype == f"application/{form}+xml"
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


def test_only_a_release_whose_minute_is_known_has_published(client):
    for query in ("forum", "delegation", "graphene"):  # no date, a month, a day
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
    assert set(shown.xpath("(//a | //link)[contains(@href, '.rss')]/@href")) == {
        f"/search.rss?q={quote('石墨烯')}&ui=zh"}
    assert html.fromstring(client.get("/?ui=zh").text).xpath("//link[contains(@href, '.rss')]/@href") == [
        "/search.rss?ui=zh"]
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


@pytest.mark.parametrize("form", FORMS)
class TestPolling:
    def test_is_answered_without_a_search(self, counted, searches, form):
        first = counted.get(f"/search.{form}?q=tea")
        again = counted.get(f"/search.{form}?q=tea", headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.data, searches.count) == (304, b"", 1)
        assert again.headers["ETag"] == first.headers["ETag"]
        assert {"Accept-Language", "Accept-Encoding"} <= set(again.vary)

    def test_by_time_is_answered_without_a_search(self, counted, searches, form):
        first = counted.get(f"/search.{form}?q=tea")
        assert first.headers["Last-Modified"] == "Sat, 21 Nov 2026 12:00:00 GMT"
        again = counted.get(f"/search.{form}?q=tea", headers={"If-Modified-Since": first.headers["Last-Modified"]})
        assert (again.status_code, searches.count) == (304, 1)
        older = counted.get(f"/search.{form}?q=tea", headers={"If-Modified-Since": "Fri, 20 Nov 2026 12:00:00 GMT"})
        assert older.status_code == 200

    def test_sees_a_change_of_the_index(self, counted, engine, form):
        first = counted.get(f"/search.{form}")
        reached = engine.checkpoint()
        engine.write((), (), replace(reached, rev=reached.rev - 1))
        again = counted.get(f"/search.{form}", headers={
            "If-None-Match": first.headers["ETag"], "If-Modified-Since": first.headers["Last-Modified"]})
        assert again.status_code == 200
        assert "Last-Modified" not in again.headers  # the index is behind the store: the time says too little

    @pytest.mark.parametrize("other", ["?q=report", "?lang=en", "?ui=zh"])
    def test_tells_feeds_apart(self, counted, form, other):
        first = counted.get(f"/search.{form}?q=tea")
        assert counted.get(f"/search.{form}{other}").headers["ETag"] != first.headers["ETag"]

    def test_is_not_stored_without_asking_again(self, counted, form):
        assert counted.get(f"/search.{form}").headers["Cache-Control"] == "no-cache"


def test_a_feed_in_another_format_has_another_tag(client):
    assert client.get("/search.atom").headers["ETag"] != client.get("/search.rss").headers["ETag"]


def test_a_feed_has_one_id_in_every_language_and_order_of_its_filters(client):
    def named(address):
        return root(client, address).findtext("a:id", namespaces=ATOM)

    same = {named(f"/search.atom?{each}") for each in (
        "org=mofcom&org=wto&q=tea", "q=tea&org=wto&org=mofcom&ui=zh", "q=tea&org=mofcom&org=wto&sort=oldest&page=2")}
    assert len(same) == 1
    assert named("/search.atom?q=tea") not in same


class TestRss:
    def test_an_item_says_the_same_as_an_entry(self, client, ids):
        item = feed(client.get("/search.rss?q=石墨烯"), "rss").entries[0]
        entry = feed(client.get("/search.atom?q=石墨烯")).entries[0]
        assert (item.title, item.link, item.id) == (entry.title, entry.link, entry.id)
        assert item.guidislink is False
        assert item.published == "Fri, 26 Sep 2025 17:34:00 +0800"
        assert [each.term for each in item.tags] == [each.term for each in entry.tags]

    def test_it_names_itself_and_its_page(self, client):
        channel = etree.fromstring(client.get("/search.rss?q=tea&ui=zh").data).find("channel")
        assert channel.findtext("link") == "http://localhost/search?q=tea&ui=zh"
        assert channel.find("{http://www.w3.org/2005/Atom}link").get("href") == "http://localhost/search.rss?q=tea&ui=zh"
        assert channel.findtext("language") == "zh"
        assert channel.findtext("description")
        assert channel.findtext("lastBuildDate") == "Sat, 21 Nov 2026 12:00:00 +0000"

    def test_hostile_text_stays_text(self, client):
        item = etree.fromstring(client.get("/search.rss?q=tea").data).find("channel/item")
        assert item.findtext("title") == HOSTILE.title
        assert "&lt;img src=x" in item.findtext("description")

    def test_only_a_known_minute_is_a_date(self, client):
        item = etree.fromstring(client.get("/search.rss?q=graphene").data).find("channel/item")
        assert item.find("pubDate") is None


class TestUpdated:
    """`updated` of an entry moves when its source changed the text, and by nothing else."""

    @pytest.fixture
    def place(self, tmp_path):
        return index_releases(tmp_path, [ENGLISH, UNDATED_ONE])

    def updated(self, serve, place):
        entries = feed(serve(data=place).get("/search.atom")).entries
        return {each.title: each.updated for each in entries}

    def again(self, place, change):
        """Change the archive, and index it two days later."""
        with Archive.open(place) as archive:
            change(archive)
            update_documents(archive.store, replace(load(), digest="another"), after(days=2))
            update_index(archive.store, IndexerSettings(data=place))

    def test_a_vocabulary_edit_moves_none(self, serve, place):
        before = self.updated(serve, place)

        def forget_tags(archive):
            with archive.store.begin() as connection:
                connection.execute(update(documents).values(tags={"organizations": [], "topics": []}))

        self.again(place, forget_tags)
        with Archive.open(place) as archive, archive.store.read() as connection:
            assert set(connection.scalars(select(documents.c.cause))) == {"vocabulary"}
        assert self.updated(serve, place) == before

    def test_a_vocabulary_edit_leaves_a_capture_of_the_future_where_it_was(self, serve, place):
        with Archive.open(place) as archive, archive.store.begin() as connection:
            connection.execute(update(revisions).values(captured_at=iso(after(days=9))))
        before = self.updated(serve, place)

        def forget_tags(archive):
            with archive.store.begin() as connection:
                connection.execute(update(documents).values(tags={"organizations": [], "topics": []}))

        self.again(place, forget_tags)
        assert self.updated(serve, place) == before

    def test_other_tags_are_news_to_whoever_polls_by_time(self, serve, place):
        since = serve(data=place).get("/search.atom").headers["Last-Modified"]

        def forget_tags(archive):
            with archive.store.begin() as connection:
                connection.execute(update(documents).values(tags={"organizations": [], "topics": []}))

        self.again(place, forget_tags)
        again = serve(data=place).get("/search.atom", headers={"If-Modified-Since": since})
        assert (again.status_code, again.headers["Last-Modified"]) == (200, "Mon, 23 Nov 2026 12:00:00 GMT")

    def test_retagging_keeps_the_order_of_entries(self, serve, place):
        before = [each.id for each in feed(serve(data=place).get("/search.atom")).entries]

        def forget_one(archive):
            with archive.store.begin() as connection:
                connection.execute(update(documents).where(documents.c.seq == 1).values(
                    tags={"organizations": [], "topics": []}))

        self.again(place, forget_one)
        assert [each.id for each in feed(serve(data=place).get("/search.atom")).entries] == before

    def test_an_edit_at_the_source_moves_its_own(self, serve, place):
        before = self.updated(serve, place)

        def edit(archive):
            changed = edited(ENGLISH, body="The Ministry of Commerce changed its mind.")
            capture = archive.capture(changed, at=iso(after(days=1)), reader=1)
            with archive.store.begin() as connection:
                page = connection.scalar(select(captures.c.page_id).where(captures.c.id == capture))
                update_revisions(connection, [page])

        self.again(place, edit)
        moved = {name: each for name, each in self.updated(serve, place).items() if before[name] != each}
        assert moved == {ENGLISH.title: "2026-11-22T12:00:00+00:00"}

    def test_a_better_reader_moves_none(self, serve, place):
        before = self.updated(serve, place)

        def reread(archive):
            [row] = [each for each in archive.rows("articles") if each.title == ENGLISH.title]
            archive.read(row.capture_id, edited(ENGLISH, body="Read better."), reader=2)

        self.again(place, reread)
        assert self.updated(serve, place) == before


def test_a_wrong_feed_address_is_refused(client):
    assert client.get("/search.atom?from=soon").status_code == 400
    assert client.get("/search.rss?from=soon").status_code == 400


def test_json_tells_everything(client, ids):
    answer = client.get("/search.json?q=石墨烯&lang=zh").get_json()
    assert list(answer) == ["query", "total", "page", "pages", "took_ms", "results", "facets", "months", "undated"]
    assert (answer["total"], answer["page"], answer["pages"]) == (1, 1, 1)
    assert answer["results"] == [{
        "id": ids["notice"], "title": NOTICE.title, "url": NOTICE.url,
        "article": f"http://localhost/article/{ids['notice']}", "source": "mofcom_zh", "language": "zh",
        "number": "商务部公告2025年第99号",
        "published": {"value": "2025-09-26T17:34+08:00", "precision": "minute"}, "original": True, "copy_of": None,
        "type": "announcement", "organizations": ["mofcom"],
        "topics": answer["results"][0]["topics"], "places": [], "mentioned": answer["results"][0]["mentioned"],
        "excerpt": answer["results"][0]["excerpt"]}]
    assert "石墨烯" in answer["results"][0]["excerpt"]
    assert {"value": "zh", "count": 1, "name": {"en": "Chinese", "zh": "中文"}} in answer["facets"]["lang"]
    assert answer["months"] == [{"month": "2025-09", "count": 1}]
    assert answer["query"] == {"q": "石墨烯", "topic": [], "org": [], "place": [], "type": [], "source": [],
                               "lang": ["zh"], "mentions": False, "alone": False, "all": [], "from": None,
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
    page, atom, rss, api = (quiet.get(f"/search{form}", query_string=query) for form in ("", ".atom", ".rss", ".json"))
    assert page.status_code == atom.status_code == rss.status_code == api.status_code
    assert page.status_code in (200, 400)
    json.loads(api.data)
    assert not set(page.text) & {chr(each) for each in range(32)} - set("\t\n\r")
    if atom.status_code == 200:
        etree.fromstring(atom.data)
        etree.fromstring(rss.data)
