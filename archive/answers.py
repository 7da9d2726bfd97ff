"""Outcomes of requests for releases: judgement of answers, states that follow, next due times.

Pure functions: crawl, import and recovery judge by the same ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from archive.records import Article, Unreadable
from archive.times import beijing_day

RECENT = timedelta(days=30)  # age up to which a release that was read is asked for again
ALIAS_CHECK = timedelta(days=30)  # between two requests for an alias
# Wait after the first, second, … failure in a row. The first one is repeated by the next run, whenever it comes.
BACK_OFF = (timedelta(0), timedelta(minutes=10), timedelta(hours=1), timedelta(hours=4), timedelta(hours=24))
# Wait after the first, second, … answer that a page cannot be read, or is gone: days, less the time by which a daily
# crawl may start earlier.
SLOW_BACK_OFF = tuple(timedelta(days=days, hours=-4) for days in (1, 2, 4, 8, 16, 30))
LOST_AFTER = timedelta(days=7)  # since it was named, and
LOST_ATTEMPTS = 3


class State(StrEnum):
    """State of a release in the frontier. Only `read` has an article."""

    WAITING = "waiting"
    READ = "read"
    UNREADABLE = "unreadable"
    GONE = "gone"
    ALIAS = "alias"


class Outcome(StrEnum):
    """Outcome of one request for a release; the values are stored. Each has a sentence `outcome_…` in MESSAGES."""

    READ = "read"
    UNCHANGED = "unchanged"
    UNREADABLE = "unreadable"
    MISSING = "missing"
    MOVED = "moved"
    # answers that leave the release waiting
    REDIRECTED = "redirected"
    OTHER_PAGE = "other_page"
    CHALLENGE = "challenge"
    FORBIDDEN = "forbidden"
    PARTIAL = "partial"
    EMPTY = "empty"
    DAMAGED = "damaged"
    UNAVAILABLE = "unavailable"
    BUSY = "busy"
    SERVER_ERROR = "server_error"
    UNEXPECTED = "unexpected"
    # no answer
    REFUSED = "refused"
    TIMED_OUT = "timed_out"
    DISCONNECTED = "disconnected"
    HOST_NOT_FOUND = "host_not_found"
    TLS = "tls"
    OTHER_HOST = "other_host"
    REDIRECT_LOOP = "redirect_loop"
    ROBOTS = "robots"
    FAILED = "failed"


SETTLED = (Outcome.READ, Outcome.UNCHANGED, Outcome.UNREADABLE, Outcome.MISSING, Outcome.MOVED)
# Outcomes of a host that sends crawlers away; see `crawler.middlewares`.
CHALLENGES = (Outcome.CHALLENGE, Outcome.FORBIDDEN)

_STATUSES = {
    202: Outcome.CHALLENGE, 204: Outcome.EMPTY, 206: Outcome.PARTIAL, 304: Outcome.UNCHANGED,
    401: Outcome.FORBIDDEN, 403: Outcome.FORBIDDEN, 404: Outcome.MISSING, 408: Outcome.TIMED_OUT,
    410: Outcome.MISSING, 412: Outcome.CHALLENGE, 429: Outcome.BUSY, 451: Outcome.FORBIDDEN, 521: Outcome.CHALLENGE}
# By the code of the reason why a response with status 200 has no article.
_REASONS = {
    "missing_page": Outcome.MISSING, "challenge_page": Outcome.CHALLENGE, "names_other_page": Outcome.OTHER_PAGE,
    "body_empty": Outcome.EMPTY, "no_text": Outcome.EMPTY, "nothing_to_read": Outcome.UNAVAILABLE,
    "ssi_error": Outcome.UNAVAILABLE, "home_or_list_page": Outcome.REDIRECTED, "redirect_only": Outcome.REDIRECTED,
    "text_cut": Outcome.DAMAGED, "body_cut": Outcome.DAMAGED, "body_damaged": Outcome.DAMAGED,
    "chunks_damaged": Outcome.DAMAGED, "record_truncated": Outcome.DAMAGED,
    "record_shorter_than_declared": Outcome.DAMAGED}


@dataclass(frozen=True, slots=True)
class Answer:
    """One response at a release's URL.

    `moved` if it redirects, by header or script, to another release of its source; `leaves` if to another site.
    """

    status: int | None
    result: Article | Unreadable | None = None
    moved: bool = False
    leaves: bool = False


def judge(answer: Answer) -> Outcome:
    """Outcome of an answer; `status` is None for a page saved without its HTTP header.

    >>> judge(Answer(404)), judge(Answer(302, moved=True)).value
    (<Outcome.MISSING: 'missing'>, 'moved')
    """
    if answer.moved:
        return Outcome.MOVED
    if answer.leaves:
        return Outcome.OTHER_HOST
    if answer.status in (200, None):
        return _judge_page(answer.result)
    return judge_status(answer.status)


def judge_status(status: int) -> Outcome:
    """Outcome of an answer by its status alone, other than 200.

    >>> judge_status(521).value, judge_status(503).value
    ('challenge', 'server_error')
    """
    if status in _STATUSES:
        return _STATUSES[status]
    if 300 <= status < 400:
        return Outcome.REDIRECTED
    return Outcome.SERVER_ERROR if status >= 500 else Outcome.UNEXPECTED


def _judge_page(result: Article | Unreadable | None) -> Outcome:
    if isinstance(result, Article):
        return Outcome.READ
    return judge_reason(result.reason.code) if result else Outcome.UNREADABLE


def judge_reason(code: str) -> Outcome:
    """Outcome of a response with status 200 that has no article, by the code of the reason."""
    return _REASONS.get(code, Outcome.UNREADABLE)


@dataclass(frozen=True, slots=True)
class Entry:
    """Entry of a release in the frontier; `due_at` is None if it need not be asked for.

    `attempts` counts failed requests in a row; those that found it unreadable or missing are counted by themselves.
    `missing_since` is the time of the first of the last answers in a row that found it missing.
    """

    listed_at: datetime
    state: State = State.WAITING
    outcome: Outcome | None = None
    attempts: int = 0
    asked_at: datetime | None = None
    due_at: datetime | None = None
    missing_since: datetime | None = None

    def is_first_missing(self) -> bool:
        """True for a release that was never read and that the last answer found missing, but none before it."""
        return self.state is State.WAITING and self.outcome is Outcome.MISSING and self.attempts == 1

    def is_lost(self, now: datetime) -> bool:
        """True for a release that is waiting for a week in spite of several requests; it is still asked for."""
        return (self.state is State.WAITING and self.attempts >= LOST_ATTEMPTS
                and now - self.listed_at >= LOST_AFTER)


def step(waits: Sequence[timedelta], times: int) -> timedelta:
    """Wait after so many times in a row, from the first; the last one for all later times.

    >>> [step((timedelta(1), timedelta(4)), times).days for times in (0, 1, 2, 3)]
    [1, 1, 4, 4]
    """
    return waits[min(max(1, times), len(waits)) - 1]


@dataclass(frozen=True, slots=True)
class Schedule:
    """Schedule of requests: a recent release again after `revisit`; nothing waits longer than that after a failure."""

    revisit: timedelta = timedelta(hours=20)

    def after_reading(self, asked_at: datetime, day: date | None) -> datetime | None:
        """Next due time of a release that was read at `asked_at` and published on `day`; None for an old one."""
        age = beijing_day(asked_at) - (day or beijing_day(asked_at))
        return asked_at + self.revisit if age <= RECENT else None

    def after_failure(self, asked_at: datetime, attempts: int) -> datetime:
        """Next due time after so many failures in a row, the last one at `asked_at`."""
        return asked_at + min(step(BACK_OFF, attempts), self.revisit)

    def after_settled(self, asked_at: datetime, times: int) -> datetime:
        """Next due time of a page that was answered as unreadable or gone so many times."""
        wait = step(SLOW_BACK_OFF, times)
        return asked_at + (min(wait, self.revisit) if times <= 1 else wait)


DAILY = Schedule()


@dataclass(frozen=True, slots=True)
class Asked:
    """A request of a crawl and its outcome; `day` is the release's day of publication, None if unknown.

    `is_retry` if the same run asked before: it is no further attempt.
    """

    at: datetime
    outcome: Outcome
    day: date | None = None
    is_retry: bool = False


def advance(entry: Entry, asked: Asked, schedule: Schedule) -> Entry:
    """The entry after a request of a crawl."""
    attempts = max(1, entry.attempts + (not asked.is_retry))
    if asked.outcome in (Outcome.UNREADABLE, Outcome.MISSING) and asked.outcome is not entry.outcome:
        attempts = 1  # other failures before it say nothing of the page
    after = replace(entry, outcome=asked.outcome, asked_at=asked.at, attempts=attempts,
                    missing_since=entry.missing_since if asked.outcome is Outcome.MISSING else None)
    match asked.outcome:
        case Outcome.MISSING:
            return _missing(entry, after, schedule)
        case Outcome.MOVED:
            return replace(after, state=State.ALIAS, attempts=0, due_at=asked.at + ALIAS_CHECK)
        case Outcome.UNREADABLE:
            state = entry.state if entry.state is State.READ else State.UNREADABLE
            return replace(after, state=state, due_at=schedule.after_settled(asked.at, attempts))
    # Only a release that was read is asked for conditionally: any other 304 is a fault of the server.
    if asked.outcome is Outcome.READ or (asked.outcome is Outcome.UNCHANGED and entry.state is State.READ):
        day = asked.day or beijing_day(entry.listed_at)
        return replace(after, state=State.READ, attempts=0, due_at=schedule.after_reading(asked.at, day))
    if entry.state is State.ALIAS:
        return replace(after, due_at=asked.at + ALIAS_CHECK)
    return replace(after, due_at=schedule.after_failure(asked.at, attempts))


def _missing(before: Entry, after: Entry, schedule: Schedule) -> Entry:
    """Entry after a missing page: gone after two such answers on different days in Beijing, with no other between."""
    at = after.asked_at or after.listed_at
    since = before.missing_since or at
    if before.state is State.GONE or beijing_day(since) < beijing_day(at):
        return replace(after, state=State.GONE, missing_since=since,
                       due_at=schedule.after_settled(at, after.attempts - 1))
    return replace(after, missing_since=since, due_at=schedule.after_failure(at, after.attempts))


def imported(entry: Entry, outcome: Outcome) -> Entry:
    """The entry after the import of a capture: a release that was not read yet is; the schedule stays as it is."""
    if outcome is Outcome.READ and entry.state in (State.WAITING, State.UNREADABLE):
        return replace(entry, state=State.READ)
    return entry
