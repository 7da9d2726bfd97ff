"""The Engine protocol and its results; every engine must pass `tests/support/engine_contract.py`."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from indexer.documents.document import Document
from indexer.query.model import Query


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Progress of an index: the store it belongs to, the last `rev` it holds, and that rev's token of the lineage."""

    store_uuid: str
    rev: int
    token: str = ""


@dataclass(frozen=True, slots=True)
class Hit:
    """One matching document. Scores compare only within one search; None where results are sorted by a key."""

    id: str
    score: float | None


@dataclass(frozen=True, slots=True)
class ResultPage:
    """One page of results. `total` is exact. `facets` maps each of FACETS to (value, count), largest first, ties by
    value; a facet's own filter does not narrow its own counts, unless all of its values are asked for. `months` is
    (yyyymm, count) in order of time; releases dated by year alone count as (yyyy00, count), those without a date in
    `undated`: months and undated add up to `total`. `widened`: a quotation had no match, so its first and last word
    also matched parts of longer words."""

    total: int
    hits: tuple[Hit, ...]
    facets: Mapping[str, tuple[tuple[str, int], ...]] = field(default_factory=dict)
    months: tuple[tuple[int, int], ...] = ()
    undated: int = 0
    widened: bool = False


class Engine(Protocol):
    """A search engine. Methods raise the kinds of EngineError: UnavailableError, BrokenIndexError, and those below."""

    def checkpoint(self) -> Checkpoint | None:
        """The checkpoint of the last write, None in a new index."""

    def write(self, documents: Iterable[Document], gone: Iterable[str], checkpoint: Checkpoint) -> None:
        """Add or replace documents, remove `gone` ids, then set the checkpoint.

        Raises DocumentRefusedError for the documents that the engine refuses as they are. After any error the
        checkpoint is the former one, though some documents may be written: writing all of them again, the refused ones
        as `gone`, leaves nothing out and nothing twice.
        """

    def search(self, query: Query, *, limit: int = 20, offset: int = 0, facets: bool = False) -> ResultPage:
        """The hits of one page; with `facets`, also facets, months and undated.

        Raises TooCostlyError for a search that the engine refuses; may raise QueryError.
        """

    def count(self) -> int:
        """The number of searchable documents."""

    def held(self, ids: Collection[str]) -> set[str]:
        """Those of the ids, at most a few thousand, whose documents are searchable."""

    def close(self) -> None:
        """Release files and locks; any later call raises UnavailableError."""
