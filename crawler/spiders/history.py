"""What the store knows of a source's pages: which were asked for, when, and what came of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select

from archive.db.store import Store, chunks
from archive.db.tables import articles, captures, pages, quarantine, runs
from archive.times import parse_time


@dataclass(frozen=True, slots=True)
class PageHistory:
    """A page that was asked for before: since when it is known, when it was last asked for, whether it was answered
    with a page at all (`answered`: status 200 or 304), and whether an article could be read."""

    first_seen: datetime
    asked_at: datetime
    answered: bool
    readable: bool


class SourceHistory:
    """What is known of one source; without a store, nothing."""

    def __init__(self, store: Store | None, source: str) -> None:
        self._store = store
        self._source = source
        self._start = self._newest_capture()

    def known(self, urlkeys: Iterable[str]) -> dict[str, PageHistory]:
        """Those of the pages that were asked for before."""
        found: dict[str, PageHistory] = {}
        for part in chunks(list(urlkeys) if self._store else []):
            found.update(self._known(part))
        return found

    def _known(self, keys: Sequence[str]) -> dict[str, PageHistory]:
        good = case((captures.c.status.in_((200, 304)) | captures.c.status.is_(None), 1), else_=0)
        seen = (select(pages.c.urlkey, pages.c.first_seen, func.max(captures.c.fetched_at), func.max(good))
                .join(captures, captures.c.page_id == pages.c.id)
                .where(pages.c.urlkey.in_(keys)).group_by(pages.c.id))
        assert self._store  # noqa: S101
        with self._store.read() as connection:
            rows = connection.execute(seen).all()
        readable = self._store.known_articles(keys)
        return {key: PageHistory(parse_time(first), parse_time(asked), bool(answered), key in readable)
                for key, first, asked, answered in rows}

    def validators(self, urlkey: str) -> dict[str, str]:
        """The headers of a conditional request for a page."""
        etag, modified = self._store.validators(urlkey) if self._store else (None, None)
        return {name: value for name, value in (("If-None-Match", etag), ("If-Modified-Since", modified)) if value}

    def was_complete(self) -> bool:
        """Whether the newest finished run went through the lists to their ends, leaving nothing behind."""
        newest = (select(runs.c.counts).where(runs.c.source == self._source, runs.c.finished_at.is_not(None))
                  .order_by(runs.c.id.desc()).limit(1))
        if self._store is None:
            return False
        with self._store.read() as connection:
            counts = connection.execute(newest).scalar()
        return bool(counts and counts.get("complete"))

    def results(self) -> dict[str, int]:
        """What came of the captures since this memory began: articles, undated ones, unreadable pages."""
        if self._store is None:
            return {}
        mine = [articles.c.source == self._source, articles.c.capture_id > self._start]
        theirs = [quarantine.c.source == self._source, quarantine.c.capture_id > self._start]
        with self._store.read() as connection:
            read = connection.execute(select(func.count(), func.count(articles.c.published)).where(*mine)).one()
            # A page that was first sent broken and then whole has been read.
            unread = connection.execute(select(func.count(quarantine.c.page_id.distinct())).where(
                *theirs, quarantine.c.page_id.not_in(select(articles.c.page_id).where(*mine)))).scalar_one()
        return {"articles": read[0], "undated": read[0] - read[1], "unreadable": unread}

    def _newest_capture(self) -> int:
        if self._store is None:
            return 0
        with self._store.read() as connection:
            return int(connection.execute(select(func.coalesce(func.max(captures.c.id), 0))).scalar_one())
