"""Parser of the query syntax: typed text -> clauses and facet terms.

All words must match; "quoted" text matches as a phrase; a leading minus excludes; `place:california` is a value of a
facet. Quotation marks of every kind quote (" “ ” ＂ 「 」 『 』); 《》 belong to the text. There is no other syntax.
"""

import re
from dataclasses import dataclass, replace

from archive.messages import message
from indexer.errors import QueryError
from indexer.query.model import FACETS, Clause
from indexer.text.tokens import runs

MOST_CHARACTERS = 2000
MOST_CLAUSES = 64

_STRAIGHT = '"“”＂'
_CLOSING = dict.fromkeys(_STRAIGHT, _STRAIGHT) | {"「": "」", "『": "』"}
_MINUS = "-－−"

FACET_WORDS = {"主题": "topic", "机构": "org", "地点": "place", "类型": "type", "来源": "source", "语言": "lang",
               **{each: each for each in FACETS}}
"""The words that name a facet before a colon."""
# A facet and its colon, right before a value: "place:" in "place:california", "地点：" in "地点：加州"
_FACET = re.compile(rf"({'|'.join(FACET_WORDS)})[:：](?=\S)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class TypedTerm:
    """A value of a facet as typed, an id or a name, with its offset in the query."""

    facet: str
    value: str
    excluded: bool
    offset: int


@dataclass(frozen=True, slots=True)
class ParsedQuery:
    """The clauses and the facet terms of a query."""

    clauses: tuple[Clause, ...] = ()
    terms: tuple[TypedTerm, ...] = ()


@dataclass(frozen=True, slots=True)
class _ParsedClause:
    """A clause and the offset after it; `facet` is the one that its text is a value of."""

    clause: Clause
    end: int
    facet: str | None = None


def parse(text: str) -> tuple[Clause, ...]:
    """The clauses of a query, none for a blank one; raises QueryError with the offset of the fault.

    >>> [(each.text, each.phrase, each.excluded) for each in parse('关税 "trade war" -汽车')]
    [('关税', False, False), ('trade war', True, False), ('汽车', False, True)]
    """
    return parse_query(text).clauses


def parse_query(text: str) -> ParsedQuery:
    """The clauses and facet terms of a query; raises QueryError with the offset of the fault.

    >>> [(each.facet, each.value, each.excluded) for each in parse_query('tariffs -地点：加州').terms]
    [('place', '加州', True)]
    """
    if len(text) > MOST_CHARACTERS:
        raise QueryError(message("query_too_long", length=len(text), longest=MOST_CHARACTERS), MOST_CHARACTERS)
    clauses: list[Clause] = []
    terms: list[TypedTerm] = []
    at = _skip_blanks(text, 0)
    while at < len(text):
        parsed = _read_clause(text, at)
        if runs(parsed.clause.text):
            if len(clauses) + len(terms) == MOST_CLAUSES:
                raise QueryError(message("too_many_clauses", most=MOST_CLAUSES), at)
            if parsed.facet is None:
                clauses.append(parsed.clause)
            else:
                terms.append(TypedTerm(parsed.facet, parsed.clause.text, parsed.clause.excluded, at))
        at = _skip_blanks(text, parsed.end)
    if not clauses and not terms and text.strip():
        raise QueryError(message("no_searchable_text"), _skip_blanks(text, 0))
    return ParsedQuery(tuple(clauses), tuple(terms))


def _skip_blanks(text: str, at: int) -> int:
    while at < len(text) and text[at].isspace():
        at += 1
    return at


def _read_clause(text: str, at: int) -> _ParsedClause:
    """Read one word, phrase or facet term with a minus before it; the offset always advances."""
    start = at
    while at < len(text) and text[at] in _MINUS:
        at += 1
    excluded = at > start
    if named := _FACET.match(text, at):
        return replace(_read_value(text, named.end(), excluded=excluded), facet=FACET_WORDS[named[1].lower()])
    return _read_value(text, at, excluded=excluded)


def _read_value(text: str, at: int, *, excluded: bool) -> _ParsedClause:
    if at < len(text) and text[at] in _CLOSING:
        return _read_phrase(text, at, excluded=excluded)
    return _read_word(text, at, excluded=excluded)


def _read_phrase(text: str, at: int, *, excluded: bool) -> _ParsedClause:
    """Read a phrase; without a closing quotation mark it extends to the end."""
    closing = _CLOSING[text[at]]
    end = at + 1
    while end < len(text) and text[end] not in closing:
        end += 1
    return _ParsedClause(Clause(text[at + 1:end], phrase=True, excluded=excluded), end + 1)


def _read_word(text: str, at: int, *, excluded: bool) -> _ParsedClause:
    """Read up to a blank or a quotation mark; a minus inside is part of the word (COVID-19)."""
    end = at
    while end < len(text) and not text[end].isspace() and text[end] not in _CLOSING:
        end += 1
    return _ParsedClause(Clause(text[at:end], excluded=excluded), end)
