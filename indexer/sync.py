"""Store -> engine: replayed from the engine's checkpoint, as often as needed and from wherever it was cut off."""

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
Opener = Callable[[Path], Engine]


class StaleIndexError(IndexerError):
    """The index belongs to another store, or is ahead of a store that was restored from a copy: rebuild it."""


class RefusedError(IndexerError):
    """The engine refused some documents, which are named; all others are searchable."""


def sync(store: Store, engine: Engine) -> int:
    """Give the engine every change after its checkpoint; says how many there were.

    Raises StaleIndexError before anything is written where the checkpoint is not one of this store's past, and
    RefusedError, once all the rest is searchable, where the engine does not take a document.
    """
    written, refused = _replay(store, engine)
    _report(refused)
    return written


def update_index(store: Store, settings: IndexerSettings, opener: Opener | None = None) -> int:
    """Bring the index of these settings up to date; says how many changes it took.

    It is made anew where it is stale, or was made by another version of the program.
    """
    try:
        with locked(_writer_lock(settings)):
            written, refused = _replay_into(store, settings.index_folder(), opener or _opener(settings))
    except (StaleIndexError, FormatError):
        return rebuild(store, settings, opener)
    _report(refused)
    return written


def rebuild(store: Store, settings: IndexerSettings, opener: Opener | None = None) -> int:
    """Make a new index beside the old one and put it in its place; searches go on all the while.

    Other processes go on writing to the old index until the new one has nearly caught up.
    """
    beside, opener = settings.data / "index.new", opener or _opener(settings)
    with locked(settings.data / "rebuild.lock"):
        shutil.rmtree(beside, ignore_errors=True)
        written, refused = _replay_into(store, beside, opener)
        with locked(_writer_lock(settings)):
            late, also_refused = _replay_into(store, beside, opener)
            replace_directory(beside, settings.index_folder())
    _report([*refused, *also_refused])
    return written + late


def _writer_lock(settings: IndexerSettings) -> Path:
    return settings.data / "index.lock"


def _opener(settings: IndexerSettings) -> Opener:
    return lambda folder: open_engine(settings, writable=True, folder=folder)


def _replay_into(store: Store, folder: Path, opener: Opener) -> tuple[int, list[str]]:
    engine = opener(folder)
    try:
        return _replay(store, engine)
    finally:
        engine.close()


def _replay(store: Store, engine: Engine) -> tuple[int, list[str]]:
    """How many changes the engine was given, and a sentence for each document it refused."""
    rev = _start(store, engine)
    written, refused = 0, list[str]()
    while changes := _next_changes(store, rev):
        refused += _write(store.uuid, engine, changes)
        written += len(changes)
        rev = changes[-1].rev
    return written, refused


def _start(store: Store, engine: Engine) -> int:
    """The rev to go on from; a new index gets its checkpoint at once, so that an empty archive can be searched too."""
    checkpoint = engine.checkpoint()
    if checkpoint is None:
        engine.write((), (), Checkpoint(store.uuid, 0))
        return 0
    if checkpoint.store_uuid != store.uuid:
        raise StaleIndexError("the index belongs to another store; run `gongbao index --rebuild`")
    with store.read() as connection:
        newest = last_rev(connection)
    if checkpoint.rev > newest:
        raise StaleIndexError(f"the index holds change {checkpoint.rev}, the store ends at {newest}: it was restored "
                              "from a copy; run `gongbao index --rebuild`")
    return checkpoint.rev


def _next_changes(store: Store, rev: int) -> list[Change]:
    with store.read() as connection:
        return changes_after(connection, rev, BATCH)


def _write(store_uuid: str, engine: Engine, changes: Sequence[Change]) -> list[str]:
    """Write a batch; where the engine refuses it, find the documents that it is about and go on without them."""
    documents = [each.document for each in changes if each.document]
    gone = [each.id for each in changes if not each.document]
    upto = Checkpoint(store_uuid, changes[-1].rev)
    try:
        engine.write(documents, gone, upto)
    except EngineError as error:
        if not documents:
            raise
        if len(changes) == 1:
            engine.write((), (changes[0].id,), upto)  # raises too where it is the engine that cannot write at all
            return [f"{changes[0].id} ({documents[0].title}): {error}"]
        half = len(changes) // 2
        return [*_write(store_uuid, engine, changes[:half]), *_write(store_uuid, engine, changes[half:])]
    return []


def _report(refused: Sequence[str]) -> None:
    if refused:
        raise RefusedError(f"the engine refused {len(refused)} documents, all others are searchable: "
                           f"{'; '.join(refused)}")
