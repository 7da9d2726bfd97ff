"""Tagging: finds organizations, topics, places and the kind of a release, with grades. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from indexer.documents.alias_matches import Match, index_aliases, matches
from indexer.documents.document import FieldSpan, Grade, Reason, Tag
from indexer.documents.governments import RELATIONS, relation_places
from indexer.documents.grading import MOST_TOPICS, Places, organization_reason, topic_reason
from indexer.documents.names import without_names
from indexer.documents.places import PlaceFinder
from indexer.documents.release_text import FieldText, ReleaseText
from indexer.documents.release_type import release_type
from indexer.documents.tags import Tags
from indexer.vocabulary.entry import Site, Vocabulary, VocabularyEntry

VERSION = 2
"""Raise it when the rules of tagging change: every document is then tagged again."""

NO_SITE = Site()
_WITH_TOPICS = ("fair", "mechanism")  # kinds of organizations whose names say a topic: a fair's release is about fairs


@dataclass(slots=True)
class _Found:
    """The matches of each group by field."""

    organizations: dict[str, list[Match]] = field(default_factory=dict)
    topics: dict[str, list[Match]] = field(default_factory=dict)


class Tagger:
    """Tags texts by one vocabulary. Build it once: it indexes all aliases."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self._organizations = index_aliases(vocabulary.organizations)
        self._topics = index_aliases(vocabulary.topics)
        self._places = PlaceFinder(vocabulary)

    def tags(self, title: str, body: str, site: Site = NO_SITE, number: str | None = None) -> Tags:
        """The tags of a release with their grades, reasons and spans in title and body.

        `site` is where it is published, `number` its notice number. A name inside a longer name
        counts only if it is an ancestor of the longer one (商务部 in 商务部办公厅, but not in 美国商务部). Words of a
        topic inside the name of an organization, a post or a law do not count.
        """
        text, found = ReleaseText.of(title, body), _Found()
        for each in text.fields:
            self._find(each, found)
        organizations = {name: _tag(name, places, organization_reason(text, places))
                         for name, places in _by_id(found.organizations).items()}
        topics = _in_first_sentence(self._graded_topics(text, found), text, self.vocabulary.topics)
        places = {name: _tag(name, *each) for name, each in self._places.find(text, found.organizations).items()}
        return Tags(
            self._with_families(self._with_wholes(
                "organizations", self._with_site("organizations", organizations, site.organization))),
            self._with_wholes("topics", self._with_site("topics", _most_important(topics), site.topic)),
            self._with_mentioned_wholes(self._with_wholes("places", places)),
            release_type(self.vocabulary.types, text, number))

    def _find(self, text: FieldText, found: _Found) -> None:
        organizations, topics = (
            self._without_nested(group, matches(text.text, text.folded, index, text.grams))
            for group, index in (("organizations", self._organizations), ("topics", self._topics)))
        names = [each for each in organizations
                 if self.vocabulary.organizations[each.id].kind not in _WITH_TOPICS]
        found.organizations[text.name] = organizations
        found.topics[text.name] = without_names(topics, text, names)

    def _graded_topics(self, text: ReleaseText, found: _Found) -> dict[str, Tag]:
        entries = self.vocabulary.topics
        places = _by_id(found.topics)
        for entry in entries.values():
            if entry.title is not None and (match := entry.title.search(text.title.folded)):
                known = places.get(entry.id, Places((), ()))
                in_title = known.title or (Match(match.start(), match.end(), entry.id),)
                places[entry.id] = replace(known, title=in_title)
        tags = {name: _tag(name, each, topic_reason(text, each, entries[name].generic))
                for name, each in places.items() if entries[name].kind != RELATIONS}
        for name, (each, reason) in relation_places(text, entries, places).items():
            tags[name] = _tag(name, each, reason)
        return _without_procedures(tags, entries)

    def _without_nested(self, group: str, found: Iterable[Match]) -> list[Match]:
        """The matches in reading order, without those inside the longer name of an unrelated entry."""
        kept: list[Match] = []
        for match in sorted(found, key=lambda each: (each.start, -each.end)):
            around = [each for each in kept[-8:] if each.end >= match.end]
            if all(match.id in self.vocabulary.ancestors(group, each.id) for each in around):
                kept.append(match)
        return kept

    def _with_site(self, group: str, tags: dict[str, Tag], name: str | None) -> dict[str, Tag]:
        """The tags with the organization or topic of the site, which the release is about where it does not say so."""
        known = tags.get(name or "")
        if name is None or name not in self.vocabulary.entries(group) or (known and known.grade is Grade.ABOUT):
            return tags
        return {**tags, name: Tag(name, known.spans if known else (), Grade.ABOUT, Reason.ISSUER)}

    def _with_wholes(self, group: str, tags: Mapping[str, Tag]) -> tuple[Tag, ...]:
        """The tags, and what their topics and departments are parts of: a release about a part is about the whole."""
        entries = self.vocabulary.entries(group)
        found = dict(tags)
        for tag in tags.values():
            if tag.grade is Grade.ABOUT and (group != "organizations" or entries[tag.id].kind == "department"):
                for whole in self.vocabulary.ancestors(group, tag.id):
                    known = found.get(whole)
                    if known is None or known.grade is not Grade.ABOUT:
                        found[whole] = Tag(whole, known.spans if known else tag.spans, Grade.ABOUT, Reason.PART)
        return tuple(found.values())

    def _with_mentioned_wholes(self, places: tuple[Tag, ...]) -> tuple[Tag, ...]:
        """The places with those in which a place lies that the release only mentions: it mentions these, too."""
        found = {each.id: each for each in places}
        for tag in places:
            for whole in self.vocabulary.ancestors("places", tag.id):
                found.setdefault(whole, Tag(whole, tag.spans, Grade.MENTIONED, Reason.PART))
        return tuple(found.values())

    def _with_families(self, tags: Iterable[Tag]) -> tuple[Tag, ...]:
        """The organizations, each with those that it is a company or department of."""
        return tuple(replace(each, ancestors=self.vocabulary.ancestors("organizations", each.id)) for each in tags)


