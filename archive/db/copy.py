"""Copies of a store, taken while other processes write: SQLite by its online backup, PostgreSQL by pg_dump."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, Connection, NullPool, create_engine, make_url
from sqlalchemy.exc import DBAPIError

from archive.db.dialects import display_url, file_damage, is_sqlite
from archive.db.store import SCHEMA, Store, get_counter, get_metadata
from archive.db.warc_files import catalogued_sizes
from archive.errors import StoreError
from archive.settings import ArchiveSettings

SQLITE, POSTGRESQL = "sqlite", "postgresql"


@dataclass(frozen=True, slots=True)
class StoreCopy:
    """Contents of a copy of a store: its newest `rev`, and the byte up to which each WARC file is catalogued in it."""

    database: str
    uuid: str
    schema: str
    rev: int
    catalogued: Mapping[str, int]


def store_size(store: Store) -> int:
    """Size of the database in bytes."""
    query = ("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
             if is_sqlite(store.engine.url) else "SELECT pg_database_size(current_database())")
    with store.read() as connection:
        return int(connection.exec_driver_sql(query).scalar_one())


def database_of(url: URL) -> str:
    """The kind of a database: sqlite or postgresql."""
    return SQLITE if is_sqlite(url) else POSTGRESQL


def copy_store(store: Store, path: Path) -> StoreCopy:
    """Copy one state of a store into a new file, flushed to disk. Raises StoreError, also for a damaged store."""
    found = (_copy_sqlite if is_sqlite(store.engine.url) else _dump_postgresql)(store, path)
    with path.open("rb") as file:
        os.fsync(file.fileno())
    return found


def _copy_sqlite(store: Store, path: Path) -> StoreCopy:
    copy = create_engine(URL.create("sqlite", database=str(path)), poolclass=NullPool)
    error = copy.dialect.loaded_dbapi.Error
    try:
        with closing(store.engine.raw_connection()) as source, closing(copy.raw_connection()) as target:
            source.driver_connection.backup(target.driver_connection)  # type: ignore[union-attr]  # one step: one state
            target.driver_connection.execute("PRAGMA journal_mode=DELETE")  # type: ignore[union-attr]  # a file alone
        with copy.connect() as connection:
            if damage := file_damage(connection):  # it is copied page by page, damage included
                raise StoreError(f"the store {display_url(store.engine.url)} is damaged ({damage}), no backup is made; "
                                 "`gongbao restore BACKUP --repair` puts back the store of the last one")
            return _contents(connection, SQLITE)
    except (error, DBAPIError) as trouble:
        raise StoreError(f"the store {display_url(store.engine.url)} cannot be copied to {path}: {trouble}; check "
                         "space and permissions there, and the store with `gongbao check`") from trouble
    finally:
        copy.dispose()


def _dump_postgresql(store: Store, path: Path) -> StoreCopy:
    with store.read() as connection:
        snapshot = connection.exec_driver_sql("SELECT pg_export_snapshot()").scalar_one()
        schema = connection.exec_driver_sql("SELECT quote_ident(current_schema())").scalar_one()
        found = _contents(connection, POSTGRESQL)
        # The tables and not their schema: every database has the schema public already.
        _run("pg_dump", store.engine.url, "--format=custom", f"--snapshot={snapshot}", f"--table={schema}.*",
             f"--file={path}")
    return found


def _contents(connection: Connection, database: str) -> StoreCopy:
    uuid = get_metadata(connection, "store_uuid") or ""
    return StoreCopy(database, uuid, SCHEMA, get_counter(connection, "next_rev", 1) - 1, catalogued_sizes(connection))


def require_tool(settings: ArchiveSettings, program: str) -> None:
    """Raise StoreError if the store is on PostgreSQL and this program of it is not installed."""
    if not is_sqlite(make_url(settings.database_url())):
        _find(program)


def restore_dump(settings: ArchiveSettings, dump: Path) -> None:
    """Restore a dump of PostgreSQL into the empty database of the settings, all or nothing. Raises StoreError."""
    _run("pg_restore", make_url(settings.database_url()), "--exit-on-error", "--single-transaction", str(dump))


def _find(program: str) -> str:
    found = shutil.which(program)
    if found is None:
        raise StoreError(f"{program} is not installed, and a store on PostgreSQL is copied with it; install "
                         "PostgreSQL's client programs (Debian: postgresql-client), of the server's version or newer")
    return found


def _run(program: str, url: URL, *arguments: str) -> None:
    """Run a program of PostgreSQL on a database; the password goes by the environment, which others cannot read."""
    address = url.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
    password = {"PGPASSWORD": str(url.password)} if url.password else {}
    done = subprocess.run(  # noqa: S603
        [_find(program), "--no-owner", "--no-privileges", f"--dbname={address}", *arguments], check=False,
        env={**os.environ, **password}, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace")
    if done.returncode:
        raise StoreError(f"{program} failed for {display_url(url)}: {' '.join(done.stderr.split())[:400]}")
