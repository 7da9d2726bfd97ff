"""Times as pages write them; nothing is guessed, and a time that cannot be is refused."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from archive.records import Precision
from archive.times import BEIJING

# Digits may be full-width (２０２５), which \d and int() read; Chinese ones stand before 年, 月 and 日 only.
_YEAR = r"(?<!\d)(?P<year>(?:[1１][9９]|[2２][0０])\d\d)"
_HAN_YEAR = r"(?P<year>(?:(?<!\d)(?:[1１][9９]|[2２][0０])|[一二][九〇○零])[\d〇○零一二三四五六七八九]{2})\s*年"
_HAN_MONTH = r"\s*(?P<month>\d{1,2}|十[一二]?|[一二三四五六七八九])\s*月"
_HAN_DAY = (r"\s*(?P<day>\d{1,2}|[二三]?十[一二三四五六七八九]?|[一二三四五六七八九])"
            r"(?![〇○零一二三四五六七八九十])(?:\s*[日号])?")
_SLASH = r"[-/.－／．]"
# +08:00 and GMT+8 are the wall in Beijing; Z, -05:00 and PM are other clocks, of which only the day is sure.
_ZONE = (r"(?:\s*[(（]?(?:(?P<beijing>\+08:?00|(?:UTC|GMT)\s*\+0?8(?::?00)?|北京时间)"
         r"|(?P<elsewhere>Z\b|[+-]\d\d:?\d\d|(?:UTC|GMT|[CEMP][SD]T)\b|[ap]\.?m\b))[)）]?)?")
# 17:34:12.0 · T17:34 · 9:5 · 17时34分 · 日17:34; a weekday may stand before it
_CLOCK = (r"(?:\s*[（(]?(?:星期|周)[一二三四五六日天][)）]?)?"
          r"(?:(?:\s*T|,?\s+|(?<=[日号天一二三四五六)）]))(?P<hour>\d{1,2})(?:[:：]|\s*[时点]\s*)(?P<minute>\d{1,2})(?:\s*分)?"
          rf"(?:[:：]?(?P<second>\d{{1,2}})(?:\.\d{{1,6}})?秒?)?{_ZONE})?(?![\d:：])")
_NAME = (r"(?P<name>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|"
         r"oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?")
_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = tuple(re.compile(pattern, re.IGNORECASE) for pattern in (
    # 2025-09-26 17:34:12 · 2014/10/13 · 2025.4.4
    rf"{_YEAR}\s*(?P<mark>{_SLASH})\s*(?P<month>\d{{1,2}})\s*(?P=mark)\s*(?P<day>\d{{1,2}}){_CLOCK}",
    # 2025年09月26日 · 2025 年 4 月 4 日10:30 · 二〇二五年四月四日
    rf"{_HAN_YEAR}{_HAN_MONTH}{_HAN_DAY}{_CLOCK}",
    # Sept 16, 2020 · September 26th 2025 17:34
    rf"(?<!\w){_NAME}[\s-]*(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\b[\s,.-]*{_YEAR}{_CLOCK}",
    # 16 September 2020 · 26-Sep-2025
    rf"(?<![\w.])(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:\s+of)?[\s.-]*{_NAME}[\s,-]*{_YEAR}{_CLOCK}",
    # 26/09/2025
    rf"(?<![\d/.-])(?P<one>\d{{1,2}})(?P<mark>[-/.])(?P<two>\d{{1,2}})(?P=mark)(?P<year>(?:19|20)\d\d){_CLOCK}"))
_COARSE = tuple(re.compile(pattern, re.IGNORECASE) for pattern in (
    # 2025年4月 · 二〇二五年四月份 · 2025-04 · April 2025 · 2025年
    rf"{_HAN_YEAR}{_HAN_MONTH}份?", rf"{_YEAR}{_SLASH}(?P<month>\d{{1,2}})", rf"{_NAME}[\s,-]*{_YEAR}", _HAN_YEAR))
# Friday, · 星期五 · （
_BEFORE = re.compile(
    r"[\W_]*(?:(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|(?:星期|周)[一二三四五六日天])[\W_]*)?", re.IGNORECASE)
# 2025年4月4日，商务部…… · April 4, 2025, the two sides · 4月4日上午在京召开……
_SENTENCE = re.compile(r"\s*[,，、;；]|[^\s|]\S{0,3}[^|]{40}")
# 1 May 2024 was set for the second edition: where a full stop follows, a sentence; else a name may stand there.
_WORDS = re.compile(r"\s[a-z]+\s[a-z]")
# 10:00 · 10:00:00 · 10:00:00.0
_LAST_COLON = 5
_BRACKETS = "[]()（）【】"
_HAN_DIGITS = str.maketrans("〇○零一二三四五六七八九", "000123456789")


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A local (Beijing) time as exact as it was written; `value` is ISO 8601 cut to `precision`."""

    value: str
    precision: Precision


