"""A store of the first schema opens: its documents are queued where outdated, its files known, its revs a range."""

import pytest
from sqlalchemy import MetaData, create_engine, insert, select

from archive.db.migrations.upgrade import upgrade
from archive.db.tables import changed_pages, frontier, warc_files
from indexer.document_tables import lineage
from support.archive import Archive, an_article

AT = "2026-01-0{}T00:00:00Z"


@pytest.fixture
def first_schema(empty_database, folder):
    """A store of the first schema with three pages: a document, a document without its article, and a new article."""
    engine = create_engine(empty_database)
    with engine.begin() as connection:
        upgrade(connection, "0001")
        tables = MetaData()
        tables.reflect(connection)

        def add(table, *rows):
            connection.execute(insert(tables.tables[table]), list(rows))

        add("facts", {"key": "store_uuid", "value": "0af3"}, {"key": "created_at", "value": AT.format(1)})
        add("counters", {"key": "next_rev", "value": 3}, {"key": "next_seq", "value": 3},
            {"key": "last_article", "value": 2})
        add("pages", *({"id": n, "urlkey": f"key{n}", "public_id": f"id{n}", "url": f"http://x/{n}", "source": "camce",
                        "first_seen": AT.format(n)} for n in (1, 2, 3)))
        add("captures", *({"id": n, "record_id": f"urn:{n}", "page_id": n, "url": f"http://x/{n}", "kind": "response",
                           "fetched_at": AT.format(n), "digest": "sha256:", "length": 1, "provenance": "crawl",
                           "warc_file": f"warc/{n // 2}.warc.gz", "warc_offset": 100 * n, "warc_length": 50}
                          for n in (1, 2, 3)))
        article = {name: value for name, value in an_article().to_dict().items() if name not in ("title", "body")}
        add("articles", *({"id": n, "page_id": n, "capture_id": n, "source": "camce", "layout": "x", "reader": 1,
                           "content_hash": "x", "title": "x", "body": "x", "language": "en", "precision": "unknown",
                           "facts": article} for n in (1, 3)))
        add("documents", *({"id": f"id{n}", "page_id": n, "article_id": n, "seq": n, "rev": n, "cause": "new",
                            "added_at": AT.format(n), "changed_at": AT.format(n), "capture_id": n, "reader": 1,
                            "content_hash": "x", "details": "x", "tags": {}} for n in (1, 2)))
    engine.dispose()
    with Archive.open(folder) as archive:
        yield archive


def rows(archive, *columns):
    with archive.store.read() as connection:
        return [tuple(row) for row in connection.execute(select(*columns))]


def test_what_no_update_has_seen_is_queued(first_schema):
    assert sorted(rows(first_schema, changed_pages.c.page_id, changed_pages.c.captured_at)) == [
        (2, ""), (3, AT.format(3))]


def test_its_files_are_known_up_to_their_last_capture(first_schema):
    assert sorted(rows(first_schema, warc_files)) == [
        ("warc/0.warc.gz", 150, "crawl"), ("warc/1.warc.gz", 350, "crawl")]


def test_its_revs_are_one_range(first_schema):
    ((rev, token),) = rows(first_schema, lineage)
    assert (rev, len(token)) == (2, 32)


def test_what_was_crawled_is_in_the_frontier(first_schema):
    columns = (frontier.c.page_id, frontier.c.source, frontier.c.state, frontier.c.asked_at, frontier.c.due_at)
    assert sorted(rows(first_schema, *columns)) == [
        (n, "camce", "read", AT.format(n), AT.format(n)) for n in (1, 3)]
