"""Pages of topics, organizations and places: an entry with its releases, and lists of entries with their counts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from indexer.vocabulary.entry import Vocabulary, VocabularyEntry
from indexer.vocabulary.loader import load
from webapp.http.site_urls import site_urls

GROUPS = {"topic": "topics", "org": "organizations", "place": "places"}
"""Groups of the vocabulary by the facets whose values have pages."""


@dataclass(frozen=True, slots=True)
class Branch:
    """An entry in a list, with the number of releases about it and the entries that are parts of it."""

    id: str
    name: str
    other_name: str
    href: str
    count: int
    parts: tuple["Branch", ...] = ()


def entries_of(facet: str) -> Mapping[str, VocabularyEntry]:
    """The entries of a facet by id."""
    return load().entries(GROUPS[facet])


def tree(facet: str, counts: Mapping[str, int], language: str) -> list[Branch]:
    """The entries that have releases, each below what it is a part of; the most frequent first."""
    parts = _parts(load(), facet)
    return _branches(facet, parts.get(None, ()), (parts, counts, language))


def parts_of(facet: str, entry: str, counts: Mapping[str, int], language: str) -> list[Branch]:
    """The direct parts of an entry that have releases, the most frequent first."""
    parts = _parts(load(), facet).get(entry, ())
    return _branches(facet, parts, ({}, counts, language))


def wholes_of(facet: str, entry: str, counts: Mapping[str, int], language: str) -> list[Branch]:
    """What an entry is a part of, nearest first."""
    entries = entries_of(facet)
    return [_branch(facet, entries[each], (), (counts, language))
            for each in load().ancestors(GROUPS[facet], entry)]


def without_releases(facet: str, counts: Mapping[str, int], language: str) -> list[Branch]:
    """The entries that no release is about, in the order of the vocabulary."""
    return [_branch(facet, each, (), (counts, language))
            for each in entries_of(facet).values() if not counts.get(each.id)]


def _parts(vocabulary: Vocabulary, facet: str) -> dict[str | None, list[VocabularyEntry]]:
    found: dict[str | None, list[VocabularyEntry]] = {}
    for each in vocabulary.entries(GROUPS[facet]).values():
        found.setdefault(each.parent, []).append(each)
    return found


def _branches(facet: str, entries: Iterable[VocabularyEntry],
              context: tuple[Mapping[str | None, list[VocabularyEntry]], Mapping[str, int], str]) -> list[Branch]:
    """The entries with releases, or with parts that have some."""
    parts, counts, language = context
    made = [_branch(facet, each, tuple(_branches(facet, parts.get(each.id, ()), context)), (counts, language))
            for each in entries]
    return sorted((each for each in made if each.count or each.parts), key=lambda each: (-each.count, each.name))


def _branch(facet: str, entry: VocabularyEntry, parts: tuple[Branch, ...],
            context: tuple[Mapping[str, int], str]) -> Branch:
    counts, language = context
    return Branch(entry.id, entry.name[language], entry.name["en" if language == "zh" else "zh"],
                  f"{site_urls().entry_prefixes[facet]}{entry.id}", counts.get(entry.id, 0), parts)
