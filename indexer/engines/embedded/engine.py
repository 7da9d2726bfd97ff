"""The embedded engine: Tantivy in a folder beside the store, one writer at a time, any number of readers.

Results are ordered by score, originals first, and equal scores by where the engine keeps the documents: pages of one
answer fit together as long as nothing is written in between. The other orders are total, by keys that no two documents
share.
"""

import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import tantivy

from indexer.documents.document import Document
from indexer.engines.base import Checkpoint, Hit, ResultPage
from indexer.engines.embedded.compile import (
    CompiledQuery,
    clause_query,
    compile_partial,
    compile_query,
    everything,
    partial_phrase_query,
)
from indexer.engines.embedded.facets import NO_FACETS, FacetCounts, count_facets
from indexer.engines.embedded.schema import (
    CHECKPOINT_ID,
    FORMAT,
    StoredCheckpoint,
    check_id,
    configured,
    from_checkpoint,
    schema,
    to_checkpoint,
    to_tantivy,
)
from indexer.errors import EngineError, FormatError
from indexer.query.model import Filters, Query, Sort
from indexer.query.plan import PlannedClause, plan

HEAP = 100_000_000
REMEMBERED = 64  # facets of searches without words, per state of the index

ATTEMPTS = 20  # to read an index that is being swapped

_ORDERS = {Sort.NEWEST: ("newest", tantivy.Order.Desc), Sort.OLDEST: ("oldest", tantivy.Order.Asc),
           Sort.ADDED: ("seq", tantivy.Order.Desc)}
_REBUILD = "run `gongbao index --rebuild`"
_Stamp = tuple[int, ...]
_Found = tuple[int, tuple[Hit, ...]]  # how many there are, and those of the page


@dataclass(frozen=True, slots=True)
class _Snapshot:
    """The index as it was at one moment; `facets` remembers the counts of searches without words."""

    stamp: _Stamp
    inode: int
    index: tantivy.Index
    searcher: tantivy.Searcher
    facets: dict[Filters, FacetCounts] = field(default_factory=dict)


