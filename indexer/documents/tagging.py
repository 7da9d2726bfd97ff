"""Tagging: finds organizations, topics, places and the kind of a release, with grades. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from indexer.documents.alias_matches import AliasIndex, Match, grams, index_aliases, matches
from indexer.documents.document import FieldSpan, Grade, Reason, Tag
from indexer.documents.release_type import release_type
from indexer.documents.short_forms import settle_short_forms
from indexer.documents.tags import GROUPS, Tags
from indexer.vocabulary.entry import Vocabulary, normalize_text

VERSION = 3
"""Raise it when the rules of tagging change: every document is then tagged again."""

_LEAD = 200  # characters
_ACTING_PLACES = ("foreign",)  # kinds of organizations through which their country acts (美国商务部)

Found = Mapping[str, list[Match]]
"""The matches of one group in title and body."""


@dataclass(frozen=True, slots=True)
class Publisher:
    """Of the site that a release stands on: the organization, and the topics and places that all of it is about."""

    organization: str | None = None
    topics: tuple[str, ...] = ()
    places: tuple[str, ...] = ()

    def ids(self, group: str) -> tuple[str, ...]:
        """Its entries of a group."""
        own = (self.organization,) if self.organization else ()
        return {"organizations": own, "topics": self.topics, "places": self.places}[group]


NO_PUBLISHER = Publisher()


class Tagger:
    """Tags texts by one vocabulary. Build it once: it indexes all aliases."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._indexes: dict[str, AliasIndex] = {
            group: index_aliases(vocabulary.entries(group)) for group in GROUPS}
        self._ancestors = {group: {each: vocabulary.ancestors(group, each) for each in vocabulary.entries(group)}
                           for group in GROUPS}

    def tags(self, title: str, body: str, publisher: Publisher = NO_PUBLISHER, number: str | None = None) -> Tags:
        """The tags of a release with their grades, reasons and spans in title and body.

        `publisher` describes the site on which it stands, `number` is its notice number. A name inside a longer name
        counts only if it is an ancestor of the longer one (商务部 in 商务部办公厅, but not in 美国商务部). A place inside
        the name of an organization is only mentioned.
        """
        found = self._found({"title": title, "body": body})
        names = {"places": self._names(found["organizations"])}
        tags = {group: self._with_publisher(group, self._to_tags(group, found[group], names.get(group, {})), publisher)
                for group in GROUPS}
        return Tags(**tags, type=release_type(self._vocabulary.types, title, body, number))

    def _found(self, texts: Mapping[str, str]) -> dict[str, Found]:
        """The matches of each group in each of the texts."""
        folded = {field: normalize_text(text) for field, text in texts.items()}
        known = {field: grams(text) for field, text in folded.items()}
        found: dict[str, Found] = {}
        for group, index in self._indexes.items():
            each = {field: list(matches(texts[field], folded[field], index, known[field])) for field in texts}
            settled = settle_short_forms(self._vocabulary, group, each)
            found[group] = {field: self._without_nested(group, listed) for field, listed in settled.items()}
        return found

    def _without_nested(self, group: str, found: Iterable[Match]) -> list[Match]:
        """The matches in reading order, without those inside the longer name of an unrelated entry.

        Names of places do not overlap either: the first counts (马里兰 in 马里兰州, not 兰州).
        """
        ancestors, overlapping = self._ancestors[group], group == "places"
        kept: list[Match] = []
        for match in sorted(found, key=lambda each: (each.start, -each.end)):
            end = match.start + 1 if overlapping else match.end
            around = [each for each in kept[-8:] if each.end >= end]
            if all(match.id in ancestors[each.id] for each in around):
                kept.append(match)
        return kept

    def _names(self, organizations: Found) -> Mapping[str, set[int]]:
        """The offsets, by field, at which names of organizations stand: a place there is a part of the name."""
        entries = self._vocabulary.organizations
        return {field: {at for each in listed if entries[each.id].kind not in _ACTING_PLACES
                        for at in range(each.start, each.end)} for field, listed in organizations.items()}

    def _to_tags(self, group: str, found: Found, names: Mapping[str, set[int]]) -> tuple[Tag, ...]:
        """The tags of the matches; matches at the offsets of `names` count as mentions."""
        spans: dict[str, list[FieldSpan]] = {}
        free: dict[str, list[FieldSpan]] = {}
        for field, matched in found.items():
            inside = names.get(field, ())
            for match in matched:
                span = FieldSpan(field, match.start, match.end)
                spans.setdefault(match.id, []).append(span)
                if match.start not in inside:
                    free.setdefault(match.id, []).append(span)
        ancestors = self._ancestors[group]
        return tuple(Tag(name, tuple(places), *_grade(free.get(name, [])), ancestors[name])
                     for name, places in spans.items())

    def _with_publisher(self, group: str, tags: tuple[Tag, ...], publisher: Publisher) -> tuple[Tag, ...]:
        """The tags with those that the site of the release gives it."""
        for name in publisher.ids(group):
            if any(each.id == name and each.grade is Grade.ABOUT for each in tags):
                continue
            spans = next((each.spans for each in tags if each.id == name), ())
            issued = Tag(name, spans, Grade.ABOUT, Reason.ISSUER, self._ancestors[group][name])
            tags = (*(each for each in tags if each.id != name), issued)
        return tags


def _grade(places: list[FieldSpan]) -> tuple[Grade, Reason]:
    if not places:
        return Grade.MENTIONED, Reason.NAMED
    if places[0].field == "title":
        return Grade.ABOUT, Reason.TITLE
    if places[0].start < _LEAD:
        return Grade.ABOUT, Reason.LEAD
    if len(places) > 1:
        return Grade.ABOUT, Reason.REPEATED
    return Grade.MENTIONED, Reason.NAMED
