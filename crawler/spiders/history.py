"""History of a source, from the store: earlier requests for its pages, their results, and earlier runs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select

from archive.db.store import Store, chunks
from archive.db.tables import articles, captures, pages, quarantine, runs
from archive.times import parse_time


@dataclass(frozen=True, slots=True)
class PageHistory:
    """Earlier captures of a page: the times of the first and the newest one, and their results.

    `answered` if a capture has status 200, 304 or none (a saved page); `readable` if an article was read from one.
    """

    first_seen: datetime
    requested_at: datetime
    answered: bool
    readable: bool


class SourceHistory:
    """Earlier captures and runs of one source; empty without a store."""

    def __init__(self, store: Store | None, source: str) -> None:
        self._store = store
        self._source = source
        self._last_capture = self._newest_capture()

    def known(self, urlkeys: Iterable[str]) -> dict[str, PageHistory]:
        """History by urlkey, of those pages that were requested before."""
        found: dict[str, PageHistory] = {}
        for part in chunks(list(urlkeys) if self._store else []):
            found.update(self._known(part))
        return found

    def _known(self, keys: Sequence[str]) -> dict[str, PageHistory]:
        good = case((captures.c.status.in_((200, 304)) | captures.c.status.is_(None), 1), else_=0)
        requested = (select(pages.c.urlkey, pages.c.first_seen, func.max(captures.c.fetched_at), func.max(good))
                     .join(captures, captures.c.page_id == pages.c.id)
                     .where(pages.c.urlkey.in_(keys)).group_by(pages.c.id))
        assert self._store  # noqa: S101
        with self._store.read() as connection:
            rows = connection.execute(requested).all()
        readable = self._store.known_articles(keys)
        return {key: PageHistory(parse_time(first), parse_time(newest), bool(answered), key in readable)
                for key, first, newest, answered in rows}

    def validators(self, urlkey: str) -> dict[str, str]:
        """The headers of a conditional request for a page; empty if its captures have no validators."""
        etag, modified = self._store.validators(urlkey) if self._store else (None, None)
        return {name: value for name, value in (("If-None-Match", etag), ("If-Modified-Since", modified)) if value}

    def was_complete(self) -> bool:
        """True if the newest finished run read every list to its end and left no page for a later run."""
        newest = (select(runs.c.counts).where(runs.c.source == self._source, runs.c.finished_at.is_not(None))
                  .order_by(runs.c.id.desc()).limit(1))
        if self._store is None:
            return False
        with self._store.read() as connection:
            counts = connection.execute(newest).scalar()
        return bool(counts and counts.get("complete"))

    def results(self) -> dict[str, int]:
        """Counts of the captures added since this object was created: articles, undated ones, unreadable pages."""
        if self._store is None:
            return {}
        new_articles = [articles.c.source == self._source, articles.c.capture_id > self._last_capture]
        new_faults = [quarantine.c.source == self._source, quarantine.c.capture_id > self._last_capture]
        with self._store.read() as connection:
            read = connection.execute(select(func.count(), func.count(articles.c.published)).where(*new_articles)).one()
            # A page whose first response was broken and whose retry was whole is not unreadable.
            unread = connection.execute(select(func.count(quarantine.c.page_id.distinct())).where(
                *new_faults, quarantine.c.page_id.not_in(select(articles.c.page_id).where(*new_articles)))).scalar_one()
        return {"articles": read[0], "undated": read[0] - read[1], "unreadable": unread}

    def _newest_capture(self) -> int:
        if self._store is None:
            return 0
        with self._store.read() as connection:
            return int(connection.execute(select(func.coalesce(func.max(captures.c.id), 0))).scalar_one())