class EmbeddedEngine:
    """An index folder that answers from any thread; made by `open`."""

    def __init__(self, folder: Path, snapshot: _Snapshot, *, writable: bool) -> None:
        self._folder, self._meta = folder, _meta(folder)
        self._snapshot: _Snapshot | None = snapshot
        self._writable = writable
        self._writer: tantivy.IndexWriter | None = None
        self._reloading, self._writing = threading.Lock(), threading.Lock()

    @classmethod
    def open(cls, folder: Path, *, writable: bool) -> "EmbeddedEngine":
        """The engine of a folder, which `writable` makes where it is missing; holds the writer's lock until closed.

        Raises EngineError where there is no index, one of another format, or another writer.
        """
        with _translated(folder):
            if writable and not (folder / "meta.json").exists():
                folder.mkdir(parents=True, exist_ok=True)
                tantivy.Index(schema(), str(folder))
            engine = cls(folder, _opened(folder), writable=writable)
        engine._check_format()
        if writable:
            engine._open_writer()
        return engine

    def checkpoint(self) -> Checkpoint | None:
        """What the index holds, None when it is new."""
        stored = self._stored()
        return stored.checkpoint if stored else None

    def count(self) -> int:
        """How many documents are searchable."""
        with _translated(self._folder):
            return _total(self._current().searcher, everything())

    def search(self, query: Query, *, limit: int = 20, offset: int = 0, facets: bool = False) -> ResultPage:
        """The hits of one page; with `facets`, also facets, months and undated.

        Without words to score by, relevance is the newest first. A search that fails raises EngineError.
        """
        if limit < 0 or offset < 0:
            raise ValueError(f"limit {limit} and offset {offset} must not be negative")
        with _translated(self._folder):
            snapshot = self._current()
            needs = plan(query.clauses)
            compiled = compile_query(needs, query.filters)
            order, widened = _order(query, needs), False
            total, hits = _hits(snapshot.searcher, compiled, order, (limit, offset))
            if total == 0 and (wider := _widened(snapshot.searcher, needs, query.filters)):
                compiled = wider
                total, hits = _hits(snapshot.searcher, compiled, order, (limit, offset))
                widened = total > 0
            counts = _counts(snapshot, compiled, query.filters, total) if facets else NO_FACETS
            return ResultPage(total, hits, counts.facets, counts.months, counts.undated, widened)

    def write(self, documents: Iterable[Document], gone: Iterable[str], upto: Checkpoint) -> None:
        """Put documents, remove `gone` ids and move the checkpoint: all or nothing."""
        with self._writing:
            writer = self._open_writer()
            done = False
            try:
                self._put(writer, documents)
                self._finish(writer, gone, upto)
                done = True
            finally:
                if not done:
                    self._take_back()

    def close(self) -> None:
        """Give back files and locks, once merges that have begun are done; a closed engine answers no more."""
        with self._writing, self._reloading:
            writer, self._writer, self._snapshot = self._writer, None, None
            if writer is not None:
                with _translated(self._folder):
                    writer.wait_merging_threads()

    def _put(self, writer: tantivy.IndexWriter, documents: Iterable[Document]) -> None:
        """Add documents, each in the place of the one with its id; an empty index needs no look for older ones."""
        fresh = self.count() == 0
        seen: set[str] = set()
        for each in documents:
            made = to_tantivy(each)
            with _translated(self._folder):
                if not fresh or each.id in seen:
                    writer.delete_documents_by_term("id", each.id)
                writer.add_document(made)
            seen.add(each.id)

    def _finish(self, writer: tantivy.IndexWriter, gone: Iterable[str], upto: Checkpoint) -> None:
        for each in gone:
            check_id(each)
            writer.delete_documents_by_term("id", each)
        with _translated(self._folder):
            writer.delete_documents_by_term("id", CHECKPOINT_ID)
            writer.add_document(to_checkpoint(upto))
            writer.commit()

    def _take_back(self) -> None:
        """Forget what was not committed; a writer that cannot do that is given up, the next write takes another."""
        writer, self._writer = self._writer, None
        with suppress(EngineError), _translated(self._folder):
            if writer is not None:
                writer.rollback()
                self._writer = writer

    def _open_writer(self) -> tantivy.IndexWriter:
        if not self._writable:
            raise EngineError(f"the index in {self._folder} is open for reading only")
        if self._writer is None:
            snapshot = self._current()
            with _translated(self._folder):
                self._writer = snapshot.index.writer(HEAP, num_threads=1)
        return self._writer

    def _stored(self) -> StoredCheckpoint | None:
        with _translated(self._folder):
            searcher = self._current().searcher
            query = tantivy.Query.term_query(schema(), "id", CHECKPOINT_ID, "basic")
            hits = searcher.search(query, 1, count=False).hits
            return from_checkpoint(searcher.doc(hits[0][1])) if hits else None

    def _check_format(self) -> None:
        stored = self._stored()
        if stored and stored.format != FORMAT:
            raise FormatError(f"the index in {self._folder} has format {stored.format}, this version reads {FORMAT}; "
                              f"{_REBUILD}")

    def _current(self) -> _Snapshot:
        """The newest committed state; a folder that was swapped is opened anew."""
        snapshot, stamp = self._snapshot, _stamp(self._meta)
        if snapshot is None:
            raise EngineError("the search engine is closed")
        if stamp is None or stamp == snapshot.stamp:
            return snapshot
        with self._reloading:
            if self._snapshot is None or self._snapshot.stamp == stamp:
                return self._snapshot or snapshot
            self._snapshot = _renewed(self._folder, self._snapshot, stamp)
            return self._snapshot


def _hits(searcher: tantivy.Searcher, compiled: CompiledQuery, order: Sort, window: tuple[int, int]) -> _Found:
    limit, offset = window
    query = compiled.ranked if order is Sort.RELEVANCE else compiled.query()
    # The engine takes memory for offset + limit places before it looks what there is: never ask beyond the end.
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


