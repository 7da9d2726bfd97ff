"""Aliases of a vocabulary in folded text: an index of them, and their matches. Pure."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from operator import add
from unicodedata import normalize

from indexer.vocabulary.entry import VocabularyEntry, normalize_text

# A run of Latin letters and digits in folded text: "mofcom", "g20"
_WORD = re.compile(r"[a-z0-9]+")
# A run of anything but ASCII, two characters or more: "商务部公告"
_NON_ASCII = re.compile(r"[^\x00-\x7f]{2,}")
# A compound of two Latin words: "used car"
_COMPOUND = re.compile(r"[a-z]{3,} [a-z]{3,}")


@dataclass(frozen=True, slots=True)
class FoldedAlias:
    """An alias, folded. `exact` is its spelling where it matches only in that case; `grams` are those of its text. A
    `short` one needs company; one that begins or ends with a Latin letter is `bounded`: it matches whole words only."""

    text: str
    entry: VocabularyEntry
    exact: str | None
    grams: frozenset[str]
    short: bool
    bounded: bool


@dataclass(frozen=True, slots=True)
class Match:
    """A position in a text where an alias of an entry stands; a `short` one counts only in company."""

    start: int
    end: int
    id: str
    short: bool = False


def index_aliases(entries: Mapping[str, VocabularyEntry]) -> dict[str, list[FoldedAlias]]:
    """The aliases, each under its gram that is rarest among all aliases."""
    aliases = [_folded(alias, spelling, entry) for entry in entries.values() for alias in entry.all_aliases()
               for spelling in spellings(alias)]
    common = Counter(gram for alias in aliases for gram in alias.grams)
    index: dict[str, list[FoldedAlias]] = {}
    for alias in aliases:
        rarest = min(alias.grams, key=lambda gram: (common[gram], gram))
        index.setdefault(rarest, []).append(alias)
    return index


def _folded(alias: str, spelling: str, entry: VocabularyEntry) -> FoldedAlias:
    return FoldedAlias(spelling, entry, alias if alias in entry.exact else None, frozenset(grams(spelling)),
                       alias in entry.short, _is_latin(spelling[0]) or _is_latin(spelling[-1]))


def spellings(alias: str) -> tuple[str, ...]:
    """The folded spellings of an alias: a compound of two words is joined as well; hyphens are blanks already.

    >>> spellings("used-car"), spellings("二手车")
    (('used car', 'usedcar'), ('二手车',))
    """
    folded = normalize_text(alias)
    return (folded, folded.replace(" ", "")) if _COMPOUND.fullmatch(folded) else (folded,)


def grams(folded: str) -> set[str]:
    """Latin words and pairs of other characters: a text contains an alias only if it contains the alias's grams."""
    found = set(_WORD.findall(folded))
    for run in () if folded.isascii() else _NON_ASCII.findall(folded):
        found.update(map(add, run, run[1:]))
    return found


def matches(text: str, folded: str, index: Mapping[str, list[FoldedAlias]], found: set[str]) -> Iterator[Match]:
    """The matches of all aliases in a text and its folded form; `found` are the grams of the latter."""
    for gram in index.keys() & found:
        for alias in index[gram]:
            if alias.grams <= found:
                yield from _find(text, folded, alias)


def _find(text: str, folded: str, alias: FoldedAlias) -> Iterator[Match]:
    start = folded.find(alias.text)
    while start >= 0:
        end = start + len(alias.text)
        whole = not alias.bounded or _on_word_boundaries(folded, start, end)
        if whole and _matches_case(text[start:end], alias.exact) and not alias.entry.unless.applies(folded, start, end):
            yield Match(start, end, alias.entry.id, alias.short)
        start = folded.find(alias.text, start + 1)


def _on_word_boundaries(folded: str, start: int, end: int) -> bool:
    """True where no Latin word extends over either end: not "EU" in "neural", but CAMCE in 与CAMCE签署."""
    return not ((start and _is_latin(folded[start]) and _is_latin(folded[start - 1]))
                or (end < len(folded) and _is_latin(folded[end - 1]) and _is_latin(folded[end])))


def _is_latin(char: str) -> bool:
    return char.isalnum() and char < "\u2e80"


def _matches_case(written: str, exact: str | None) -> bool:
    return exact is None or normalize("NFKC", written).replace("-", " ") == exact.replace("-", " ")
