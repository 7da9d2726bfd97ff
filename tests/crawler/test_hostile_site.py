"""Histories of a hostile site on the frontier alone: whatever happened, two good days later nothing is missing.

The assumptions, beyond which no crawler could tell a lie from the truth: a list that does not say how many pages it
has lies about its end on one day only, and a server says of one release on two days at most that it is missing or
shows something else instead of it.
"""

import os
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from archive.answers import Outcome, State
from support.hostile_site import TRANSIENT, Crawls, DayOfFaults, HostileSite, SiteRelease, midnight, move

START = datetime(2026, 11, 1, 1, tzinfo=UTC)
HISTORIES = int(os.environ.get("GONGBAO_TEST_HISTORIES", "250"))
SETTLED_LIES = (Outcome.MISSING, Outcome.UNREADABLE)


@dataclass(frozen=True)
class Day:
    """What the site does on one day, and what goes wrong; numbers of releases are taken modulo how many there are."""

    new: int
    edits: tuple[int, ...]
    withdrawn: tuple[int, ...]
    moved: tuple[tuple[int, int], ...]
    list_faults: tuple[tuple[int, int, str], ...]
    article_faults: tuple[tuple[int, Outcome], ...]
    lag: int
    killed_after: int | None


def some(strategy, most=3):
    return st.lists(strategy, max_size=most).map(tuple)


NUMBERS = st.integers(0, 40)
DAYS = st.builds(
    Day, new=st.integers(0, 9), edits=some(NUMBERS), withdrawn=some(NUMBERS, 1),
    moved=some(st.tuples(NUMBERS, NUMBERS), 1),
    list_faults=some(st.tuples(st.integers(0, 1), st.integers(1, 6),
                               st.sampled_from(["fails", "missing", "empty", "first page"]))),
    article_faults=some(st.tuples(NUMBERS, st.sampled_from([*TRANSIENT, *SETTLED_LIES])), 9),
    lag=st.sampled_from([0, 0, 0, 1, 7]), killed_after=st.none() | st.integers(0, 30))


class History:
    """The site and its crawls, day by day."""

    def __init__(self, old: int, *, counted: bool) -> None:
        self.site = HostileSite(counted=counted)
        self.crawls = Crawls(self.site)
        self.day = 0
        self._lies = Counter[tuple[int, Outcome]]()
        self._list_lies = Counter[int]()
        self._publish(old, START - timedelta(days=400))

    def live(self, day: Day) -> None:
        """One day: the site changes, then a crawl; what it called healthy must be whole."""
        self.day += 1
        self._publish(day.new, midnight(self.day, START))
        self._change(day)
        faults = self._faults(day)
        verdict = self.crawls.run(midnight(self.day, START), faults)
        if verdict == "healthy":
            assert self._never_read(faults.lag) == []

    def _never_read(self, lag: int) -> list[str]:
        """Releases that a list shows and no document has; neither gone nor unreadable, as far as can be known."""
        shown = {name for which in (0, 1) for name in self.site.shown(which, lag)}
        entries = self.crawls.entries
        return [name for name in shown if name not in entries
                or (entries[name].state is State.WAITING and not self._is_dead(name))]

    def _is_dead(self, name: str) -> bool:
        """The server has said at least once before this run that the release is missing."""
        entry = self.crawls.entries[name]
        return entry.outcome is Outcome.MISSING and entry.attempts > 1

    def _publish(self, count: int, at: datetime) -> None:
        for _ in range(count):
            number = len(self.site.releases)
            self.site.releases.append(SiteRelease(f"r{number}", at, f"text of {number}"))

    def _change(self, day: Day) -> None:
        known = [each for each in self.site.releases if each.published >= START and each.text and not each.moved_to]
        for number in day.edits if known else ():
            known[number % len(known)].text = f"edited on day {self.day}"
        for number in day.withdrawn if known else ():
            known[number % len(known)].text = None
        for number, other in day.moved:
            move(known, number, other)

    def _faults(self, day: Day) -> DayOfFaults:
        articles = {}
        for number, outcome in day.article_faults:
            if outcome in SETTLED_LIES:
                self._lies[number, outcome] += 1
            if self._lies[number, Outcome.MISSING] + self._lies[number, Outcome.UNREADABLE] <= 2:
                articles[number] = outcome
        lists = {(which, page): fault for which, page, fault in day.list_faults if self._may_lie(which, fault)}
        return DayOfFaults(lists, articles, day.lag, day.killed_after)

    def _may_lie(self, which: int, fault: str) -> bool:
        if self.site.counted or fault == "fails":
            return True
        return self._list_lies.setdefault(which, self.day) == self.day


QUIET = Day(0, (), (), (), (), (), 0, None)


@settings(max_examples=HISTORIES)
@given(st.integers(0, 20), st.booleans(), st.lists(DAYS, max_size=10))
def test_after_two_good_days_every_release_is_there(old, counted, days):
    history = History(old, counted=counted)
    for each in days:
        history.live(each)
    for _ in range(2):
        history.live(QUIET)
    assert history.crawls.missing() == []
    history.live(QUIET)
    assert history.crawls.asked_pages == [(0, 1), (1, 1)]