def _order(query: Query, needs: tuple[PlannedClause, ...]) -> Sort:
    """The order asked for; where nothing can be scored, relevance means newest first."""
    if query.sort is Sort.RELEVANCE and all(each.excluded for each in needs):
        return Sort.NEWEST
    return query.sort


def _widened(searcher: tantivy.Searcher, needs: tuple[PlannedClause, ...], filters: Filters) -> CompiledQuery | None:
    """The search with the second form of every quotation that is found nowhere; None where there is none."""
    cuts = {at: partial_phrase_query(need.cut, searcher) for at, need in enumerate(needs)
            if need.cut and not need.excluded and not _total(searcher, clause_query(need))}
    return compile_partial(needs, filters, cuts) if cuts else None


def _counts(snapshot: _Snapshot, compiled: CompiledQuery, filters: Filters, total: int) -> FacetCounts:
    if compiled.text is not None:
        return count_facets(snapshot.searcher, compiled, total)
    if filters not in snapshot.facets:
        if len(snapshot.facets) >= REMEMBERED:
            snapshot.facets.clear()
        snapshot.facets[filters] = count_facets(snapshot.searcher, compiled, total)
    return snapshot.facets[filters]


def _meta(folder: Path) -> str:
    """The file that every commit replaces."""
    return str(folder / "meta.json")


def _stamp(meta: str) -> _Stamp | None:
    """What changes with every commit and every swap of the folder; None while it is being swapped."""
    try:
        found = os.stat(meta)  # before every search: a Path takes twice as long
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def _opened(folder: Path) -> _Snapshot:
    """The folder as it stands, read again where it was swapped or written to between two of its files."""
    for _ in range(ATTEMPTS):
        stamp = _stamp(_meta(folder))
        if stamp is None:
            raise EngineError(f"there is no search index in {folder}; run `gongbao index`, "
                              "or name the archive's folder in GONGBAO_DATA")
        try:
            inode = folder.stat().st_ino
            index = configured(tantivy.Index.open(str(folder)))
            index.reload()
            return _Snapshot(stamp, inode, index, index.searcher())
        except (ValueError, OSError):
            if _stamp(_meta(folder)) == stamp:
                raise
    raise EngineError(f"the search index in {folder} changes faster than it can be read; try again")


def _renewed(folder: Path, old: _Snapshot, stamp: _Stamp) -> _Snapshot:
    try:
        if folder.stat().st_ino != old.inode:
            return _opened(folder)
        old.index.reload()
    except (ValueError, OSError):  # swapped since the stamp was taken: its files are another index's
        return _opened(folder)
    return _Snapshot(stamp, old.inode, old.index, old.index.searcher())


@contextmanager
def _translated(folder: Path) -> Iterator[None]:
    """Turn what Tantivy raises into EngineError, its panics too (they are no Exception)."""
    try:
        yield
    except (ValueError, OverflowError, RuntimeError, OSError, TypeError, KeyError) as error:
        raise EngineError(_sentence(folder, str(error))) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise EngineError(_sentence(folder, f"Tantivy gave up: {error}")) from error


def _sentence(folder: Path, trouble: str) -> str:
    """What happened, where, and what to do."""
    if "LockBusy" in trouble:
        return f"another process is writing to the index in {folder}; wait until it is done, or stop it"
    if "No space left" in trouble:
        return f"the disk of {folder} is full; make room and try again ({trouble})"
    if "ermission denied" in trouble or "Read-only" in trouble:
        return (f"the search index in {folder} cannot be used: its folder may not be read and written to; check its "
                "rights, since who reads the index keeps a lock there")
    broken = ("Data corrupt", "IncompatibleIndex", "does not exist", "DoesNotExist", "schema", "incompatible")
    advice = f"; {_REBUILD}" if any(each in trouble for each in broken) else ""
    return f"the search index in {folder} cannot be used: {trouble.splitlines()[0] if trouble else 'no reason'}{advice}"
