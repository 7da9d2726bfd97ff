"""Re-tagging: what `gongbao index --dry-run` says beforehand is what `gongbao index` then does."""

from dataclasses import replace

import pytest
from click.testing import CliRunner
from sqlalchemy import select, update

from indexer.commands import index
from indexer.document_tables import documents
from indexer.documents.retagging import preview
from indexer.documents.update import update_documents
from indexer.vocabulary.loader import load
from support.archive import NOW, Archive, an_article

UNTAGGED = {"organizations": [], "topics": []}


@pytest.fixture
def archive(tmp_path):
    """An archive of two releases."""
    with Archive.open(tmp_path / "data") as made:
        made.capture(an_article(1, title="Tariffs on cars", body="MOFCOM announced tariffs."))
        made.capture(an_article(2, title="Announcement No. 3", body="It is about steel."))
        update_documents(made.store, load(), NOW)
        yield made


def forget_tags(archive):
    with archive.store.begin() as connection:
        connection.execute(update(documents).where(documents.c.seq == 1).values(tags=UNTAGGED))


def rows(archive):
    with archive.store.read() as connection:
        return connection.execute(select(documents).order_by(documents.c.id)).all()


def test_nothing_changes_where_tags_are_those_of_the_vocabulary(archive):
    found = preview(archive.store, load())
    assert (found.documents, found.changed, found.samples) == (2, 0, [])


def test_changes_are_counted_and_shown_with_samples(archive):
    forget_tags(archive)
    found = preview(archive.store, load())
    assert (found.documents, found.changed) == (2, 1)
    assert found.counts["topics", "tariffs", "", "about"] == 1
    assert found.counts["organizations", "mofcom", "", "about"] == 1
    [(_, title, changes)] = found.samples
    assert title == "Tariffs on cars"
    assert ("topics", "automobiles", "", "about") in changes


def test_another_grade_and_another_kind_are_changes(archive):
    with archive.store.begin() as connection:
        for row in connection.execute(select(documents)).all():
            topics = [{**each, "grade": "mentioned"} for each in row.tags["topics"]]
            other = {**row.tags, "type": None, "topics": topics}
            connection.execute(update(documents).where(documents.c.id == row.id).values(tags=other))
    found = preview(archive.store, load())
    assert found.counts["topics", "tariffs", "mentioned", "about"] == 1
    assert found.counts["type", "announcement", "", "about"] == 1


def test_the_command_says_so_and_writes_nothing(archive):
    forget_tags(archive)
    before = rows(archive)
    ran = CliRunner(env={"GONGBAO_DATA": str(archive.data), "GONGBAO_DATABASE": archive.settings.database}).invoke(
        index, ["--dry-run"])
    assert ran.exit_code == 0, ran.output
    lines = ran.stdout.splitlines()
    assert lines[0] == "1 of 2 documents would have other tags; nothing was written"
    assert "     1  topics tariffs: none -> about" in lines
    assert any("Tariffs on cars: " in each for each in lines)
    assert rows(archive) == before


def test_the_update_does_what_the_preview_said(archive):
    forget_tags(archive)
    vocabulary = replace(load(), digest="another")
    said = preview(archive.store, vocabulary).changed
    assert update_documents(archive.store, vocabulary, NOW).changed == said
    assert preview(archive.store, vocabulary).changed == 0


@pytest.mark.parametrize("other", ["--rebuild", "--from-files"])
def test_a_dry_run_takes_no_order_to_write(other):
    ran = CliRunner().invoke(index, ["--dry-run", other])
    assert ran.exit_code == 2
    assert "--dry-run writes nothing" in ran.output
