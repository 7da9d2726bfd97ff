"""The page's newest article made searchable."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Span:
    """Where a tag's words stand: `field` is title or body, `start` and `end` are character offsets into its text."""

    field: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Tag:
    """One vocabulary entry found in a document, with the places it was found at (at least one, in reading order)."""

    id: str
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """What an engine indexes. Ids of organizations and topics are vocabulary ids; `first_day` and `last_day` bound
    the publication (equal for an exact day, None when undated); `minute` is minutes since midnight where known,
    `number` the notice number as printed: it is found like the title, which often lacks it."""

    id: str
    seq: int
    rev: int
    source: str
    language: str
    title: str
    body: str
    organizations: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    first_day: date | None = None
    last_day: date | None = None
    month_known: bool = False
    minute: int | None = None
    original: bool = True
    number: str | None = None
