"""What every search engine promises; `tests/support/engine_contract.py` holds each engine to it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from indexer.documents.document import Document
from indexer.query.model import Query

FACETS = ("topic", "org", "source", "lang")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How far an index has come: the store it belongs to and the last `rev` it holds."""

    store_uuid: str
    rev: int


@dataclass(frozen=True, slots=True)
class Hit:
    """One found document; `score` is only comparable within one answer, None where the order is given by a key."""

    id: str
    score: float | None


@dataclass(frozen=True, slots=True)
class ResultPage:
    """One page of an answer. `total` is exact. `facets` maps each of FACETS to (value, count), most first, ties by
    value, counted disjunctively: a facet's own filter does not narrow its own counts. `months` is (yyyymm, count)
    in time order; a release known only by year counts as (yyyy00, count). `undated` counts what has no date: months
    and undated add up to `total`. `widened`: a quotation was found nowhere as whole words, so its first and last
    word were taken as possible parts of longer ones."""

    total: int
    hits: tuple[Hit, ...]
    facets: Mapping[str, tuple[tuple[str, int], ...]] = field(default_factory=dict)
    months: tuple[tuple[int, int], ...] = ()
    undated: int = 0
    widened: bool = False


class Engine(Protocol):
    """A place where documents are searched."""

    def checkpoint(self) -> Checkpoint | None:
        """What the index holds, None when it is new."""

    def write(self, documents: Iterable[Document], gone: Iterable[str], upto: Checkpoint) -> None:
        """Put documents (replacing older ones), remove `gone` ids and move the checkpoint: all or nothing."""

    def search(self, query: Query, *, limit: int = 20, offset: int = 0, facets: bool = False) -> ResultPage:
        """The hits of one page; with `facets`, also facets, months and undated. Raises EngineError, QueryError."""

    def count(self) -> int:
        """How many documents are searchable."""

    def close(self) -> None:
        """Give back files and locks; a closed engine answers no more."""
