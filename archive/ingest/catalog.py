"""Insert captures with their pages, articles and quarantine rows into the store, one transaction per batch."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy import Connection, insert, select, update

from archive.db.store import Store, select_in
from archive.db.tables import captures, pages
from archive.db.warc_files import mark_catalogued
from archive.ingest.readings import Reading, read, write_readings
from archive.records import Article, Capture, Reader, Unreadable
from archive.urls import page_id


@dataclass(frozen=True, slots=True)
class CaptureRow:
    """A row to insert into `captures`; `repeats` is still a record id, `source` belongs to the page."""

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
    """A capture to insert; `content` goes to the reader or into quarantine, None if the capture is not to be read."""

    row: CaptureRow
    content: Capture | Unreadable | None = None

    def located(self, warc_file: str, offset: int, length: int) -> "PendingCapture":
        """The same capture with the location of its record."""
        return replace(self, row=replace(self.row, warc_file=warc_file, warc_offset=offset, warc_length=length))


Follow = Callable[[Connection, Collection[int]], None]


class Catalog:
    """Writes captures, and the reader's results for them, into a store.

    `follow` is called with the pages whose readings are replaced, in the same transaction: whatever is made of articles
    changes with them, and nobody sees one without the other.
    """

    def __init__(self, store: Store, reader: Reader, follow: Follow | None = None) -> None:
        self.store = store
        self.reader = reader
        self._follow = follow

    def should_read(self, kind: str, status: int | None, url: str) -> bool:
        """True for a full response at a release's URL: the reader reads it as an article, or it is quarantined."""
        return kind in ("response", "resource") and status in (200, None) and self.reader.is_release(url)

    def add(self, pending: Sequence[PendingCapture]) -> int:
        """Read and insert captures in one transaction, those that the store already has left out; returns how many."""
        if not pending:
            return 0
        results = {each.row.record_id: self._read(each.content) for each in pending if each.content}
        with self.store.begin() as connection:
            known = known_records(connection, [each.row.record_id for each in pending])
            new = [each.row for each in pending if each.row.record_id not in known]
            ids = _insert_captures(connection, new)
            _mark_files(connection, [each.row for each in pending])
            version = self.reader.version if results else 0
            write_readings(connection, [Reading(*ids[each.record_id], each.source, version, results[each.record_id])
                                        for each in new if each.record_id in results])
        return len(new)

    def replace_readings(self, contents: Iterable[tuple[int, Capture | Unreadable | None]]) -> int:
        """Read contents and replace the readings of their captures, by capture id; returns how many.

        None removes the reading of a capture. Pages get their present source. All contents are read before the one
        transaction begins.
        """
        results = {capture_id: None if content is None else self._read(content) for capture_id, content in contents}
        rows = select(captures.c.id, captures.c.page_id, pages.c.url, pages.c.source).join(pages)
        with self.store.begin() as connection:
            found = list(select_in(connection, rows, captures.c.id, sorted(results)))
            sources = {row.page_id: self.reader.source_of(row.url) for row in found}
            for page in {row.page_id for row in found if row.source != sources[row.page_id]}:
                connection.execute(update(pages).where(pages.c.id == page).values(source=sources[page]))
            write_readings(connection, [
                Reading(row.id, row.page_id, sources[row.page_id], self.reader.version, results[row.id])
                for row in found])
            if self._follow:
                self._follow(connection, set(sources))
        return len(results)

    def _read(self, content: Capture | Unreadable) -> Article | Unreadable:
        if isinstance(content, Unreadable):
            return content
        return read(self.reader, content)


def known_records(connection: Connection, record_ids: Sequence[str]) -> dict[str, int]:
    """Capture ids of those record ids that the store has."""
    query = select(captures.c.record_id, captures.c.id)
    return {row.record_id: row.id for row in select_in(connection, query, captures.c.record_id, record_ids)}


def _insert_captures(connection: Connection, rows: Sequence[CaptureRow]) -> Mapping[str, tuple[int, int]]:
    """Insert rows into `captures` and `pages`; returns (capture id, page id) by record id."""
    if not rows:
        return {}
    page_ids = _page_ids(connection, rows)
    inserted = connection.execute(
        insert(captures).returning(captures.c.record_id, captures.c.id, captures.c.page_id),
        [_columns(each, page_ids[each.urlkey]) for each in rows]).all()
    _link_revisits(connection, rows)
    return {record_id: (capture_id, page) for record_id, capture_id, page in inserted}


def _mark_files(connection: Connection, rows: Sequence[CaptureRow]) -> None:
    """Note how far the WARC files of these rows are catalogued; rows of one file follow each other."""
    for each in {row.warc_file: row for row in sorted(rows, key=lambda row: row.warc_offset)}.values():
        mark_catalogued(connection, each.warc_file, each.warc_offset + each.warc_length, each.provenance)


def _columns(row: CaptureRow, page: int) -> dict[str, Any]:
    columns = asdict(row)
    del columns["source"], columns["urlkey"]
    return {**columns, "page_id": page, "repeats": None}


def _link_revisits(connection: Connection, rows: Iterable[CaptureRow]) -> None:
    """Set `repeats` of revisits whose original is in the store, this batch included."""
    repeated = [each.repeats for each in rows if each.repeats]
    originals = known_records(connection, repeated) if repeated else {}
    for each in rows:
        if each.repeats in originals:
            connection.execute(update(captures).where(captures.c.record_id == each.record_id)
                               .values(repeats=originals[each.repeats]))


def _page_ids(connection: Connection, rows: Sequence[CaptureRow]) -> dict[str, int]:
    """Page ids by urlkey; inserts new pages, and sets `first_seen` to the time of the earliest capture."""
    first: dict[str, CaptureRow] = {}
    for each in sorted(rows, key=lambda row: row.fetched_at):
        first.setdefault(each.urlkey, each)
    query = select(pages.c.urlkey, pages.c.id)
    found = {row.urlkey: row.id for row in select_in(connection, query, pages.c.urlkey, list(first))}
    for key in found:
        connection.execute(update(pages).where(pages.c.id == found[key], pages.c.first_seen > first[key].fetched_at)
                           .values(first_seen=first[key].fetched_at))
    new = [{"urlkey": key, "public_id": page_id(key), "url": row.url, "source": row.source,
            "first_seen": row.fetched_at} for key, row in first.items() if key not in found]
    if new:
        inserted = connection.execute(insert(pages).returning(pages.c.urlkey, pages.c.id), new)
        found.update((key, row_id) for key, row_id in inserted)
    return found
