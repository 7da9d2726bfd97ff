"""Query model: clauses, filters and order; the input of every engine."""

from dataclasses import dataclass
from datetime import date
from enum import Enum

FACETS = ("topic", "org", "place", "type", "source", "lang")
"""Facets by their names in request arguments, results and JSON."""

TAG_FACETS = ("topic", "org", "place")
"""Facets of which a release can have several values: they come from the vocabulary, and have pages of their own."""


class Sort(Enum):
    """Order of results; `ADDED` is by arrival in the archive, newest first.

    By relevance every original comes before every copy (`Document.original`), by date within the same minute.
    """

    RELEVANCE = "relevance"
    NEWEST = "newest"
    OLDEST = "oldest"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class Clause:
    """Text that must (or, `excluded`, must not) occur in title or body.

    A `phrase` matches as one run of text; otherwise the text is one word as typed, in which Chinese runs may still be
    segmented into words.
    """

    text: str
    phrase: bool = False
    excluded: bool = False


@dataclass(frozen=True, slots=True)
class FacetTerm:
    """A value of a facet that a release must (or, `excluded`, must not) have."""

    facet: str
    value: str
    excluded: bool = False


@dataclass(frozen=True, slots=True)
class Filters:
    """Filters, which do not change the ranking. Values within one field are alternatives, unless `all_of` names its
    facet: then a release has all of them. All `terms` must hold.

    Topics, organizations and places are those that a release is about; with `mentions` also those that it mentions, in
    the facets too. An organization includes its companies and departments unless `alone`, in the facets too.
    """

    topics: tuple[str, ...] = ()
    organizations: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    first_day: date | None = None
    last_day: date | None = None
    mentions: bool = False
    alone: bool = False
    all_of: tuple[str, ...] = ()
    terms: tuple[FacetTerm, ...] = ()

    def chosen(self, facet: str) -> tuple[str, ...]:
        """The values that a facet is filtered by."""
        values = {"topic": self.topics, "org": self.organizations, "place": self.places, "type": self.types,
                  "source": self.sources, "lang": self.languages}
        return values[facet]


@dataclass(frozen=True, slots=True)
class Query:
    """Clauses that must all match, filters, and an order. Without clauses, all that passes the filters matches."""

    clauses: tuple[Clause, ...] = ()
    filters: Filters = Filters()
    sort: Sort = Sort.RELEVANCE
