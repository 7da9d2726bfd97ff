"""Planned clauses and filters compiled into Tantivy queries."""

from dataclasses import dataclass
from functools import cache, cached_property

from tantivy import FieldType, Occur, Query, Searcher

from indexer.engines.embedded.schema import BODY, LIVE, TITLE, WORDS, day_number, facet_field, schema
from indexer.query.model import FACETS, Filters
from indexer.query.plan import CACHED_CHARACTERS, PartialPhrase, PlannedClause, TokenPhrase
from indexer.query.weighted_cache import weighted_cache
from indexer.text.stems import reversed_word, stem

TITLE_BOOST = 3.0
PHRASE_BOOST = 0.5
COPY_SCORE = -100_000.0  # more than a text can score; in single precision copies still differ from one another

# Tantivy's regex automata have at most 1,000 states: about as many bytes.
_MAX_FRAGMENT = 60
_REGEX_BYTES = 600
_MAX_WORDS = 2000  # index terms looked up for a partial word
_MAX_PHRASES = 64


@dataclass(frozen=True)
class CompiledQuery:
    """A query ready to run: the clauses (None: match all), each filter under its facet's name, and the filters as they
    were asked for."""

    text: Query | None
    filters: dict[str, Query]
    asked: Filters

    def query(self, without: str | None = None) -> Query:
        """The clauses and filters, without one of the filters where it is named."""
        kept = [(Occur.Must, each) for name, each in self.filters.items() if name != without]
        if self.text is None and not kept:
            return all_documents()
        if self.text is not None and not kept:
            return self.text
        return Query.boolean_query([(Occur.Must, self.text or all_documents()), *kept])

    @cached_property
    def ranked(self) -> Query:
        """The clauses and filters, with every copy scored below every original."""
        return Query.boolean_query([(Occur.Must, self.query()), (Occur.Should, _copy_penalty())])


def query_weight(clauses: tuple[PlannedClause, ...], filters: Filters) -> int:
    """Weight of a query in a cache: about the characters of its tokens and filter values."""
    tokens = (token for clause in clauses for phrase in clause.phrases for token in (*phrase.tokens, "", ""))
    chosen = (value for facet in FACETS for value in filters.chosen(facet))
    required = (part for term in filters.terms for part in (term.facet, term.value))
    return 40 + sum(2 + len(each) for each in (*tokens, *chosen, *required))


@weighted_cache(CACHED_CHARACTERS, query_weight)
def compile_query(clauses: tuple[PlannedClause, ...], filters: Filters) -> CompiledQuery:
    """The query of these clauses and filters; cached."""
    return CompiledQuery(_text_query(clauses, {}), _filter_queries(filters), filters)


def compile_partial(clauses: tuple[PlannedClause, ...], filters: Filters,
                    partial: dict[int, Query]) -> CompiledQuery:
    """The same with some clauses, by their index, replaced by queries for their partial phrases."""
    return CompiledQuery(_text_query(clauses, partial), _filter_queries(filters), filters)


@cache
def all_documents() -> Query:
    """Matches every document but not the checkpoint; scores 0."""
    return _unscored(Query.term_query(schema(), LIVE, "1", "basic"))


@cache
def _copy_penalty() -> Query:
    return Query.const_score_query(Query.term_query(schema(), "original", False, "basic"), COPY_SCORE)


def clause_query(clause: PlannedClause) -> Query:
    """The query of one clause, its exclusion aside."""
    phrases = [(Occur.Must, _in_title_or_body(each)) for each in clause.phrases]
    exact = [(Occur.Must, _unscored(Query.term_query(schema(), WORDS, each, "basic"))) for each in clause.exact_words]
    boost = [(Occur.Should, Query.boost_query(_in_title_or_body(clause.boost_phrase), PHRASE_BOOST))
             ] if clause.boost_phrase else []
    parts = [*phrases, *exact, *boost]
    return parts[0][1] if len(parts) == 1 else Query.boolean_query(parts)


def partial_phrase_query(partial: PartialPhrase, searcher: Searcher) -> Query:
    """The query of a partial phrase.

    Words with the suffix or prefix are looked up in the index, and the phrase is searched with their stems. Where
    there are too many, a document needs only one of them beside the rest: it may find too much, never too little.
    """
    if partial.infix is not None:
        return _unscored(Query.regex_query(schema(), WORDS, f"[^_]*{partial.infix[:_MAX_FRAGMENT]}[^_]*"))
    needed: list[tuple[Occur, Query]] = []
    first, last = [""], [""]
    if partial.suffix is not None:
        needed.append((Occur.Must, _word_prefix(reversed_word(partial.suffix))))
        first = _stem_regexes(searcher, reversed_word(partial.suffix))
    if partial.prefix is not None:
        needed.append((Occur.Must, _word_prefix(partial.prefix)))
        last = _stem_regexes(searcher, partial.prefix)
    if len(first) * len(last) > _MAX_PHRASES:
        first, last = ([""], last) if len(first) > len(last) else (first, [""])
    phrases = [_regex_phrase((*filter(None, [one]), *partial.middle, *filter(None, [other])))
               for one in first for other in last if one or other or partial.middle]
    if phrases:
        needed.append((Occur.Must, Query.boolean_query([(Occur.Should, each) for each in phrases])))
    return Query.boolean_query(needed)


