"""Times as pages write them; nothing is guessed, and a time that cannot be is refused."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone

from crawler.extract.article import Precision

BEIJING = timezone(timedelta(hours=8))

# 2025-09-26 17:34:12 · 2014/10/13 · 2025.4.4 · 2025年09月26日 · 2025 年 4 月 4 日 10:30
_NUMERIC = re.compile(
    r"(?<!\d)(?P<year>(?:19|20)\d\d)\s*[-/.年]\s*(?P<month>\d{1,2})\s*[-/.月]\s*(?P<day>\d{1,2})(?:\s*日)?"
    r"(?:(?:\s+|T)(?P<hour>\d{1,2})[:：](?P<minute>\d\d)(?:[:：](?P<second>\d\d))?)?(?![\d:：])")
_OTHER_CLOCK = re.compile(r"\s*(?:Z\b|[+-]\d\d:?\d\d\b|[ap]\.?m\b)", re.IGNORECASE)
# Sept 16, 2020 · 16 September 2020
_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ENGLISH = re.compile(
    r"(?<!\w)(?:(?P<day_first>\d{1,2})\s+)?(?P<name>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|"
    r"apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?"
    r"(?:\s+(?P<day>\d{1,2}))?,?\s+(?P<year>(?:19|20)\d\d)(?!\d)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Moment:
    """A local (Beijing) time as exact as it was written; `value` is ISO 8601 cut to `precision`."""

    value: str
    precision: Precision


def find_moment(text: str, *, clock: bool = True) -> Moment | None:
    """The first whole time written in the text, None if there is none; `clock=False` reads only its day.

    >>> find_moment("发布时间:2025年4月4日")
    Moment(value='2025-04-04', precision='day')
    >>> find_moment("2025-09-26 17:34")
    Moment(value='2025-09-26T17:34+08:00', precision='minute')
    """
    for match in _NUMERIC.finditer(text):
        parts = match.groupdict()
        # 09:34Z and 05:30 PM are other clocks than the one on the wall in Beijing: only the day is sure.
        plain = clock and not _OTHER_CLOCK.match(text, match.end())
        moment = _moment([int(parts[key]) for key in ("year", "month", "day")], parts if plain else {})
        if moment:
            return moment
    named = _ENGLISH.search(text)
    if named and (named["day"] or named["day_first"]):
        month = _NAMES.index(named["name"][:3].lower()) + 1
        return _moment([int(named["year"]), month, int(named["day"] or named["day_first"])], {})
    return None


def is_moment(text: str) -> bool:
    """Whether the text is a time and nothing else.

    >>> is_moment("2014-10-13 00:00:00"), is_moment("On 2014-10-13 we met")
    (True, False)
    """
    stripped = text.strip().strip("[]()（）")
    return bool(_NUMERIC.fullmatch(stripped) or _ENGLISH.fullmatch(stripped))


def month_of(digits: str) -> Moment | None:
    """The month that six digits of an address name.

    >>> month_of("201510")
    Moment(value='2015-10', precision='month')
    """
    if not re.fullmatch(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])", digits):
        return None
    return Moment(f"{digits[:4]}-{digits[4:]}", "month")


def day_of(digits: str) -> Moment | None:
    """The day that eight digits of an address name.

    >>> day_of("20200922")
    Moment(value='2020-09-22', precision='day')
    """
    if not re.fullmatch(r"(?:19|20)\d{6}", digits):
        return None
    return _moment([int(digits[:4]), int(digits[4:6]), int(digits[6:])], {})


def year_of(digits: str) -> Moment | None:
    """The year that four digits of an address name.

    >>> year_of("2025")
    Moment(value='2025', precision='year')
    """
    return Moment(digits, "year") if re.fullmatch(r"(?:19|20)\d\d", digits) else None


def is_possible(moment: Moment, fetched_at: datetime) -> bool:
    """Whether a page fetched then can have been published at that moment: never later than one day after."""
    try:
        latest = (fetched_at.astimezone(UTC) + timedelta(days=1)).astimezone(BEIJING)
    except OverflowError:
        return True
    return moment.value[:10] <= latest.date().isoformat()[:len(moment.value)]


def _moment(day: list[int], clock: dict[str, str]) -> Moment | None:
    try:
        written = date(*day)
        hour, minute = clock.get("hour"), clock.get("minute")
        # 00:00:00 is how these systems write that no clock was kept.
        if hour is None or minute is None or not int(hour) + int(minute) + int(clock.get("second") or 0):
            return Moment(written.isoformat(), "day")
        at = datetime(written.year, written.month, written.day, int(hour), int(minute), tzinfo=BEIJING)
    except ValueError:
        return None
    return Moment(at.isoformat(timespec="minutes"), "minute")
