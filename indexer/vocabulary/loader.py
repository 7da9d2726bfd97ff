"""Loads the vocabulary files strictly: anything unknown is an error that names the file and the entry."""

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import yaml

from indexer.errors import VocabularyError
from indexer.text.fold import is_han
from indexer.vocabulary.entry import LANGUAGES, Vocabulary, VocabularyEntry, is_acronym, normalize_text
from indexer.vocabulary.exclusions import ExclusionRules, in_both_languages, read_exclusions, strings
from indexer.vocabulary.types import read_types

FOLDER = Path(__file__).parent
FILES = ("exclusions.yaml", "organizations.yaml", "topics.yaml", "places.yaml", "types.yaml")
_KEYS = {"id", "kind", "name", "aliases", "short", "beside", "parent", "scope", "unless", "title", "other_side",
         "generic", "procedure", "sites"}
_SLUG = set("abcdefghijklmnopqrstuvwxyz0123456789-")


@cache
def load(folder: Path = FOLDER) -> Vocabulary:
    """The vocabulary of a folder, by default the shipped one; cached. Raises VocabularyError."""
    rules = read_exclusions(folder / "exclusions.yaml")
    digest = hashlib.sha256(b"\0".join((folder / name).read_bytes() for name in FILES)).hexdigest()
    return Vocabulary(_entries(folder / "organizations.yaml", rules), _entries(folder / "topics.yaml", rules),
                      _entries(folder / "places.yaml", rules), read_types(folder / "types.yaml"), digest)


def _entries(path: Path, rules: ExclusionRules) -> dict[str, VocabularyEntry]:
    listed = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(listed, list):
        raise VocabularyError(f"{path.name}: expected a list of entries")
    found: dict[str, VocabularyEntry] = {}
    for raw in listed:
        entry = _entry(path.name, raw, rules)
        if entry.id in found:
            raise VocabularyError(f"{path.name}: the id {entry.id!r} is given twice")
        found[entry.id] = entry
    _check_parents(path.name, found)
    _check_beside(path.name, found)
    _check_aliases(path.name, found)
    return found


def _entry(file: str, raw: object, rules: ExclusionRules) -> VocabularyEntry:
    if not isinstance(raw, Mapping) or not isinstance(raw.get("id"), str):
        raise VocabularyError(f"{file}: an entry has no id: {str(raw)[:80]}")
    where = f"{file}, {raw['id']}"
    if unknown := set(map(str, raw)) - _KEYS:
        raise VocabularyError(f"{where}: unknown keys {', '.join(sorted(unknown))}; "
                              f"known are {', '.join(sorted(_KEYS))}")
    if not raw["id"] or not set(raw["id"]) <= _SLUG:
        raise VocabularyError(f"{where}: an id is made of a-z, 0-9 and -")
    if not isinstance(raw.get("kind"), str):
        raise VocabularyError(f"{where}: 'kind' is missing")
    name = in_both_languages(where, "name", raw.get("name"))
    scope = in_both_languages(where, "scope", raw["scope"]) if "scope" in raw else {}
    aliases, exact = _aliases(where, raw, name)
    unless = rules.for_entry(where, raw["kind"], raw.get("unless") or {})
    short = frozenset(text for language in LANGUAGES for text, _ in _listed(where, raw, "short", language))
    title, other_side = (rules.pattern(where, raw[key]) if key in raw else None for key in ("title", "other_side"))
    beside, sites = (strings(where, raw.get(key) or []) for key in ("beside", "sites"))
    return VocabularyEntry(
        raw["id"], raw["kind"], name, aliases, scope, raw.get("parent"), exact, short, frozenset(beside), unless, title,
        other_side, generic=raw.get("generic") is True, procedure=raw.get("procedure") is True, sites=tuple(sites))


def _aliases(where: str, raw: Mapping[str, object],
             name: Mapping[str, str]) -> tuple[dict[str, tuple[str, ...]], frozenset[str]]:
    """All forms of an entry by language, its name first, and those that match only in their own case."""
    aliases: dict[str, tuple[str, ...]] = {}
    exact: set[str] = set()
    for language in LANGUAGES:
        given = [*_listed(where, raw, "aliases", language), *_listed(where, raw, "short", language)]
        exact |= {text for text, ambiguous in given if ambiguous}
        aliases[language] = tuple(dict.fromkeys([name[language], *(text for text, _ in given)]))
    exact |= {alias for listed in aliases.values() for alias in listed if is_acronym(alias)}
    _check_length(where, aliases, exact)
    return aliases, frozenset(exact)


def _listed(where: str, raw: Mapping[str, object], key: str, language: str) -> list[tuple[str, bool]]:
    """The forms of one language under a key, `aliases` or `short`."""
    forms = raw.get(key) or {}
    if not isinstance(forms, Mapping) or not set(forms) <= set(LANGUAGES):
        raise VocabularyError(f"{where}: {key!r} may have the languages en and zh")
    listed = forms.get(language) or []
    if not isinstance(listed, list):
        raise VocabularyError(f"{where}: the {key} of {language} are not a list")
    return [_alias(where, each) for each in listed]


def _alias(where: str, raw: object) -> tuple[str, bool]:
    """The text of an alias, and True where it matches only in the case it is written in."""
    if isinstance(raw, Mapping) and set(raw) == {"text", "ambiguous"}:
        return str(raw["text"]), bool(raw["ambiguous"])
    (text,) = strings(where, [raw])
    return text, False


def _check_length(where: str, aliases: Mapping[str, tuple[str, ...]], exact: set[str]) -> None:
    """Refuse one Han character, and two Latin letters in any case: they would match everywhere."""
    for alias in (each for listed in aliases.values() for each in listed):
        shortest = 2 if alias in exact or any(map(is_han, alias)) else 3
        if sum(map(str.isalnum, alias)) < shortest:
            raise VocabularyError(f"{where}: the alias {alias!r} is too short to mean only this")


def _check_parents(file: str, entries: Mapping[str, VocabularyEntry]) -> None:
    for entry in entries.values():
        seen = {entry.id}
        parent = entry.parent
        while parent is not None:
            if parent not in entries or parent in seen:
                raise VocabularyError(f"{file}, {entry.id}: the parent {parent!r} is unknown or goes in a circle")
            seen.add(parent)
            parent = entries[parent].parent


def _check_beside(file: str, entries: Mapping[str, VocabularyEntry]) -> None:
    for entry in entries.values():
        if unknown := entry.beside - entries.keys():
            raise VocabularyError(f"{file}, {entry.id}: beside names no entry: {', '.join(sorted(unknown))}")


def _check_aliases(file: str, entries: Mapping[str, VocabularyEntry]) -> None:
    """Refuse a form of two entries; a short one may have several: the rest of the text tells which is meant."""
    owner: dict[str, str] = {}
    for entry in entries.values():
        for alias in set(entry.all_aliases()) - entry.short:
            other = owner.setdefault(normalize_text(alias), entry.id)
            if other != entry.id:
                raise VocabularyError(f"{file}, {entry.id}: the alias {alias!r} also belongs to {other}")
