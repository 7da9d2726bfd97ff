"""Copies of a store, as an operator keeps them, and their return: SQLite's file, on PostgreSQL a copy of each table."""

import sqlite3
from contextlib import closing
from pathlib import Path
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
        path = Path(make_url(settings.database_url()).database or "")
        for each in path.parent.glob(f"{path.name}*"):
            each.unlink()
        path.write_bytes(copy)
        return
    with Store.open(settings) as store, store.begin() as connection:
        connection.execute(text(f"TRUNCATE {', '.join(each.name for each in METADATA.sorted_tables)}"))
        for table in METADATA.sorted_tables:
            connection.execute(text(f"INSERT INTO {table.name} SELECT * FROM {copy}_{table.name}"))  # noqa: S608
