"""Tagging: finds organizations and topics in a text. Pure."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import groupby
from operator import add
from typing import Any
from unicodedata import normalize

from indexer.documents.document import FieldSpan, Tag
from indexer.vocabulary.entry import Vocabulary, VocabularyEntry, normalize_text

VERSION = 1
"""Raise it when the rules of this module change: every document is then tagged again."""

# A run of Latin letters and digits in folded text: "mofcom", "g20"
_WORD = re.compile(r"[a-z0-9]+")
# A run of anything but ASCII, two characters or more: "商务部公告"
_NON_ASCII = re.compile(r"[^\x00-\x7f]{2,}")


@dataclass(frozen=True, slots=True)
class Tags:
    """Organizations and topics of a document, in order of first mention."""

    organizations: tuple[Tag, ...] = ()
    topics: tuple[Tag, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The tags as JSON data, equal to what a JSON column returns."""
        return {kind: [{"id": tag.id, "spans": [asdict(span) for span in tag.spans]} for tag in tags]
                for kind, tags in (("organizations", self.organizations), ("topics", self.topics))}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Tags":
        """The inverse of `to_dict`."""
        return cls(*(tuple(Tag(tag["id"], tuple(FieldSpan(**span) for span in tag["spans"])) for tag in data[kind])
                     for kind in ("organizations", "topics")))


@dataclass(frozen=True, slots=True)
class _FoldedAlias:
    """An alias, folded. `exact` is its spelling where it matches only in that case."""

    text: str
    entry: VocabularyEntry
    exact: str | None


@dataclass(frozen=True, slots=True)
class _Match:
    start: int
    end: int
    id: str


class Tagger:
    """Tags texts by one vocabulary. Build it once: it indexes all aliases."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._organizations = _index_aliases(vocabulary.organizations)
        self._topics = _index_aliases(vocabulary.topics)

    def tags(self, title: str, body: str) -> Tags:
        """The tags of a release with their spans in title and body.

        A name inside a longer name counts only if it is an ancestor of the longer one (商务部 in 商务部办公厅, but not
        in 美国商务部); the publisher of a release is a tag only if the text names it.
        """
        fields = [(field, text, normalize_text(text)) for field, text in (("title", title), ("body", body))]
        grams = {field: _grams(folded) for field, _, folded in fields}
        found: dict[str, list[tuple[str, list[_Match]]]] = {"organizations": [], "topics": []}
        for group, index in (("organizations", self._organizations), ("topics", self._topics)):
            for field, text, folded in fields:
                matches = _matches(text, folded, index, grams[field])
                found[group].append((field, self._without_nested(group, matches)))
        return Tags(_to_tags(found["organizations"]), _to_tags(found["topics"]))

    def _without_nested(self, group: str, matches: Iterable[_Match]) -> list[_Match]:
        """The matches in reading order, without those inside the longer name of an unrelated entry."""
        kept: list[_Match] = []
        for match in sorted(matches, key=lambda each: (each.start, -each.end)):
            around = [each for each in kept[-8:] if each.end >= match.end]
            if all(match.id in self._vocabulary.ancestors(group, each.id) for each in around):
                kept.append(match)
        return kept


def _index_aliases(entries: Mapping[str, VocabularyEntry]) -> dict[str, list[_FoldedAlias]]:
    """The aliases, each under its gram that is rarest among all aliases."""
    aliases = [_FoldedAlias(normalize_text(alias), entry, alias if alias in entry.exact else None)
               for entry in entries.values() for alias in entry.all_aliases()]
    common = Counter(gram for alias in aliases for gram in _grams(alias.text))
    index: dict[str, list[_FoldedAlias]] = {}
    for alias in aliases:
        rarest = min(_grams(alias.text), key=lambda gram: (common[gram], gram))
        index.setdefault(rarest, []).append(alias)
    return index


def _grams(folded: str) -> set[str]:
    """Latin words and pairs of other characters: a text contains an alias only if it contains the alias's grams."""
    found = set(_WORD.findall(folded))
    for run in () if folded.isascii() else _NON_ASCII.findall(folded):
        found.update(map(add, run, run[1:]))
    return found


def _matches(text: str, folded: str, index: Mapping[str, list[_FoldedAlias]], grams: set[str]) -> Iterator[_Match]:
    for gram in index.keys() & grams:
        for alias in index[gram]:
            yield from _find(text, folded, alias)


def _find(text: str, folded: str, alias: _FoldedAlias) -> Iterator[_Match]:
    start = folded.find(alias.text)
    while start >= 0:
        end = start + len(alias.text)
        if _on_word_boundaries(folded, start, end) and _matches_case(text[start:end], alias.exact) \
                and not alias.entry.unless.applies(folded, start, end):
            yield _Match(start, end, alias.entry.id)
        start = folded.find(alias.text, start + 1)


def _on_word_boundaries(folded: str, start: int, end: int) -> bool:
    """True where no Latin word extends over either end: not "EU" in "neural", but CAMCE in 与CAMCE签署."""
    return not ((start and _is_latin(folded[start]) and _is_latin(folded[start - 1]))
                or (end < len(folded) and _is_latin(folded[end - 1]) and _is_latin(folded[end])))


def _is_latin(char: str) -> bool:
    return char.isalnum() and char < "\u2e80"


def _matches_case(written: str, exact: str | None) -> bool:
    return exact is None or normalize("NFKC", written) == exact


def _to_tags(found: Iterable[tuple[str, list[_Match]]]) -> tuple[Tag, ...]:
    spans: dict[str, list[FieldSpan]] = {}
    for field, matches in found:
        for name, group in groupby(matches, key=lambda each: each.id):
            spans.setdefault(name, []).extend(FieldSpan(field, each.start, each.end) for each in group)
    return tuple(Tag(name, tuple(places)) for name, places in spans.items())
