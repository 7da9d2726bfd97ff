"""Parser of the query syntax: typed text -> clauses.

All words must match; "quoted" text matches as a phrase; a leading minus excludes. Quotation marks of every kind quote
(" “ ” ＂ 「 」 『 』); 《》 belong to the text. There is no other syntax.
"""

from dataclasses import dataclass

from archive.messages import message
from indexer.errors import QueryError
from indexer.query.model import Clause
from indexer.text.tokens import runs

MOST_CHARACTERS = 2000
MOST_CLAUSES = 64

_STRAIGHT = '"“”＂'
_CLOSING = dict.fromkeys(_STRAIGHT, _STRAIGHT) | {"「": "」", "『": "』"}
_MINUS = "-－−"


@dataclass(frozen=True, slots=True)
class _ParsedClause:
    """A clause and the offset after it."""

    clause: Clause
    end: int


def parse(text: str) -> tuple[Clause, ...]:
    """The clauses of a query, none for a blank one; raises QueryError with the offset of the fault.

    >>> [(each.text, each.phrase, each.excluded) for each in parse('关税 "trade war" -汽车')]
    [('关税', False, False), ('trade war', True, False), ('汽车', False, True)]
    """
    if len(text) > MOST_CHARACTERS:
        raise QueryError(message("query_too_long", length=len(text), longest=MOST_CHARACTERS), MOST_CHARACTERS)
    clauses: list[Clause] = []
    at = _skip_blanks(text, 0)
    while at < len(text):
        parsed = _read_clause(text, at)
        if runs(parsed.clause.text):
            if len(clauses) == MOST_CLAUSES:
                raise QueryError(message("too_many_clauses", most=MOST_CLAUSES), at)
            clauses.append(parsed.clause)
        at = _skip_blanks(text, parsed.end)
    if not clauses and text.strip():
        raise QueryError(message("no_searchable_text"), _skip_blanks(text, 0))
    return tuple(clauses)


def _skip_blanks(text: str, at: int) -> int:
    while at < len(text) and text[at].isspace():
        at += 1
    return at


def _read_clause(text: str, at: int) -> _ParsedClause:
    """Read one word or phrase with a minus before it; the offset always advances."""
    start = at
    while at < len(text) and text[at] in _MINUS:
        at += 1
    excluded = at > start
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
