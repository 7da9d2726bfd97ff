"""State of documents and index: numbers that `gongbao status` and the status page show."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, FromClause, func, select

from archive.db.tables import captures, changed_pages, pages
from archive.text import counted
from indexer.document_rows import count_refused, last_rev
from indexer.document_tables import documents, tombstones
from indexer.engines.base import Checkpoint, Engine
from indexer.engines.factory import open_engine
from indexer.errors import EngineError
from indexer.lineage import why_stale
from indexer.settings import IndexerSettings

IndexState = tuple[Checkpoint | None, int]  # checkpoint and number of documents of an index


@dataclass(frozen=True, slots=True)
class IndexStatus:
    """The index beside the store; `stale` if it is not of this store's past.

    `rev` and `documents` are the index's, `last_rev` and `releases` the store's. `behind` is the number of changes in
    the store after the index, `queued` that of pages that were read and whose documents are not made yet, `refused`
    that of documents that the engine does not hold because it refused them.
    """

    releases: int
    captures: int
    last_rev: int
    queued: int
    refused: int
    documents: int = 0
    rev: int = 0
    behind: int = 0
    available: bool = True
    stale: bool = False

    @property
    def is_whole(self) -> bool:
        """True if every page that was read is a document, and every document is in the index."""
        is_behind = self.stale or self.behind or self.queued or self.refused
        return self.available and not is_behind and self.documents == self.releases


def ask_engine(engine: Engine) -> IndexState:
    """The state of an index. Ask before the store is read: what comes meanwhile is behind the index, never before it.

    Raises EngineError.
    """
    return engine.checkpoint(), engine.count()


def ask_index(settings: IndexerSettings) -> IndexState | None:
    """The state of the index of these settings, None if it cannot be asked."""
    try:
        engine = open_engine(settings, writable=False)
        try:
            return ask_engine(engine)
        finally:
            engine.close()
    except EngineError:
        return None


def index_status(connection: Connection, asked: IndexState | None) -> IndexStatus:
    """The status of an index by its state, which is None where the engine does not answer."""
    store = (sum(documents_by_source(connection).values()), _count(connection, captures), last_rev(connection),
             _count(connection, changed_pages), count_refused(connection))
    if asked is None:
        return IndexStatus(*store, available=False)
    checkpoint, held = asked
    rev, stale = checkpoint.rev if checkpoint else 0, why_stale(connection, checkpoint) is not None
    return IndexStatus(*store, held, rev, _changes_after(connection, rev), stale=stale)


def status_lines(status: IndexStatus) -> Iterator[str]:
    """What `gongbao status` prints of documents and index."""
    yield f"{counted(status.releases, 'release')}, {counted(status.captures, 'capture')}, rev {status.last_rev}"
    if status.queued:
        yield f"{counted(status.queued, 'page')} that were read are not indexed yet; run `gongbao index`"
    if not status.available:
        yield "the search index cannot be used; `gongbao check` says why"
    elif status.stale:
        yield "the search index is not of this store's past; run `gongbao index`"
    elif status.behind:
        yield f"the search index is {counted(status.behind, 'change')} behind, at rev {status.rev}; run `gongbao index`"
    elif status.documents + status.refused != status.releases:
        yield (f"the search index holds {status.documents} of {counted(status.releases, 'release')}; "
               "run `gongbao index --rebuild`")
    elif status.refused:
        yield f"{counted(status.refused, 'release')} not searchable, refused by the search engine; /status says why"
    elif status.is_whole:
        yield "the search index holds every release"


def documents_by_source(connection: Connection) -> dict[str, int]:
    """Document count per source; "?" stands for pages without a source."""
    rows = connection.execute(select(pages.c.source, func.count()).join(
        documents, documents.c.page_id == pages.c.id).group_by(pages.c.source))
    return {source or "?": count for source, count in rows}


def _changes_after(connection: Connection, rev: int) -> int:
    """Number of documents changed or removed after a rev."""
    changed = select(func.count()).select_from(documents).where(documents.c.rev > rev)
    gone = select(func.count()).select_from(tombstones).where(tombstones.c.rev > rev)
    return (connection.scalar(changed) or 0) + (connection.scalar(gone) or 0)


def _count(connection: Connection, table: FromClause) -> int:
    return connection.scalar(select(func.count()).select_from(table)) or 0
