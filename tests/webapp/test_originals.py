"""Copies are marked in results, JSON and feeds, and link to their originals."""

from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from lxml import etree, html
from sqlalchemy import Engine, event

from archive.db.store import Store
from archive.settings import ArchiveSettings
from indexer.document_rows import documents_by_id
from indexer.documents.document import to_document
from support.releases import CLONE, ENGLISH, MONTH, ORIGINAL, UNDATED_ONE, index_releases, release
from webapp import create_app
from webapp.release.originals import CopyRelation, find_copies
from webapp.settings import WebSettings

ELSEWHERE = "http://english.mofcom.gov.cn/article/newsrelease/significantnews/201911/20191102917304.shtml"
REPUBLISHER = "http://resources.made-in-china.com/article/policy-opinion/"
REPUBLISHED = [release(f"{REPUBLISHER}{name}BAoxDt/A-Text/", "made_in_china", f"Retold {name}", "Told again.",
                       cites=(cited,))
               for name, cited in (("held", ENGLISH.url), ("unheld", ELSEWHERE))]
ALL = [ORIGINAL, CLONE, ENGLISH, MONTH, UNDATED_ONE, *REPUBLISHED]


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    """An archive of originals and of every kind of copy."""
    return index_releases(tmp_path_factory.mktemp("mixed"), ALL)


@pytest.fixture
def client(mixed):
    app = create_app(WebSettings(data=mixed))
    yield app.test_client()
    app.extensions["gongbao"].close()


@pytest.fixture
def store(mixed):
    with Store.open(ArchiveSettings(data=mixed), readonly=True) as opened:
        yield opened


def badges(response):
    """Text and link of the badge by title; titles without a badge are left out."""
    rows = html.fromstring(response.text).cssselect(".results li")
    return {row.cssselect("h3")[0].text_content(): tuple(each.get("href") or each.text for each in mark)
            for row in rows for mark in row.cssselect(".copied")}


def test_a_copy_is_marked_and_leads_to_its_original(client, ids):
    assert badges(client.get("/search")) == {
        CLONE.title: ("clone", f"/article/{ids['original']}"),
        "Retold held": ("republished", f"/article/{ids['english']}"),
        "Retold unheld": ("republished",), MONTH.title: ("republished",), UNDATED_ONE.title: ("republished",)}


def test_the_front_page_marks_copies_in_the_readers_language(client):
    assert {each[0] for each in badges(client.get("/?ui=zh")).values()} == {"转载", "副本"}


def test_json_says_what_a_copy_was_made_of(client, ids):
    found = {(each["title"], each["url"] == ORIGINAL.url): (each["original"], each["copy_of"])
             for each in client.get("/search.json").get_json()["results"]}
    assert found == {
        (ORIGINAL.title, True): (True, None), (ENGLISH.title, False): (True, None),
        (CLONE.title, False): (False, {"kind": "clone of", "url": ORIGINAL.url, "id": ids["original"]}),
        ("Retold held", False): (
            False, {"kind": "republished from", "url": ENGLISH.url, "id": ids["english"]}),
        ("Retold unheld", False): (False, {"kind": "republished from", "url": ELSEWHERE, "id": None}),
        (MONTH.title, False): (False, None), (UNDATED_ONE.title, False): (False, None)}


def test_json_and_the_engine_agree_on_what_is_an_original(client, store):
    shown = {each["id"]: each["original"] for each in client.get("/search.json").get_json()["results"]}
    with store.read() as connection:
        indexed = [to_document(each) for each in documents_by_id(connection, list(shown)).values()]
    assert {each.id: each.original for each in indexed} == shown
    assert len(shown) == len(ALL)


def test_a_feed_says_it_with_a_category_and_a_link(client):
    names = {"a": "http://www.w3.org/2005/Atom"}
    entries = etree.fromstring(client.get("/search.atom").data).findall("a:entry", names)
    said = {(each.findtext("a:title", namespaces=names), *each.xpath("a:link[@rel='related']/@href", namespaces=names)):
            set(each.xpath("a:category/@term", namespaces=names)) & {"clone", "republished"} for each in entries}
    assert said == {
        (ORIGINAL.title,): set(), (ENGLISH.title,): set(),
        (CLONE.title, ORIGINAL.url): {"clone"}, ("Retold held", ENGLISH.url): {"republished"},
        ("Retold unheld", ELSEWHERE): {"republished"}, (MONTH.title,): {"republished"},
        (UNDATED_ONE.title,): {"republished"}}


@contextmanager
def statements():
    """The SQL statements of the block."""
    asked = []

    def note(connection, cursor, statement, *_):
        asked.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    yield asked
    event.remove(Engine, "before_cursor_execute", note)


def about_copies(client, query):
    with statements() as asked:
        assert client.get(f"/search?{query}").status_code == 200
    return sum("relations" in each for each in asked)


def test_the_store_is_asked_once_a_page_and_not_at_all_for_originals(client):
    assert about_copies(client, "") == about_copies(client, "q=Chongqing") == 1
    assert about_copies(client, "source=mofcom_en") == 0


def test_a_forgotten_source_is_neither_an_original_nor_called_anything(store):
    release = SimpleNamespace(id="0" * 16, source="gone", url="https://gone.example/1")
    with store.read() as connection:
        assert find_copies(connection, [release]) == {"0" * 16: CopyRelation("")}
    assert CopyRelation("").badge == ""
