"""Short forms of names, which count only in a text that says by another name what they mean. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from indexer.documents.alias_matches import Match
from indexer.vocabulary.entry import Vocabulary


def settle_short_forms(vocabulary: Vocabulary, group: str, found: Mapping[str, list[Match]]) -> Mapping[str, list[Match]]:
    """The matches of a group in the fields of a text, without short forms that nothing else in it supports.

    A short form stands for its entry where the text names it, one of its `beside` or a part of these: 法方 beside 法国,
    Georgia beside Alabama. Then it takes the place of an ordinary name that reads the same; of two short forms that
    read the same and are both supported, neither counts.
    """
    if not any(match.short for listed in found.values() for match in listed):
        return found
    named = _named(vocabulary, group, (match for listed in found.values() for match in listed))
    entries = vocabulary.entries(group)
    return {field: _decided([each for each in listed if not each.short
                             or not named.isdisjoint({each.id, *entries[each.id].beside})])
            for field, listed in found.items()}


def _named(vocabulary: Vocabulary, group: str, found: Iterable[Match]) -> set[str]:
    """The entries that ordinary names in the text stand for, with their ancestors."""
    plain = {match.id for match in found if not match.short}
    return plain | {each for name in plain for each in vocabulary.ancestors(group, name)}


def _decided(found: Iterable[Match]) -> list[Match]:
    """The matches, one for each span: a short form that is alone there, else the ordinary name."""
    spans: dict[tuple[int, int], list[Match]] = defaultdict(list)
    for match in found:
        spans[match.start, match.end].append(match)
    kept: list[Match] = []
    for candidates in spans.values():
        short = [each for each in candidates if each.short]
        kept += short if len(short) == 1 else [each for each in candidates if not each.short]
    return kept
