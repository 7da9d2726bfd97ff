"""Facet terms of a query: values as typed, ids or names, resolved to the values that exist."""

from collections.abc import Collection, Iterable, Mapping
from functools import cache

from archive.messages import message
from archive.text import nearest_name
from crawler.source import all_sources
from indexer.errors import QueryError
from indexer.query.model import FacetTerm
from indexer.query.parser import TypedTerm
from indexer.vocabulary.entry import VocabularyEntry, normalize_text
from indexer.vocabulary.loader import load

KnownValues = Mapping[str, Collection[str]]
"""Facet -> the ids that exist."""

_LANGUAGES = {"english": "en", "英文": "en", "英语": "en", "chinese": "zh", "中文": "zh", "汉语": "zh"}
_SHOWN = 80  # characters of a wrong value that its message repeats


def read_terms(typed: Iterable[TypedTerm], known: KnownValues) -> tuple[FacetTerm, ...]:
    """The terms with the ids of their values; raises QueryError at the first value that does not exist."""
    return tuple(FacetTerm(each.facet, _value(each, known), each.excluded) for each in typed)


def find_value(facet: str, typed: str, known: KnownValues) -> str | None:
    """The value of a facet that an id or a name means, None where there is none.

    >>> find_value("place", "加州", {"place": ("california",)})
    'california'
    """
    value = typed if typed in known[facet] else _names(facet).get(normalize_text(typed))
    return value if value is not None and value in known[facet] else None


def nearest_value(facet: str, typed: str, known: KnownValues) -> str | None:
    """The id of the value whose id or name resembles a mistyped one most, None where none does."""
    names = _names(facet)
    nearest = nearest_name(normalize_text(typed[:_SHOWN]), list(names))
    return names[nearest] if nearest is not None and names[nearest] in known[facet] else None


def _value(term: TypedTerm, known: KnownValues) -> str:
    found = find_value(term.facet, term.value, known)
    if found is not None:
        return found
    facet, typed = message(f"facet_{term.facet}"), term.value[:_SHOWN]
    nearest = nearest_value(term.facet, term.value, known)
    raise QueryError(message("no_such_value_near", typed=typed, facet=facet, nearest=nearest) if nearest
                     else message("no_such_value", typed=typed, facet=facet), term.offset)


@cache
def _names(facet: str) -> Mapping[str, str]:
    """The ids of a facet's values by id and by folded name; a short form that several values have means none."""
    vocabulary = load()
    groups = {"topic": vocabulary.topics, "org": vocabulary.organizations, "place": vocabulary.places}
    if facet in groups:
        return _names_of_entries(groups[facet].values())
    if facet == "lang":
        return {**_LANGUAGES, "en": "en", "zh": "zh"}
    named = vocabulary.types.values() if facet == "type" else all_sources()
    return {normalize_text(name): each.id for each in named for name in (each.id, *each.name.values())}


def _names_of_entries(entries: Iterable[VocabularyEntry]) -> dict[str, str]:
    listed = list(entries)
    short: dict[str, set[str]] = {}
    for each in listed:
        for name in each.short:
            short.setdefault(normalize_text(name), set()).add(each.id)
    found = {name: next(iter(ids)) for name, ids in short.items() if len(ids) == 1}
    found |= {normalize_text(name): each.id for each in listed for name in each.all_aliases() if name not in each.short}
    return found | {normalize_text(each.id): each.id for each in listed}
