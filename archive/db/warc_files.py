"""WARC files in the store: how far each is catalogued, and rejects, captures whose rows the database refuses."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Row, case, delete, func, insert, select, update

from archive.db.store import chunks
from archive.db.tables import rejects, warc_files
from archive.messages import Message


def catalogued_sizes(connection: Connection) -> dict[str, int]:
    """The byte up to which each known file is catalogued, by its final name."""
    return {row.name: row.size for row in connection.execute(select(warc_files.c.name, warc_files.c.size))}


def catalogued_upto(connection: Connection, name: str) -> tuple[int, str]:
    """The byte up to which a file is catalogued, and the provenance there; (0, "unknown") for a file not known."""
    query = select(warc_files.c.size, warc_files.c.provenance).where(warc_files.c.name == name)
    row = connection.execute(query).first()
    return (row.size, row.provenance) if row else (0, "unknown")


def mark_catalogued(connection: Connection, name: str, size: int, provenance: str) -> None:
    """Note that the captures of a file up to this byte are in the store, or rejects; needs their transaction."""
    is_behind = warc_files.c.size < size  # a reject that is tried again is before the end
    known = update(warc_files).where(warc_files.c.name == name).values(
        size=case((is_behind, size), else_=warc_files.c.size),
        provenance=case((is_behind, provenance), else_=warc_files.c.provenance))
    if connection.execute(known).rowcount == 0:
        connection.execute(insert(warc_files).values(name=name, size=size, provenance=provenance))


def select_rejects(connection: Connection) -> list[Row[Any]]:
    """Rows of all rejects, oldest first."""
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
