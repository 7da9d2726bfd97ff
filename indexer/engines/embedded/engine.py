"""The embedded engine: Tantivy in a folder beside the store, one writer at a time, any number of readers.

By relevance, results are ordered by score, originals first, and equal scores by their place in the index: the pages of
one search are consistent as long as nothing is written in between. The other orders are total, by unique keys.
"""

import os
import threading
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import tantivy

from archive.messages import Message
from indexer.documents.document import Document
from indexer.engines.base import Checkpoint, Hit, ResultPage
from indexer.engines.embedded.compile import (
    CompiledQuery,
    all_documents,
    clause_query,
    compile_partial,
    compile_query,
    partial_phrase_query,
    query_weight,
)
from indexer.engines.embedded.errors import REBUILD, engine_errors
from indexer.engines.embedded.facets import NO_FACETS, FacetCounts, count_facets
from indexer.engines.embedded.schema import (
    CHECKPOINT_ID,
    FORMAT,
    StoredCheckpoint,
    configured,
    from_checkpoint,
    is_usable_id,
    schema,
    to_checkpoint,
    to_tantivy,
)
from indexer.errors import DocumentRefusedError, EngineError, FormatError, NoIndexError, UnavailableError
from indexer.query.model import Filters, Query, Sort
from indexer.query.plan import PlannedClause, plan
from indexer.query.weighted_cache import WeightedCache

HEAP = 100_000_000
CACHED_FACETS = 40_000  # values with their counts that a snapshot caches, 100 bytes each
OPEN_ATTEMPTS = 20  # to open an index that is being swapped

_ORDERS = {Sort.NEWEST: ("newest", tantivy.Order.Desc), Sort.OLDEST: ("oldest", tantivy.Order.Asc),
           Sort.ADDED: ("seq", tantivy.Order.Desc)}
_FileStamp = tuple[int, ...]
_QueryKey = tuple[tuple[PlannedClause, ...], Filters]
_Hits = tuple[int, tuple[Hit, ...]]  # total, hits of the page


@dataclass(frozen=True, slots=True)
class _Snapshot:
    """One committed state of the index; `facets` caches counts: the pages and orders of a search have the same."""

    stamp: _FileStamp
    inode: int
    index: tantivy.Index
    searcher: tantivy.Searcher
    facets: WeightedCache[FacetCounts] = field(default_factory=lambda: WeightedCache(CACHED_FACETS))


