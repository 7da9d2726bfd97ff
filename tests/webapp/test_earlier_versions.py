"""Archives of earlier versions: reasons, places and notes stored as English sentences are shown, then re-read."""

import json

import pytest
from click.testing import CliRunner
from lxml import html
from sqlalchemy import text

import gongbao
from archive.urls import page_id, urlkey
from crawler.reader import READER_VERSION, SourceReader
from support.archive import Archive, add_index, exchange
from support.recorded_pages import FOLDER, expected

PAGE = FOLDER / "mofcom_en" / "g2-new.html"
UNREADABLE = "http://english.mofcom.gov.cn/article/newsrelease/press/202103/20210303041234.shtml"


@pytest.fixture
def url():
    return expected(PAGE)["url"]


@pytest.fixture
def data(tmp_path, url):
    """An archive of two captures with rows as the version before messages wrote them."""
    with Archive.open(tmp_path) as archive:
        with archive.writer(reader=SourceReader()) as writer:
            writer.keep(exchange(url, PAGE.read_bytes()))
            writer.keep(exchange(UNREADABLE, b"<html><body><p>no release</p></body></html>"))
        archive.add_run("mofcom_en", "short", reasons=["3 articles, 10 expected"])
        with archive.store.begin() as connection:
            facts = json.loads(connection.scalar(text("select facts from articles")))
            facts["published"]["evidence"][0]["place"] = "meta PubDate"
            connection.execute(text("update articles set reader = :old, facts = :facts"),
                               {"old": READER_VERSION - 1, "facts": json.dumps(facts)})
            connection.execute(text("update quarantine set reader = :old, reason = 'it shows no title at all'"),
                               {"old": READER_VERSION - 1})
        add_index(archive)
    return tmp_path


def article_text(client, url):
    shown = html.fromstring(client.get(f"/article/{page_id(urlkey(url))}?ui=zh").text)
    return shown.get_element_by_id("facts").text_content()


def test_stored_sentences_are_shown_as_they_are(serve, data, url):
    client = serve(data=data)
    assert "meta PubDate" in article_text(client, url)
    status = client.get("/status?ui=zh").text
    assert "3 articles, 10 expected" in status
    assert "it shows no title at all" in status


def test_the_next_index_stores_codes_without_a_revision(serve, data, url, monkeypatch):
    monkeypatch.setenv("GONGBAO_DATA", str(data))
    with Archive.open(data) as archive:
        revisions = archive.counts()["revisions"]
    assert CliRunner().invoke(gongbao.main, ["index"], catch_exceptions=False).exit_code == 0
    with Archive.open(data) as archive:
        assert archive.rows("articles")[0].facts["published"]["evidence"][0]["place"] == {
            "code": "meta", "name": "PubDate"}
        assert archive.rows("quarantine")[0].reason.code != "text"
        assert archive.counts()["revisions"] == revisions
    client = serve(data=data)
    assert "页面元数据 PubDate" in article_text(client, url)
    assert "it shows no title at all" not in client.get("/status?ui=zh").text
