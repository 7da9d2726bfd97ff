"""The sample releases in `demo/releases/`: texts written for the project, as the replica serves them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

import yaml

from archive.records import Attachment
from crawler.source import Source, all_sources
from demo.errors import DemoError

FOLDER = Path(__file__).parent / "releases"

REQUIRED = ("id", "source", "section", "url", "title", "published", "language", "body")


class SampleError(DemoError):
    """A file of sample releases is malformed; the message names the file and the release."""


@dataclass(frozen=True, slots=True)
class Release:
    """One sample release; `url` has the site's own form and `section` is a piece of its path.

    `published` is "2024-05-17 10:30", "2024-05-17" or None, Beijing time. `body` is paragraphs, the last of which
    says that it is a sample. `counterpart` and `clone_of` are ids of releases; `cites` is a URL.
    """

    id: str
    source: str
    section: str
    url: str
    title: str
    published: str | None
    language: str
    body: tuple[str, ...]
    source_label: str | None = None
    author: str | None = None
    number: str | None = None
    category: str | None = None
    department: str | None = None
    attachments: tuple[Attachment, ...] = ()
    counterpart: str | None = None
    cites: str | None = None
    clone_of: str | None = None

    @property
    def day(self) -> str:
        """The day of publication, "" where there is none."""
        return (self.published or "")[:10]

    @property
    def has_time(self) -> bool:
        """True where the time of day is known."""
        return len(self.published or "") > len("2024-05-17")

    def timestamp(self, minutes: int = 0, seconds: str = ":00") -> str:
        """The time of publication, moved by some minutes, as "2024-05-17 10:30:00"; "" where there is none."""
        if not self.published:
            return ""
        at = datetime.fromisoformat(self.published) + timedelta(minutes=minutes)
        return at.strftime("%Y-%m-%d %H:%M") + seconds


KEYS = tuple(each.name for each in fields(Release))


@lru_cache(maxsize=1)
def load_releases() -> tuple[Release, ...]:
    """Every sample release, file by file in the order written; raises SampleError at the first that is malformed."""
    return tuple(each for path in sorted(FOLDER.glob("*.yaml")) for each in read_releases(path))


def sampled_sources() -> tuple[Source, ...]:
    """The sources that have sample releases, in order of id: those that a replica can serve."""
    ids = {each.source for each in load_releases()}
    return tuple(each for each in all_sources() if each.id in ids)


def read_releases(path: Path) -> Iterator[Release]:
    """The releases of one file, in order."""
    try:
        entries = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SampleError(f"{path.name} is not readable YAML: {error}") from None
    if not isinstance(entries, list):
        raise SampleError(f"{path.name} holds no list of releases; begin each release with '- id:'")
    for position, entry in enumerate(entries, start=1):
        yield _parse_release(entry, f"{path.name}, release {position}")


def _parse_release(entry: object, place: str) -> Release:
    """The release that one YAML mapping describes; `place` is its file and position, for messages."""
    if not isinstance(entry, Mapping):
        raise SampleError(f"{place}: not a mapping of field names to values; write 'field: value' lines")
    where = f"{place} ({entry.get('id')})"
    _check_keys(entry, where)
    texts = {key: _text(entry[key], key, where) for key in entry if key not in ("body", "attachments")}
    return Release(**texts, body=_paragraphs(entry["body"], where),  # type: ignore[arg-type]
                   attachments=_attachments(entry.get("attachments", []), where))


def _check_keys(entry: Mapping[str, object], where: str) -> None:
    missing = [key for key in REQUIRED if key not in entry]
    unknown = [str(key) for key in entry if key not in KEYS]
    if missing:
        raise SampleError(f"{where}: lacks {', '.join(missing)}; add the missing fields")
    if unknown:
        raise SampleError(f"{where}: unknown {', '.join(unknown)}; known are {', '.join(KEYS)}")


def _text(value: object, key: str, where: str) -> str | None:
    if value is None and key == "published":
        return None
    if not isinstance(value, str) or not value.strip():
        raise SampleError(f"{where}: {key} is {value!r}, not a text; put dates and numbers in quotation marks")
    return value


def _paragraphs(value: object, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise SampleError(f"{where}: body is not a list of paragraphs; begin each with '- '")
    texts = [text for each in value if (text := _text(each, "body", where)) is not None]
    return tuple(texts)


def _attachments(value: object, where: str) -> tuple[Attachment, ...]:
    if not isinstance(value, list):
        raise SampleError(f"{where}: attachments is not a list; give each as '- {{name: …, url: …}}'")
    return tuple(_attachment(each, where) for each in value)


def _attachment(value: object, where: str) -> Attachment:
    if not isinstance(value, Mapping) or set(value) != {"name", "url"}:
        raise SampleError(f"{where}: an attachment is {value!r}; give its name and its url")
    return Attachment(url=str(value["url"]), name=str(value["name"]))
