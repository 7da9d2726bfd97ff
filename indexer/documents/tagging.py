"""Tagging: finds organizations, topics and the kind of a release, with grades. Pure."""

from collections.abc import Iterable
from itertools import groupby

from indexer.documents.alias_matches import Match, grams, index_aliases, matches
from indexer.documents.document import FieldSpan, Grade, Reason, Tag
from indexer.documents.release_type import release_type
from indexer.documents.tags import Tags
from indexer.vocabulary.entry import Vocabulary, normalize_text

VERSION = 2
"""Raise it when the rules of tagging change: every document is then tagged again."""

_LEAD = 200  # characters


class Tagger:
    """Tags texts by one vocabulary. Build it once: it indexes all aliases."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._organizations = index_aliases(vocabulary.organizations)
        self._topics = index_aliases(vocabulary.topics)

    def tags(self, title: str, body: str, issuer: str | None = None, number: str | None = None) -> Tags:
        """The tags of a release with their grades, reasons and spans in title and body.

        `issuer` is the organization on whose site it stands, `number` its notice number. A name inside a longer name
        counts only if it is an ancestor of the longer one (商务部 in 商务部办公厅, but not in 美国商务部).
        """
        fields = [(field, text, normalize_text(text)) for field, text in (("title", title), ("body", body))]
        known = {field: grams(folded) for field, _, folded in fields}
        found: dict[str, list[tuple[str, list[Match]]]] = {"organizations": [], "topics": []}
        for group, index in (("organizations", self._organizations), ("topics", self._topics)):
            for field, text, folded in fields:
                found[group].append((field, self._without_nested(group, matches(text, folded, index, known[field]))))
        return Tags(_with_issuer(_to_tags(found["organizations"]), issuer), _to_tags(found["topics"]),
                    release_type(self._vocabulary.types, title, body, number))

    def _without_nested(self, group: str, found: Iterable[Match]) -> list[Match]:
        """The matches in reading order, without those inside the longer name of an unrelated entry."""
        kept: list[Match] = []
        for match in sorted(found, key=lambda each: (each.start, -each.end)):
            around = [each for each in kept[-8:] if each.end >= match.end]
            if all(match.id in self._vocabulary.ancestors(group, each.id) for each in around):
                kept.append(match)
        return kept


def _to_tags(found: Iterable[tuple[str, list[Match]]]) -> tuple[Tag, ...]:
    spans: dict[str, list[FieldSpan]] = {}
    for field, each_field in found:
        for name, group in groupby(each_field, key=lambda each: each.id):
            spans.setdefault(name, []).extend(FieldSpan(field, each.start, each.end) for each in group)
    return tuple(Tag(name, tuple(places), *_grade(places)) for name, places in spans.items())


def _with_issuer(organizations: tuple[Tag, ...], issuer: str | None) -> tuple[Tag, ...]:
    """The organizations with the one on whose site the release stands, which acts in it."""
    if issuer is None or any(each.id == issuer and each.grade is Grade.ABOUT for each in organizations):
        return organizations
    spans = next((each.spans for each in organizations if each.id == issuer), ())
    others = tuple(each for each in organizations if each.id != issuer)
    return (*others, Tag(issuer, spans, Grade.ABOUT, Reason.ISSUER))


def _grade(places: list[FieldSpan]) -> tuple[Grade, Reason]:
    if places[0].field == "title":
        return Grade.ABOUT, Reason.TITLE
    if places[0].start < _LEAD:
        return Grade.ABOUT, Reason.LEAD
    if len(places) > 1:
        return Grade.ABOUT, Reason.REPEATED
    return Grade.MENTIONED, Reason.NAMED
