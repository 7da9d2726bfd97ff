"""The status page lists the quarantined pages, all of them over several pages, each with a link to its capture."""

from contextlib import suppress
from datetime import timedelta

import pytest
from lxml import html

from archive.ingest.catalog import CaptureRow, Catalog, PendingCapture
from archive.messages import message
from indexer.engines.base import Checkpoint
from indexer.engines.embedded.engine import EmbeddedEngine
from indexer.settings import IndexerSettings
from indexer.sync import RefusedError, rebuild
from support.archive import NOW, READER, Archive, exchange
from support.engines import FaultyEngine
from support.releases import IDS, MOFCOM_ZH, NOTICE, RELEASES, article_url, index_releases
from webapp import create_app
from webapp.settings import WebSettings
from webapp.views.status import NEWEST, PER_PAGE

MANY = PER_PAGE + 3


@pytest.fixture(scope="module")
def broken(tmp_path_factory):
    """A site whose every release is in quarantine; the first captured is the newest."""
    folder = index_releases(tmp_path_factory.mktemp("broken"), [], more=[
        exchange(article_url(MOFCOM_ZH, number), b"<p>no title</p>", at=NOW - timedelta(hours=number))
        for number in range(MANY)])
    app = create_app(WebSettings(data=folder))
    yield app
    app.extensions["gongbao"].close()


@pytest.fixture
def listed(broken):
    """The page of a path, and the URLs of its list of quarantined pages."""
    def get(path):
        page = html.fromstring(broken.test_client().get(path).text)
        return page, [each.text for each in page.cssselect(".quarantined a")]

    return get


def addresses(first, last):
    return [article_url(MOFCOM_ZH, number) for number in range(first, last)]


def text(element):
    return " ".join(element.text_content().split())


def test_the_newest_are_listed_with_time_source_reason_and_archived_page(listed):
    page, found = listed("/status")
    assert found == addresses(0, NEWEST)
    first = page.cssselect(".quarantined li")[0]
    assert text(first) == (f"{found[0]} 21 November 2026 20:00, Ministry of Commerce (Chinese site) no title was found")
    assert first.cssselect("a")[0].get("href") == "/archived/1"


def test_reasons_are_said_in_the_language_of_the_reader(listed):
    page, _ = listed("/status?ui=zh")
    assert [text(each) for each in page.cssselect(".quarantined .why")] == ["没有找到标题"] * NEWEST
    assert "没有找到标题" in text(page.get_element_by_id("mofcom_zh"))


def test_all_of_them_are_a_page_away(listed):
    page, _ = listed("/status")
    link = page.cssselect("a[href='/status/quarantine']")[0]
    assert text(link) == f"All of them: {MANY} pages"
    first, found = listed(link.get("href"))
    assert found == addresses(0, PER_PAGE)
    assert first.cssselect("a[rel=prev]") == []
    second, found = listed(first.cssselect("a[rel=next]")[0].get("href"))
    assert found == addresses(PER_PAGE, MANY)
    assert second.cssselect("a[rel=next]") == []
    assert second.cssselect("a[rel=prev]")[0].get("href") == "/status/quarantine?page=1"


def test_those_of_one_source_are_linked_from_its_count(listed):
    page, _ = listed("/status")
    link = page.cssselect("dd a[href*=quarantine]")[0]
    assert text(link) == str(MANY)
    assert link.get("href") == "/status/quarantine?source=mofcom_zh"
    assert len(listed(link.get("href"))[1]) == PER_PAGE
    other, found = listed("/status/quarantine?source=camce")
    assert (found, "every page that should be a release could be read" in text(other)) == ([], True)


@pytest.mark.parametrize("query", ["source=nobody", "page=0", "page=x", "page=²", "page=3", "page=" + "9" * 30])
def test_what_is_not_there_is_not_found(broken, query):
    assert broken.test_client().get(f"/status/quarantine?{query}").status_code == 404


def test_an_archive_that_could_be_read_says_so(serve, tmp_path):
    client = serve(data=index_releases(tmp_path, []))
    assert "every page that should be a release could be read" in client.get("/status").text


# --- refused documents


@pytest.fixture
def refused(tmp_path, serve):
    """A client of an archive whose search engine refused the notice."""
    folder = index_releases(tmp_path, RELEASES)
    settings = IndexerSettings(data=folder)
    with Archive.open(folder) as archive, suppress(RefusedError):
        rebuild(archive.store, settings, lambda index: FaultyEngine(
            EmbeddedEngine.open(index, writable=True), refuses=[NOTICE.title]))
    return serve(data=folder)


def test_refused_documents_are_listed_with_the_reason(refused):
    page = html.fromstring(refused.get("/status").text)
    assert "1 release cannot be found: the search engine refused it." in text(page.cssselect(".banner.warn")[0])
    (entry,) = page.cssselect("#refused ~ ul li")
    assert text(entry) == f"{NOTICE.title}: its fields cannot be read: unfit"
    assert entry.cssselect("a")[0].get("href") == f"/article/{IDS['notice']}"


def test_refusals_are_said_in_the_language_of_the_reader(refused):
    page = html.fromstring(refused.get("/status?ui=zh").text)
    (entry,) = page.cssselect("#refused ~ ul li")
    assert text(entry) == f"{NOTICE.title}：其字段无法读取：unfit"


def test_where_nothing_is_refused_nothing_is_said_of_it(client):
    assert "Refused by the search engine" not in client.get("/status").text


# --- an index of another past


@pytest.mark.parametrize("checkpoint", [
    lambda now: Checkpoint("another store", now.rev, now.token),
    lambda now: Checkpoint(now.store_uuid, now.rev, "another token"),
    lambda now: Checkpoint(now.store_uuid, now.rev + 5, now.token)], ids=["store", "token", "future"])
def test_an_index_of_another_past_is_told(serve, data, engine, checkpoint):
    engine.write((), (), checkpoint(engine.checkpoint()))
    page = html.fromstring(serve(lambda: engine, data=data).get("/status").text)
    assert text(page.cssselect(".banner.warn")[0]) == (
        "The search index was not made from this archive, or the archive was restored from a copy since: what it finds "
        "may be wrong. gongbao index")


# --- rejects


def test_captures_that_the_database_refuses_are_counted_by_reason(serve, tmp_path):
    with Archive.open(tmp_path / "data") as archive:
        catalog = Catalog(archive.store, READER)
        for number in range(3):
            row = CaptureRow(f"urn:{number}", "http://a.cn/", "a.cn/", "2026-11-21T12:00:00Z", "response", 200, None,
                             "sha256:", 1, "crawl", "a.warc.gz", number, 1)
            catalog.reject(PendingCapture(row), message("row_refused", error="it is odd"))
    client = serve(data=tmp_path / "data")
    page = html.fromstring(client.get("/status").text)
    assert text(page.cssselect("#rejects ~ ul")[0]) == "3 × the database refuses it: it is odd"
    page = html.fromstring(client.get("/status?ui=zh").text)
    assert text(page.cssselect("#rejects ~ ul")[0]) == "3 × 数据库拒绝写入：it is odd"


def test_without_rejects_they_are_not_mentioned(listed):
    page, _ = listed("/status")
    assert page.cssselect("#rejects") == []
