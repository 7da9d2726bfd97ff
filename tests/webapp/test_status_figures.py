"""Documents and index in `gongbao status`: the same figures as on the status page."""

import shutil

import pytest
from click.testing import CliRunner
from lxml import html

import gongbao
from archive.messages import message
from archive.records import Unreadable
from archive.times import utc_now
from support.archive import Archive, FunctionReader, add_index, an_article, exchange, release_url

NOT_INDEXED = "are not indexed yet"


@pytest.fixture
def archive(tmp_path):
    """An archive with two releases in the index and a capture in quarantine."""
    with Archive.open(tmp_path / "data") as made:
        now = utc_now()
        made.store.finish_run(made.store.start_run("mofcom_en", now, live=True), now, "healthy")
        add_releases(made, 1, 2)
        with made.writer(reader=FunctionReader(1, lambda _capture: Unreadable(message("no_title")))) as writer:
            writer.keep(exchange(release_url(3), b"<p>no title</p>"))
        add_index(made)
        yield made


def add_releases(archive, *numbers):
    for each in numbers:
        archive.capture(an_article(each))


def said(archive):
    result = CliRunner(env={"GONGBAO_DATA": str(archive.data)}).invoke(gongbao.main, ["status"])
    assert result.exit_code == 0, result.output
    return result.stdout.splitlines()


def banners(client, language="en"):
    page = html.fromstring(client.get(f"/status?ui={language}").text)
    return [" ".join(each.text_content().split()) for each in page.cssselect(".banner")]


def test_releases_quarantine_and_index_are_counted(archive):
    lines = said(archive)
    assert "  2 releases in the archive, 1 capture in quarantine" in lines
    assert lines[-2:] == ["2 releases, 3 captures, rev 2", "the search index holds every release"]


def test_pages_that_were_read_and_have_no_document_are_counted(archive, serve):
    add_releases(archive, 4, 5, 6)
    lines = said(archive)
    assert f"3 pages that were read {NOT_INDEXED}; run `gongbao index`" in lines
    assert "the search index holds every release" not in lines
    client = serve(data=archive.data)
    assert banners(client) == [f"3 pages that were read {NOT_INDEXED}. gongbao index"]
    assert banners(client, "zh") == ["已读取但尚未编入索引的网页：3 个。 gongbao index"]


def test_an_index_that_is_missing_is_told(archive):
    shutil.rmtree(archive.data / "index")
    assert said(archive)[-1] == "the search index cannot be used; `gongbao check` says why"


def test_an_index_that_is_behind_is_told(archive, tmp_path):
    shutil.copytree(archive.data / "index", tmp_path / "old")
    add_releases(archive, 4)
    add_index(archive)
    shutil.rmtree(archive.data / "index")
    (tmp_path / "old").rename(archive.data / "index")
    assert said(archive)[-1] == "the search index is 1 change behind, at rev 2; run `gongbao index`"


@pytest.mark.parametrize(("language", "title"), [
    ("en", "This archive is not indexed yet"), ("zh", "本档案库尚未编制索引")])
def test_the_page_of_an_archive_whose_first_crawl_was_killed_names_the_index_step(serve, tmp_path, language, title):
    with Archive.open(tmp_path / "data") as made:
        add_releases(made, 1)
    page = html.fromstring(serve(data=made.data).get(f"/?ui={language}").text)
    [section] = page.cssselect(".empty-archive")
    assert section.cssselect("h2")[0].text == title
    assert section.cssselect("p code")[0].text == "gongbao index"