class EmbeddedEngine:
    """Tantivy index in a folder, safe to search from any thread; made by `open`."""

    def __init__(self, folder: Path, snapshot: _Snapshot, *, writable: bool) -> None:
        self._folder, self._meta_path = folder, _meta_file(folder)
        self._snapshot: _Snapshot | None = snapshot
        self._writable = writable
        self._writer: tantivy.IndexWriter | None = None
        self._reloading, self._writing = threading.Lock(), threading.Lock()

    @classmethod
    def open(cls, folder: Path, *, writable: bool) -> "EmbeddedEngine":
        """Open the index of a folder. `writable` creates a missing one and holds the writer lock until `close`.

        Raises EngineError if there is no index, one of another format, or another writer.
        """
        with engine_errors(folder):
            if writable and not (folder / "meta.json").exists():
                folder.mkdir(parents=True, exist_ok=True)
                tantivy.Index(schema(), str(folder))
            engine = cls(folder, _open_snapshot(folder), writable=writable)
        engine._check_format()
        if writable:
            engine._open_writer()
        return engine

    def checkpoint(self) -> Checkpoint | None:
        """The checkpoint of the last commit, None in a new index."""
        stored = self._stored_checkpoint()
        return stored.checkpoint if stored else None

    def count(self) -> int:
        """The number of searchable documents."""
        with engine_errors(self._folder):
            return _total(self._current().searcher, all_documents())

    def held(self, ids: Collection[str]) -> set[str]:
        """Those of the ids whose documents are searchable."""
        usable = [each for each in ids if is_usable_id(each)]
        with engine_errors(self._folder):
            searcher = self._current().searcher
            query = tantivy.Query.term_set_query(schema(), "id", usable)
            hits = searcher.search(query, max(1, len(usable)), count=False).hits
            return {_id(searcher.doc(at)) for _, at in hits}

    def search(self, query: Query, *, limit: int = 20, offset: int = 0, facets: bool = False) -> ResultPage:
        """The hits of one page; with `facets`, also facets, months and undated. Raises EngineError.

        Without clauses to score by, relevance means newest first.
        """
        if limit < 0 or offset < 0:
            raise ValueError(f"limit {limit} and offset {offset} must not be negative")
        with engine_errors(self._folder):
            snapshot = self._current()
            clauses = plan(query.clauses)
            compiled = compile_query(clauses, query.filters)
            order, widened = _sort_order(query, clauses), False
            total, hits = _hits(snapshot.searcher, compiled, order, (limit, offset))
            if total == 0 and (partial := _compile_partial(snapshot.searcher, clauses, query.filters)):
                total, hits = _hits(snapshot.searcher, partial, order, (limit, offset))
                compiled, widened = partial, total > 0
            counts = _counts(snapshot, compiled, (clauses, query.filters), total) if facets else NO_FACETS
            return ResultPage(total, hits, counts.facets, counts.months, counts.undated, widened)

    def write(self, documents: Iterable[Document], gone: Iterable[str], checkpoint: Checkpoint) -> None:
        """Add or replace documents, remove `gone` ids and set the checkpoint in one commit: all or nothing."""
        with self._writing:
            writer = self._open_writer()
            done = False
            try:
                self._add(writer, documents)
                self._commit(writer, gone, checkpoint)
                done = True
            finally:
                if not done:
                    self._rollback()

    def close(self) -> None:
        """Release files and locks, after running merges are done; any later call raises EngineError."""
        with self._writing, self._reloading:
            writer, self._writer, self._snapshot = self._writer, None, None
            if writer is not None:
                with engine_errors(self._folder):
                    writer.wait_merging_threads()

    def _add(self, writer: tantivy.IndexWriter, documents: Iterable[Document]) -> None:
        """Add documents, replacing those of the same id; an empty index has none to delete."""
        empty = self.count() == 0
        seen, refused = set[str](), dict[str, Message]()
        for each in documents:
            try:
                made = to_tantivy(each)
            except DocumentRefusedError as error:
                refused.update(error.refusals)
                continue
            with engine_errors(self._folder):
                if not empty or each.id in seen:
                    writer.delete_documents_by_term("id", each.id)
                writer.add_document(made)
            seen.add(each.id)
        if refused:  # all of them at once: the next write is without them
            raise DocumentRefusedError(refused)

    def _commit(self, writer: tantivy.IndexWriter, gone: Iterable[str], checkpoint: Checkpoint) -> None:
        for each in filter(is_usable_id, gone):  # no document has any other id
            writer.delete_documents_by_term("id", each)
        with engine_errors(self._folder):
            writer.delete_documents_by_term("id", CHECKPOINT_ID)
            writer.add_document(to_checkpoint(checkpoint))
            writer.commit()

    def _rollback(self) -> None:
        """Roll back the open transaction; a writer that cannot is dropped, and the next write opens another."""
        writer, self._writer = self._writer, None
        with suppress(EngineError), engine_errors(self._folder):
            if writer is not None:
                writer.rollback()
                self._writer = writer

    def _open_writer(self) -> tantivy.IndexWriter:
        if not self._writable:
            raise UnavailableError(f"the index in {self._folder} is open for reading only")
        if self._writer is None:
            snapshot = self._current()
            with engine_errors(self._folder):
                self._writer = snapshot.index.writer(HEAP, num_threads=1)
        return self._writer

    def _stored_checkpoint(self) -> StoredCheckpoint | None:
        with engine_errors(self._folder):
            searcher = self._current().searcher
            query = tantivy.Query.term_query(schema(), "id", CHECKPOINT_ID, "basic")
            hits = searcher.search(query, 1, count=False).hits
            return from_checkpoint(searcher.doc(hits[0][1])) if hits else None

    def _check_format(self) -> None:
        stored = self._stored_checkpoint()
        if stored and stored.format != FORMAT:
            raise FormatError(f"the index in {self._folder} has format {stored.format}, this version reads {FORMAT}; "
                              f"{REBUILD}")

    def _current(self) -> _Snapshot:
        """The newest committed state; a folder that was swapped is opened again."""
        snapshot, stamp = self._snapshot, _file_stamp(self._meta_path)
        if snapshot is None:
            raise UnavailableError("the search engine is closed")
        if stamp is None or stamp == snapshot.stamp:
            return snapshot
        with self._reloading:
            if self._snapshot is None or self._snapshot.stamp == stamp:
                return self._snapshot or snapshot
            self._snapshot = _reload_snapshot(self._folder, self._snapshot, stamp)
            return self._snapshot


