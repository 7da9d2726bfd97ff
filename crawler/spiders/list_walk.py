"""Walk through a list in one run: the page to request next, and the proof that the list was read to its end.

Pure: no network and no store. A list that was read to its end is read down to known ground: a page on which every
release was named before, at or behind the first page of that time. One that was not is read on from one page before
the last, and every list is read to its end again after FULL_READING.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from archive.db.listings import ListMemory
from archive.messages import Message, message
from archive.times import beijing_day

FULL_READING = timedelta(days=30)
MAX_ANCHORS = 30
MAX_LIST_PAGES = 2000  # per run and list; a server may invent pages without end

SINGLE, EMPTY, PAGER, MISSING_TWICE, UNKNOWN = "single", "empty", "pager", "missing_twice", "unknown"


@dataclass(frozen=True, slots=True)
class ListPage:
    """One page of a list: urlkeys of its releases, and when each was first named.

    `page_count` is the number of pages that the list says it has, None if it does not say. `has_entries` if it lists
    something, be it no release.
    """

    number: int
    named: dict[str, datetime]
    at: datetime
    page_count: int | None = None
    has_entries: bool = True


class ListWalk:
    """The walk through one list in one run. `memory` is what to save after each page.

    `complete` once the list was read to known ground or its end; `fault` is the reason why it could not be. `has_gap`
    if the list is one page, and shows no release that it showed before: others may have come and gone in between.
    Without `has_end` the page is a home page, which is no list: its end is unknown.
    """

    def __init__(self, memory: ListMemory, now: datetime, *, has_end: bool = True) -> None:
        self.memory = memory
        self.complete = False
        self.has_gap = False
        self.fault: Message | None = None
        self.now = now
        self._has_end = has_end
        self._before = memory
        is_due = memory.ended_at is None or not timedelta(0) <= now - memory.ended_at < FULL_READING
        self._to_end = memory.position is None and is_due
        self._seen: dict[str, datetime] = {}
        self._anchors: tuple[str, ...] = ()
        self._page_count: int | None = None

    def read(self, page: ListPage) -> int | None:
        """Take a page; returns the number of the page to request next, None if the walk is over."""
        if page.number == 1:
            self.memory = replace(self.memory, read_at=page.at)
        self._page_count = page.page_count or self._page_count
        if not page.has_entries:
            self._take_empty(page)
        elif self._repeats(page):
            self._take_missing(page.number, message("list_page_repeats", number=page.number))
        else:
            return self._take_entries(page)
        return None

    def _take_entries(self, page: ListPage) -> int | None:
        self._seen.update(page.named)
        if page.number == 1:
            self._anchors = tuple(page.named)[:MAX_ANCHORS]
        if page.number > (self._before.position or 0) or not self._is_ground(page):  # it goes on, or has grown
            self.memory = replace(self.memory, end_seen_at=None)
        if self.memory.end == EMPTY:
            self.memory = replace(self.memory, end=None)
        if self._page_count is None or page.number < self._page_count:
            return self._next(page)
        before = self._before.page_count or 0
        if self._page_count < before - 1:  # a server may show an older state of the list
            cause = message("list_shrank", count=self._page_count, before=before)
            self._unproven_end(page.number + 1, cause)
        else:
            self._end(SINGLE if self._page_count == 1 else PAGER, page)
        return None

    def missing(self, number: int, cause: Message) -> None:
        """Take a missing page (404): behind the last page that the list says it has, that may be its end."""
        if number == 1:
            self.fail(number, cause)
        else:
            self._take_missing(number, cause)

    def fail(self, number: int, cause: Message) -> None:
        """Take a page that could not be read; the next run goes on one page before it."""
        position = self.memory.position
        if self._to_end or (position is not None and number >= position):
            position = max(1, number - 1) if number > 1 else position
        self.fault = cause
        self.memory = replace(self.memory, position=position, fault=cause,
                              failing_since=self.memory.failing_since or self.now)

    def _take_empty(self, page: ListPage) -> None:
        if page.number == 1 and (self._before.covered_at is None or self._before.end == EMPTY):
            self._end(EMPTY, page)
        elif page.number == 1:
            self._unproven_end(1, message("list_emptied"))
        else:
            self._take_missing(page.number, message("list_page_empty", number=page.number))

    def _take_missing(self, number: int, cause: Message) -> None:
        if self._page_count is not None and number <= self._page_count:
            self.fail(number, cause)
        else:
            self._unproven_end(number, message("list_end_unproven", number=number, cause=cause))

    def _unproven_end(self, number: int, cause: Message) -> None:
        """Take the end before a page, which a second answer on another day proves."""
        is_second = number == (self._before.position or 0) + 1
        seen = self.memory.end_seen_at if is_second else None
        if seen and beijing_day(seen) < beijing_day(self.now):
            self._finish(MISSING_TWICE, self.now)
            return
        self.memory = replace(self.memory, end_seen_at=seen or self.now)
        if number > 1:  # the pages before it were read in this run, or adjoin to those of earlier runs
            self.memory = replace(self.memory, **self._ground(), position=number - 1)
        else:  # when it has entries again, it is read to its end
            self.memory = replace(self.memory, position=None, ended_at=None)
        self.fail(number, cause)

    def _repeats(self, page: ListPage) -> bool:
        return bool(page.named) and page.number > 1 and self._seen.keys() >= page.named.keys()

    def _next(self, page: ListPage) -> int | None:
        position, number = self.memory.position, page.number
        on_ground = not self._to_end and self._is_ground(page)
        if on_ground and position is None:
            self._finish(self.memory.end, page.at)
            return None
        if self._to_end or on_ground or (position is not None and number >= position):
            self.memory = replace(self.memory, **self._ground(), position=max(number, position or 0))
            if on_ground and position is not None and number < position:
                self._to_end = True
                return self._bounded(max(number + 1, min(position, self._page_count or position)))
            self._to_end = True
        return self._bounded(number + 1)

    def _ground(self) -> dict[str, Any]:
        """Known ground from now on: up to its newest release, as a server may show an older state of the list."""
        before = [self.memory.covered_at] if self.memory.covered_at else []
        return {"covered_at": max([*self._seen.values(), *before], default=None), "anchors": self._anchors}

    def _is_ground(self, page: ListPage) -> bool:
        covered = self.memory.covered_at
        has_anchor = not self._seen.keys().isdisjoint(self._before.anchors)
        return (covered is not None and has_anchor and bool(page.named)
                and all(each <= covered for each in page.named.values()))

    def _bounded(self, number: int) -> int | None:
        if number <= MAX_LIST_PAGES:
            return number
        self.fail(number, message("list_too_long", number=MAX_LIST_PAGES))
        return None

    def _end(self, end: str, page: ListPage) -> None:
        if not self._has_end:
            end = UNKNOWN
        was_full = self._before.end == SINGLE and end == SINGLE and self._before.covered_at is not None
        self.has_gap = was_full and bool(page.named) and min(page.named.values()) > self._before.covered_at  # type: ignore[operator]
        self._finish(end, page.at)
        self.memory = replace(self.memory, ended_at=page.at)

    def _finish(self, end: str | None, at: datetime) -> None:
        ended_at = at if end == MISSING_TWICE else self.memory.ended_at
        self.complete = True
        page_count = self._page_count or self.memory.page_count
        self.memory = replace(self.memory, **self._ground(), position=None, end=end, ended_at=ended_at,
                              end_seen_at=None, page_count=page_count, fault=None, failing_since=None)