def _by_id(found: Mapping[str, list[Match]]) -> dict[str, Places]:
    """The matches of each entry, in order of first mention."""
    ids = dict.fromkeys(each.id for name in ("title", "body") for each in found[name])
    places: dict[str, dict[str, list[Match]]] = {name: {"title": [], "body": []} for name in ids}
    for part in ("title", "body"):
        for each in found[part]:
            places[each.id][part].append(each)
    return {name: Places(*(tuple(dict.fromkeys(each[part])) for part in ("title", "body")))
            for name, each in places.items()}


def _tag(name: str, places: Places, reason: Reason) -> Tag:
    spans = [FieldSpan(part, each.start, each.end)
             for part, found in (("title", places.title), ("body", places.body)) for each in found]
    return Tag(name, tuple(spans), Grade.MENTIONED if reason is Reason.NAMED else Grade.ABOUT, reason)


def _without_procedures(tags: dict[str, Tag], entries: Mapping[str, VocabularyEntry]) -> dict[str, Tag]:
    """The tags with procedures only mentioned, unless the title names them or no other topic is named as often."""
    most = max((len(each.spans) for each in tags.values() if not entries[each.id].procedure), default=0)
    return {name: replace(each, grade=Grade.MENTIONED, reason=Reason.NAMED)
            if entries[name].procedure and each.reason is not Reason.TITLE and len(each.spans) < most else each
            for name, each in tags.items()}


def _in_first_sentence(tags: dict[str, Tag], text: ReleaseText,
                       entries: Mapping[str, VocabularyEntry]) -> dict[str, Tag]:
    """The tags; where the release is about none, it is about those of its first sentence."""
    if any(each.grade is Grade.ABOUT for each in tags.values()):
        return tags
    end = text.first_sentence_end
    telling = [each for each in tags.values() if entries[each.id].kind != RELATIONS and not entries[each.id].generic]
    first = [each for each in telling if any(span.field == "body" and span.start < end for span in each.spans)]
    return {**tags, **{each.id: replace(each, grade=Grade.ABOUT, reason=Reason.LEAD) for each in first}}


def _most_important(tags: dict[str, Tag]) -> dict[str, Tag]:
    """The tags with at most MOST_TOPICS of grade about: those in the title first, then the most frequent."""
    about = [each for each in tags.values() if each.grade is Grade.ABOUT]
    about.sort(key=lambda each: (each.reason is not Reason.TITLE, each.reason is not Reason.LEAD, -len(each.spans)))
    fewer = {each.id: replace(each, grade=Grade.MENTIONED, reason=Reason.NAMED) for each in about[MOST_TOPICS:]}
    return {name: fewer.get(name, each) for name, each in tags.items()}
