"""WARC files in the store: how far the captures of each are catalogued."""

from sqlalchemy import Connection, case, insert, select, update

from archive.db.tables import warc_files


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
