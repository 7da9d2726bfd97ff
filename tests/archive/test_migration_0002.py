"""Migrations of a store that the program of schema 0001 made, by crawling the replica and indexing."""

import json
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData, create_engine, func, insert, inspect, select, text
from sqlalchemy.exc import IntegrityError

from archive.db.migrations.upgrade import upgrade
from archive.db.store import SCHEMA
from archive.db.tables import METADATA, captures, pages
from archive.urls import page_id, urlkey
from indexer.document_rows import documents_by_id, related_pages
from indexer.document_tables import documents, relations
from indexer.documents.update import UpdateCounts, update_documents
from indexer.vocabulary.loader import load
from support.archive import NOW, Archive, exchange

OLD = json.loads(Path(__file__).with_name("store-0001.json").read_text("utf-8"))
DROPPED = {("relations", "urlkey")}
UNUSED = "last_article"  # a counter, whose place the queue of changed pages takes


def make_old_store(url):
    """Fill an empty database with the rows of OLD, in tables that migration 0001 makes."""
    engine = create_engine(url)
    with engine.begin() as connection:
        upgrade(connection, "0001")
        made = MetaData()
        made.reflect(connection)
        for table in made.sorted_tables:
            if OLD[table.name] and table.name != "alembic_version":
                connection.execute(insert(table), OLD[table.name])
                _advance_sequence(connection, table)
    engine.dispose()


def _advance_sequence(connection, table):
    """PostgreSQL does not count rows that were inserted with their ids."""
    key = table.c.get("id")
    if connection.dialect.name == "postgresql" and key is not None and key.autoincrement is True:
        connection.execute(select(func.setval(func.pg_get_serial_sequence(table.name, "id"), func.max(key))))


@pytest.fixture
def old_database(empty_database):
    """The URL of a database with the store of schema 0001."""
    make_old_store(empty_database)
    return empty_database


@pytest.fixture
def migrated(old_database, folder):
    with Archive.open(folder) as archive:
        yield archive


def test_the_tables_are_those_of_the_code(migrated):
    with migrated.store.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == SCHEMA


def test_every_row_is_what_it_was(migrated):
    with migrated.store.read() as connection:
        made = MetaData()
        made.reflect(connection)
        for name in OLD.keys() - {"alembic_version"}:
            kept = [made.tables[name].c[column] for column in (OLD[name] or [{}])[0] if (name, column) not in DROPPED]
            found = connection.execute(select(*kept).order_by(*made.tables[name].primary_key)).all() if kept else []
            old = [row for row in OLD[name] if row.get("key") != UNUSED]
            assert [tuple(row) for row in found] == [tuple(row[each.name] for each in kept) for row in old]


def test_a_relation_names_the_other_page_by_its_id(migrated):
    with migrated.store.read() as connection:
        found = {row.id: row.related_id for row in connection.execute(select(relations))}
    assert found == {row["id"]: page_id(row["urlkey"]) for row in OLD["relations"]}


def test_related_documents_are_found(migrated):
    old = {row["public_id"]: row["urlkey"] for row in OLD["pages"]}
    wanted = {(row["document_id"], row["urlkey"]) for row in OLD["relations"] if row["urlkey"] in old.values()}
    with migrated.store.read() as connection:
        stored = documents_by_id(connection, [row["id"] for row in OLD["documents"]])
        found = {(name, old[page.document_id]) for name, document in stored.items()
                 for page in related_pages(connection, document) if page.outgoing and page.document_id}
    assert wanted
    assert found == wanted


def test_pages_are_known_by_their_keys_and_get_new_captures(migrated):
    page = OLD["pages"][-1]
    with migrated.writer() as writer:
        writer.keep(exchange(page["url"]))
        writer.keep(exchange("http://www.camce.com.cn/en/new"))
    assert migrated.store.known_articles(row["urlkey"] for row in OLD["pages"]) == {
        row["urlkey"] for row in OLD["pages"] for article in OLD["articles"] if article["page_id"] == row["id"]}
    assert migrated.counts()["pages"] == len(OLD["pages"]) + 1
    assert migrated.rows("captures")[-2].page_id == page["id"]


def test_every_document_is_tagged_again_by_today_s_rules_and_nothing_else_changes(migrated):
    count = len(OLD["documents"])
    assert update_documents(migrated.store, load(), NOW) == UpdateCounts(changed=count, rev=2 * count)
    with migrated.store.read() as connection:
        changed = set(connection.scalars(select(documents.c.changed_at)))
    assert changed == {row["changed_at"] for row in OLD["documents"]}
    assert update_documents(migrated.store, load(), NOW) == UpdateCounts(rev=2 * count)


def test_foreign_keys_hold_and_are_checked_again(migrated):
    row = {name: value for name, value in OLD["captures"][0].items() if name != "id"}
    with migrated.store.begin() as connection:
        if connection.dialect.name == "sqlite":
            assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
        assert {each["referred_table"] for each in inspect(connection).get_foreign_keys("captures")} == {
            "pages", "captures"}
    with pytest.raises(IntegrityError), migrated.store.begin() as connection:
        connection.execute(insert(captures), {**row, "record_id": "urn:new", "page_id": 999})


def test_keys_are_no_longer_indexed_and_ids_are_unique(migrated):
    key = urlkey("http://a.cn/" + "x" * 6000)
    row = {"urlkey": key, "public_id": page_id(key), "url": f"http://{key}", "first_seen": "2026-11-21T12:00:00Z"}
    with migrated.store.begin() as connection:
        connection.execute(insert(pages), row)
    with pytest.raises(IntegrityError), migrated.store.begin() as connection:
        connection.execute(insert(pages), row)


def test_a_migration_that_fails_leaves_the_old_store(old_database, folder, monkeypatch):
    from alembic import op

    def fails(*_args, **_kwargs):
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(op, "get_bind", fails)
        with pytest.raises(ZeroDivisionError):
            Archive.open(folder)
    engine = create_engine(old_database)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == "0001"
        assert "rejects" not in inspect(connection).get_table_names()
        assert "urlkey" in {each["name"] for each in inspect(connection).get_columns("relations")}
    engine.dispose()
    with Archive.open(folder) as archive, archive.store.read() as connection:
        assert len(connection.execute(select(documents)).all()) == len(OLD["documents"])
