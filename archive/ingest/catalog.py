"""Insert captures with their pages, articles and quarantine rows into the store, one transaction per batch.

Where the database refuses a batch, its captures are inserted one by one. Of one that is refused alone, the article is
quarantined; if its row is refused even so, it becomes a reject. No capture can block others, or be dropped unseen.
"""

import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from archive.answers import DAILY, Answer, Asked, Outcome, Schedule, judge
from archive.db.dialects import reason_of
from archive.db.frontier import Answered, follow_readings, record_answers, record_failure
from archive.db.pages import SeenPage, page_ids
from archive.db.store import Store, is_page, select_in
from archive.db.tables import captures, pages
from archive.db.warc_files import mark_catalogued, replace_reject
from archive.errors import RefusedRowError
from archive.ingest.readings import Reading, read, write_readings
from archive.messages import Message, message
from archive.records import Article, Capture, Reader, Unreadable
from archive.times import Clock, iso, parse_time, utc_now
from archive.urls import absolute_url, urlkey

LOG = logging.getLogger(__name__)
Result = Article | Unreadable


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
    """A capture to insert; `content` goes to the reader or into quarantine, None if the capture is not to be read.

    `redirect` is the URL that its HTTP header redirects to. `is_asked` if a crawl of this archive requested it, not an
    import; `is_retry` if the same run requested it before.
    """

    row: CaptureRow
    content: Capture | Unreadable | None = None
    redirect: str | None = None
    is_asked: bool = False
    is_retry: bool = False

    def located(self, warc_file: str, offset: int, length: int) -> "PendingCapture":
        """The same capture with the location of its record."""
        return replace(self, row=replace(self.row, warc_file=warc_file, warc_offset=offset, warc_length=length))


Follow = Callable[[Connection, Collection[int]], None]


