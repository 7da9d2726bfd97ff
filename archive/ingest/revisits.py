"""Resolve WARC revisit records of imported archives: link each to the capture whose payload it repeats."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, Select, select, update

from archive.db.changed_pages import queue_pages
from archive.db.revisions import update_revisions
from archive.db.store import chunks, is_page
from archive.db.tables import captures, pages
from archive.errors import ImportFault, WarcError
from archive.ingest.catalog import Catalog
from archive.ingest.from_warc import load_capture
from archive.records import Capture, Unreadable
from archive.times import iso, parse_time
from archive.urls import urlkey
from archive.warc.parser import Record
from archive.warc.random_access import load_record

StoredRow = Row[*tuple[Any, ...]]
Report = Callable[[ImportFault], None]


@dataclass(frozen=True, slots=True)
class _Resolved:
    """A revisit and the capture that it repeats; `is_read` if the revisit needs a reading of its own.

    It does at another URL than the original's: no other capture has the content of that page.
    """

    revisit: StoredRow
    original: StoredRow
    is_read: bool


def resolve_revisits(data: Path, catalog: Catalog, report: Report) -> int:
    """Link every unresolved revisit to the capture that it repeats, where that has been imported; returns how many.

    A revisit at another URL than its original is read as a capture of its own. `report` is called with a fault for each
    that cannot be loaded from a damaged archive; it stays unresolved until the next call.
    """
    unresolved = (select(captures).where(captures.c.kind == "revisit", captures.c.repeats.is_(None))
                  .order_by(captures.c.id))
    with catalog.store.read() as connection:
        rows = connection.execute(unresolved).all()
    return sum(_resolve_batch(data, catalog, part, report) for part in chunks(rows))


def _resolve_batch(data: Path, catalog: Catalog, rows: Sequence[StoredRow], report: Report) -> int:
    with catalog.store.read() as connection:
        resolved = [each for row in rows if (each := _resolve(connection, (data, catalog), row, report))]
    linked = [each for each in resolved if not each.is_read]
    # Read first, link second: after a crash in between, an unlinked revisit is found again; a linked one never is.
    catalog.replace_readings(_contents(data, resolved, linked, report))
    with catalog.store.begin() as connection:
        for each in linked:
            connection.execute(
                update(captures).where(captures.c.id == each.revisit.id).values(repeats=each.original.id))
        update_revisions(connection, {each.revisit.page_id for each in linked})
        queue_pages(connection, {each.revisit.page_id for each in linked})
    return len(linked)


def _resolve(connection: Connection, archive: tuple[Path, Catalog], row: StoredRow, report: Report) -> _Resolved | None:
    data, catalog = archive
    try:
        original = _original(connection, data, row, load_record(data, row))
    except (WarcError, ImportFault) as error:
        report(_fault(row, error))
        return None
    if original is None:
        return None
    is_read = row.page_id != original.page_id and catalog.should_read("response", row.status, row.url)
    return _Resolved(row, original, is_read)


def _contents(data: Path, resolved: Sequence[_Resolved], linked: list[_Resolved],
              report: Report) -> Iterator[tuple[int, Capture | Unreadable]]:
    """Content of the revisits that need a reading, loaded one at a time; each that loads is appended to `linked`."""
    for each in resolved:
        if each.is_read:
            try:
                content = load_capture(
                    data, each.original, url=each.revisit.url, fetched_at=each.revisit.fetched_at)
            except (WarcError, ImportFault) as error:
                report(_fault(each.revisit, error))
                continue
            linked.append(each)
            yield each.revisit.id, content


def _fault(row: StoredRow, error: Exception) -> ImportFault:
    return ImportFault(f"the capture that {row.url} of {row.fetched_at} repeats cannot be read: {error}")


def _original(connection: Connection, data: Path, row: StoredRow, record: Record) -> StoredRow | None:
    """The capture that a revisit refers to: by record id, by URL and time, else by payload digest on the same page."""
    originals = select(captures).where(captures.c.kind != "revisit").order_by(captures.c.id)
    record_id = record.uri("WARC-Refers-To")
    by_id = originals.where(captures.c.record_id == record_id) if record_id else None
    for query in (by_id, _by_url_and_time(originals, record)):
        if query is not None and (found := connection.execute(query.limit(1)).first()):
            return found
    digest = record.field("WARC-Payload-Digest")
    same_page = originals.where(captures.c.page_id == row.page_id, captures.c.fetched_at <= row.fetched_at)
    for each in connection.execute(same_page.order_by(None).order_by(captures.c.fetched_at.desc())).all():
        if digest and digest in (each.digest, load_record(data, each).field("WARC-Payload-Digest")):
            return each
    return None


def _by_url_and_time(originals: Select[Any], record: Record) -> Select[Any] | None:
    url, date = record.uri("WARC-Refers-To-Target-URI"), record.field("WARC-Refers-To-Date")
    if not url or not date:
        return None
    try:
        key, time = urlkey(url), iso(parse_time(date))
    except ValueError:
        return None  # the fields are malformed
    return originals.join(pages, pages.c.id == captures.c.page_id).where(
        is_page(key), captures.c.fetched_at == time)
