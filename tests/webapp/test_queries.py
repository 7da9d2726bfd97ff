"""SQL of the pages: what they read does not grow with the archive."""

import pytest
from sqlalchemy import event

from support.archive import Archive, add_documents
from webapp import queries


@pytest.fixture
def plans(tmp_path):
    """A function that runs a query on an archive and returns SQLite's plans for its statements."""
    with Archive.open(tmp_path) as archive:
        add_documents(archive, [1, 2])

        def plans_of(query):
            statements = []
            with archive.store.read() as connection:
                event.listen(archive.store.engine, "before_cursor_execute",
                             lambda _connection, _cursor, statement, values, *_: statements.append((statement, values)))
                query(connection)
                driver = connection.connection.driver_connection
                return [row[3] for statement, values in statements
                        for row in driver.execute(f"EXPLAIN QUERY PLAN {statement}", values)]

        yield plans_of


@pytest.mark.parametrize("query", [
    lambda connection: queries.select_page_captures(connection, 1),
    lambda connection: queries.select_listed_releases(connection, ["a", "b"]),
    lambda connection: queries.select_capture(connection, 1)], ids=["captures of a page", "listed releases", "capture"])
def test_no_table_is_scanned(plans, query):
    """The captures of a page were found by a scan of all captures, with an index of all revisions made each time."""
    found = plans(query)
    assert found
    assert [each for each in found if each.startswith("SCAN") or "AUTOMATIC" in each] == []


def test_no_ids_list_nothing(plans):
    assert plans(lambda connection: queries.select_listed_releases(connection, [])) == []
