"""What there is one of in a store, by key: its uuid, how far some work has come."""

from sqlalchemy import Connection, insert, select, update

from crawler.tables import facts


def fact(connection: Connection, key: str) -> str | None:
    """A fact that there is one of, None before it was first set."""
    return connection.execute(select(facts.c.value).where(facts.c.key == key)).scalar()


def set_fact(connection: Connection, key: str, value: str) -> None:
    """Set a fact under the write transaction of `connection`."""
    if connection.execute(update(facts).where(facts.c.key == key).values(value=value)).rowcount == 0:
        connection.execute(insert(facts).values(key=key, value=value))
