"""Facet counts and months of a search."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tantivy import Query, Searcher

from indexer.engines.embedded.compile import CompiledQuery
from indexer.engines.embedded.schema import facet_field
from indexer.query.model import FACETS

_MAX_VALUES = 65000  # of one facet; counts are exact up to as many

Facet = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class FacetCounts:
    """The fields of a ResultPage that only `facets=True` fills."""

    facets: Mapping[str, Facet] = field(default_factory=dict)
    months: tuple[tuple[int, int], ...] = ()
    undated: int = 0

    def values(self) -> int:
        """The number of values and months counted."""
        return len(self.months) + sum(len(each) for each in self.facets.values())


NO_FACETS = FacetCounts()


def count_facets(searcher: Searcher, compiled: CompiledQuery, total: int) -> FacetCounts:
    """Exact counts for a search with `total` matches: one pass, and one more for every facet whose chosen values are
    alternatives."""
    free = [name for name in FACETS if name not in compiled.filters or name in compiled.asked.all_of]
    fields = {name: facet_field(name, compiled.asked) for name in FACETS} | {"months": "ym"}
    found = _aggregate(searcher, compiled.query(), {name: fields[name] for name in (*free, "months")})
    facets = {name: _facet(found[name]) for name in free}
    for name in FACETS:
        if name not in free:
            facets[name] = _facet(_aggregate(searcher, compiled.query(without=name), {name: fields[name]})[name])
    months = tuple(sorted((int(each["key"]), int(each["doc_count"])) for each in found["months"]["buckets"]))
    return FacetCounts({name: facets[name] for name in FACETS}, months, total - sum(count for _, count in months))


def _aggregate(searcher: Searcher, query: Query, fields: Mapping[str, str]) -> dict[str, Any]:
    terms = {name: {"terms": {"field": field, "size": _MAX_VALUES, "segment_size": _MAX_VALUES}}
             for name, field in fields.items()}
    return searcher.aggregate(query, terms)


def _facet(found: Mapping[str, Any]) -> Facet:
    """Largest count first, ties by value."""
    counted = [(str(each["key"]), int(each["doc_count"])) for each in found["buckets"]]
    return tuple(sorted(counted, key=lambda each: (-each[1], each[0])))
