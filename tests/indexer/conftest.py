"""The archive that these tests index."""

import pytest

from indexer.settings import IndexerSettings
from support.archive import Archive


@pytest.fixture
def archive(tmp_path, database):
    """A new archive in `tmp_path`, on each database."""
    with Archive.open(tmp_path) as made:
        yield made


@pytest.fixture
def settings(tmp_path):
    """The settings of its index."""
    return IndexerSettings(data=tmp_path)
