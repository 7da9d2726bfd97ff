"""Data classes shared by all packages (Capture, Article, Stamp, Evidence, Unreadable) and the Reader protocol."""

import hashlib
import json
from calendar import monthrange
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from typing import Any, Literal, Protocol

from archive.messages import Message, message


@dataclass(frozen=True, slots=True)
class Capture:
    """One archived response; `body` is as sent, minus its content encoding (gzip, deflate).

    `fetched_at` always has a zone; `content_type` is the header as sent, None if there was none (a saved page).
    """

    url: str
    body: bytes
    fetched_at: datetime
    content_type: str | None = None
    status: int | None = 200


Precision = Literal["minute", "day", "month", "year", "unknown"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """The text that a fact was taken from, and its place on the page or in the URL."""

    text: str
    place: Message

    def to_dict(self) -> dict[str, Any]:
        """The evidence as JSON-ready data."""
        return {"text": self.text, "place": self.place.to_json()}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "Evidence":
        """The evidence that `to_dict` made `data` from."""
        return cls(data["text"], Message.from_json(data["place"]))


@dataclass(frozen=True, slots=True)
class Stamp:
    """A publication time as exact as the page gives it; `value` is ISO 8601 cut to `precision`, None when unknown.

    The first piece of evidence is the one the value was taken from; the others are times the page shows beside it.

    >>> Stamp("2015-10", "month", (Evidence("201510", message("page_url")),)).last_day()
    datetime.date(2015, 10, 31)
    """

    value: str | None
    precision: Precision
    evidence: tuple[Evidence, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The stamp as JSON-ready data."""
        return {"value": self.value, "precision": self.precision,
                "evidence": [each.to_dict() for each in self.evidence]}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "Stamp":
        """The stamp that `to_dict` made `data` from."""
        return cls(data["value"], data["precision"], tuple(map(Evidence.from_dict, data["evidence"])))

    def first_day(self) -> date | None:
        """The earliest possible day of publication, None when undated."""
        if self.value is None:
            return None
        parts = [int(part) for part in self.value[:10].split("-")]
        return date(parts[0], *[*parts[1:], 1, 1][:2])

    def last_day(self) -> date | None:
        """The latest possible day of publication, None when undated."""
        first = self.first_day()
        if first is None or self.precision in ("minute", "day"):
            return first
        month = 12 if self.precision == "year" else first.month
        return date(first.year, month, monthrange(first.year, month)[1])

    def moment(self) -> datetime | None:
        """The start of the value's minute, day, month or year, None when undated; only minutes have a zone."""
        first = self.first_day()
        if self.value is None or first is None:
            return None
        return datetime.fromisoformat(self.value) if self.precision == "minute" else datetime(*first.timetuple()[:3])  # noqa: DTZ001


UNDATED = Stamp(None, "unknown")


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that the article links to: absolute URL, and its name on the page."""

    url: str
    name: str


@dataclass(frozen=True, slots=True)
class Article:
    """Content of a capture, read by one layout. Fields that the page does not have are None or empty, never guessed.

    `body` is paragraphs joined by a newline. `number` is the notice number as the page prints it. `counterpart` is
    the URL of the same release in the other language, `clone_of` that of the original where the host is a known
    clone, `cites` the URLs that the page names as its own source.
    """

    source: str
    url: str
    urlkey: str
    layout: str
    title: str
    body: str
    language: str
    published: Stamp = UNDATED
    source_label: str | None = None
    author: str | None = None
    number: str | None = None
    category: str | None = None
    attachments: tuple[Attachment, ...] = ()
    counterpart: str | None = None
    clone_of: str | None = None
    cites: tuple[str, ...] = ()
    defects: tuple[Message, ...] = ()

    def content_hash(self) -> str:
        """SHA-256 of fields and attachments, never of raw bytes: 64 hex digits."""
        content = [self.title, self.body, self.published.value, self.source_label, self.author, self.number,
                   [asdict(attachment) for attachment in self.attachments]]
        return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode("utf-8")).hexdigest()

    def to_dict(self) -> dict[str, Any]:
        """The article as JSON-ready data."""
        plain = {each.name: getattr(self, each.name) for each in fields(self)}
        return {**plain, "published": self.published.to_dict(), "cites": list(self.cites),
                "attachments": [asdict(each) for each in self.attachments],
                "defects": [each.to_json() for each in self.defects]}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "Article":
        """The article that `to_dict` of this or an older version of the program made `data` from."""
        return cls(**{**data, "published": Stamp.from_dict(data["published"]), "cites": tuple(data["cites"]),
                      "attachments": tuple(Attachment(**each) for each in data["attachments"]),
                      "defects": tuple(_defect(each, data["clone_of"]) for each in data["defects"])})


def _defect(data: dict[str, Any], clone_of: str | None) -> Message:
    """A defect as `Message.to_json` or, before messages had codes, as kind and English detail."""
    if "kind" not in data:
        return Message.from_json(data)
    if data["kind"] == "clone":
        return message("clone", url=clone_of or "")
    return message("text", text=f"{data['kind']}: {data['detail']}")


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Reason why a capture is quarantined, and what was tried; the capture itself stays in the archive."""

    reason: Message
    tried: tuple[str, ...] = ()


class Reader(Protocol):
    """Reads captures for the archive, which knows no site. Must be picklable: a worker process gets a copy."""

    @property
    def version(self) -> int:
        """Incremented whenever captures read differently; only readings of one version are compared."""

    @property
    def sources(self) -> tuple[str, ...]:
        """Ids of all its sources."""

    def source_of(self, url: str) -> str | None:
        """Id of the source that a URL belongs to, None if it belongs to none."""

    def canonical(self, url: str) -> str:
        """A URL without what makes no other page: its fragment and the tracking parameters of its source."""

    def is_release(self, url: str) -> bool:
        """True for the URL of a release at its source or at a known clone."""

    def read(self, capture: Capture) -> Article | Unreadable:
        """The article of a capture, or the reason why it cannot be read."""