def find_date(text: str, *, clock: bool = True) -> PartialDate | None:
    """The first whole day written in the text, None if there is none; `clock=False` reads only its day.

    >>> find_date("发布时间:2025年4月4日")
    PartialDate(value='2025-04-04', precision='day')
    >>> find_date("2025-09-26 17:34")
    PartialDate(value='2025-09-26T17:34+08:00', precision='minute')
    """
    first = _DAYS[0].match(text)  # what most fields begin with spares the search for all other forms
    moment = _moment_of(first, clock) if first else None
    return moment or next((found for found in (_moment_of(each, clock) for each in _written(text)) if found), None)


def parse_date(text: str, *, clock: bool = True) -> PartialDate | None:
    """What a date field says: the first day written in it, else the month or the year that is all it holds.

    >>> parse_date("2025年4月"), parse_date("第2025年4月号"), parse_date("今天")
    (PartialDate(value='2025-04', precision='month'), None, None)
    """
    whole = text.strip().strip(_BRACKETS)
    coarse = (pattern.fullmatch(whole) for pattern in _COARSE)
    return find_date(text, clock=clock) or next((_coarse_of(each) for each in coarse if each), None)


def is_date(text: str) -> bool:
    """Whether the text is a time and nothing else.

    >>> is_date("2014-10-13 00:00:00"), is_date("On 2014-10-13 we met")
    (True, False)
    """
    stripped = text.strip().strip(_BRACKETS)
    start = _start(stripped)
    return any(pattern.fullmatch(stripped, start) for pattern in _DAYS)


def date_end(text: str) -> int:
    """Where the time that a text begins with ends, possible or not; 0 where it begins with anything else.

    A day without a clock that runs on as a sentence does is the beginning of that sentence.

    >>> date_end("Friday, 2025-09-26 17:34 Views: 5"), date_end("2025年4月4日，我会举办")
    (24, 0)
    """
    end = _day_end(text)
    return 0 if _runs_on(text, end) else end


def clock_at_end(text: str) -> str:
    """The day with its clock that a text ends with, '' where it ends with anything else.

    >>> clock_at_end("Original News 2025-04-03 10:00"), clock_at_end("Talks held on 2025-04-03")
    ('2025-04-03 10:00', '')
    """
    if ":" not in text[-_LAST_COLON:]:
        return ""
    ends = (match[0] for match in _written(text) if match.end() == len(text) and match["hour"])
    return next(ends, "").strip()


def opens_sentence(text: str) -> bool:
    """Whether a text, known to end as a sentence does, begins with a day and runs on.

    >>> opens_sentence("1 May 2024 was set for the second edition of the catalogue."), opens_sentence("1 May 2024")
    (True, False)
    """
    end = _day_end(text)
    return end > 0 and (_runs_on(text, end) or _WORDS.match(text, end) is not None)


def _day_end(text: str) -> int:
    start = _start(text)
    return max((match.end() for pattern in _DAYS if (match := pattern.match(text, start))), default=0)


def _runs_on(text: str, end: int) -> bool:
    return bool(_SENTENCE.match(text, end)) and ":" not in text[:end]


