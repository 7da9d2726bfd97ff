"""Refused documents in the store: written before the checkpoint passes them, removed once they are outdated."""

from collections.abc import Collection, Mapping

from sqlalchemy import Connection, delete, insert, select

from archive.db.store import Store, chunks
from archive.messages import Message
from indexer.document_tables import documents, refused_documents


def record_refusals(store: Store, revs: Mapping[str, int], refused: Mapping[str, Message]) -> None:
    """Record why the engine refuses documents, each with the rev that it has in `revs`."""
    with store.begin() as connection:
        _forget(connection, refused)
        connection.execute(insert(refused_documents), [
            {"id": name, "rev": revs[name], "reason": reason} for name, reason in refused.items()])


def forget_outdated(store: Store) -> None:
    """Remove the refusals of documents that have changed since, or are gone: they were tried again."""
    current = select(documents.c.id).where(documents.c.id == refused_documents.c.id,
                                           documents.c.rev == refused_documents.c.rev).exists()
    with store.read() as connection:
        found = list(connection.scalars(select(refused_documents.c.id).where(~current)))
    if found:
        with store.begin() as connection:
            connection.execute(delete(refused_documents).where(~current))


def forget_others(store: Store, kept: Collection[str]) -> None:
    """Remove all refusals but these: a rebuild has tried every document again."""
    with store.read() as connection:
        found = [name for name in connection.scalars(select(refused_documents.c.id)) if name not in kept]
    if found:
        with store.begin() as connection:
            _forget(connection, found)


def _forget(connection: Connection, ids: Collection[str]) -> None:
    for chosen in chunks(sorted(ids)):
        connection.execute(delete(refused_documents).where(refused_documents.c.id.in_(chosen)))
