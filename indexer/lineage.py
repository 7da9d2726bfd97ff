"""Lineage of revs: which past an index was made from, however often its store was restored from a copy.

A restored store gives out the revs after its copy once more, for other changes. The numbers alone cannot tell; the
random token of the range that a rev was given out in can.
"""

import secrets

from sqlalchemy import Connection, insert, select

from archive.db.store import get_metadata
from indexer.document_tables import lineage
from indexer.engines.base import Checkpoint


def add_range(connection: Connection, last_rev: int) -> None:
    """Give a token to the revs of this transaction, which end with `last_rev`."""
    connection.execute(insert(lineage).values(rev=last_rev, token=secrets.token_hex(16)))


def token_of(connection: Connection, rev: int) -> str | None:
    """The token of the range that holds a rev, None if the store has not given it out; '' for 0, before every range."""
    if rev == 0:
        return ""
    return connection.scalar(select(lineage.c.token).where(lineage.c.rev >= rev).order_by(lineage.c.rev).limit(1))


def why_stale(connection: Connection, checkpoint: Checkpoint | None) -> str | None:
    """Reason why the checkpoint of an index is not of this store's past, None if it is, or if the index is new."""
    if checkpoint is None:
        return None
    if checkpoint.store_uuid != get_metadata(connection, "store_uuid"):
        return "the index belongs to another store"
    if token_of(connection, checkpoint.rev) != checkpoint.token:
        return (f"the index holds changes up to rev {checkpoint.rev} that this store never made: the store was "
                "restored from a copy")
    return None
