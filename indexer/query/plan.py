"""Query plan: clauses as tokens, engine-neutral; engines compile it into their own query."""

from dataclasses import dataclass

from indexer.query.model import Clause
from indexer.query.weighted_cache import weighted_cache
from indexer.text.segment import segment
from indexer.text.stems import MAX_TOKEN
from indexer.text.tokens import is_han_run, phrase_tokens, runs, split_words


@dataclass(frozen=True, slots=True)
class TokenPhrase:
    """Consecutive tokens. `single_han`: the only token is one Han character, found anywhere in a run."""

    tokens: tuple[str, ...]
    single_han: bool = False


@dataclass(frozen=True, slots=True)
class PartialPhrase:
    """A phrase whose first and last word may be parts of longer words: it begins with a word that ends in `suffix`,
    goes on with the tokens of `middle`, and ends with a word that begins with `prefix`. `infix` is a phrase of one
    word, found anywhere inside a word."""

    suffix: str | None = None
    middle: tuple[str, ...] = ()
    prefix: str | None = None
    infix: str | None = None


@dataclass(frozen=True, slots=True)
class PlannedClause:
    """One clause as tokens. A document matches if it holds all `phrases`, and all `exact_words` in this very form
    (the words of a quotation must not match by their stem alone). `boost_phrase` ranks documents higher that hold the
    clause in one run; `partial` replaces a quotation that has no match."""

    phrases: tuple[TokenPhrase, ...]
    exact_words: tuple[str, ...] = ()
    boost_phrase: TokenPhrase | None = None
    partial: PartialPhrase | None = None
    excluded: bool = False


CACHED_CHARACTERS = 10_000  # of query text, in each cache of what is made of it: 2 kB of memory each


def _characters(clauses: tuple[Clause, ...]) -> int:
    return 20 + sum(20 + len(each.text) for each in clauses)


@weighted_cache(CACHED_CHARACTERS, _characters)
def plan(clauses: tuple[Clause, ...]) -> tuple[PlannedClause, ...]:
    """The clauses as tokens, those without a letter, digit or Han character left out; cached."""
    return tuple(_plan_clause(each, found) for each in clauses if (found := runs(each.text)))


def _plan_clause(clause: Clause, found: list[str]) -> PlannedClause:
    if clause.phrase:
        return PlannedClause((_phrase(found),), exact_words=tuple(dict.fromkeys(split_words(found))),
                             partial=_partial_phrase(found), excluded=clause.excluded)
    if clause.excluded:  # as typed, never segmented: -出口管制 must not drop every 出口
        return PlannedClause((_phrase(found),), excluded=True)
    groups = word_groups(found)
    return PlannedClause(tuple(_phrase(each) for each in groups),
                         boost_phrase=_phrase(found) if len(groups) > 1 else None)


def _phrase(found: list[str]) -> TokenPhrase:
    single_han = len(found) == 1 and len(found[0]) == 1 and is_han_run(found[0])
    return TokenPhrase(tuple(phrase_tokens(found)), single_han)


def word_groups(found: list[str]) -> list[list[str]]:
    """The runs of a typed word, grouped: each Chinese word alone, the parts of a compound or number together.

    >>> word_groups(["wto", "规则改革"]), word_groups(["covid", "19"])
    ([['wto'], ['规则'], ['改革']], [['covid', '19']])
    >>> word_groups(["2025", "年第", "53", "号公告"])
    [['2025', '年'], ['第', '53', '号'], ['公告']]
    """
    groups: list[list[str]] = []
    joined = False  # the last group continues in the next run
    for at, run in enumerate(found):
        if is_han_run(run):
            joined = _add_han_run(groups, found, at)
        else:
            if joined:
                groups[-1].append(run)
            else:
                groups.append([run])
            joined = True
    return groups


def _add_han_run(groups: list[list[str]], found: list[str], at: int) -> bool:
    """Add the words of a Han run; True where the last of them continues in the next run."""
    run, before, after = found[at], found[at - 1:at], found[at + 1:at + 2]
    if len(run) == 1:
        if before and not is_han_run(before[0]):
            groups[-1].append(run)
        else:
            groups.append([run])
        return True
    segments = segment(run, after_number=any(each.isdecimal() for each in before),
                       before_number=any(each.isdecimal() for each in after))
    if segments.head:
        groups[-1].append(segments.head)
    groups += [[word] for word in segments.words]
    if segments.tail:
        groups.append([segments.tail])
    return bool(segments.tail)


def _partial_phrase(found: list[str]) -> PartialPhrase | None:
    """The partial form of a quotation; None where neither edge is a word, or one is longer than a token."""
    first, last = not is_han_run(found[0]), not is_han_run(found[-1])
    if not (first or last) or max(len(found[0]) * first, len(found[-1]) * last) > MAX_TOKEN:
        return None
    if len(found) == 1:
        return PartialPhrase(infix=found[0])
    tokens = phrase_tokens(found)
    return PartialPhrase(suffix=found[0] if first else None, prefix=found[-1] if last else None,
                         middle=tuple(tokens[first:len(tokens) - last]))
