"""The store: creation, migrations, locking between processes, errors with advice."""

import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import insert, inspect, select, text
from sqlalchemy.exc import DBAPIError

import archive.db.migrations
import indexer.document_tables
from archive.db.store import SCHEMA, Store
from archive.db.tables import METADATA, metadata, pages, runs
from archive.errors import StoreError
from archive.messages import message
from archive.settings import ArchiveSettings
from crawler.settings import CrawlerSettings
from support.archive import NOW, Archive, after, exchange, release_url

assert indexer.document_tables.METADATA is METADATA
PAGE = {"urlkey": "a.cn/1", "public_id": "1", "url": "http://a.cn/1", "first_seen": "2026-11-21T12:00:00Z"}


@pytest.fixture
def settings(tmp_path):
    return CrawlerSettings(data=tmp_path / "new" / "data")


@pytest.fixture
def store(settings):
    with Store.open(settings, clock=lambda: NOW) as opened:
        yield opened


def test_the_migrations_make_exactly_the_tables_of_the_code(store):
    with store.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
        assert set(inspect(connection).get_table_names()) == {*METADATA.tables, "alembic_version"}


def test_indexes_are_those_of_the_code_too(store):
    with store.read() as connection:
        found = {each["name"] for table in METADATA.tables for each in inspect(connection).get_indexes(table)}
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


def test_sqlite_is_set_to_lose_nothing(store):
    with store.read() as connection:
        found = [connection.execute(text(f"PRAGMA {each}")).scalar()
                 for each in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")]
    assert found == ["wal", 2, 1, 60000]


def test_an_open_store_is_opened_again_without_alembic(store, settings):
    code = ("import sys, pathlib; from archive.settings import ArchiveSettings; from archive.db.store import Store\n"
            "Store.open(ArchiveSettings(data=pathlib.Path(sys.argv[1]))).close()\n"
            "print(sorted({each.split('.')[0] for each in sys.modules} & {'alembic', 'indexer', 'scrapy', 'flask'}))")
    done = subprocess.run([sys.executable, "-W", "error", "-c", code, settings.data], capture_output=True, text=True,
                          check=True)
    assert done.stdout.strip() == "[]"


def test_many_processes_make_one_store(settings):
    code = ("import sys, pathlib; from archive.settings import ArchiveSettings; from archive.db.store import Store\n"
            "store = Store.open(ArchiveSettings(data=pathlib.Path(sys.argv[1]))); print(store.uuid); store.close()")
    running = [subprocess.Popen([sys.executable, "-c", code, settings.data], stdout=subprocess.PIPE,
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


def test_reading_makes_nothing_where_there_is_no_archive(settings):
    with pytest.raises(StoreError, match="gongbao crawl"):
        Store.open(settings, readonly=True)
    assert not settings.data.parent.exists()


def test_reading_leaves_no_file_behind_and_cannot_write(settings):
    Store.open(settings).close()
    before = sorted(settings.data.iterdir())
    with Store.open(settings, readonly=True) as store, pytest.raises(StoreError, match="readonly"):
        store.start_run("mofcom_en", NOW, live=True)
    assert sorted(settings.data.iterdir()) == before


def test_what_is_no_database_is_named(tmp_path):
    (tmp_path / "gongbao.sqlite").write_text("this is a letter, not a database\n" * 50)
    with pytest.raises(StoreError, match=r"gongbao\.sqlite cannot be used: file is not a database; move"):
        Store.open(ArchiveSettings(data=tmp_path))


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"file.* cannot be made: Not a directory; set GONGBAO_DATA"):
        Store.open(ArchiveSettings(data=tmp_path / "file" / "data"))


@pytest.mark.parametrize(("said", "advice"), [
    ("database is locked", "; another process is writing to it, try again when it is done"),
    ("database or disk is full", "; free some space and run the command again, nothing is half-written"),
    ("disk I/O error", "; check whether the disk is full, then whether it has errors"),
    ("attempt to write a readonly database", "; check the permissions of the file and of its folder"),
    ("something new", "")])
def test_what_a_database_says_comes_with_what_to_do(store, said, advice):
    with pytest.raises(StoreError) as error, store.begin():
        raise DBAPIError("UPDATE pages", {}, sqlite3.OperationalError(said))
    assert str(error.value) == f"the store {store.engine.url.database} cannot be used: {said}{advice}"


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
    monkeypatch.setattr("archive.db.store.LOCK_TIMEOUT", 0.01)
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


def test_known_are_pages_with_a_readable_article(tmp_path):
    with Archive.open(tmp_path / "data") as archive:
        with archive.writer() as writer:
            writer.keep(exchange(release_url(1), b"said"))
            writer.keep(exchange(release_url(2), b"unreadable"))
        keys = [each.urlkey for each in archive.rows("pages")]
        assert archive.store.known_articles([*keys, *(f"a.cn/{each}" for each in range(1200))]) == {keys[0]}


def test_validators_are_those_of_the_newest_full_answer(tmp_path):
    tagged = [(b"Content-Type", b"text/html"), (b"ETag", b'"new"'),
              (b"Last-Modified", b"Sat, 21 Nov 2026 11:00:00 GMT")]
    with Archive.open(tmp_path / "data") as archive:
        with archive.writer() as writer:
            writer.keep(exchange(at=after(hours=1), headers=tagged))
            writer.keep(exchange(at=NOW, headers=[(b"ETag", b'"old"')]))
            writer.keep(exchange(at=after(hours=2), status=503, headers=[(b"ETag", b'"error"')]))
        key = archive.rows("pages")[0].urlkey
        assert archive.store.validators(key) == ('"new"', "Sat, 21 Nov 2026 11:00:00 GMT")
        assert archive.store.validators("a.cn/unknown") == (None, None)


def test_a_quarantined_page_is_asked_for_in_full_again(tmp_path):
    with Archive.open(tmp_path / "data") as archive:
        with archive.writer() as writer:
            writer.keep(exchange(body=b"unreadable", headers=[(b"ETag", b'"cut"')]))
        assert archive.store.validators(archive.rows("pages")[0].urlkey) == (None, None)
