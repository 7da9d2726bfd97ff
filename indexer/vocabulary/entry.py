"""What a vocabulary entry is: names in both languages, aliases, and what must not stand beside them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from indexer.text.fold import fold

LANGUAGES = ("en", "zh")

# Signs that fonts and editors exchange freely: ’ for ', and the dashes for -.
_SIGNS = {"’": "'", "‘": "'", "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "−": "-"}
# A whole text of capitals, digits and signs, two letters or more: "MOFCOM", "G20", "EU"
_ACRONYM = re.compile(r"(?=[^a-z]*[A-Z][^a-z]*[A-Z0-9])[A-Z0-9][A-Z0-9&/.-]*")
_NEARBY = 64  # characters that a guard looks at on either side


def normalize_text(text: str) -> str:
    """The text as names are compared: folded, with one kind of apostrophe and dash; as long as it was.

    >>> normalize_text("People’s Republic–機電商會")
    "people's republic-机电商会"
    """
    folded = fold(text)
    for sign, usual in () if folded.isascii() else _SIGNS.items():
        folded = folded.replace(sign, usual)
    return folded


def is_acronym(alias: str) -> bool:
    """Whether an alias is written in capitals alone, so that other cases mean something else (SAFE, EU).

    >>> is_acronym("CCCME"), is_acronym("Sinomach"), is_acronym("商务部")
    (True, False, False)
    """
    return _ACRONYM.fullmatch(alias) is not None


@dataclass(frozen=True, slots=True)
class ContextExclusion:
    """What makes a name another body's: patterns for the folded text right before and right after it."""

    before: re.Pattern[str] | None = None
    after: re.Pattern[str] | None = None

    def applies(self, text: str, start: int, end: int) -> bool:
        """Whether the name at these offsets of a folded text belongs to someone else ("泰国[商务部]")."""
        if self.before and self.before.search(text, max(0, start - _NEARBY), start):
            return True
        return bool(self.after and self.after.match(text, end, end + _NEARBY))


@dataclass(frozen=True, slots=True)
class VocabularyEntry:
    """One organization or topic. `aliases` holds, per language, the name first and then every other form;
    `exact` are those of them that match only in the case they are written in."""

    id: str
    kind: str
    name: Mapping[str, str]
    aliases: Mapping[str, tuple[str, ...]]
    parent: str | None = None
    exact: frozenset[str] = frozenset()
    unless: ContextExclusion = ContextExclusion()

    def all_aliases(self) -> tuple[str, ...]:
        """Every alias of both languages, once."""
        return tuple(dict.fromkeys(alias for language in LANGUAGES for alias in self.aliases[language]))


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """All entries by id, in the order of their files; `digest` changes whenever the files do."""

    organizations: Mapping[str, VocabularyEntry]
    topics: Mapping[str, VocabularyEntry]
    digest: str

    def ancestors(self, kind: str, name: str) -> tuple[str, ...]:
        """The ids of the wholes that an entry is a part of, nearest first; `kind` is organizations or topics."""
        entries = self.organizations if kind == "organizations" else self.topics
        found: list[str] = []
        while (parent := entries[name].parent) is not None:
            found.append(parent)
            name = parent
        return tuple(found)
