"""Tags of a document and their JSON form."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from indexer.documents.document import FieldSpan, Grade, Reason, Tag

GROUPS = ("organizations", "topics", "places")
"""The groups of tags of which a document may have several."""


@dataclass(frozen=True, slots=True)
class Tags:
    """Organizations, topics and places of a document, in order of first mention, and its kind of release."""

    organizations: tuple[Tag, ...] = ()
    topics: tuple[Tag, ...] = ()
    places: tuple[Tag, ...] = ()
    type: Tag | None = None

    def to_dict(self) -> dict[str, Any]:
        """The tags as JSON data, equal to what a JSON column returns."""
        return {**{group: [_to_json(each) for each in getattr(self, group)] for group in GROUPS},
                "type": _to_json(self.type) if self.type else None}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Tags":
        """The inverse of `to_dict`; also reads rows of older versions, without grades, places and kind."""
        form = data.get("type")
        return cls(**{group: tuple(map(_from_json, data.get(group, ()))) for group in GROUPS},
                   type=_from_json(form) if form else None)


def _to_json(tag: Tag) -> dict[str, Any]:
    return {"id": tag.id, "grade": tag.grade.value, "reason": tag.reason.value,
            "spans": [asdict(span) for span in tag.spans],
            **({"ancestors": list(tag.ancestors)} if tag.ancestors else {})}


def _from_json(data: Mapping[str, Any]) -> Tag:
    return Tag(data["id"], tuple(FieldSpan(**span) for span in data["spans"]),
               Grade(data.get("grade", Grade.ABOUT)), Reason(data.get("reason", Reason.NAMED)),
               tuple(data.get("ancestors", ())))
