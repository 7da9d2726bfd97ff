"""Engine doubles: a real engine with faults."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from indexer.documents.document import Document
from indexer.engines.base import Checkpoint, Engine, ResultPage
from indexer.errors import EngineError
from indexer.query.model import Query


@dataclass(slots=True)
class FaultyEngine:
    """An engine whose searches raise `search_error`, that refuses documents by title, or fails after some writes."""

    engine: Engine
    search_error: Exception | None = None
    refuses: Collection[str] = ()
    fails_after: int | None = None
    writes: int = 0

    def checkpoint(self) -> Checkpoint | None:
        return self.engine.checkpoint()

    def write(self, documents: Iterable[Document], gone: Iterable[str], upto: Checkpoint) -> None:
        if self.fails_after is not None and self.writes >= self.fails_after:
            raise EngineError("no space left on the disk")
        given = list(documents)
        if bad := [each.title for each in given if each.title in self.refuses]:
            raise EngineError(f"not fit to index: {bad}")
        self.engine.write(given, gone, upto)
        self.writes += 1

    def search(self, query: Query, *, limit: int = 20, offset: int = 0, facets: bool = False) -> ResultPage:
        if self.search_error:
            raise self.search_error
        return self.engine.search(query, limit=limit, offset=offset, facets=facets)

    def count(self) -> int:
        return self.engine.count()

    def close(self) -> None:
        self.engine.close()
