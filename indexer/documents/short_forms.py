"""Short forms of names, which count only in a text that says by another name what they mean. Pure."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from indexer.documents.alias_matches import Match
from indexer.vocabulary.entry import VocabularyEntry


def settle_short_forms(entries: Mapping[str, VocabularyEntry], found: Iterable[Match],
                       named: Collection[str]) -> list[Match]:
    """The matches of one field, without short forms that nothing else in the text supports.

    `named` are the entries that ordinary names in the text stand for, and what these are parts of. A short form stands
    for its entry where the entry or one of its `beside` is named: 法方 beside 法国, Georgia beside Alabama. Then it
    counts instead of an ordinary name that reads the same; of two short forms that read the same and are both
    supported, neither counts.
    """
    spans: dict[tuple[int, int], list[Match]] = defaultdict(list)
    for match in found:
        if not match.short or not entries[match.id].beside.isdisjoint(named) or match.id in named:
            spans[match.start, match.end].append(match)
    return [each for candidates in spans.values() for each in _decided(candidates)]


def _decided(candidates: list[Match]) -> list[Match]:
    """Of the matches of one span a short form that is alone, else the ordinary names."""
    short = [each for each in candidates if each.short]
    return short if len(short) == 1 else [each for each in candidates if not each.short]
