"""Engine doubles: a real engine with faults."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import repeat

from archive.messages import message
from indexer.documents.document import Document
from indexer.engines.base import Checkpoint, Engine, ResultPage
from indexer.errors import DocumentRefusedError, UnavailableError
from indexer.query.model import Query


@dataclass(slots=True)
class FaultyEngine:
    """An engine whose searches raise `search_error`, that refuses documents by title, or is unavailable.

    It is after `fails_after` writes, and for each write that `outages` says is to fail. With `partial`, a write that is
    refused or fails has written some documents all the same, as in an engine that answers each document of a batch.
    """

    engine: Engine
    search_error: Exception | None = None
    refuses: Collection[str] = ()
    fails_after: int | None = None
    outages: Iterator[bool] = field(default_factory=lambda: repeat(False))
    partial: bool = False
    writes: int = 0

    def checkpoint(self) -> Checkpoint | None:
        return self.engine.checkpoint()

    def write(self, documents: Iterable[Document], gone: Iterable[str], upto: Checkpoint) -> None:
        given = list(documents)
        if next(self.outages) or (self.fails_after is not None and self.writes >= self.fails_after):
            self._write_some(each for each in given[::2] if each.title not in self.refuses)
            raise UnavailableError("no space left on the disk")
        refused = {each.id: message("document_unreadable", error="unfit") for each in given
                   if each.title in self.refuses}
        if refused:
            self._write_some(each for each in given if each.id not in refused)
            raise DocumentRefusedError(refused)
        self.engine.write(given, gone, upto)
        self.writes += 1

    def _write_some(self, documents: Iterable[Document]) -> None:
        before = self.engine.checkpoint()
        if self.partial and before:
            self.engine.write(documents, (), before)

    def search(self, query: Query, *, limit: int = 20, offset: int = 0, facets: bool = False) -> ResultPage:
        if self.search_error:
            raise self.search_error
        return self.engine.search(query, limit=limit, offset=offset, facets=facets)

    def count(self) -> int:
        return self.engine.count()

    def held(self, ids: Collection[str]) -> set[str]:
        return self.engine.held(ids)

    def close(self) -> None:
        self.engine.close()
