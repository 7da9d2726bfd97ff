"""Dates, times and stored messages as text in the reader's language."""

from datetime import date, datetime
from functools import lru_cache

from babel import Locale
from babel.dates import format_date, format_skeleton
from flask_babel import get_locale, gettext

from archive.messages import MESSAGES, N_, Message, Parameter
from archive.times import BEIJING

# Sentences for readers in the place of those that name what concerns the operator alone, such as an address inside.
PUBLIC_SENTENCES = {
    "refused_by_replica": N_("the replica of the site refused the connection"),
    "replica_without_tls": N_("the replica of the site speaks no TLS"),
}
_SENTENCES = frozenset(MESSAGES.values())
_TRIED = frozenset((N_("title"), N_("body"), N_("charset")))
_DAY = {"en": "d MMMM y", "zh": "y年M月d日"}


@lru_cache(maxsize=8192)
def format_published(value: str, precision: str, language: str) -> str:
    """A publication time (ISO 8601 text) to its precision: year, month, day or minute.

    >>> format_published("2015-10", "month", "en"), format_published("2025-09-26T17:34:00+08:00", "minute", "zh")
    ('October 2015', '2025年9月26日 17:34')
    """
    if precision == "year":
        return f"{value[:4]}年" if language == "zh" else value[:4]
    if precision == "month":
        return format_month(int(value[:4]) * 100 + int(value[5:7]), language)
    day = format_date(date.fromisoformat(value[:10]), _DAY[language], locale=language)
    return f"{day} {value[11:16]}" if precision == "minute" else day


@lru_cache(maxsize=2048)
def format_month(month: int, language: str) -> str:
    """A month given as yyyymm, or a year given as yyyy00.

    >>> format_month(201905, "en"), format_month(201905, "zh"), format_month(201900, "zh")
    ('May 2019', '2019年5月', '2019年')
    """
    year, number = divmod(month, 100)
    if not number:
        return f"{year}年" if language == "zh" else str(year)
    return format_skeleton("yMMMM", date(year, number, 1), locale=Locale.parse(language))


@lru_cache(maxsize=8192)
def format_beijing_time(moment: str, language: str) -> str:
    """A UTC time of the archive (ISO 8601 text) in Beijing time.

    >>> format_beijing_time("2026-11-21T03:33:00Z", "en")
    '21 November 2026 11:33'
    """
    local = datetime.fromisoformat(moment).astimezone(BEIJING)
    return f"{format_date(local.date(), _DAY[language], locale=language)} {local:%H:%M}"


def format_end(moment: str, start: str, language: str) -> str:
    """The end of a time span in Beijing time: the clock alone on the day of its start.

    >>> format_end("2026-11-21T03:40:00Z", "2026-11-21T03:33:00Z", "en")
    '11:40'
    """
    end, begin = format_beijing_time(moment, language), format_beijing_time(start, language)
    return end[-5:] if end[:-5] == begin[:-5] else end


def format_number(count: int) -> str:
    """A count with thousands separators.

    >>> format_number(12345)
    '12,345'
    """
    return f"{count:,}"


def published_minute(value: str | None, precision: str) -> datetime | None:
    """Publication time for a feed; None where the minute is not known: feeds have no form for a day alone."""
    if value is None or precision != "minute":
        return None
    moment = datetime.fromisoformat(value)
    return moment if moment.tzinfo else moment.replace(tzinfo=BEIJING)


def outcome_text(outcome: str) -> str:
    """The outcome of a request, as stored, in the reader's language."""
    return message_text(Message(f"outcome_{outcome}"))


def message_text(message: Message) -> str:
    """A stored message in the reader's language; one with an unknown code in English.

    Only the command line shows what PUBLIC_SENTENCES leave out.
    """
    if message.code not in MESSAGES:
        return str(message)
    parameters = {name: _parameter_text(name, value) for name, value in message.parameters}
    return str(gettext(PUBLIC_SENTENCES.get(message.code, MESSAGES[message.code])) % parameters)


def tried_text(text: str) -> str:
    """What a reader looked for ("title", "G2: no title was found") in the reader's language, as far as it is words."""
    layout, _, words = text.partition(": ")
    if not words:
        return str(gettext(text)) if text in _TRIED else text
    return f"{layout}{gettext(': ')}{gettext(words)}" if words in _SENTENCES or words in _TRIED else text


def _parameter_text(name: str, value: Parameter) -> Parameter:
    """A parameter of a message as pages show it: another message in the reader's language, a time in Beijing time."""
    if isinstance(value, Message):
        return message_text(value)
    if name == "until" and isinstance(value, str) and value.endswith("Z"):
        return format_beijing_time(value, str(get_locale()))
    return value
