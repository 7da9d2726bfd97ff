"""The archive that these tests write to."""

import pytest

from support.archive import Archive


@pytest.fixture
def folder(tmp_path):
    """The data folder of the archive."""
    return tmp_path / "data"


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database(request, folder, monkeypatch):
    """The URL of a database without tables, which GONGBAO_DATABASE is set to."""
    folder.mkdir()
    server = request.getfixturevalue("postgresql") if request.param == "postgresql" else None
    url = server.empty() if server else f"sqlite:///{folder / 'gongbao.sqlite'}"
    monkeypatch.setenv("GONGBAO_DATABASE", url)
    yield url
    if server:
        server.drop()


@pytest.fixture
def archive(folder, database):
    """A new archive in `tmp_path / "data"`, on each database."""
    with Archive.open(folder) as opened:
        yield opened
