"""A site whose lists and servers lie, and the crawls of its releases, on the frontier alone: no network, no store."""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from archive.answers import SETTLED, Asked, Entry, Outcome, Schedule, State, advance
from archive.db.listings import ListMemory
from archive.messages import message
from archive.times import BEIJING
from crawler.source import Expect
from crawler.spiders.health import RunOutcome, check_health
from crawler.spiders.list_walk import ListPage, ListWalk

ROWS = 3
EXPECT = Expect(pages=1, articles=0, dated=0, body=0.5)
CAUSE = message("answered_status", status=500)


@dataclass(slots=True)
class SiteRelease:
    """A release as its site has it: its text, None once it is withdrawn; `moved_to` names the one it redirects to."""

    name: str
    published: datetime
    text: str | None
    moved_to: str | None = None


@dataclass(frozen=True, slots=True)
class DayOfFaults:
    """What goes wrong in one run: pages of lists by (list, page), articles by number, a kill after so many answers.

    `lag` hides so many of the newest releases of the lists.
    """

    lists: dict[tuple[int, int], str] = field(default_factory=dict)
    articles: dict[int, Outcome] = field(default_factory=dict)
    lag: int = 0
    killed_after: int | None = None


class HostileSite:
    """The site: releases in order of publication, shown by two lists that overlap, newest first."""

    def __init__(self, *, counted: bool) -> None:
        self.releases: list[SiteRelease] = []
        self.counted = counted

    def shown(self, which: int, lag: int = 0) -> list[str]:
        """Names on a list; the second one holds every other release only. Withdrawn ones are taken off."""
        visible = [each for number, each in enumerate(self.releases) if which == 0 or number % 2]
        visible = [each for each in visible if each.text is not None]
        return [each.name for each in visible[:max(0, len(visible) - lag)]][::-1]

    def find(self, name: str) -> SiteRelease:
        """A release by name."""
        return next(each for each in self.releases if each.name == name)


class Crawls:
    """The crawls: the frontier, the memory of both lists, and the documents that readings made."""

    def __init__(self, site: HostileSite) -> None:
        self.site = site
        self.entries: dict[str, Entry] = {}
        self.documents: dict[str, str] = {}
        self.aliases: dict[str, str] = {}
        self.memories = [ListMemory(), ListMemory()]
        self.asked_pages: list[tuple[int, int]] = []
        self.asked: list[str] = []
        self._schedule = Schedule()

    def run(self, now: datetime, faults: DayOfFaults) -> str:
        """One crawl; its verdict, "killed" if it was."""
        self.asked_pages, self.asked = [], []
        due = {name for name, each in self.entries.items() if each.due_at and each.due_at <= now}
        self._budget = faults.killed_after
        walks = [ListWalk(each, now) for each in self.memories]
        new = [name for which, walk in enumerate(walks) for name in self._walk(which, walk, faults)]
        first = Counter[Outcome]()
        for name in [*new, *sorted(due - set(new))]:
            if self._is_killed():
                return "killed"
            is_first = self.entries[name].asked_at is None
            outcome = self._ask(name, now, faults)
            first[outcome] += is_first
        return "killed" if self._is_killed() else self._verdict(now, walks, first)

    def _verdict(self, now: datetime, walks: list[ListWalk], first: Counter[Outcome]) -> str:
        failing = [each for each in self.entries.values() if each.state is State.WAITING and each.attempts
                   and each.outcome is not Outcome.MISSING and not each.is_lost(now)]
        counts = {"lists": len(self.asked_pages), "links": 1, "lists_failed": sum(bool(each.fault) for each in walks),
                  "first_read": first[Outcome.READ], "first_unreadable": first[Outcome.UNREADABLE],
                  "missing": sum(self.entries[name].is_first_missing() for name in self.asked), "waiting": len(failing)}
        return check_health(EXPECT, counts, RunOutcome()).verdict

    def _is_killed(self) -> bool:
        return self._budget is not None and self._budget <= 0

    def _spend(self) -> None:
        if self._budget is not None:
            self._budget -= 1

    def _walk(self, which: int, walk: ListWalk, faults: DayOfFaults) -> list[str]:
        number: int | None = 1
        new: list[str] = []
        while number is not None and not self._is_killed():
            self._spend()
            self.asked_pages.append((which, number))
            number = self._list_page(which, number, walk, faults, new)
            self.memories[which] = walk.memory
        return new

    def _list_page(self, which: int, number: int, walk: ListWalk, faults: DayOfFaults, new: list[str]) -> int | None:
        fault, now = faults.lists.get((which, number)), walk.now
        names = self.site.shown(which, faults.lag)
        count = max(1, -(-len(names) // ROWS)) if self.site.counted else None
        if fault == "fails" or (fault == "first page" and number == 1):
            walk.fail(number, CAUSE)
            return None
        if fault == "missing" or (number > 1 and (number - 1) * ROWS >= len(names)):
            walk.missing(number, CAUSE)
            return None
        page = 1 if fault == "first page" else number
        shown = names[(page - 1) * ROWS:page * ROWS] if fault != "empty" else []
        for name in shown:
            if name not in self.entries:
                self.entries[name] = Entry(now, due_at=now)
                new.append(name)
        listed = {name: self.entries[name].listed_at for name in shown}
        if not shown and number == 1 and fault:
            walk.fail(1, CAUSE)
            return None
        return walk.read(ListPage(number, listed, now, count, bool(shown)))

    def _ask(self, name: str, now: datetime, faults: DayOfFaults) -> Outcome:
        self._spend()
        self.asked.append(name)
        release = self.site.find(name)
        outcome = faults.articles.get(int(name[1:])) or _truth(release)
        if outcome is Outcome.READ:
            self.documents[name] = str(release.text)
        if outcome is Outcome.MOVED and release.moved_to:
            self.aliases[name] = release.moved_to
            self.entries.setdefault(release.moved_to, Entry(now, due_at=now))
        day = release.published.astimezone(BEIJING).date()
        self.entries[name] = advance(self.entries[name], Asked(now, outcome, day), self._schedule)
        return outcome

    def missing(self) -> list[str]:
        """Releases that a list named and the site has, without a document of the site's present text."""
        return [name for name in self.entries if (release := self.site.find(name)).text is not None
                and release.moved_to is None and self.documents.get(name) != release.text]


def _truth(release: SiteRelease) -> Outcome:
    if release.moved_to:
        return Outcome.MOVED
    return Outcome.READ if release.text is not None else Outcome.MISSING


TRANSIENT = sorted(set(Outcome) - set(SETTLED) | {Outcome.UNCHANGED})


def edited(release: SiteRelease, text: str) -> SiteRelease:
    """The release with another text."""
    return replace(release, text=text)


def midnight(day: int, start: datetime) -> datetime:
    """The time of the run of a day; the minutes differ, as cron's do."""
    return start + timedelta(days=day, minutes=(day * 37) % 50)


def move(known: list[SiteRelease], number: int, other: int) -> None:
    """Let one release redirect to another that is there and does not redirect; numbers are taken modulo."""
    if len(known) > 1:
        one, target = known[number % len(known)], known[other % len(known)]
        if one is not target and target.text is not None and target.moved_to is None and not any(
                each.moved_to == one.name for each in known):
            one.moved_to = target.name
