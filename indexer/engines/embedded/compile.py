"""Engine-neutral queries in the embedded engine's own terms."""

from dataclasses import dataclass
from functools import cache, cached_property, lru_cache

from tantivy import FieldType, Occur, Query, Searcher

from indexer.engines.embedded.schema import BODY, FACET_FIELDS, LIVE, TITLE, WORDS, day_number, schema
from indexer.query.model import Filters
from indexer.query.plan import PartialPhrase, PlannedClause, TokenPhrase
from indexer.text.stems import reversed_word, stem

TITLE_BOOST = 3.0
WHOLE_BOOST = 0.5
COPY_SCORE = -100_000.0  # more than a text can score; single precision still tells copies from one another

# The engine's automata have at most 1,000 states: about as many bytes.
_LONGEST_FRAGMENT = 60
_CHUNK_BYTES = 600
_MOST_WORDS = 2000  # spellings looked through for a cut word
_MOST_PHRASES = 64


@dataclass(frozen=True)
class CompiledQuery:
    """A search ready to run: what the text asks for (None: everything) and each filter under its facet's name."""

    text: Query | None
    filters: dict[str, Query]

    def query(self, without: str | None = None) -> Query:
        """All of it, on demand without one filter."""
        kept = [(Occur.Must, each) for name, each in self.filters.items() if name != without]
        if self.text is None and not kept:
            return everything()
        if self.text is not None and not kept:
            return self.text
        return Query.boolean_query([(Occur.Must, self.text or everything()), *kept])

    @cached_property
    def ranked(self) -> Query:
        """All of it, with the scores of copies below those of every original."""
        return Query.boolean_query([(Occur.Must, self.query()), (Occur.Should, _copies())])


@lru_cache(maxsize=1024)
def compile_query(needs: tuple[PlannedClause, ...], filters: Filters) -> CompiledQuery:
    """The search for these needs; remembered."""
    return CompiledQuery(_text(needs, {}), _filters(filters))


def compile_partial(needs: tuple[PlannedClause, ...], filters: Filters, cuts: dict[int, Query]) -> CompiledQuery:
    """The search where some needs (by their place) are replaced by their second form."""
    return CompiledQuery(_text(needs, cuts), _filters(filters))


@cache
def everything() -> Query:
    """All documents, and not the checkpoint; scores nothing."""
    return _silent(Query.term_query(schema(), LIVE, "1", "basic"))


@cache
def _copies() -> Query:
    return Query.const_score_query(Query.term_query(schema(), "original", False, "basic"), COPY_SCORE)


def clause_query(need: PlannedClause) -> Query:
    """What one clause asks for."""
    parts = [(Occur.Must, _anywhere(each)) for each in need.parts]
    spelled = [(Occur.Must, _silent(Query.term_query(schema(), WORDS, each, "basic"))) for each in need.spelled]
    whole = [(Occur.Should, Query.boost_query(_anywhere(need.whole), WHOLE_BOOST))] if need.whole else []
    clauses = [*parts, *spelled, *whole]
    return clauses[0][1] if len(clauses) == 1 else Query.boolean_query(clauses)


def partial_phrase_query(cut: PartialPhrase, searcher: Searcher) -> Query:
    """A quotation whose first or last word may be part of a longer one.

    Words with that beginning or ending are looked up among the spellings, and the phrase is asked for with their stems.
    Where there are too many, a document need only hold one of them beside the rest: never too few are found.
    """
    if cut.within is not None:
        return _silent(Query.regex_query(schema(), WORDS, f"[^_]*{cut.within[:_LONGEST_FRAGMENT]}[^_]*"))
    needed: list[tuple[Occur, Query]] = []
    first, last = [""], [""]
    if cut.begin is not None:
        needed.append((Occur.Must, _spelled_from(reversed_word(cut.begin))))
        first = _stems(searcher, reversed_word(cut.begin))
    if cut.end is not None:
        needed.append((Occur.Must, _spelled_from(cut.end)))
        last = _stems(searcher, cut.end)
    if len(first) * len(last) > _MOST_PHRASES:
        first, last = ([""], last) if len(first) > len(last) else (first, [""])
    phrases = [_alternatives((*filter(None, [one]), *cut.middle, *filter(None, [other])))
               for one in first for other in last if one or other or cut.middle]
    if phrases:
        needed.append((Occur.Must, Query.boolean_query([(Occur.Should, each) for each in phrases])))
    return Query.boolean_query(needed)


