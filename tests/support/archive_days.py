"""Fixtures of archives that were crawled on three days: a pytest plugin, `pytest_plugins = "support.archive_days"`."""

import shutil

import pytest

from demo.replica import Replica
from demo.samples import load_releases
from support.checked import SOURCES, run
from support.crawl import crawl


@pytest.fixture(scope="session")
def sample_replica():
    """A replica of the sites with all sample releases."""
    with Replica(load_releases()) as served:
        yield served


@pytest.fixture(scope="session")
def days(tmp_path_factory, sample_replica):
    """Copies of one archive on three days, each with more releases than before; and the backup of the last day."""
    folder = tmp_path_factory.mktemp("days")
    data = folder / "data"
    for name, limit in (("monday", 2), ("tuesday", 2), ("wednesday", 99)):
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("GONGBAO_REVISIT", "0")
            done = crawl(data, sample_replica, *SOURCES, "--limit", str(limit))
        assert done.returncode in (0, 4), done.stderr
        assert run(data, "index").exit_code == 0
        shutil.copytree(data, folder / name)
    assert run(data, "backup", str(folder / "backup")).exit_code == 0
    return folder


@pytest.fixture
def data(days, tmp_path):
    """A whole archive, to be damaged."""
    return shutil.copytree(days / "wednesday", tmp_path / "data")
