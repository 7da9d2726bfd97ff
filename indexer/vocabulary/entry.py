"""Vocabulary entries: names in both languages, aliases, and exclusions by context."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from indexer.text.fold import fold

LANGUAGES = ("en", "zh")

# Typographic variants of the apostrophe and the hyphen.
_PUNCTUATION = {"’": "'", "‘": "'", "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "−": "-", "\xa0": " "}
# A hyphen inside a compound: "used[-]car", "u.s.[-]china"; "rate - and" has none
_HYPHEN = re.compile(r"(?<=[a-z0-9.])-(?=[a-z0-9])")
# Capitals, digits and &/.- only, two characters or more: "MOFCOM", "G20", "EU"
_ACRONYM = re.compile(r"(?=[^a-z]*[A-Z][^a-z]*[A-Z0-9])[A-Z0-9][A-Z0-9&/.-]*")
_CONTEXT = 64  # characters of context on either side
# Characters that a longer word has at most before a Chinese name that it contains, before a Latin one, and after it
_BEFORE_HAN, _BEFORE_LATIN, _BEHIND = 4, 12, 24


def normalize_text(text: str) -> str:
    """The text folded, with one kind of apostrophe, and blanks for the hyphens of compounds; its length stays.

    >>> normalize_text("People’s Used–Car 機電商會")
    "people's used car 机电商会"
    """
    folded = fold(text)
    for variant, usual in () if folded.isascii() else _PUNCTUATION.items():
        folded = folded.replace(variant, usual)
    return _HYPHEN.sub(" ", folded) if "-" in folded else folded


def is_acronym(alias: str) -> bool:
    """True for an alias in capitals, which must not match in other cases (SAFE, EU).

    >>> is_acronym("CCCME"), is_acronym("Sinomach"), is_acronym("商务部")
    (True, False, False)
    """
    return _ACRONYM.fullmatch(alias) is not None


@dataclass(frozen=True, slots=True)
class ContextExclusion:
    """Patterns for the folded text right before and after a match that make it another entity's name, and `within` for
    longer words that only contain it ("发展[中国]家")."""

    before: re.Pattern[str] | None = None
    after: re.Pattern[str] | None = None
    within: re.Pattern[str] | None = None

    def applies(self, text: str, start: int, end: int) -> bool:
        """True where the match at these offsets of a folded text is excluded ("泰国[商务部]")."""
        if self.before and self.before.search(text, max(0, start - _CONTEXT), start):
            return True
        if self.after and self.after.match(text, end, end + _CONTEXT):
            return True
        return self.within is not None and _covers(self.within, text, (start, end))


def _covers(pattern: re.Pattern[str], text: str, span: tuple[int, int]) -> bool:
    """True where a match of the pattern covers the span."""
    start, end = span
    before = _BEFORE_HAN if text[start] >= "\u2e80" else _BEFORE_LATIN
    for each in pattern.finditer(text, max(0, start - before), end + _BEHIND):
        if each.start() > start:
            return False
        if each.end() >= end:
            return True
    return False


@dataclass(frozen=True, slots=True)
class VocabularyEntry:
    """An organization, topic or place. `aliases` has, per language, the name first, then all other forms; those in
    `exact` match only in the case they are written in, those in `short` only in a text that names the entry, one of
    `beside` or a part of these by another form. `scope` says in both languages what belongs under a topic.

    `title` matches words that tell the topic in a title alone, `other_side` the other government of a relation. A
    `generic` topic has words of everyday use; a `procedure` counts by the title, or where no topic is named more often.
    `sites` are the domains on which an organization publishes, or those of sites on one topic.
    """

    id: str
    kind: str
    name: Mapping[str, str]
    aliases: Mapping[str, tuple[str, ...]]
    scope: Mapping[str, str] = field(default_factory=dict)
    parent: str | None = None
    exact: frozenset[str] = frozenset()
    short: frozenset[str] = frozenset()
    beside: frozenset[str] = frozenset()
    unless: ContextExclusion = ContextExclusion()
    title: re.Pattern[str] | None = None
    other_side: re.Pattern[str] | None = None
    generic: bool = False
    procedure: bool = False
    sites: tuple[str, ...] = ()

    def all_aliases(self) -> tuple[str, ...]:
        """The aliases of both languages without duplicates."""
        return tuple(dict.fromkeys(alias for language in LANGUAGES for alias in self.aliases[language]))


@dataclass(frozen=True, slots=True)
class ReleaseType:
    """A kind of release. `title` and `head` match the folded title and first line of its releases; a `numbered` kind
    also takes every release with a notice number."""

    id: str
    name: Mapping[str, str]
    scope: Mapping[str, str]
    title: re.Pattern[str]
    head: re.Pattern[str] | None = None
    numbered: bool = False


@dataclass(frozen=True, slots=True)
class Site:
    """Where a release is published: the organization whose site it is, and the topic of a site that has only one."""

    organization: str | None = None
    topic: str | None = None


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """All entries by id, in the order of their files; `digest` is the hash of the files."""

    organizations: Mapping[str, VocabularyEntry]
    topics: Mapping[str, VocabularyEntry]
    places: Mapping[str, VocabularyEntry]
    types: Mapping[str, ReleaseType]
    digest: str

    def entries(self, group: str) -> Mapping[str, VocabularyEntry]:
        """The entries of a group: organizations, topics or places."""
        groups = {"organizations": self.organizations, "topics": self.topics, "places": self.places}
        return groups[group]

    def publisher(self, host: str) -> str | None:
        """The organization on whose site a host is, None where the vocabulary knows none."""
        return next((each.id for each in self.organizations.values() for site in each.sites
                     if host == site or host.endswith(f".{site}")), None)

    def site(self, host: str) -> Site:
        """The organization on whose site a host is, and the topic of the site; None for what the vocabulary lacks."""
        return Site(*(next((each.id for each in entries.values() for site in each.sites
                            if host == site or host.endswith(f".{site}")), None)
                      for entries in (self.organizations, self.topics)))

    def ancestors(self, group: str, entry_id: str) -> tuple[str, ...]:
        """The ids of the ancestors of an entry, nearest first."""
        entries = self.entries(group)
        found: list[str] = []
        while (parent := entries[entry_id].parent) is not None:
            found.append(parent)
            entry_id = parent
        return tuple(found)
