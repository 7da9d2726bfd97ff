"""Selection of the releases of a list page to request, and of whether to request the next page."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from archive.times import BEIJING
from archive.urls import urlkey
from crawler.extract.links import Link
from crawler.spiders.history import PageHistory
from crawler.spiders.run import SourceRun

RECENT = timedelta(days=30)  # age up to which a known release is requested again


@dataclass(frozen=True, slots=True)
class ReleaseRequest:
    """A release to request; with `headers` (validators) the request is conditional."""

    link: Link
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class Selection:
    """The releases of one list page to request, and whether to request the next page of the list."""

    requests: tuple[ReleaseRequest, ...]
    next_page: bool


class ReleaseSelector:
    """Selects the releases to request in one run, each URL once.

    New releases are requested. Known ones are requested again, conditionally, while they are recent (listed within 30
    days or, where the list has no dates, first seen within 30 days) and were last requested longer ago than the setting
    `revisit`. An unreadable page is requested again after the same time, whatever its age; one without
    a response of status 200 or 304 (or a saved page), at once.
    """

    def __init__(self, run: SourceRun) -> None:
        self._run = run
        self._options = run.job.options
        self._now = run.job.clock()
        self._listed: dict[str, set[str]] = defaultdict(set)  # urlkeys by list, of the pages read so far
        self._seen: set[str] = set()
        self._requested: set[str] = set()
        self._count = 0
        # Known releases end the paging only if everything behind them is known too.
        self._stop_at_known = run.history.was_complete() and self._options.since is None

    def choose(self, links: Sequence[Link], listing: str = "") -> Selection:
        """The selection for one page of a list. Lists may overlap; the end of each is found on its own."""
        new_here = [link for link in links if _key(link) not in self._listed[listing]]
        self._listed[listing].update(map(_key, new_here))
        new_in_run = [link for link in new_here if _key(link) not in self._seen]
        self._seen.update(map(_key, new_in_run))
        known = self._run.history.known(map(_key, new_here))
        self._run.counts["links"] += len(new_in_run)
        self._run.count("known", sum(key in known and known[key].readable for key in map(_key, new_in_run)))
        requests = [request for link in new_in_run
                    if not self._before_since(link) and (request := self._request(link, known))]
        has_more = self._has_more(new_here, known)
        return Selection(self._limit(requests), has_more and not self._limit_reached())

    def _request(self, link: Link, histories: dict[str, PageHistory]) -> ReleaseRequest | None:
        known = histories.get(_key(link))
        if known is None or not known.answered:
            return ReleaseRequest(link, {})
        if self._now - known.requested_at < timedelta(hours=self._run.job.settings.revisit):
            return None
        if not known.readable:
            return ReleaseRequest(link, {})
        listed = _day(link) or known.first_seen.astimezone(BEIJING).date()
        recent = self._now.astimezone(BEIJING).date() - listed <= RECENT
        return ReleaseRequest(link, self._run.history.validators(_key(link))) if recent else None

    def _before_since(self, link: Link) -> bool:
        day = _day(link)
        return bool(self._options.since and day and day < self._options.since)

    def _limit(self, requests: list[ReleaseRequest]) -> tuple[ReleaseRequest, ...]:
        limit = self._options.limit
        kept = requests if limit is None else requests[:limit - self._count]
        self._run.incomplete |= len(kept) < len(requests)
        self._count += len(kept)
        self._requested.update(_key(each.link) for each in kept)
        return tuple(kept)

    def _limit_reached(self) -> bool:
        reached = self._options.limit is not None and self._count >= self._options.limit
        self._run.incomplete |= reached
        return reached

    def _has_more(self, new_here: Sequence[Link], known: dict[str, PageHistory]) -> bool:
        """True if the next page may list releases to request."""
        in_range = [link for link in new_here if not self._before_since(link)]
        self._run.incomplete |= len(in_range) < len(new_here)  # `since` left some out
        # A release that this run itself requested may be known by now; the older pages may still be new.
        all_known = all(key in known and key not in self._requested for key in map(_key, new_here))
        return bool(in_range) and not (self._stop_at_known and all_known)


def _key(link: Link) -> str:
    return urlkey(link.url)


def _day(link: Link) -> date | None:
    return link.published.last_day() if link.published else None
