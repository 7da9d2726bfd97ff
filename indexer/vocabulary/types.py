"""Kinds of release (types.yaml), told by the form of title and text."""

import re
from collections.abc import Mapping
from pathlib import Path

import yaml

from indexer.errors import VocabularyError
from indexer.vocabulary.entry import ReleaseType
from indexer.vocabulary.exclusions import in_both_languages, strings

_KEYS = {"id", "name", "scope", "title", "head", "numbered"}


def read_types(path: Path) -> dict[str, ReleaseType]:
    """The kinds of a file by id, in its order; raises VocabularyError naming the file and the invalid part."""
    listed = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(listed, list):
        raise VocabularyError(f"{path.name}: expected a list of entries")
    found = {}
    for raw in listed:
        each = _type(path.name, raw)
        if each.id in found:
            raise VocabularyError(f"{path.name}: the id {each.id!r} is given twice")
        found[each.id] = each
    return found


def _type(file: str, raw: object) -> ReleaseType:
    if not isinstance(raw, Mapping) or not isinstance(raw.get("id"), str):
        raise VocabularyError(f"{file}: an entry has no id: {str(raw)[:80]}")
    where = f"{file}, {raw['id']}"
    if unknown := set(map(str, raw)) - _KEYS:
        raise VocabularyError(f"{where}: unknown keys {', '.join(sorted(unknown))}; "
                              f"known are {', '.join(sorted(_KEYS))}")
    title, head = (_pattern(where, raw[key]) if key in raw else None for key in ("title", "head"))
    if title is None:
        raise VocabularyError(f"{where}: 'title' is missing")
    return ReleaseType(raw["id"], in_both_languages(where, "name", raw.get("name")),
                       in_both_languages(where, "scope", raw.get("scope")), title, head, raw.get("numbered") is True)


def _pattern(where: str, raw: object) -> re.Pattern[str]:
    try:
        return re.compile("|".join(f"(?:{each})" for each in strings(where, raw)))
    except re.error as error:
        raise VocabularyError(f"{where}: no regular expression: {error}") from None
