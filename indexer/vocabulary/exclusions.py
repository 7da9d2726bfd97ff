"""Exclusions by context, for a kind of entries (exclusions.yaml) or for one entry (its `unless`)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from indexer.errors import VocabularyError
from indexer.vocabulary.entry import LANGUAGES, ContextExclusion

_SIDES = ("before", "after", "within")
# A reference to a word list: "{countries_zh}"; not a quantifier such as "{0,4}"
_LIST = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True, slots=True)
class ExclusionRules:
    """Word lists by name, and the patterns of each kind of entry."""

    lists: Mapping[str, tuple[str, ...]]
    kinds: Mapping[str, Mapping[str, tuple[str, ...]]]

    def for_entry(self, where: str, kind: str, unless: object) -> ContextExclusion:
        """The exclusion of one entry: its kind's patterns and its own `unless`."""
        own = _sides(where, unless)
        patterns = {side: (*self.kinds.get(kind, {}).get(side, ()), *own.get(side, ())) for side in _SIDES}
        before, after, within = (self._alternatives(where, patterns[side]) for side in _SIDES)
        return ContextExclusion(_compiled(where, before and rf"(?:{before})\Z"), _compiled(where, after),
                                _compiled(where, within))

    def pattern(self, where: str, raw: object) -> re.Pattern[str] | None:
        """The patterns of a YAML list as one, with the word lists that they refer to."""
        return _compiled(where, self._alternatives(where, tuple(strings(where, raw))))

    def _alternatives(self, where: str, patterns: tuple[str, ...]) -> str:
        return "|".join(_LIST.sub(lambda match: self._words(where, match[1]), f"(?:{each})") for each in patterns)

    def _words(self, where: str, name: str) -> str:
        if name not in self.lists:
            raise VocabularyError(f"{where}: no list is called {name!r}; known are {', '.join(self.lists)}")
        return "|".join(map(re.escape, sorted(self.lists[name], key=len, reverse=True)))


def read_exclusions(path: Path) -> ExclusionRules:
    """The rules of a file; raises VocabularyError naming the file and the invalid part."""
    raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(raw, Mapping) or set(raw) != {"lists", "kinds"}:
        raise VocabularyError(f"{path.name}: expected 'lists' and 'kinds'")
    lists = {name: tuple(strings(f"{path.name}, {name}", words)) for name, words in raw["lists"].items()}
    kinds = {kind: _sides(f"{path.name}, {kind}", sides) for kind, sides in raw["kinds"].items()}
    return ExclusionRules(lists, kinds)


def strings(where: str, raw: object) -> list[str]:
    """A YAML list of texts; raises VocabularyError where one is empty or was read as a number, boolean or date."""
    if not isinstance(raw, list):
        raise VocabularyError(f"{where}: expected a list of texts")
    for each in raw:
        if not isinstance(each, str) or not each.strip():
            raise VocabularyError(f"{where}: {each!r} is no text; put it into quotes")
    return raw


def in_both_languages(where: str, key: str, raw: object) -> dict[str, str]:
    """The texts of a key that has one for each language; raises VocabularyError where one is missing or empty."""
    if not isinstance(raw, Mapping) or set(raw) != set(LANGUAGES):
        raise VocabularyError(f"{where}: {key!r} needs both languages, en and zh, and no other")
    if not all(isinstance(each, str) and each.strip() == each and each for each in raw.values()):
        raise VocabularyError(f"{where}: a text of {key!r} is empty or has blanks around it")
    return {language: str(raw[language]) for language in LANGUAGES}


def _sides(where: str, raw: object) -> dict[str, tuple[str, ...]]:
    if not isinstance(raw, Mapping) or not set(raw) <= set(_SIDES):
        raise VocabularyError(f"{where}: an exclusion has the keys before, after and within")
    return {side: tuple(strings(where, patterns)) for side, patterns in raw.items()}


def _compiled(where: str, pattern: str) -> re.Pattern[str] | None:
    try:
        return re.compile(pattern) if pattern else None
    except re.error as error:
        raise VocabularyError(f"{where}: an exclusion is no regular expression: {error}") from None
