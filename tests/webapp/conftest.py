"""The archive that most tests of the site read, and clients that ask for its pages."""

from dataclasses import replace

import pytest

from fake_engine import FakeEngine
from reading_room import CAMCE, LINKED, LINKS, MOFCOM_ZH, NOON, NOTICE, RELEASES, address, exchange, fill, many
from webapp import create_app
from webapp.settings import WebSettings

GBK = address(MOFCOM_ZH, 77)
PDF = "https://www.mofcom.gov.cn/files/list.pdf"


def more():
    """What the archive holds beside releases: a page in quarantine, a PDF, a "not modified", a saved text, a list."""
    gbk = "<p>商务部的一个网页,没有标题。</p>".encode("gb18030")
    return [exchange(GBK, gbk, content_type="text/html; charset=gb2312"),
            exchange(PDF, b"%PDF-1.7 bytes", content_type="application/pdf"),
            exchange(NOTICE.url, b"", status=304),
            exchange("https://www.mofcom.gov.cn/robots.txt", b"User-agent: *", content_type="text/plain"),
            exchange(LINKS, LINKED)]


@pytest.fixture(scope="session")
def room(tmp_path_factory):
    """The archive; nothing may be written to it."""
    return fill(tmp_path_factory.mktemp("archive"), FakeEngine(), [*RELEASES, *many(30)], more=more())


@pytest.fixture
def engine(room):
    """An engine of its own with the archive's documents, which a test may break."""
    mine = FakeEngine()
    mine.documents, mine.reached = dict(room.engine.documents), room.engine.reached
    return mine


@pytest.fixture
def app(room, engine):
    made = create_app(WebSettings(data=room.settings.data), lambda: engine)
    made.testing = True
    yield made
    made.extensions["gongbao"].close()


@pytest.fixture
def client(app):
    return app.test_client()


@pytest.fixture
def ids(room):
    """Ids of the releases that have a name in these tests."""
    return room.ids


@pytest.fixture
def serve(tmp_path, engine):
    """Clients of sites over other archives: `serve(data=…, notice=…)`."""
    opened = []

    def make(opener=None, **settings):
        made = create_app(replace(WebSettings(data=tmp_path / "none"), **settings), opener or (lambda: engine))
        opened.append(made)
        return made.test_client()

    yield make
    for each in opened:
        each.extensions["gongbao"].close()


__all__ = ["CAMCE", "NOON"]