def _spelled_from(beginning: str) -> Query:
    return _silent(Query.regex_query(schema(), WORDS, f"{beginning[:_LONGEST_FRAGMENT]}.*"))


def _stems(searcher: Searcher, beginning: str) -> list[str]:
    """Alternatives for the stems of words spelled so, as few expressions; [""] where there are too many words."""
    found = searcher.terms_with_prefix(WORDS, beginning, limit=_MOST_WORDS)
    if len(found) >= _MOST_WORDS:
        return [""]
    turned = beginning.startswith("_")
    stems = dict.fromkeys(stem(term[:0:-1] if turned else term) for term, _ in found)
    return _chunks(list(stems)) if stems else [stem(beginning[:0:-1] if turned else beginning)]


def _chunks(words: list[str]) -> list[str]:
    """Words as alternatives of expressions that the engine's automata hold."""
    chunks: list[list[str]] = [[]]
    size = 0
    for word in words:
        weight = len(word.encode()) + 1
        if size + weight > _CHUNK_BYTES and chunks[-1]:
            chunks.append([])
            size = 0
        chunks[-1].append(word)
        size += weight
    return ["|".join(each) if len(each) == 1 else f"({'|'.join(each)})" for each in chunks]


def _alternatives(tokens: tuple[str, ...]) -> Query:
    """Expressions one after another, in the title or in the body."""
    if len(tokens) == 1:
        found = [Query.regex_query(schema(), field, tokens[0]) for field in (TITLE, BODY)]
    else:
        found = [Query.regex_phrase_query(schema(), field, list(tokens)) for field in (TITLE, BODY)]
    return Query.boolean_query([(Occur.Should, each) for each in found])


def _text(needs: tuple[PlannedClause, ...], cuts: dict[int, Query]) -> Query | None:
    if not needs:
        return None
    clauses = [(Occur.MustNot if need.excluded else Occur.Must, cuts.get(at) or clause_query(need))
               for at, need in enumerate(needs)]
    if all(need.excluded for need in needs):
        clauses.append((Occur.Must, everything()))
    return clauses[0][1] if len(clauses) == 1 else Query.boolean_query(clauses)


def _anywhere(part: TokenPhrase) -> Query:
    """A part in the title, where it counts more, or in the body."""
    return Query.boolean_query([
        (Occur.Should, Query.boost_query(_in_field(TITLE, part), TITLE_BOOST)),
        (Occur.Should, _in_field(BODY, part)),
    ])


def _in_field(field: str, part: TokenPhrase) -> Query:
    if part.char:  # a Han character begins a pair, or is the last of its run and stands alone
        return Query.regex_query(schema(), field, f"{part.tokens[0]}.?")
    if len(part.tokens) == 1:
        return Query.term_query(schema(), field, part.tokens[0])
    return Query.phrase_query(schema(), field, list(part.tokens))


def _filters(filters: Filters) -> dict[str, Query]:
    chosen = {"topic": filters.topics, "org": filters.organizations, "source": filters.sources,
              "lang": filters.languages}
    found = {name: _silent(Query.term_set_query(schema(), FACET_FIELDS[name], list(values)))
             for name, values in chosen.items() if values}
    if filters.first_day or filters.last_day:
        found["date"] = _overlap(filters)
    return found


def _overlap(filters: Filters) -> Query:
    """Documents whose span has a day in common with the wanted one; an undated one has no span."""
    first, last = filters.first_day, filters.last_day
    bounds: list[tuple[Occur, Query]] = []
    if first:
        bounds.append((Occur.Must, Query.range_query(schema(), "last_day", FieldType.Unsigned, day_number(first))))
    if last:
        bounds.append((Occur.Must, Query.range_query(schema(), "first_day", FieldType.Unsigned, None,
                                                     day_number(last))))
    return _silent(Query.boolean_query(bounds))


def _silent(query: Query) -> Query:
    """The query without a say in the ranking."""
    return Query.const_score_query(query, 0.0)
