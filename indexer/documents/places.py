"""Places that a text names, with the reasons of their grades. Pure."""

from collections.abc import Iterable, Mapping

from indexer.documents.alias_matches import Match, index_aliases, matches
from indexer.documents.document import Reason
from indexer.documents.grading import Places, topic_reason
from indexer.documents.release_text import ReleaseText
from indexer.documents.short_forms import settle_short_forms
from indexer.vocabulary.entry import Vocabulary

GROUP = "places"
_ACTING = ("foreign",)  # kinds of organizations through which their country acts: 美国商务部


class PlaceFinder:
    """Finds the places of one vocabulary in texts. Build it once: it indexes all aliases."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._index = index_aliases(vocabulary.places)
        self._ancestors = {each: vocabulary.ancestors(GROUP, each) for each in vocabulary.places}

    def find(self, text: ReleaseText, organizations: Mapping[str, list[Match]]) -> dict[str, tuple[Places, Reason]]:
        """The places of a text and the reasons of their grades, in order of first mention.

        Inside the name of an organization, whose matches are given by field, a place is only mentioned.
        """
        found = {each.name: list(matches(each.text, each.folded, self._index, each.grams))
                 for each in text.fields}
        settled = self._settled(found)
        names = {field: self._offsets(listed) for field, listed in organizations.items()}
        spans: dict[str, dict[str, list[Match]]] = {}
        for field, listed in settled.items():
            for match in self._without_overlaps(listed):
                spans.setdefault(match.id, {}).setdefault(field, []).append(match)
        return {name: self._graded(text, name, fields, names) for name, fields in spans.items()}

    def _settled(self, found: Mapping[str, list[Match]]) -> Mapping[str, list[Match]]:
        """The matches by field, short forms only where the text supports them."""
        if not any(match.short for listed in found.values() for match in listed):
            return found
        plain = {match.id for listed in found.values()
                 for match in self._without_overlaps(each for each in listed if not each.short)}
        named = plain.union(*(self._ancestors[each] for each in plain))
        return {field: settle_short_forms(self._vocabulary.places, listed, named) for field, listed in found.items()}

    def _offsets(self, organizations: Iterable[Match]) -> set[int]:
        """The offsets at which names of organizations stand."""
        entries = self._vocabulary.organizations
        return {at for each in organizations if entries[each.id].kind not in _ACTING
                for at in range(each.start, each.end)}

    def _without_overlaps(self, found: Iterable[Match]) -> list[Match]:
        """The matches in reading order; of two that overlap the first and longer one (马里兰 in 马里兰州, not 兰州).

        A whole counts inside the name of its part, too (中国 in 中国台湾).
        """
        kept: list[Match] = []
        for match in sorted(found, key=lambda each: (each.start, -each.end)):
            around = [each for each in kept[-8:] if each.end > match.start]
            if all(match.id in self._ancestors[each.id] for each in around):
                kept.append(match)
        return kept

    def _graded(self, text: ReleaseText, name: str, fields: Mapping[str, list[Match]],
                names: Mapping[str, set[int]]) -> tuple[Places, Reason]:
        title, body = (tuple(fields.get(field, ())) for field in ("title", "body"))
        free = Places(*(tuple(each for each in listed if each.start not in names.get(field, ()))
                        for field, listed in (("title", title), ("body", body))))
        return Places(title, body), _reason(text, free, generic=self._vocabulary.places[name].generic)


def _reason(text: ReleaseText, found: Places, *, generic: bool) -> Reason:
    """The reason of a place's grade: that of a topic, or one mention in the first sentence."""
    reason = topic_reason(text, found, generic)
    if reason is not Reason.NAMED or generic or text.parts:
        return reason
    end = text.first_sentence_end
    return Reason.LEAD if any(each.start < end for each in found.body) else Reason.NAMED
