"""Checksums of the index's files: every byte of them counts, and those of no committed segment do not."""

import pytest

from indexer.engines.embedded.checksums import damaged_files
from indexer.engines.embedded.engine import EmbeddedEngine
from support.engine_cases import doc
from support.engine_contract import put


@pytest.fixture
def folder(tmp_path):
    engine = EmbeddedEngine.open(tmp_path / "index", writable=True)
    put(engine, doc("a", "one"), doc("b", "two"))
    engine.close()
    return tmp_path / "index"


def test_every_byte_counts(folder):
    """All bytes before the footer, its checksum, its length and its magic number; every 20th is tried."""
    path = next(folder.glob("*.term"))
    content = path.read_bytes()
    footer, checksum = content.rindex(b'{"version"'), content.rindex(b'"crc"')
    for at in [*range(0, footer, 20), *range(checksum, len(content))]:
        path.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1:])
        assert list(damaged_files(folder)) == [path]
    path.write_bytes(content)
    assert list(damaged_files(folder)) == []


@pytest.mark.parametrize("size", [0, 5, 50])
def test_a_file_that_is_cut(folder, size):
    path = next(folder.glob("*.pos"))
    path.write_bytes(path.read_bytes()[:size])
    assert list(damaged_files(folder)) == [path]


def test_what_a_writer_has_not_committed_is_no_damage(folder):
    (folder / "0123456789abcdef0123456789abcdef.term").write_bytes(b"half")
    assert list(damaged_files(folder)) == []


def test_where_there_is_no_index_nothing_is_damaged(tmp_path):
    assert list(damaged_files(tmp_path)) == []