class Catalog:
    """Writes captures, the reader's results for them, and the frontier's states that follow, into a store.

    `follow` is called with the pages whose readings are replaced, in the same transaction: whatever is made of articles
    changes with them, and nobody sees one without the other.
    """

    def __init__(self, store: Store, reader: Reader, follow: Follow | None = None, *,
                 schedule: Schedule = DAILY, clock: Clock = utc_now) -> None:
        self.store = store
        self.reader = reader
        self._follow = follow
        self._schedule = schedule
        self._clock = clock

    def should_read(self, kind: str, status: int | None, url: str) -> bool:
        """True for a full response at a release's URL: the reader reads it as an article, or it is quarantined."""
        return kind in ("response", "resource") and status in (200, None) and self.reader.is_release(url)

    def add(self, pending: Sequence[PendingCapture]) -> int:
        """Read and insert captures in one transaction, those that the store already has left out; returns how many.

        Those whose rows the database refuses become rejects.
        """
        if not pending:
            return 0
        results = {each.row.record_id: self._read(each.content) for each in pending if each.content}
        try:
            return self._insert(pending, results)
        except (RefusedRowError, IntegrityError):
            return sum(self._insert_alone(each, results) for each in pending)

    def reject(self, pending: PendingCapture, reason: Message) -> None:
        """Set a capture aside, with the reason; its record stays in the WARC file, its release is asked for again."""
        row, asked = pending.row, Asked(parse_time(pending.row.fetched_at), Outcome.FAILED, is_retry=pending.is_retry)
        LOG.warning("%s is set aside: %s", row.url, reason)
        columns = {name: getattr(row, name) for name in (
            "record_id", "url", "fetched_at", "digest", "provenance", "warc_file", "warc_offset", "warc_length")}
        with self.store.begin() as connection:
            replace_reject(connection, {**columns, "reason": reason, "rejected_at": iso(self._clock())})
            _mark_files(connection, [row])
            page = connection.scalar(select(pages.c.id).where(is_page(row.urlkey)))
            if pending.is_asked and page is not None:
                record_failure(connection, page, asked, self._schedule)

    def _insert(self, pending: Sequence[PendingCapture], results: Mapping[str, Result]) -> int:
        with self.store.begin() as connection:
            known = known_records(connection, [each.row.record_id for each in pending])
            new = [each.row for each in pending if each.row.record_id not in known]
            ids = _insert_captures(connection, new)
            _mark_files(connection, [each.row for each in pending])
            version = self.reader.version if results else 0
            write_readings(connection, [Reading(*ids[each.record_id], each.source, version, results[each.record_id])
                                        for each in new if each.record_id in results])
            record_answers(connection, [
                answered for each in pending if each.row.record_id in ids
                and (answered := self._judge(each, ids[each.row.record_id][1], results.get(each.row.record_id)))],
                self._schedule)
        return len(new)

    def _insert_alone(self, pending: PendingCapture, results: Mapping[str, Result]) -> int:
        record_id = pending.row.record_id
        try:
            return self._insert([pending], results)
        except (RefusedRowError, IntegrityError) as error:
            refused = _refused(error)
        if isinstance(results.get(record_id), Article):
            try:
                return self._insert([pending], {record_id: Unreadable(refused)})
            except (RefusedRowError, IntegrityError) as error:
                refused = _refused(error)
        self.reject(pending, refused)
        return 0

    def _judge(self, pending: PendingCapture, page: int, result: Article | Unreadable | None) -> Answered | None:
        """The judged answer of a capture; None at a URL of no release, or if it redirects to itself (http to https)."""
        row = pending.row
        if row.source is None or not self.reader.is_release(row.url):
            return None
        target = pending.redirect or _script_redirect(row.url, result)
        if target and urlkey(target) == row.urlkey:
            return None
        moved = target if target and self._is_release_of(row.source, target) else None
        leaves = target is not None and self.reader.source_of(target) != row.source
        outcome = judge(Answer(row.status, result, moved is not None, leaves))
        day = result.published.last_day() if isinstance(result, Article) else None
        asked = Asked(parse_time(row.fetched_at), outcome, day, pending.is_retry)
        return Answered(page, row.source, asked, pending.is_asked, (urlkey(moved), moved) if moved else None)

    def _is_release_of(self, source: str, url: str) -> bool:
        return self.reader.source_of(url) == source and self.reader.is_release(url)

    def replace_readings(self, contents: Iterable[tuple[int, Capture | Unreadable | None]]) -> int:
        """Read contents and replace the readings of their captures, by capture id; returns how many.

        None removes the reading of a capture. Pages get their present source. All contents are read before the one
        transaction begins. Articles that the database refuses are quarantined.
        """
        results = {capture_id: None if content is None else self._read(content) for capture_id, content in contents}
        try:
            self._replace(results)
        except (RefusedRowError, IntegrityError):
            for capture_id, result in results.items():
                self._replace_alone(capture_id, result)
        return len(results)

    def _replace(self, results: Mapping[int, Result | None]) -> None:
        rows = select(captures.c.id, captures.c.page_id, pages.c.url, pages.c.source).join(pages)
        with self.store.begin() as connection:
            found = list(select_in(connection, rows, captures.c.id, sorted(results)))
            sources = {row.page_id: self.reader.source_of(row.url) for row in found}
            for page in {row.page_id for row in found if row.source != sources[row.page_id]}:
                connection.execute(update(pages).where(pages.c.id == page).values(source=sources[page]))
            write_readings(connection, [
                Reading(row.id, row.page_id, sources[row.page_id], self.reader.version, results[row.id])
                for row in found])
            follow_readings(connection, sorted(sources))
            if self._follow:
                self._follow(connection, set(sources))

    def _replace_alone(self, capture_id: int, result: Result | None) -> None:
        try:
            self._replace({capture_id: result})
        except (RefusedRowError, IntegrityError) as error:
            if not isinstance(result, Article):
                raise
            self._replace({capture_id: Unreadable(_refused(error))})

    def _read(self, content: Capture | Unreadable) -> Result:
        if isinstance(content, Unreadable):
            return content
        return read(self.reader, content)


def _refused(error: RefusedRowError | IntegrityError) -> Message:
    cause = error if isinstance(error, IntegrityError) else error.__cause__
    return message("row_refused", error=reason_of(cause) if isinstance(cause, DBAPIError) else str(error))


def known_records(connection: Connection, record_ids: Sequence[str]) -> dict[str, int]:
    """Capture ids of those record ids that the store has."""
    query = select(captures.c.record_id, captures.c.id)
    return {row.record_id: row.id for row in select_in(connection, query, captures.c.record_id, record_ids)}


def _script_redirect(url: str, result: Article | Unreadable | None) -> str | None:
    """URL that a page without a text sends the browser to by script."""
    if not isinstance(result, Unreadable) or result.reason.code != "redirect_only":
        return None
    return absolute_url(url, str(dict(result.reason.parameters)["url"]))


def _insert_captures(connection: Connection, rows: Sequence[CaptureRow]) -> Mapping[str, tuple[int, int]]:
    """Insert rows into `captures` and `pages`; returns (capture id, page id) by record id."""
    if not rows:
        return {}
    ids = page_ids(connection, [SeenPage(each.urlkey, each.url, each.source, each.fetched_at) for each in rows])
    inserted = connection.execute(
        insert(captures).returning(captures.c.record_id, captures.c.id, captures.c.page_id),
        [_columns(each, ids[each.urlkey]) for each in rows]).all()
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