def month_of(digits: str) -> PartialDate | None:
    """The month that six digits of an address name.

    >>> month_of("201510")
    PartialDate(value='2015-10', precision='month')
    """
    if not re.fullmatch(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])", digits):
        return None
    return PartialDate(f"{digits[:4]}-{digits[4:]}", "month")


def day_of(digits: str) -> PartialDate | None:
    """The day that eight digits of an address name.

    >>> day_of("20200922")
    PartialDate(value='2020-09-22', precision='day')
    """
    if not re.fullmatch(r"(?:19|20)\d{6}", digits):
        return None
    day = _possible(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    return PartialDate(day.isoformat(), "day") if day else None


def year_of(digits: str) -> PartialDate | None:
    """The year that four digits of an address name.

    >>> year_of("2025")
    PartialDate(value='2025', precision='year')
    """
    return PartialDate(digits, "year") if re.fullmatch(r"(?:19|20)\d\d", digits) else None


def is_possible(moment: PartialDate, fetched_at: datetime) -> bool:
    """Whether a page fetched then can have been published at that moment: never later than one day after."""
    try:
        latest = (fetched_at.astimezone(UTC) + timedelta(days=1)).astimezone(BEIJING)
    except OverflowError:
        return True
    return moment.value[:10] <= latest.date().isoformat()[:len(moment.value)]


def _start(text: str) -> int:
    """Where a time can begin in a text: behind a weekday and brackets."""
    before = _BEFORE.match(text)
    return before.end() if before else 0


def _written(text: str) -> Iterator[re.Match[str]]:
    """Everything that is written as a day is, in order."""
    found = (match for pattern in _DAYS for match in pattern.finditer(text))
    yield from sorted(found, key=lambda match: match.start())


def _moment_of(match: re.Match[str], clock: bool) -> PartialDate | None:
    parts = match.groupdict()
    day = _day(parts)
    return _at(day, parts if clock and not parts["elsewhere"] else {}) if day else None


def _day(parts: dict[str, str | None]) -> date | None:
    """The one day that the parts can be, None where they are none or (04/05/2025) several."""
    year = _number(parts["year"])
    if "one" in parts:
        one, two = _number(parts["one"]), _number(parts["two"])
        days = {_possible(year, one, two), _possible(year, two, one)} - {None}
        return days.pop() if len(days) == 1 else None
    return _possible(year, _month(parts), _number(parts["day"]))


def _month(parts: dict[str, str | None]) -> int:
    name = parts.get("name")
    return _NAMES.index(name[:3].lower()) + 1 if name else _number(parts.get("month"))


def _number(written: str | None) -> int:
    """A number in digits of any width or in Chinese, 0 where there is none.

    >>> _number("２０２５"), _number("二〇二五"), _number("三十一")
    (2025, 2025, 31)
    """
    digits = (written or "0").translate(_HAN_DIGITS)
    if "十" not in digits:
        return int(digits)
    tens, _, ones = digits.partition("十")
    return int(tens or 1) * 10 + int(ones or 0) if "十" not in ones else 0


def _possible(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _at(day: date, clock: dict[str, str | None]) -> PartialDate:
    """The day with its clock; without it where none was kept (00:00:00) or it shows no time of that day (24:00:00)."""
    hour, minute, second = (_number(clock.get(name)) for name in ("hour", "minute", "second"))
    if hour > 23 or minute > 59 or second > 59 or not hour + minute + second:
        return PartialDate(day.isoformat(), "day")
    at = datetime(day.year, day.month, day.day, hour, minute, tzinfo=BEIJING)
    return PartialDate(at.isoformat(timespec="minutes"), "minute")


def _coarse_of(match: re.Match[str]) -> PartialDate | None:
    parts = match.groupdict()
    year, month = _number(parts["year"]), _month(parts)
    if not {"month", "name"} & parts.keys():
        return PartialDate(f"{year}", "year")
    return PartialDate(f"{year}-{month:02}", "month") if 1 <= month <= 12 else None