def _hits(searcher: tantivy.Searcher, compiled: CompiledQuery, order: Sort, window: tuple[int, int]) -> _Hits:
    limit, offset = window
    query = compiled.ranked if order is Sort.RELEVANCE else compiled.query()
    # Tantivy allocates offset + limit places before it searches: never more than there are documents.
    limit = min(limit, searcher.num_docs - offset)
    if limit <= 0:
        return _total(searcher, query), ()
    read = searcher.doc
    if order is Sort.RELEVANCE:
        found = searcher.search(query, limit, offset=offset)
        return _count(found), tuple([Hit(_id(read(at)), score) for score, at in found.hits])
    name, direction = _ORDERS[order]
    found = searcher.search(query, limit, offset=offset, order_by_field=name, order=direction)
    return _count(found), tuple([Hit(_id(read(at)), None) for _, at in found.hits])


def _id(document: tantivy.Document) -> str:
    found: str = document.get_first("id")  # type: ignore[assignment]  # every document has one
    return found


def _total(searcher: tantivy.Searcher, query: tantivy.Query) -> int:
    return _count(searcher.search(query, 1))


def _count(found: tantivy.SearchResult) -> int:
    return int(found.count)  # type: ignore[attr-defined]  # its stub leaves it out


def _sort_order(query: Query, clauses: tuple[PlannedClause, ...]) -> Sort:
    """The order of a query; newest first where no clause gives a score."""
    if query.sort is Sort.RELEVANCE and all(each.excluded for each in clauses):
        return Sort.NEWEST
    return query.sort


def _compile_partial(
        searcher: tantivy.Searcher, clauses: tuple[PlannedClause, ...], filters: Filters) -> CompiledQuery | None:
    """The query with every quotation that has no match replaced by its partial phrase; None where there is none."""
    partial = {at: partial_phrase_query(clause.partial, searcher) for at, clause in enumerate(clauses)
               if clause.partial and not clause.excluded and not _total(searcher, clause_query(clause))}
    return compile_partial(clauses, filters, partial) if partial else None


def _counts(snapshot: _Snapshot, compiled: CompiledQuery, key: _QueryKey, total: int) -> FacetCounts:
    """The facet counts, cached; the key holds for partial phrases too: they stand in where it has no match."""
    return snapshot.facets.get(key, lambda: count_facets(snapshot.searcher, compiled, total),
                               lambda counts: counts.values() + query_weight(*key))


def _meta_file(folder: Path) -> str:
    """Path of the file that every commit replaces."""
    return str(folder / "meta.json")


def _file_stamp(meta: str) -> _FileStamp | None:
    """Inode, time and size of the file: they change with every commit and swap. None while the folder is swapped."""
    try:
        found = os.stat(meta)  # called before every search: Path.stat takes twice as long
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def _open_snapshot(folder: Path) -> _Snapshot:
    """Open the folder; again if it was swapped or committed to while its files were read. Raises EngineError."""
    for _ in range(OPEN_ATTEMPTS):
        stamp = _file_stamp(_meta_file(folder))
        if stamp is None:
            raise NoIndexError(f"there is no search index in {folder}; run `gongbao index`, "
                              "or name the archive's folder in GONGBAO_DATA")
        try:
            inode = folder.stat().st_ino
            index = configured(tantivy.Index.open(str(folder)))
            index.reload()
            return _Snapshot(stamp, inode, index, index.searcher())
        except (ValueError, OSError):
            if _file_stamp(_meta_file(folder)) == stamp:
                raise
    raise UnavailableError(f"the search index in {folder} changes faster than it can be read; try again")


def _reload_snapshot(folder: Path, old: _Snapshot, stamp: _FileStamp) -> _Snapshot:
    try:
        if folder.stat().st_ino != old.inode:
            return _open_snapshot(folder)
        old.index.reload()
    except (ValueError, OSError):  # swapped since the stamp was taken
        return _open_snapshot(folder)
    return _Snapshot(stamp, old.inode, old.index, old.index.searcher())
