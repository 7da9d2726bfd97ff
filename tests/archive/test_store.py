"""The store on SQLite and on PostgreSQL: creation, locking between processes, readers, errors with advice."""

import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import insert, inspect, make_url, select, text
from sqlalchemy.exc import DBAPIError

import archive.db.migrations
import indexer.document_tables
from archive.db.dialects import display_url
from archive.db.store import SCHEMA, Store
from archive.db.tables import METADATA, metadata, pages, runs
from archive.errors import RefusedRowError, StoreError
from archive.messages import message
from archive.settings import ArchiveSettings
from crawler.settings import CrawlerSettings
from support.archive import NOW, Archive, after, exchange, release_url
from support.databases import end_connections

assert indexer.document_tables.METADATA is METADATA
PAGE = {"urlkey": "a.cn/1", "public_id": "1", "url": "http://a.cn/1", "first_seen": "2026-11-21T12:00:00Z"}


# The test is about the file of SQLite.
ON_SQLITE = pytest.mark.parametrize("new_database", ["sqlite"], indirect=True)
ON_POSTGRESQL = pytest.mark.parametrize("new_database", ["postgresql"], indirect=True)


class SaidError(sqlite3.OperationalError):
    """What a database says, with its code: SQLite's, or the SQLSTATE of PostgreSQL."""

    def __init__(self, text, code):
        super().__init__(text)
        self.sqlite_errorcode = code


class SaidByServerError(psycopg.OperationalError):
    def __init__(self, text, code):
        super().__init__(text)
        self.sqlstate = code


@pytest.fixture
def settings(tmp_path, database):
    return CrawlerSettings(data=tmp_path / "new" / "data", database=database)


@pytest.fixture
def unmade(request, tmp_path, new_database):
    """The settings of a store that is not made yet."""
    url = new_database() and request.getfixturevalue("postgresql").empty()
    return CrawlerSettings(data=tmp_path / "unmade" / "data", database=url)


@pytest.fixture
def store(settings):
    with Store.open(settings, clock=lambda: NOW) as opened:
        yield opened


def test_the_migrations_make_exactly_the_tables_of_the_code(unmade):
    with Store.open(unmade) as store, store.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
        assert set(inspect(connection).get_table_names()) == {*METADATA.tables, "alembic_version"}


def test_indexes_are_those_of_the_code_too(unmade):
    with Store.open(unmade) as store, store.read() as connection:
        found = {each["name"] for table in METADATA.tables for each in inspect(connection).get_indexes(table)
                 if "duplicates_constraint" not in each}
    assert found == {each.name for table in METADATA.tables.values() for each in table.indexes}


def test_the_schema_number_is_that_of_the_newest_migration():
    config = Config()
    config.set_main_option("script_location", str(Path(archive.db.migrations.__file__).parent))
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_current_head() == SCHEMA


def test_the_uuid_is_made_once(store, settings):
    with Store.open(settings) as again:
        assert again.uuid == store.uuid
    with store.read() as connection:
        kept = dict(tuple(row) for row in connection.execute(select(metadata.c.key, metadata.c.value)))
    assert kept == {"store_uuid": store.uuid, "created_at": "2026-11-21T12:00:00Z"}


@ON_SQLITE
def test_sqlite_is_set_to_lose_nothing(store):
    with store.read() as connection:
        found = [connection.execute(text(f"PRAGMA {each}")).scalar()
                 for each in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")]
    assert found == ["wal", 2, 1, 60000]


def test_an_open_store_is_opened_again_without_alembic(store, settings):
    code = ("import sys, pathlib; from archive.settings import ArchiveSettings; from archive.db.store import Store\n"
            "Store.open(ArchiveSettings(data=pathlib.Path(sys.argv[1]), database=sys.argv[2])).close()\n"
            "print(sorted({each.split('.')[0] for each in sys.modules} & {'alembic', 'indexer', 'scrapy', 'flask'}))")
    words = [sys.executable, "-W", "error", "-c", code, settings.data, settings.database]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_many_processes_make_one_store(unmade):
    code = ("import sys, pathlib; from archive.settings import ArchiveSettings; from archive.db.store import Store\n"
            "store = Store.open(ArchiveSettings(data=pathlib.Path(sys.argv[1]), database=sys.argv[2]))\n"
            "print(store.uuid); store.close()")
    running = [subprocess.Popen([sys.executable, "-c", code, unmade.data, unmade.database], stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True) for _ in range(4)]
    said = [each.communicate() for each in running]
    assert [error for _, error in said] == [""] * 4
    assert len({out for out, _ in said}) == 1


def test_a_newer_store_is_refused(store, settings):
    with store.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for readonly in (False, True):
        with pytest.raises(StoreError, match="install a newer Gongbao"):
            Store.open(settings, readonly=readonly)


def test_reading_refuses_an_older_store_instead_of_migrating(store, settings):
    with store.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    with pytest.raises(StoreError, match="run `gongbao index`"):
        Store.open(settings, readonly=True)


@ON_SQLITE
def test_reading_makes_nothing_where_there_is_no_archive(settings):
    with pytest.raises(StoreError, match="gongbao crawl"):
        Store.open(settings, readonly=True)
    assert not settings.data.parent.exists()


@ON_POSTGRESQL
def test_reading_makes_no_table_in_an_empty_database(unmade):
    with pytest.raises(StoreError, match=r"has schema none.*gongbao index"):
        Store.open(unmade, readonly=True)
    Store.open(unmade).close()


@ON_SQLITE
def test_reading_leaves_no_file_behind(settings):
    Store.open(settings).close()
    before = sorted(settings.data.iterdir())
    with Store.open(settings, readonly=True) as store, store.read() as connection:
        connection.execute(select(pages))
    assert sorted(settings.data.iterdir()) == before


def test_a_store_that_is_only_read_cannot_be_written(settings):
    Store.open(settings).close()
    with Store.open(settings, readonly=True) as store:
        with store.read() as connection:
            connection.execute(select(pages))
        with pytest.raises(StoreError, match=r"readonly database; check the perm|read-only transaction; .*only reads"):
            store.start_run("mofcom_en", NOW, live=True)


def test_what_is_no_database_is_named(tmp_path):
    (tmp_path / "gongbao.sqlite").write_text("this is a letter, not a database\n" * 50)
    with pytest.raises(StoreError, match=r"cannot be used: file is not a database; run `gongbao restore"):
        Store.open(ArchiveSettings(data=tmp_path))


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"file.* cannot be made: Not a directory; name another one"):
        Store.open(ArchiveSettings(data=tmp_path / "file" / "data"))


