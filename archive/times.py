"""Times with a zone, and their ISO 8601 form in the store and in WARC files."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone

# The time zone of every source; China has had no summer time since 1991.
BEIJING = timezone(timedelta(hours=8))
Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The current time in UTC: the default of every `clock` parameter."""
    return datetime.now(UTC)


def beijing_day(time: datetime) -> date:
    """The calendar day in Beijing at a time.

    >>> beijing_day(datetime.fromisoformat("2026-12-31T17:00:00+00:00"))
    datetime.date(2027, 1, 1)
    """
    return time.astimezone(BEIJING).date()


def iso(time: datetime) -> str:
    """A time as ISO 8601 in UTC, to the second; ValueError if it has no zone.

    >>> iso(datetime.fromisoformat("2025-09-26T17:34:00+08:00"))
    '2025-09-26T09:34:00Z'
    """
    if time.tzinfo is None:
        raise ValueError(f"{time} has no zone")
    return f"{time.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='seconds')}Z"


def parse_time(text: str) -> datetime:
    """The time of an ISO 8601 text or a 14-digit Wayback timestamp; without a zone it is UTC, as WARC dates are.

    >>> parse_time("2025-09-26T17:34:00+08:00") == parse_time("2025-09-26T09:34:00Z") == parse_time("20250926093400")
    True
    """
    digits = text.strip()
    if len(digits) == 14 and digits.isdecimal():  # the timestamp in a replay URL: 20250926093400
        digits = f"{digits[:8]}T{digits[8:]}"
    found = datetime.fromisoformat(digits)
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
