"""Store -> engine: writes all changes after the engine's checkpoint; can be interrupted and repeated at any point.

The checkpoint passes a change only once the engine holds it, or the store holds the reason why not: whatever fails for
a while is written by the next call.
"""

import logging
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from archive.db.store import Store
from archive.messages import Message
from indexer import lineage
from indexer.document_rows import Change, changes_after
from indexer.documents.update import DocumentUpdate, UpdateCounts, update_documents
from indexer.engines.base import Checkpoint, Engine
from indexer.engines.directory_swap import locked, replace_directory
from indexer.engines.factory import open_engine
from indexer.errors import BrokenIndexError, DocumentRefusedError, IndexerError, NoIndexError, UnavailableError
from indexer.refusals import forget_others, forget_outdated, record_refusals
from indexer.settings import IndexerSettings

__all__ = ["DocumentUpdate", "RefusedError", "StaleIndexError", "UpdateCounts", "rebuild", "sync", "update_documents",
           "update_index", "why_stale"]

LOG = logging.getLogger(__name__)
BATCH = 2000
NAMED = 20  # refused documents that a RefusedError names
EngineOpener = Callable[[Path], Engine]


class StaleIndexError(IndexerError):
    """The index is not of this store's past: it is another store's, or the store was restored from a copy."""


class RefusedError(IndexerError):
    """The engine refused some documents, which the message names; all others are searchable."""


def sync(store: Store, engine: Engine) -> int:
    """Write every change after the checkpoint to the engine; returns how many there were.

    Raises StaleIndexError, before anything is written, if the checkpoint is not of this store's past, and
    RefusedError, after all other documents are searchable, if the engine refuses some.
    """
    written, refused = _write_changes(store, engine)
    forget_outdated(store)
    _raise_refused(refused)
    return written


def why_stale(store: Store, settings: IndexerSettings) -> str | None:
    """Why the index must be made anew, None if it can go on, or is not there.

    Asked before documents get new revs: a restored store is told apart before it numbers other changes the same.
    """
    try:
        engine = open_engine(settings, writable=False)
    except (NoIndexError, UnavailableError):  # an index that cannot be asked now is checked again when it is written
        return None
    except BrokenIndexError as error:
        return _cause(error)
    try:
        _require_lineage(store, engine.checkpoint())
    except (StaleIndexError, BrokenIndexError) as error:
        return _cause(error)
    finally:
        engine.close()
    return None


def update_index(store: Store, settings: IndexerSettings, opener: EngineOpener | None = None) -> int:
    """Bring the index of these settings up to date; returns how many changes were written.

    A stale index, a broken one, or one of another format is rebuilt.
    """
    try:
        with locked(_writer_lock(settings)):
            written, refused = _write_changes_into(store, settings.index_folder(), opener or _opener(settings))
    except (StaleIndexError, BrokenIndexError) as error:
        LOG.warning("the search index is made anew: %s", _cause(error))
        return rebuild(store, settings, opener)
    forget_outdated(store)
    _raise_refused(refused)
    return written


def _cause(error: IndexerError) -> str:
    """The sentence of an error without the command that helps, which is what this command does already."""
    return str(error).partition("; run `")[0]


def rebuild(store: Store, settings: IndexerSettings, opener: EngineOpener | None = None) -> int:
    """Build a new index beside the old one and swap them; searches and writes continue meanwhile.

    The writer lock is held only for the last changes and the swap. Returns how many changes were written.
    """
    new, opener = settings.data / "index.new", opener or _opener(settings)
    with locked(settings.data / "rebuild.lock"):
        shutil.rmtree(new, ignore_errors=True)
        written, refused = _write_changes_into(store, new, opener)
        with locked(_writer_lock(settings)):
            late, also_refused = _write_changes_into(store, new, opener)
            replace_directory(new, settings.index_folder())
            refused |= also_refused
            forget_others(store, refused)
    _raise_refused(refused)
    return written + late


def _writer_lock(settings: IndexerSettings) -> Path:
    return settings.data / "index.lock"


def _opener(settings: IndexerSettings) -> EngineOpener:
    return lambda folder: open_engine(settings, writable=True, folder=folder)


def _write_changes_into(store: Store, folder: Path, opener: EngineOpener) -> tuple[int, dict[str, str]]:
    engine = opener(folder)
    try:
        return _write_changes(store, engine)
    finally:
        engine.close()


def _write_changes(store: Store, engine: Engine) -> tuple[int, dict[str, str]]:
    """Write all changes; returns their number, and a sentence for each refused document by its id."""
    rev = _checkpoint_rev(store, engine)
    written, refused = 0, dict[str, str]()
    while changes := _next_changes(store, rev):
        refused |= _write_batch(store, engine, changes)
        written += len(changes)
        rev = changes[-1].rev
    return written, refused


def _checkpoint_rev(store: Store, engine: Engine) -> int:
    """The rev of the checkpoint; a new index gets a checkpoint, so that an empty archive is searchable too."""
    checkpoint = engine.checkpoint()
    if checkpoint is None:
        engine.write((), (), Checkpoint(store.uuid, 0))
        return 0
    _require_lineage(store, checkpoint)
    return checkpoint.rev


def _require_lineage(store: Store, checkpoint: Checkpoint | None) -> None:
    """Raise StaleIndexError unless the checkpoint is of this store's past."""
    with store.read() as connection:
        stale = lineage.why_stale(connection, checkpoint)
    if stale:
        raise StaleIndexError(stale)


def _next_changes(store: Store, rev: int) -> list[Change]:
    with store.read() as connection:
        return changes_after(connection, rev, BATCH)


def _checkpoint_at(store: Store, rev: int) -> Checkpoint:
    with store.read() as connection:
        return Checkpoint(store.uuid, rev, lineage.token_of(connection, rev) or "")


def _write_batch(store: Store, engine: Engine, changes: Sequence[Change]) -> dict[str, str]:
    """Write a batch, without the documents that the engine refuses; returns a sentence for each of these by its id.

    Refusals are in the store before the checkpoint passes them.
    """
    refused = dict[str, Message]()
    checkpoint = _checkpoint_at(store, changes[-1].rev)
    while True:
        documents = {each.id: each.document for each in changes if each.document and each.id not in refused}
        try:
            engine.write(documents.values(), [each.id for each in changes if each.id not in documents], checkpoint)
        except DocumentRefusedError as error:
            found = {name: reason for name, reason in error.refusals.items() if name in documents}
            if not found:
                raise  # the engine names none of the documents: writing them again would not end
            record_refusals(store, {each.id: each.rev for each in changes}, found)
            refused |= found
        else:
            return _sentences(changes, refused)


def _sentences(changes: Sequence[Change], refused: Mapping[str, Message]) -> dict[str, str]:
    return {each.id: f"{each.id} ({each.document.title}): {refused[each.id]}"
            for each in changes if each.document and each.id in refused}


def _raise_refused(refused: Mapping[str, str]) -> None:
    if refused:
        named = "; ".join(list(refused.values())[:NAMED])
        more = f" and {len(refused) - NAMED} more" if len(refused) > NAMED else ""
        raise RefusedError("the engine refused these documents, all others are searchable; each is tried again when it "
                           f"changes, all of them by `gongbao index --rebuild`: {named}{more}")
