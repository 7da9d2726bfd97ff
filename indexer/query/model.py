"""What a person asked, in terms that no engine has a say in."""

from dataclasses import dataclass
from datetime import date
from enum import Enum

FACETS = ("topic", "org", "source", "lang")
"""The facets of a search, under the names that request arguments, engines and JSON use."""


class Sort(Enum):
    """The orders that results come in; `ADDED` is the order of first appearance in the archive, newest first.

    By relevance every original comes before every copy (`Document.original`); by date it does in the same minute.
    """

    RELEVANCE = "relevance"
    NEWEST = "newest"
    OLDEST = "oldest"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class Clause:
    """Some text that must (or, `excluded`, must not) be found in title or body.

    A `phrase` is found as one run of text, whatever its script; otherwise the text is one word as typed, which a
    Chinese run may still be segmented into shorter words of.
    """

    text: str
    phrase: bool = False
    excluded: bool = False


@dataclass(frozen=True, slots=True)
class Filters:
    """What narrows a search without changing its ranking. Values within one field are alternatives."""

    topics: tuple[str, ...] = ()
    organizations: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    first_day: date | None = None
    last_day: date | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """One search: clauses that must all hold, filters, an order. No clauses: everything the filters leave."""

    clauses: tuple[Clause, ...] = ()
    filters: Filters = Filters()
    sort: Sort = Sort.RELEVANCE
