"""Copies of a store, as an operator keeps them, and their return: SQLite's file, on PostgreSQL a copy of each table.

New stores on SQLite are copies too, of one that the migrations made.
"""

import sqlite3
from contextlib import closing
from datetime import datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

from sqlalchemy import make_url, text

from archive.db.store import Store
from archive.settings import ArchiveSettings
from indexer.document_tables import METADATA

Copy = bytes | str  # the file, or the name of a schema


def copy_store(store: Store) -> Copy:
    """A consistent copy of the store, while it is open."""
    if store.engine.dialect.name == "sqlite":
        with closing(sqlite3.connect(store.engine.url.database or "")) as connection:
            return connection.serialize()
    name = f"copy_{uuid4().hex}"
    with store.begin() as connection:
        for table in METADATA.sorted_tables:
            connection.execute(text(f"CREATE TABLE {name}_{table.name} AS TABLE {table.name}"))
    return name


def restore_store(settings: ArchiveSettings, copy: Copy) -> None:
    """Replace the store, which is closed, by a copy of it. Sequences of PostgreSQL go on."""
    if isinstance(copy, bytes):
        path = _sqlite_path(settings)
        for each in path.parent.glob(f"{path.name}*"):
            each.unlink()
        path.write_bytes(copy)
        return
    with Store.open(settings) as store, store.begin() as connection:
        connection.execute(text(f"TRUNCATE {', '.join(each.name for each in METADATA.sorted_tables)}"))
        for table in METADATA.sorted_tables:
            connection.execute(text(f"INSERT INTO {table.name} SELECT * FROM {copy}_{table.name}"))  # noqa: S608


def make_store(settings: ArchiveSettings, now: datetime) -> None:
    """Make the SQLite file of these settings: a store of its own, made at `now`, without running the migrations."""
    made, uuid = _migrated_store(now)
    _sqlite_path(settings).write_bytes(made.replace(uuid, str(uuid4()).encode()))


@cache
def _migrated_store(now: datetime) -> tuple[bytes, bytes]:
    """A new store, and the UUID in it."""
    with TemporaryDirectory() as folder, Store.open(ArchiveSettings(data=Path(folder)), clock=lambda: now) as store:
        made, uuid = copy_store(store), store.uuid.encode()
    assert isinstance(made, bytes)
    assert made.count(uuid) == 1
    return made, uuid


def _sqlite_path(settings: ArchiveSettings) -> Path:
    return Path(make_url(settings.database_url()).database or "")
