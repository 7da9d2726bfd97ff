"""Store -> engine: writes all changes after the engine's checkpoint; can be interrupted and repeated at any point."""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from archive.db.store import Store
from indexer.document_rows import Change, changes_after, last_rev
from indexer.documents.update import UpdateCounts, update_documents
from indexer.engines.base import Checkpoint, Engine
from indexer.engines.directory_swap import locked, replace_directory
from indexer.engines.factory import open_engine
from indexer.errors import EngineError, FormatError, IndexerError
from indexer.settings import IndexerSettings

__all__ = ["RefusedError", "StaleIndexError", "UpdateCounts", "rebuild", "sync", "update_documents", "update_index"]

BATCH = 2000
EngineOpener = Callable[[Path], Engine]


class StaleIndexError(IndexerError):
    """The index belongs to another store, or is ahead of this one, which was restored from a copy: rebuild it."""


class RefusedError(IndexerError):
    """The engine refused some documents, which the message names; all others are searchable."""


def sync(store: Store, engine: Engine) -> int:
    """Write every change after the checkpoint to the engine; returns how many there were.

    Raises StaleIndexError, before anything is written, if the checkpoint is not of this store's past, and
    RefusedError, after all other documents are searchable, if the engine refuses some.
    """
    written, refused = _write_changes(store, engine)
    _raise_refused(refused)
    return written


def update_index(store: Store, settings: IndexerSettings, opener: EngineOpener | None = None) -> int:
    """Bring the index of these settings up to date; returns how many changes were written.

    A stale index, or one of another format, is rebuilt.
    """
    try:
        with locked(_writer_lock(settings)):
            written, refused = _write_changes_into(store, settings.index_folder(), opener or _opener(settings))
    except (StaleIndexError, FormatError):
        return rebuild(store, settings, opener)
    _raise_refused(refused)
    return written


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
    _raise_refused([*refused, *also_refused])
    return written + late


def _writer_lock(settings: IndexerSettings) -> Path:
    return settings.data / "index.lock"


def _opener(settings: IndexerSettings) -> EngineOpener:
    return lambda folder: open_engine(settings, writable=True, folder=folder)


def _write_changes_into(store: Store, folder: Path, opener: EngineOpener) -> tuple[int, list[str]]:
    engine = opener(folder)
    try:
        return _write_changes(store, engine)
    finally:
        engine.close()


def _write_changes(store: Store, engine: Engine) -> tuple[int, list[str]]:
    """Write all changes; returns their number, and a message for each refused document."""
    rev = _checkpoint_rev(store, engine)
    written, refused = 0, list[str]()
    while changes := _next_changes(store, rev):
        refused += _write_batch(store.uuid, engine, changes)
        written += len(changes)
        rev = changes[-1].rev
    return written, refused


def _checkpoint_rev(store: Store, engine: Engine) -> int:
    """The rev of the checkpoint; a new index gets a checkpoint, so that an empty archive is searchable too."""
    checkpoint = engine.checkpoint()
    if checkpoint is None:
        engine.write((), (), Checkpoint(store.uuid, 0))
        return 0
    if checkpoint.store_uuid != store.uuid:
        raise StaleIndexError("the index belongs to another store; run `gongbao index --rebuild`")
    with store.read() as connection:
        newest = last_rev(connection)
    if checkpoint.rev > newest:
        raise StaleIndexError(f"the index holds rev {checkpoint.rev}, but the store ends at rev {newest}: the store "
                              "was restored from a copy; run `gongbao index --rebuild`")
    return checkpoint.rev


def _next_changes(store: Store, rev: int) -> list[Change]:
    with store.read() as connection:
        return changes_after(connection, rev, BATCH)


def _write_batch(store_uuid: str, engine: Engine, changes: Sequence[Change]) -> list[str]:
    """Write a batch; where the engine refuses it, bisect for the refused documents and write the others."""
    documents = [each.document for each in changes if each.document]
    gone = [each.id for each in changes if not each.document]
    checkpoint = Checkpoint(store_uuid, changes[-1].rev)
    try:
        engine.write(documents, gone, checkpoint)
    except EngineError as error:
        if not documents:
            raise
        if len(changes) == 1:
            engine.write((), (changes[0].id,), checkpoint)  # raises if the engine cannot write at all
            return [f"{changes[0].id} ({documents[0].title}): {error}"]
        half = len(changes) // 2
        return [*_write_batch(store_uuid, engine, changes[:half]), *_write_batch(store_uuid, engine, changes[half:])]
    return []


def _raise_refused(refused: Sequence[str]) -> None:
    if refused:
        raise RefusedError(f"the engine refused these documents, all others are searchable; correct the cause and run "
                           f"`gongbao index --rebuild`: {'; '.join(refused)}")
