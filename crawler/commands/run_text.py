"""Counts and times of a run as `gongbao crawl` and `gongbao status` print them."""

from collections.abc import Mapping

from archive.times import parse_time

# Names of the counts (see `crawler.spiders.run.SourceRun`): for one, and for more
_NAMES = {
    "pages": ("page", "pages"), "lists": ("list page", "list pages"), "selected": ("selected", "selected"),
    "requested": ("requested", "requested"), "known": ("known", "known"), "unchanged": ("unchanged", "unchanged"),
    "articles": ("article", "articles"), "undated": ("undated", "undated"), "unreadable": ("unreadable", "unreadable"),
    "retries": ("retry", "retries"), "fallbacks": ("fallback", "fallbacks"), "errors": ("error", "errors"),
    "postponed": ("postponed", "postponed"),
}


def format_counts(counts: Mapping[str, int]) -> str:
    """The counts of a run as one line; zeroes are left out.

    >>> format_counts({"pages": 12, "lists": 1, "articles": 1, "unreadable": 1})
    '12 pages, 1 list page, 1 article, 1 unreadable'
    """
    return ", ".join(f"{number} {one if number == 1 else more}" for key, (one, more) in _NAMES.items()
                     if (number := counts.get(key)))


def format_utc(moment: str) -> str:
    """A time of the store to the minute, with its zone.

    >>> format_utc("2026-11-21T03:33:20Z")
    '2026-11-21 03:33 UTC'
    """
    return f"{parse_time(moment):%Y-%m-%d %H:%M} UTC"


def format_duration(started: str, finished: str) -> str:
    """The time between two times of the store, to the second within a minute, to the minute after it.

    >>> format_duration("2026-11-21T03:33:20Z", "2026-11-21T03:33:29Z")
    '9 s'
    >>> format_duration("2026-11-21T03:33:20Z", "2026-11-21T05:03:29Z")
    '1 h 30 min'
    """
    seconds = max(0, round((parse_time(finished) - parse_time(started)).total_seconds()))
    hours, minutes = divmod(seconds // 60, 60)
    if seconds < 60:
        return f"{seconds} s"
    return " ".join(filter(None, (f"{hours} h" if hours else "", f"{minutes} min" if minutes else "")))
