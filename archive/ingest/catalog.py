"""Captures into the store: a row for each, its page, and what it says, in one transaction."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, Select, insert, select, update

from archive.db.store import Store, chunks
from archive.db.tables import captures, pages
from archive.ingest.readings import Reading, read, write_readings
from archive.records import Article, Capture, Reader, Unreadable
from archive.urls import page_id


@dataclass(frozen=True, slots=True)
class CaptureRow:
    """A row of `captures` to be; `repeats` is a record id, `source` the page's source."""

    record_id: str
    url: str
    urlkey: str
    fetched_at: str
    kind: str
    status: int | None
    content_type: str | None
    digest: str
    length: int
    provenance: str
    warc_file: str
    warc_offset: int
    warc_length: int
    etag: str | None = None
    last_modified: str | None = None
    repeats: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class PendingCapture:
    """A record that is in a WARC file; `content` is what is to be read of it, None where nothing is."""

    row: CaptureRow
    content: Capture | Unreadable | None = None


class Catalog:
    """Writes captures and what the reader reads of them into the store."""

    def __init__(self, store: Store, reader: Reader) -> None:
        self.store = store
        self.reader = reader

    def should_read(self, kind: str, status: int | None, url: str) -> bool:
        """True for a full answer at a release's URL: it is either read as an article or quarantined."""
        return kind in ("response", "resource") and status in (200, None) and self.reader.is_release(url)

    def add(self, pending: Sequence[PendingCapture]) -> None:
        """Write rows for these records, all or none; records that the store already has are left as they are."""
        if not pending:
            return
        results = {each.row.record_id: self._result(each.content) for each in pending if each.content}
        with self.store.begin() as connection:
            known = known_records(connection, [each.row.record_id for each in pending])
            entries = [each.row for each in pending if each.row.record_id not in known]
            rows = _insert(connection, entries)
            version = self.reader.version if results else 0
            write_readings(connection, [Reading(*rows[each.record_id], each.source, version, results[each.record_id])
                                for each in entries if each.record_id in results])

    def replace_readings(self, contents: Iterable[tuple[int, Capture | Unreadable | None]]) -> int:
        """Read catalogued captures, by id, as these contents, and write down what they say, all or none; how many.

        Nothing is read of None: what was read of that capture is taken away. Pages get the source that claims them now.
        All contents are read before anything is written.
        """
        results = {number: None if content is None else self._result(content) for number, content in contents}
        rows = select(captures.c.id, captures.c.page_id, pages.c.url, pages.c.source).join(pages)
        with self.store.begin() as connection:
            found = [row for part in chunks(sorted(results))
                     for row in connection.execute(rows.where(captures.c.id.in_(part)))]
            sources = {row.page_id: self.reader.source_of(row.url) for row in found}
            for page in {row.page_id for row in found if row.source != sources[row.page_id]}:
                connection.execute(update(pages).where(pages.c.id == page).values(source=sources[page]))
            write_readings(connection, [
                Reading(row.id, row.page_id, sources[row.page_id], self.reader.version, results[row.id])
                for row in found])
        return len(results)

    def _result(self, content: Capture | Unreadable) -> Article | Unreadable:
        if isinstance(content, Unreadable):
            return content
        return read(self.reader, content)


def known_records(connection: Connection, record_ids: Sequence[str]) -> dict[str, int]:
    """Those of the record ids that the store has, with the ids of their captures."""
    return _found(connection, select(captures.c.record_id, captures.c.id), captures.c.record_id, record_ids)


def _found(connection: Connection, query: Select[Any], column: Any, values: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for part in chunks(values):
        found.update((key, number) for key, number in connection.execute(query.where(column.in_(part))))
    return found


def _insert(connection: Connection, entries: Sequence[CaptureRow]) -> Mapping[str, tuple[int, int]]:
    """Insert captures; gives (capture id, page id) for each record id."""
    if not entries:
        return {}
    numbers = _pages(connection, entries)
    rows = [_columns(each, numbers[each.urlkey]) for each in entries]
    made = connection.execute(
        insert(captures).returning(captures.c.record_id, captures.c.id, captures.c.page_id), rows).all()
    _tie(connection, entries)
    return {record_id: (number, page) for record_id, number, page in made}


def _columns(row: CaptureRow, page: int) -> dict[str, Any]:
    columns = asdict(row)
    del columns["source"], columns["urlkey"]
    return {**columns, "page_id": page, "repeats": None}


def _tie(connection: Connection, entries: Iterable[CaptureRow]) -> None:
    """Point revisits at the captures that they repeat, of this batch or of an earlier one."""
    repeated = [each.repeats for each in entries if each.repeats]
    numbers = known_records(connection, repeated) if repeated else {}
    for each in entries:
        if each.repeats in numbers:
            connection.execute(update(captures).where(captures.c.record_id == each.record_id)
                               .values(repeats=numbers[each.repeats]))


def _pages(connection: Connection, entries: Sequence[CaptureRow]) -> dict[str, int]:
    """The page of each urlkey, made where it is new; the earliest capture says when a page was first seen."""
    first: dict[str, CaptureRow] = {}
    for each in sorted(entries, key=lambda entry: entry.fetched_at):
        first.setdefault(each.urlkey, each)
    found = _found(connection, select(pages.c.urlkey, pages.c.id), pages.c.urlkey, list(first))
    for key in found:
        connection.execute(update(pages).where(pages.c.id == found[key], pages.c.first_seen > first[key].fetched_at)
                           .values(first_seen=first[key].fetched_at))
    new = [{"urlkey": key, "public_id": page_id(key), "url": entry.url, "source": entry.source,
            "first_seen": entry.fetched_at} for key, entry in first.items() if key not in found]
    if new:
        made = connection.execute(insert(pages).returning(pages.c.urlkey, pages.c.id), new)
        found.update((key, number) for key, number in made)
    return found
