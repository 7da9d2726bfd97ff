"""Kind of a release, told by its form: its number, its title, its first line. Pure."""

import re
from collections.abc import Iterable, Mapping

from indexer.documents.document import FieldSpan, Grade, Reason, Tag
from indexer.documents.release_text import ReleaseText
from indexer.vocabulary.entry import ReleaseType

_HEAD = 600  # characters of the text


def release_type(types: Mapping[str, ReleaseType], text: ReleaseText, number: str | None) -> Tag | None:
    """The kind of a release as a tag, None where its form shows none. A notice number decides, then the title, then
    the first line."""
    folded, head = text.title.folded, text.body.folded[:_HEAD]
    for each in types.values():
        if found := each.title.search(folded):
            return _tag(each, "title", found)
    if number is not None and (numbered := _numbered(types.values())):
        return Tag(numbered.id, (), Grade.ABOUT, Reason.NUMBER)
    for each in types.values():
        if each.head is not None and (found := each.head.search(head)):
            return _tag(each, "body", found)
    return None


def _numbered(types: Iterable[ReleaseType]) -> ReleaseType | None:
    return next((each for each in types if each.numbered), None)


def _tag(found: ReleaseType, field: str, match: re.Match[str]) -> Tag:
    return Tag(found.id, (FieldSpan(field, match.start(), match.end()),), Grade.ABOUT, Reason.FORM)
