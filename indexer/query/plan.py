"""Clauses in terms of tokens: what every engine looks up, before any engine's own words for it."""

from dataclasses import dataclass
from functools import lru_cache

from indexer.query.model import Clause
from indexer.text.segment import segment
from indexer.text.stems import MAX_TOKEN
from indexer.text.tokens import is_han_run, phrase_tokens, runs, split_words


@dataclass(frozen=True, slots=True)
class TokenPhrase:
    """Tokens that stand one after another. `char`: the only token is one Han character, wherever it stands in a run."""

    tokens: tuple[str, ...]
    char: bool = False


@dataclass(frozen=True, slots=True)
class PartialPhrase:
    """A phrase whose first or last word may have been cut: `begin` ends some word, `end` begins one, `within` is
    inside one; `middle` is what stands whole between them."""

    begin: str | None = None
    middle: tuple[str, ...] = ()
    end: str | None = None
    within: str | None = None


@dataclass(frozen=True, slots=True)
class PlannedClause:
    """What a clause asks of a document: all `parts`, and every one of `spelled` exactly as it is written (words of a
    quotation are not looked up by their stem alone). `whole` ranks documents higher that hold the clause in one run;
    `cut` is the second form of a quotation, for where the first one finds nothing."""

    parts: tuple[TokenPhrase, ...]
    spelled: tuple[str, ...] = ()
    whole: TokenPhrase | None = None
    cut: PartialPhrase | None = None
    excluded: bool = False


@lru_cache(maxsize=1024)
def plan(clauses: tuple[Clause, ...]) -> tuple[PlannedClause, ...]:
    """The needs of all clauses that hold anything to search for; remembered, as one text is asked in many forms."""
    return tuple(_need(each, found) for each in clauses if (found := runs(each.text)))


def _need(clause: Clause, found: list[str]) -> PlannedClause:
    if clause.phrase:
        return PlannedClause((_part(found),), spelled=tuple(dict.fromkeys(split_words(found))), cut=_cut(found),
                    excluded=clause.excluded)
    if clause.excluded:  # what is excluded is excluded as typed: -出口管制 must not drop every 出口
        return PlannedClause((_part(found),), excluded=True)
    groups = word_groups(found)
    return PlannedClause(tuple(_part(each) for each in groups), whole=_part(found) if len(groups) > 1 else None)


def _part(found: list[str]) -> TokenPhrase:
    is_char = len(found) == 1 and len(found[0]) == 1 and is_han_run(found[0])
    return TokenPhrase(tuple(phrase_tokens(found)), char=is_char)


def word_groups(found: list[str]) -> list[list[str]]:
    """A typed word as the runs that belong together: Chinese words each alone, parts of a compound or number not.

    >>> word_groups(["wto", "规则改革"]), word_groups(["covid", "19"])
    ([['wto'], ['规则'], ['改革']], [['covid', '19']])
    >>> word_groups(["2025", "年第", "53", "号公告"])
    [['2025', '年'], ['第', '53', '号'], ['公告']]
    """
    groups: list[list[str]] = []
    joined = False  # whether the last group goes on in the run that follows
    for at, run in enumerate(found):
        if is_han_run(run):
            joined = _add_han(groups, found, at)
        else:
            if joined:
                groups[-1].append(run)
            else:
                groups.append([run])
            joined = True
    return groups


def _add_han(groups: list[list[str]], found: list[str], at: int) -> bool:
    """Add the words of a run of Han characters; says whether the run after it belongs to the last of them."""
    run, before, after = found[at], found[at - 1:at], found[at + 1:at + 2]
    if len(run) == 1:
        if before and not is_han_run(before[0]):
            groups[-1].append(run)
        else:
            groups.append([run])
        return True
    parts = segment(run, after_number=any(each.isdecimal() for each in before),
                    before_number=any(each.isdecimal() for each in after))
    if parts.head:
        groups[-1].append(parts.head)
    groups += [[word] for word in parts.words]
    if parts.tail:
        groups.append([parts.tail])
    return bool(parts.tail)


def _cut(found: list[str]) -> PartialPhrase | None:
    """The second form of a quotation, None where no edge of it is a word that can have been cut."""
    first, last = not is_han_run(found[0]), not is_han_run(found[-1])
    if not (first or last) or max(len(found[0]) * first, len(found[-1]) * last) > MAX_TOKEN:
        return None
    if len(found) == 1:
        return PartialPhrase(within=found[0])
    tokens = phrase_tokens(found)
    return PartialPhrase(begin=found[0] if first else None, end=found[-1] if last else None,
               middle=tuple(tokens[first:len(tokens) - last]))
