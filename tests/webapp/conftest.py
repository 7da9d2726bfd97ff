"""The archive that most tests of the site read, and clients of sites over it and over others."""

import shutil
from dataclasses import replace
from types import SimpleNamespace

import pytest

from indexer.engines.embedded.engine import EmbeddedEngine
from support.archive import exchange
from support.releases import (
    IDS,
    LINKED,
    LINKS,
    MOFCOM_ZH,
    NOTICE,
    RELEASES,
    article_url,
    index_releases,
    weekly_reports,
)
from webapp import create_app
from webapp.settings import WebSettings

GBK = article_url(MOFCOM_ZH, 77)
PDF = "https://www.mofcom.gov.cn/files/list.pdf"


def more():
    """The captures beside releases: a page in quarantine, a PDF, a "not modified", a text file, a list."""
    gbk = "<p>商务部的一个网页,没有标题。</p>".encode("gb18030")
    return [exchange(GBK, gbk, content_type="text/html; charset=gb2312"),
            exchange(PDF, b"%PDF-1.7 bytes", content_type="application/pdf"),
            exchange(NOTICE.url, b"", status=304),
            exchange("https://www.mofcom.gov.cn/robots.txt", b"User-agent: *", content_type="text/plain"),
            exchange(LINKS, LINKED)]


@pytest.fixture(scope="session")
def data(tmp_path_factory):
    """The data folder of the archive with its index; nothing may be written to it."""
    return index_releases(tmp_path_factory.mktemp("archive"), [*RELEASES, *weekly_reports(30)], more=more())


@pytest.fixture(scope="module")
def browser(chromium):
    playwright = pytest.importorskip("playwright.sync_api", reason="no Playwright: install the dev extra")
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=chromium)
        yield opened
        opened.close()


@pytest.fixture
def engine(data, tmp_path_factory):
    """A copy of the archive's index, open for writing."""
    folder = shutil.copytree(data / "index", tmp_path_factory.mktemp("copy") / "index")
    opened = EmbeddedEngine.open(folder, writable=True)
    yield opened
    opened.close()


@pytest.fixture
def app(data):
    made = create_app(WebSettings(data=data))
    made.testing = True
    yield made
    made.extensions["gongbao"].close()


@pytest.fixture
def searches(monkeypatch):
    """Counts the searches of the engine in `count`."""
    counter = SimpleNamespace(count=0)
    search = EmbeddedEngine.search

    def counted(engine, *arguments, **more):
        counter.count += 1
        return search(engine, *arguments, **more)

    monkeypatch.setattr(EmbeddedEngine, "search", counted)
    return counter


@pytest.fixture
def counted(serve, data, engine, searches):
    """A site over an index that is open for writing; count `searches`."""
    return serve(lambda: engine, data=data, language="en")


@pytest.fixture
def client(app):
    return app.test_client()


@pytest.fixture
def ids():
    """The ids of the releases that have a name in `support.releases`."""
    return IDS


@pytest.fixture
def serve(tmp_path):
    """Clients of sites over other archives or engines: `serve(data=…, notice=…)`, `serve(lambda: engine, data=…)`."""
    opened = []

    def make(opener=None, **settings):
        made = create_app(replace(WebSettings(data=tmp_path / "none"), **settings), opener)
        opened.append(made)
        return made.test_client()

    yield make
    for each in opened:
        each.extensions["gongbao"].close()
