"""Which of a list's releases are asked for, and whether its next page is worth turning to."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from archive.times import BEIJING
from archive.urls import urlkey
from crawler.extract.links import Link
from crawler.spiders.history import PageHistory
from crawler.spiders.run import Run

RECENT = timedelta(days=30)  # how long a release is looked at again for changes


@dataclass(frozen=True, slots=True)
class ReleaseRequest:
    """A release to ask for; `again` holds the headers that let the server say that it has not changed."""

    link: Link
    again: dict[str, str]


@dataclass(frozen=True, slots=True)
class Selection:
    """What to ask for of one list page, and whether its older pages are to be looked at."""

    wishes: tuple[ReleaseRequest, ...]
    turn: bool


class ReleaseSelector:
    """Chooses for one run, each address once.

    New releases are asked for. Known ones are asked for again, conditionally, while they are recent: listed within 30
    days (or, where the list gives no day, first seen within 30 days) and not asked for within the settings' `revisit`
    hours. A page that was answered but could not be read waits as long; one that was never answered does not.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._options = run.job.options
        self._now = run.job.clock()
        self._listed: dict[str, set[str]] = defaultdict(set)  # what each list named so far in this run
        self._seen: set[str] = set()
        self._wished: set[str] = set()
        self._chosen = 0
        # Known releases end the paging only if everything behind them is known too.
        self._stop_at_known = run.memory.was_complete() and self._options.since is None

    def choose(self, links: Sequence[Link], listing: str = "") -> Selection:
        """What to ask for of the releases that a page of a list names; lists overlap, and each is paged for itself."""
        new_here = [link for link in links if urlkey(link.url) not in self._listed[listing]]
        self._listed[listing].update(urlkey(link.url) for link in new_here)
        fresh = [link for link in new_here if urlkey(link.url) not in self._seen]
        self._seen.update(urlkey(link.url) for link in fresh)
        known = self._run.memory.known(urlkey(link.url) for link in new_here)
        self._run.counts["links"] += len(fresh)
        self._run.count("known", sum(1 for link in fresh if (each := known.get(urlkey(link.url))) and each.readable))
        wishes = [wish for link in fresh if not self._too_old(link) and (wish := self._wish(link, known))]
        turn = self._turn(new_here, known)
        return Selection(self._limited(wishes), turn and not self._full())

    def _wish(self, link: Link, memories: dict[str, PageHistory]) -> ReleaseRequest | None:
        known = memories.get(urlkey(link.url))
        if known is None or not known.answered:
            return ReleaseRequest(link, {})
        if self._now - known.asked_at < timedelta(hours=self._run.job.settings.revisit):
            return None
        if not known.readable:
            return ReleaseRequest(link, {})
        listed = _day(link) or known.first_seen.astimezone(BEIJING).date()
        recent = self._now.astimezone(BEIJING).date() - listed <= RECENT
        return ReleaseRequest(link, self._run.memory.validators(urlkey(link.url))) if recent else None

    def _too_old(self, link: Link) -> bool:
        day = _day(link)
        return bool(self._options.since and day and day < self._options.since)

    def _limited(self, wishes: list[ReleaseRequest]) -> tuple[ReleaseRequest, ...]:
        limit = self._options.limit
        kept = wishes if limit is None else wishes[:limit - self._chosen]
        self._run.cut |= len(kept) < len(wishes)
        self._chosen += len(kept)
        self._wished.update(urlkey(wish.link.url) for wish in kept)
        return tuple(kept)

    def _full(self) -> bool:
        full = self._options.limit is not None and self._chosen >= self._options.limit
        self._run.cut |= full
        return full

    def _turn(self, new_here: Sequence[Link], known: dict[str, PageHistory]) -> bool:
        young = [link for link in new_here if not self._too_old(link)]
        self._run.cut |= len(young) < len(new_here)  # older releases are left out on purpose
        # What this run has asked for may be known by now, and tells nothing of the pages behind it.
        all_known = all(key in known and key not in self._wished for key in (urlkey(link.url) for link in new_here))
        return bool(young) and not (self._stop_at_known and all_known)


def _day(link: Link) -> date | None:
    return link.published.last_day() if link.published else None
