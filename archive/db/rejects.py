"""Rejects: captures in WARC files whose rows the database refuses."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select

from archive.db.store import chunks
from archive.db.tables import rejects
from archive.messages import Message


def select_rejects(connection: Connection) -> list[Row[Any]]:
    """Every reject, oldest first."""
    return list(connection.execute(select(rejects).order_by(rejects.c.id)))


def replace_reject(connection: Connection, row: dict[str, Any]) -> None:
    """Insert a reject; an older one of the same record in the same file is replaced."""
    connection.execute(delete(rejects).where(
        rejects.c.warc_file == row["warc_file"], rejects.c.warc_offset == row["warc_offset"]))
    connection.execute(insert(rejects), row)


def delete_rejects(connection: Connection, ids: Iterable[int]) -> None:
    """Delete rejects by id."""
    for part in chunks(list(ids)):
        connection.execute(delete(rejects).where(rejects.c.id.in_(part)))


def count_rejects(connection: Connection, after: int = 0) -> list[tuple[Message, int]]:
    """Reasons with the number of rejects that have them, the most frequent first; only ids after `after`."""
    number = func.count().label("number")
    rows = connection.execute(select(rejects.c.reason, number).where(rejects.c.id > after).group_by(
        rejects.c.reason).order_by(number.desc(), rejects.c.reason))
    return [(row.reason, row.number) for row in rows]


def last_reject(connection: Connection) -> int:
    """The id of the newest reject, 0 without one."""
    return connection.scalar(select(func.max(rejects.c.id))) or 0