def _word_prefix(prefix: str) -> Query:
    return _unscored(Query.regex_query(schema(), WORDS, f"{prefix[:_MAX_FRAGMENT]}.*"))


def _stem_regexes(searcher: Searcher, prefix: str) -> list[str]:
    """Regexes for the stems of words with a prefix (reversed words for a suffix); [""] where there are too many."""
    found = searcher.terms_with_prefix(WORDS, prefix, limit=_MAX_WORDS)
    if len(found) >= _MAX_WORDS:
        return [""]
    is_reversed = prefix.startswith("_")
    stems = dict.fromkeys(stem(term[:0:-1] if is_reversed else term) for term, _ in found)
    return _alternations(list(stems)) if stems else [stem(prefix[:0:-1] if is_reversed else prefix)]


def _alternations(words: list[str]) -> list[str]:
    """Words as regex alternations, as few as Tantivy's automata hold."""
    groups: list[list[str]] = [[]]
    size = 0
    for word in words:
        weight = len(word.encode()) + 1
        if size + weight > _REGEX_BYTES and groups[-1]:
            groups.append([])
            size = 0
        groups[-1].append(word)
        size += weight
    return ["|".join(each) if len(each) == 1 else f"({'|'.join(each)})" for each in groups]


def _regex_phrase(regexes: tuple[str, ...]) -> Query:
    """Consecutive tokens that match these regexes, in the title or in the body."""
    if len(regexes) == 1:
        found = [Query.regex_query(schema(), field, regexes[0]) for field in (TITLE, BODY)]
    else:
        found = [Query.regex_phrase_query(schema(), field, list(regexes)) for field in (TITLE, BODY)]
    return Query.boolean_query([(Occur.Should, each) for each in found])


def _text_query(clauses: tuple[PlannedClause, ...], partial: dict[int, Query]) -> Query | None:
    if not clauses:
        return None
    parts = [(Occur.MustNot if clause.excluded else Occur.Must, partial.get(at) or clause_query(clause))
             for at, clause in enumerate(clauses)]
    if all(clause.excluded for clause in clauses):
        parts.append((Occur.Must, all_documents()))
    return parts[0][1] if len(parts) == 1 else Query.boolean_query(parts)


def _in_title_or_body(phrase: TokenPhrase) -> Query:
    return Query.boolean_query([
        (Occur.Should, Query.boost_query(_in_field(TITLE, phrase), TITLE_BOOST)),
        (Occur.Should, _in_field(BODY, phrase)),
    ])


def _in_field(field: str, phrase: TokenPhrase) -> Query:
    if phrase.single_han:  # the first character of a pair, or the token of the last character of a run
        return Query.regex_query(schema(), field, f"{phrase.tokens[0]}.?")
    if len(phrase.tokens) == 1:
        return Query.term_query(schema(), field, phrase.tokens[0])
    return Query.phrase_query(schema(), field, list(phrase.tokens))


def _filter_queries(filters: Filters) -> dict[str, Query]:
    found = {facet: _facet_query(facet, filters) for facet in FACETS if filters.chosen(facet)}
    if filters.terms:
        found["terms"] = _required(filters)
    if filters.first_day or filters.last_day:
        found["date"] = _date_overlap(filters)
    return found


def _facet_query(facet: str, filters: Filters) -> Query:
    """Documents with one of the values that a facet is filtered by, or with all of them."""
    field, values = facet_field(facet, filters), filters.chosen(facet)
    if facet not in filters.all_of:
        return _unscored(Query.term_set_query(schema(), field, list(values)))
    return _unscored(Query.boolean_query([(Occur.Must, Query.term_query(schema(), field, each, "basic"))
                                          for each in values]))


def _required(filters: Filters) -> Query:
    """Documents for which all `terms` of the filters hold."""
    parts = [(Occur.MustNot if each.excluded else Occur.Must,
              Query.term_query(schema(), facet_field(each.facet, filters), each.value, "basic"))
             for each in filters.terms]
    return _unscored(Query.boolean_query([(Occur.Must, all_documents()), *parts]))


def _date_overlap(filters: Filters) -> Query:
    """Documents whose date range shares a day with the filter's; undated documents have no range."""
    first, last = filters.first_day, filters.last_day
    bounds: list[tuple[Occur, Query]] = []
    if first:
        bounds.append((Occur.Must, Query.range_query(schema(), "last_day", FieldType.Unsigned, day_number(first))))
    if last:
        bounds.append((Occur.Must, Query.range_query(schema(), "first_day", FieldType.Unsigned, None,
                                                     day_number(last))))
    return _unscored(Query.boolean_query(bounds))


def _unscored(query: Query) -> Query:
    return Query.const_score_query(query, 0.0)
