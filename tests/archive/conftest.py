"""The archive that these tests write to."""

import pytest

from support.archive import Archive


@pytest.fixture
def archive(tmp_path, database):
    """A new archive in `tmp_path / "data"`, on each database."""
    with Archive.open(tmp_path / "data") as opened:
        yield opened
