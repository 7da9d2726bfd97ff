"""Key-value metadata and integer counters of the store."""

from sqlalchemy import Connection, Table, insert, select, update

from archive.db.tables import counters, metadata


def get_metadata(connection: Connection, key: str) -> str | None:
    """The value of a metadata key, None before it was first set."""
    return connection.execute(select(metadata.c.value).where(metadata.c.key == key)).scalar()


def set_metadata(connection: Connection, key: str, value: str) -> None:
    """Set a metadata key; needs the write transaction of `Store.begin`."""
    _upsert(connection, metadata, key, value)


def get_counter(connection: Connection, key: str, default: int) -> int:
    """The value of a counter, `default` before it was first set."""
    found = connection.execute(select(counters.c.value).where(counters.c.key == key)).scalar()
    return default if found is None else int(found)


def set_counter(connection: Connection, key: str, value: int) -> None:
    """Set a counter; needs the write transaction of `Store.begin`."""
    _upsert(connection, counters, key, value)


def _upsert(connection: Connection, table: Table, key: str, value: str | int) -> None:
    if connection.execute(update(table).where(table.c.key == key).values(value=value)).rowcount == 0:
        connection.execute(insert(table).values(key=key, value=value))
