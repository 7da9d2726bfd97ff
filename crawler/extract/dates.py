"""Dates and times in text, Chinese and English. No date is guessed; one that does not exist or is ambiguous is None."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from archive.records import Precision
from archive.times import BEIJING

# Digits may be full-width (２０２５), which \d and int() accept; Chinese numerals only before 年, 月 and 日.
_YEAR = r"(?<!\d)(?P<year>(?:[1１][9９]|[2２][0０])\d\d)"
_HAN_YEAR = r"(?P<year>(?:(?<!\d)(?:[1１][9９]|[2２][0０])|[一二][九〇○零])[\d〇○零一二三四五六七八九]{2})\s*年"
_HAN_MONTH = r"\s*(?P<month>\d{1,2}|十[一二]?|[一二三四五六七八九])\s*月"
_HAN_DAY = (r"\s*(?P<day>\d{1,2}|[二三]?十[一二三四五六七八九]?|[一二三四五六七八九])"
            r"(?![〇○零一二三四五六七八九十])(?:\s*[日号])?")
_SLASH = r"[-/.－／．]"
# +08:00 and GMT+8 are Beijing time. For Z, -05:00 and PM only the day is kept.
_ZONE = (r"(?:\s*[(（]?(?:(?P<beijing>\+08:?00|(?:UTC|GMT)\s*\+0?8(?::?00)?|北京时间)"
         r"|(?P<elsewhere>Z\b|[+-]\d\d:?\d\d|(?:UTC|GMT|[CEMP][SD]T)\b|[ap]\.?m\b))[)）]?)?")
# 17:34:12.0 · T17:34 · 9:5 · 17时34分 · 日17:34; a weekday may come first
_CLOCK = (r"(?:\s*[（(]?(?:星期|周)[一二三四五六日天][)）]?)?"
          r"(?:(?:\s*T|,?\s+|(?<=[日号天一二三四五六)）]))(?P<hour>\d{1,2})(?:[:：]|\s*[时点]\s*)(?P<minute>\d{1,2})(?:\s*分)?"
          rf"(?:[:：]?(?P<second>\d{{1,2}})(?:\.\d{{1,6}})?秒?)?{_ZONE})?(?![\d:：])")
_MONTH_NAME = (r"(?P<name>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|"
               r"oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?")
_MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAY_FORMS = tuple(re.compile(pattern, re.IGNORECASE) for pattern in (
    # 2025-09-26 17:34:12 · 2014/10/13 · 2025.4.4
    rf"{_YEAR}\s*(?P<mark>{_SLASH})\s*(?P<month>\d{{1,2}})\s*(?P=mark)\s*(?P<day>\d{{1,2}}){_CLOCK}",
    # 2025年09月26日 · 2025 年 4 月 4 日10:30 · 二〇二五年四月四日
    rf"{_HAN_YEAR}{_HAN_MONTH}{_HAN_DAY}{_CLOCK}",
    # Sept 16, 2020 · September 26th 2025 17:34
    rf"(?<!\w){_MONTH_NAME}[\s-]*(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\b[\s,.-]*{_YEAR}{_CLOCK}",
    # 16 September 2020 · 26-Sep-2025
    rf"(?<![\w.])(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:\s+of)?[\s.-]*{_MONTH_NAME}[\s,-]*{_YEAR}{_CLOCK}",
    # 26/09/2025
    rf"(?<![\d/.-])(?P<one>\d{{1,2}})(?P<mark>[-/.])(?P<two>\d{{1,2}})(?P=mark)(?P<year>(?:19|20)\d\d){_CLOCK}"))
_MONTHS_AND_YEARS = tuple(re.compile(pattern, re.IGNORECASE) for pattern in (
    # 2025年4月 · 二〇二五年四月份 · 2025-04 · April 2025 · 2025年
    rf"{_HAN_YEAR}{_HAN_MONTH}份?", rf"{_YEAR}{_SLASH}(?P<month>\d{{1,2}})", rf"{_MONTH_NAME}[\s,-]*{_YEAR}",
    _HAN_YEAR))
# Friday, · 星期五 · （: before a date
_WEEKDAY = re.compile(
    r"[\W_]*(?:(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|(?:星期|周)[一二三四五六日天])[\W_]*)?", re.IGNORECASE)
# ，商务部…… · , the two sides · 上午在京召开……: after a date that begins a sentence
_CLAUSE = re.compile(r"\s*[,，、;；]|[^\s|]\S{0,3}[^|]{40}")
# " was set" after 1 May 2024: a sentence if the text ends in a full stop; otherwise a name may follow the date
_VERB_PHRASE = re.compile(r"\s[a-z]+\s[a-z]")
# A text that ends in a clock has a colon in so many last characters: 10:00 · 10:00:00 · 10:00:00.0
_LAST_COLON = 5
_BRACKETS = "[]()（）【】"
_HAN_DIGITS = str.maketrans("〇○零一二三四五六七八九", "000123456789")


@dataclass(frozen=True, slots=True)
class PartialDate:
    """Date as exact as it was written, in Beijing time; `value` is ISO 8601 cut to `precision`."""

    value: str
    precision: Precision


def find_date(text: str, *, clock: bool = True) -> PartialDate | None:
    """First day in the text, with its clock unless `clock=False`; None if there is none. See `parse_date` for months.

    >>> find_date("发布时间:2025年4月4日")
    PartialDate(value='2025-04-04', precision='day')
    >>> find_date("2025-09-26 17:34")
    PartialDate(value='2025-09-26T17:34+08:00', precision='minute')
    """
    first = _DAY_FORMS[0].match(text)  # most date fields begin with this form: no need to search for the others
    date_at_start = _date_of(first, clock) if first else None
    return date_at_start or next(filter(None, (_date_of(each, clock) for each in _matches(text))), None)


def parse_date(text: str, *, clock: bool = True) -> PartialDate | None:
    """Date of a field: the first day in the text, or else the month or year that is the whole text.

    >>> parse_date("2025年4月"), parse_date("第2025年4月号"), parse_date("今天")
    (PartialDate(value='2025-04', precision='month'), None, None)
    """
    whole = text.strip().strip(_BRACKETS)
    coarse = (pattern.fullmatch(whole) for pattern in _MONTHS_AND_YEARS)
    return find_date(text, clock=clock) or next((_month_or_year(each) for each in coarse if each), None)


def is_date(text: str) -> bool:
    """True for a text that is a day, with or without its clock, and nothing else.

    >>> is_date("2014-10-13 00:00:00"), is_date("On 2014-10-13 we met")
    (True, False)
    """
    stripped = text.strip().strip(_BRACKETS)
    start = _date_start(stripped)
    return any(pattern.fullmatch(stripped, start) for pattern in _DAY_FORMS)


def date_end(text: str) -> int:
    """End offset of the date at the start of a text, 0 if there is none; the date may be one that does not exist.

    A day without a clock is none where a clause follows: it begins a sentence.

    >>> date_end("Friday, 2025-09-26 17:34 Views: 5"), date_end("2025年4月4日，我会举办")
    (24, 0)
    """
    end = _day_end(text)
    return 0 if _clause_follows(text, end) else end


def clock_at_end(text: str) -> str:
    """Day with its clock at the end of a text, as written there; '' if there is none.

    >>> clock_at_end("Original News 2025-04-03 10:00"), clock_at_end("Talks held on 2025-04-03")
    ('2025-04-03 10:00', '')
    """
    if ":" not in text[-_LAST_COLON:]:
        return ""
    ends = (match[0] for match in _matches(text) if match.end() == len(text) and match["hour"])
    return next(ends, "").strip()


def is_dated_sentence(text: str) -> bool:
    """True for a sentence that begins with a day. The caller makes sure that the text ends as a sentence does.

    >>> is_dated_sentence("1 May 2024 was set for the second edition."), is_dated_sentence("1 May 2024")
    (True, False)
    """
    end = _day_end(text)
    return end > 0 and (_clause_follows(text, end) or _VERB_PHRASE.match(text, end) is not None)


def _day_end(text: str) -> int:
    start = _date_start(text)
    return max((match.end() for pattern in _DAY_FORMS if (match := pattern.match(text, start))), default=0)


def _clause_follows(text: str, end: int) -> bool:
    return bool(_CLAUSE.match(text, end)) and ":" not in text[:end]


def month_of(digits: str) -> PartialDate | None:
    """Month of six digits in a URL, None if they are no month.

    >>> month_of("201510")
    PartialDate(value='2015-10', precision='month')
    """
    if not re.fullmatch(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])", digits):
        return None
    return PartialDate(f"{digits[:4]}-{digits[4:]}", "month")


def day_of(digits: str) -> PartialDate | None:
    """Day of eight digits in a URL, None if they are no day.

    >>> day_of("20200922")
    PartialDate(value='2020-09-22', precision='day')
    """
    if not re.fullmatch(r"(?:19|20)\d{6}", digits):
        return None
    day = _valid_day(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    return PartialDate(day.isoformat(), "day") if day else None


def year_of(digits: str) -> PartialDate | None:
    """Year of four digits in a URL, None if they are not 19xx or 20xx.

    >>> year_of("2025")
    PartialDate(value='2025', precision='year')
    """
    return PartialDate(digits, "year") if re.fullmatch(r"(?:19|20)\d\d", digits) else None


def is_possible(published: PartialDate, fetched_at: datetime) -> bool:
    """True for a publication date no later than one day after the page was fetched."""
    try:
        latest = (fetched_at.astimezone(UTC) + timedelta(days=1)).astimezone(BEIJING)
    except OverflowError:
        return True
    return published.value[:10] <= latest.date().isoformat()[:len(published.value)]


def _date_start(text: str) -> int:
    """Offset after a weekday and brackets at the start of a text, where a date may begin."""
    before = _WEEKDAY.match(text)
    return before.end() if before else 0


def _matches(text: str) -> Iterator[re.Match[str]]:
    """Matches of all forms of a day, by offset; they need not exist in the calendar."""
    matches = (match for pattern in _DAY_FORMS for match in pattern.finditer(text))
    yield from sorted(matches, key=lambda match: match.start())


def _date_of(match: re.Match[str], clock: bool) -> PartialDate | None:
    parts = match.groupdict()
    day = _day(parts)
    return _with_clock(day, parts if clock and not parts["elsewhere"] else {}) if day else None


def _day(parts: dict[str, str | None]) -> date | None:
    """Day of a match, None if it does not exist or is ambiguous (04/05/2025)."""
    year = _number(parts["year"])
    if "one" in parts:
        one, two = _number(parts["one"]), _number(parts["two"])
        days = {_valid_day(year, one, two), _valid_day(year, two, one)} - {None}
        return days.pop() if len(days) == 1 else None
    return _valid_day(year, _month(parts), _number(parts["day"]))


def _month(parts: dict[str, str | None]) -> int:
    name = parts.get("name")
    return _MONTH_NAMES.index(name[:3].lower()) + 1 if name else _number(parts.get("month"))


def _number(written: str | None) -> int:
    """Number in digits of any width or in Chinese numerals, 0 for None.

    >>> _number("２０２５"), _number("二〇二五"), _number("三十一")
    (2025, 2025, 31)
    """
    digits = (written or "0").translate(_HAN_DIGITS)
    if "十" not in digits:
        return int(digits)
    tens, _, ones = digits.partition("十")
    return int(tens or 1) * 10 + int(ones or 0) if "十" not in ones else 0


def _valid_day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _with_clock(day: date, clock: dict[str, str | None]) -> PartialDate:
    """Day with its clock; the day alone where the clock is 00:00:00 (sites write it for none) or invalid (24:00:00)."""
    hour, minute, second = (_number(clock.get(name)) for name in ("hour", "minute", "second"))
    if hour > 23 or minute > 59 or second > 59 or not hour + minute + second:
        return PartialDate(day.isoformat(), "day")
    at = datetime(day.year, day.month, day.day, hour, minute, tzinfo=BEIJING)
    return PartialDate(at.isoformat(timespec="minutes"), "minute")


def _month_or_year(match: re.Match[str]) -> PartialDate | None:
    parts = match.groupdict()
    year, month = _number(parts["year"]), _month(parts)
    if not {"month", "name"} & parts.keys():
        return PartialDate(f"{year}", "year")
    return PartialDate(f"{year}-{month:02}", "month") if 1 <= month <= 12 else None