LOCKED = "; another process is writing to it, try again when it is done"
FULL = "; free some space and run the command again, nothing is half-written"


@pytest.mark.parametrize(("said", "advice"), [
    (SaidError("database is locked", sqlite3.SQLITE_BUSY), LOCKED),
    (SaidError("database is locked", sqlite3.SQLITE_BUSY_SNAPSHOT), LOCKED),
    (SaidError("database or disk is full", sqlite3.SQLITE_FULL), FULL),
    (SaidError("disk I/O error", sqlite3.SQLITE_IOERR_WRITE), "; check whether the disk is full, then whether it has "
                                                              "errors"),
    (SaidError("attempt to write a readonly database", sqlite3.SQLITE_READONLY),
     "; check the permissions of the file and of its folder"),
    (SaidError("no such function: full_text", sqlite3.SQLITE_ERROR), ""),
    (SaidByServerError("could not extend file", "53100"), FULL),
    (SaidByServerError("canceling statement due to lock timeout", "55P03"), LOCKED),
    (SaidByServerError("terminating connection due to administrator command", "57P01"),
     "; its server was stopped or is starting, run the command again when it is up"),
    (SaidByServerError("permission denied for table pages", "42501"),
     "; give the user of GONGBAO_DATABASE the right to create and write tables in this database"),
    (SaidByServerError("character with byte sequence … has no equivalent in encoding LATIN1", "22P05"),
     "; its encoding cannot hold this text: move the store to a database with the encoding UTF8"),
    (SaidByServerError("the row of a full table", "42601"), "")], ids=str)
def test_what_a_database_says_comes_with_what_to_do(store, said, advice):
    with pytest.raises(StoreError) as error, store.begin():
        raise DBAPIError("UPDATE pages", {}, said)
    assert str(error.value) == f"the store {display_url(store.engine.url)} cannot be used: {said}{advice}"


@pytest.mark.parametrize("said", [
    SaidError("string or blob too big", sqlite3.SQLITE_TOOBIG),
    SaidByServerError("integer out of range", "22003"),
    SaidByServerError("index row size 6016 exceeds btree version 4 maximum 2704\nHINT: … use full text indexing.",
                      "54000")], ids=str)
def test_a_row_that_is_refused_is_no_fault_of_the_database(store, said):
    with pytest.raises(RefusedRowError, match="refuses a row: ") as error, store.begin():
        raise DBAPIError("INSERT INTO pages", {}, said)
    assert "free some space" not in str(error.value)


def test_a_server_that_does_not_answer_is_named_without_the_password(tmp_path):
    url = f"postgresql+psycopg://me:secret@/gongbao?host={tmp_path}"
    with pytest.raises(StoreError, match="check that the server runs and that GONGBAO_DATABASE names") as error:
        Store.open(ArchiveSettings(database=url))
    assert "secret" not in str(error.value)


@ON_POSTGRESQL
def test_a_database_that_does_not_exist_is_named(database):
    url = make_url(database).set(database="nowhere").render_as_string(hide_password=False)
    with pytest.raises(StoreError, match='"nowhere" does not exist; check that the server runs'):
        Store.open(ArchiveSettings(database=url))


