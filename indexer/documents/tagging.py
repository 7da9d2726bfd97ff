"""Finds organizations and topics in a release. Pure: the same text and vocabulary give the same tags."""

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
"""Counts up when the rules of this file change, so that every document is tagged again."""

# A run of Latin letters and digits in folded text: "mofcom", "g20"
_WORD = re.compile(r"[a-z0-9]+")
# A run of anything but ASCII, two characters or more: "商务部公告"
_OTHER = re.compile(r"[^\x00-\x7f]{2,}")


@dataclass(frozen=True, slots=True)
class Tags:
    """The organizations and the topics of one document, each in the order of first mention."""

    organizations: tuple[Tag, ...] = ()
    topics: tuple[Tag, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The tags as JSON-ready data, equal to what comes back from a JSON column."""
        return {kind: [{"id": tag.id, "spans": [asdict(span) for span in tag.spans]} for tag in tags]
                for kind, tags in (("organizations", self.organizations), ("topics", self.topics))}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Tags":
        """The tags that `to_dict` made `data` from."""
        return cls(*(tuple(Tag(tag["id"], tuple(FieldSpan(**span) for span in tag["spans"])) for tag in data[kind])
                     for kind in ("organizations", "topics")))


@dataclass(frozen=True, slots=True)
class _Form:
    """One alias as it is looked for in folded text; `exact` is the case it must have in the original, if any."""

    text: str
    entry: VocabularyEntry
    exact: str | None


@dataclass(frozen=True, slots=True)
class _Match:
    start: int
    end: int
    id: str


class Tagger:
    """Tags texts by one vocabulary. Build it once: it holds the aliases by their rarest part."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._organizations = _by_part(vocabulary.organizations)
        self._topics = _by_part(vocabulary.topics)

    def tags(self, title: str, body: str) -> Tags:
        """What a release is about, every tag with the places of its words in title and body.

        A name inside a longer name counts only where the longer one is a part of it (商务部 in 商务部办公厅, but not
        in 美国商务部); the publisher of a release is no tag unless the text names it.
        """
        fields = [(field, text, normalize_text(text)) for field, text in (("title", title), ("body", body))]
        parts = {field: _parts(folded) for field, _, folded in fields}
        found: dict[str, list[tuple[str, list[_Match]]]] = {"organizations": [], "topics": []}
        for kind, index in (("organizations", self._organizations), ("topics", self._topics)):
            for field, text, folded in fields:
                matches = _matches(text, folded, index, parts[field])
                found[kind].append((field, self._outermost(kind, matches)))
        return Tags(_collected(found["organizations"]), _collected(found["topics"]))

    def _outermost(self, kind: str, matches: Iterable[_Match]) -> list[_Match]:
        """The matches in reading order, without those that stand inside another body's longer name."""
        kept: list[_Match] = []
        for match in sorted(matches, key=lambda each: (each.start, -each.end)):
            around = [each for each in kept[-8:] if each.end >= match.end]
            if all(match.id in self._vocabulary.ancestors(kind, each.id) for each in around):
                kept.append(match)
        return kept


def _by_part(entries: Mapping[str, VocabularyEntry]) -> dict[str, list[_Form]]:
    """The aliases, each under that part of it which the fewest aliases have."""
    forms = [_Form(normalize_text(alias), entry, alias if alias in entry.exact else None)
             for entry in entries.values() for alias in entry.all_aliases()]
    common = Counter(part for form in forms for part in _parts(form.text))
    index: dict[str, list[_Form]] = {}
    for form in forms:
        rarest = min(_parts(form.text), key=lambda part: (common[part], part))
        index.setdefault(rarest, []).append(form)
    return index


def _parts(folded: str) -> set[str]:
    """The Latin words of a text and the pairs of its other characters: it holds an alias only if it holds its parts."""
    found = set(_WORD.findall(folded))
    for run in () if folded.isascii() else _OTHER.findall(folded):
        found.update(map(add, run, run[1:]))
    return found


def _matches(text: str, folded: str, index: Mapping[str, list[_Form]], parts: set[str]) -> Iterator[_Match]:
    for part in index.keys() & parts:
        for form in index[part]:
            yield from _places(text, folded, form)


def _places(text: str, folded: str, form: _Form) -> Iterator[_Match]:
    start = folded.find(form.text)
    while start >= 0:
        end = start + len(form.text)
        if _stands_alone(folded, start, end) and _has_case(text[start:end], form.exact) \
                and not form.entry.unless.applies(folded, start, end):
            yield _Match(start, end, form.entry.id)
        start = folded.find(form.text, start + 1)


def _stands_alone(folded: str, start: int, end: int) -> bool:
    """Whether no Latin word runs on over either end: "EU" is not in "neural", 与CAMCE签署 holds CAMCE."""
    return not ((start and _latin(folded[start]) and _latin(folded[start - 1]))
                or (end < len(folded) and _latin(folded[end - 1]) and _latin(folded[end])))


def _latin(char: str) -> bool:
    return char.isalnum() and char < "\u2e80"


def _has_case(written: str, exact: str | None) -> bool:
    return exact is None or normalize("NFKC", written) == exact


def _collected(found: Iterable[tuple[str, list[_Match]]]) -> tuple[Tag, ...]:
    spans: dict[str, list[FieldSpan]] = {}
    for field, matches in found:
        for name, group in groupby(matches, key=lambda each: each.id):
            spans.setdefault(name, []).extend(FieldSpan(field, each.start, each.end) for each in group)
    return tuple(Tag(name, tuple(places)) for name, places in spans.items())
