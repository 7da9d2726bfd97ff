"""Re-read archived captures after the reader changed, page by page, resumable.

All captures of a page are re-read in one transaction, so revisions never compare readings of two reader versions. An
interrupted run starts over and skips the pages that are done.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, func, select

from archive.db.frontier import link_duplicates
from archive.db.store import get_metadata, set_metadata
from archive.db.tables import articles, captures, metadata, quarantine, warc_files
from archive.errors import ArchiveError
from archive.ingest.catalog import Catalog
from archive.ingest.from_warc import load_capture
from archive.records import Capture, Reader, Unreadable
from archive.times import utc_now

PAGES = 100  # pages per transaction
DONE = "read_by"  # metadata key: reader version and source ids that have read the whole archive

StaleCapture = Row[*tuple[Any, ...]]
Content = Capture | Unreadable | None
Report = Callable[[ArchiveError], None]
Progress = Callable[[int, int], None]


def reread(catalog: Catalog, data: Path, report: Report, progress: Progress = lambda _done, _pages: None) -> int:
    """Re-read every capture that an older reader version read, or that belonged to no source then; returns how many.

    A capture whose record cannot be loaded keeps its old reading until the next call; `report` is called with the
    error. `progress` is called with the number of pages checked and of all pages.
    """
    state = _fingerprint(catalog.reader)
    with catalog.store.read() as connection:
        if is_reread(connection, catalog.reader):
            return 0
        last = connection.scalar(select(func.max(captures.c.page_id))) or 0
    count, faults = 0, 0

    def fail(fault: ArchiveError) -> None:
        nonlocal faults
        faults += 1
        report(fault)

    for start in range(0, last, PAGES):
        count += catalog.replace_readings(_contents(catalog, data, _stale(catalog, start), fail))
        progress(min(start + PAGES, last), last)
    if not faults:
        with catalog.store.begin() as connection:
            link_duplicates(connection, catalog.reader.canonical, utc_now())
            set_metadata(connection, DONE, state)
    return count


def is_reread(connection: Connection, reader: Reader) -> bool:
    """True if this version of the reader has read the whole archive."""
    return get_metadata(connection, DONE) == _fingerprint(reader)


def forget_progress(connection: Connection) -> None:
    """Forget how far captures are catalogued and read, so that the next run looks at every WARC file and capture.

    Captures that have their row and reading stay as they are. Needs the write transaction of `Store.begin`.
    """
    connection.execute(delete(warc_files))
    connection.execute(delete(metadata).where(metadata.c.key == DONE))


def _fingerprint(reader: Reader) -> str:
    """The reader's version and sources: another value means that captures may read differently."""
    return f"{reader.version} {' '.join(reader.sources)}"


def _stale(catalog: Catalog, start: int) -> list[StaleCapture]:
    """Captures of the next PAGES pages that need re-reading, with the WARC position of their bytes."""
    with catalog.store.read() as connection:
        rows = connection.execute(_captures_with_reader(start)).all()
    return [row for row in rows if (
        row.reader < catalog.reader.version if row.reader is not None else _lacks_reading(catalog, row))]


def _captures_with_reader(start: int) -> Select[Any]:
    stored = captures.alias("stored")  # the capture itself, or the one that a revisit repeats
    return (select(captures.c.id, captures.c.page_id, captures.c.kind, captures.c.url, captures.c.fetched_at,
                   stored.c.page_id.label("stored_page"), stored.c.status, stored.c.content_type, stored.c.warc_file,
                   stored.c.warc_offset, stored.c.warc_length,
                   func.coalesce(articles.c.reader, quarantine.c.reader).label("reader"))
            .join(stored, stored.c.id == func.coalesce(captures.c.repeats, captures.c.id))
            .outerjoin(articles, articles.c.capture_id == captures.c.id)
            .outerjoin(quarantine, quarantine.c.capture_id == captures.c.id)
            .where(captures.c.page_id > start, captures.c.page_id <= start + PAGES).order_by(captures.c.id))


def _lacks_reading(catalog: Catalog, row: StaleCapture) -> bool:
    """True for a capture without a reading that should have one; a revisit of its own page shares that page's."""
    if row.kind == "revisit" and row.stored_page == row.page_id:
        return False
    return _should_read(catalog, row)


def _should_read(catalog: Catalog, row: StaleCapture) -> bool:
    return catalog.should_read("response" if row.kind == "revisit" else row.kind, row.status, row.url)


def _contents(catalog: Catalog, data: Path, stale: list[StaleCapture], report: Report) -> Iterator[tuple[int, Content]]:
    """Capture ids with their content, loaded one at a time; those that cannot be loaded are reported and left out."""
    for row in stale:
        try:
            content = None
            if _should_read(catalog, row):
                content = load_capture(data, row, url=row.url, fetched_at=row.fetched_at)
            yield row.id, content
        except ArchiveError as fault:
            report(fault)