@ON_POSTGRESQL
def test_a_database_that_cannot_hold_chinese_is_refused(postgresql, database):
    name = f"{postgresql.name}_latin"
    postgresql.execute(postgresql.url, f"CREATE DATABASE {name} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    url = make_url(database).set(database=name).difference_update_query(["options"])
    with pytest.raises(StoreError, match=r"has the encoding LATIN1; create one with `createdb -E UTF8"):
        Store.open(ArchiveSettings(database=url.render_as_string(hide_password=False)))
    postgresql.execute(postgresql.url, f"DROP DATABASE {name} WITH (FORCE)")


@ON_POSTGRESQL
def test_no_request_fails_after_the_server_was_restarted(store, settings):
    with store.read() as connection:
        connection.execute(select(pages))
    end_connections(settings.database)
    with store.read() as connection:
        assert connection.execute(select(pages)).all() == []
    with store.begin() as connection:
        connection.execute(insert(pages), PAGE)


@ON_POSTGRESQL
def test_a_connection_that_is_cut_in_a_transaction_is_told_and_leaves_nothing(store, settings):
    def cut(connection):
        connection.execute(insert(pages), PAGE)
        end_connections(settings.database)
        connection.execute(select(pages))

    with pytest.raises(StoreError, match="its server was stopped or is starting"), store.begin() as connection:
        cut(connection)
    with store.read() as connection:
        assert connection.execute(select(pages)).all() == []


def test_a_failed_transaction_leaves_nothing(store):
    def half(connection):
        connection.execute(insert(pages), PAGE)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), store.begin() as connection:
        half(connection)
    with store.read() as connection:
        assert connection.execute(select(pages)).all() == []


def test_a_reader_sees_one_state_while_another_writes(store):
    with store.read() as reading:
        before = reading.execute(select(pages)).all()
        with store.begin() as connection:
            connection.execute(insert(pages), PAGE)
        assert reading.execute(select(pages)).all() == before == []
    with store.read() as reading:
        assert len(reading.execute(select(pages)).all()) == 1


def test_a_second_writer_waits_for_the_first(store, settings):
    asked, order = threading.Event(), []

    def second():
        with Store.open(settings) as other:
            asked.set()
            with other.begin():
                order.append("second")

    with store.begin():
        waiting = threading.Thread(target=second)
        waiting.start()
        asked.wait()
        waiting.join(0.2)  # long enough for it to be turned away, were it not made to wait
        order.append("first")
    waiting.join()
    assert order == ["first", "second"]


def test_a_writer_that_waited_too_long_says_why(store, settings, monkeypatch):
    monkeypatch.setattr("archive.db.dialects.LOCK_TIMEOUT", 0.01)
    with Store.open(settings) as hasty, store.begin(), pytest.raises(StoreError, match="another process is writing"), \
            hasty.begin():
        pass


def test_a_run_is_running_until_it_is_finished(store):
    run = store.start_run("mofcom_en", NOW, live=False)
    few = message("few_releases", count=1, wanted=5)
    store.finish_run(run, after(minutes=5), "short", [few], counts={"articles": 1})
    with store.read() as connection:
        row = connection.execute(select(runs)).one()
    assert tuple(row) == (run, "mofcom_en", "2026-11-21T12:00:00Z", "2026-11-21T12:05:00Z", "short", False,
                          [{"code": "few_releases", "count": 1, "wanted": 5}], {"articles": 1})


def test_a_run_that_does_not_exist_cannot_be_finished(store):
    with pytest.raises(StoreError, match="no run 7"):
        store.finish_run(7, NOW, "healthy")


def test_known_are_pages_with_a_readable_article(tmp_path, database):
    with Archive.open(tmp_path / "data") as archive:
        with archive.writer() as writer:
            writer.keep(exchange(release_url(1), b"said"))
            writer.keep(exchange(release_url(2), b"unreadable"))
        keys = [each.urlkey for each in archive.rows("pages")]
        assert archive.store.known_articles([*keys, *(f"a.cn/{each}" for each in range(1200))]) == {keys[0]}


def test_validators_are_those_of_the_newest_full_answer(tmp_path, database):
    tagged = [(b"Content-Type", b"text/html"), (b"ETag", b'"new"'),
              (b"Last-Modified", b"Sat, 21 Nov 2026 11:00:00 GMT")]
    with Archive.open(tmp_path / "data") as archive:
        with archive.writer() as writer:
            writer.keep(exchange(at=after(hours=1), headers=tagged))
            writer.keep(exchange(at=NOW, headers=[(b"ETag", b'"old"')]))
            writer.keep(exchange(at=after(hours=2), status=503, headers=[(b"ETag", b'"error"')]))
        key = archive.rows("pages")[0].urlkey
        assert archive.store.validators(key, archive.data) == ('"new"', "Sat, 21 Nov 2026 11:00:00 GMT")
        assert archive.store.validators("a.cn/unknown", archive.data) == (None, None)


def test_a_quarantined_page_is_asked_for_in_full_again(tmp_path, database):
    with Archive.open(tmp_path / "data") as archive:
        with archive.writer() as writer:
            writer.keep(exchange(body=b"unreadable", headers=[(b"ETag", b'"cut"')]))
        assert archive.store.validators(archive.rows("pages")[0].urlkey, archive.data) == (None, None)
