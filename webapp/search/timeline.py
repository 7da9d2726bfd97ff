"""Timeline of a search: a bar chart by month or year whose bars are links."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from indexer.engines.base import ResultPage
from indexer.query.arguments import SearchArguments
from webapp.formatting import format_month, format_number
from webapp.search.results import most_links

MOST_MONTHS = 36
WIDTH, HEIGHT, GAP = 960, 80, 0.22


@dataclass(frozen=True, slots=True)
class Bar:
    """One month or year: label, count (also as text), URL of its search, and position as SVG attributes.

    The URL is "" where so many of them would make the page too large.

    Attributes are unquoted: never put one directly before `/>`."""

    label: str
    count: int
    counted: str
    href: str
    horizontal: str
    vertical: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """Bars from the first to the last month (or year) with a release; `year_only` counts releases without a month."""

    by_year: bool
    bars: tuple[Bar, ...]
    first: str
    last: str
    year_only: int
    undated: int


def timeline(page: ResultPage, search: SearchArguments, path: str, language: str) -> Timeline | None:
    """The timeline of a result page, None without dated releases. By month up to three years, else by year."""
    if not page.months:
        return None
    first, last = page.months[0][0] // 100, page.months[-1][0] // 100
    by_year = (last - first + 1) * 12 > MOST_MONTHS or not any(month % 100 for month, _ in page.months)
    counts: Counter[int] = Counter()
    for month, count in page.months:
        counts[month // 100 * 100 if by_year else month] += count
    slots = [year * 100 for year in range(first, last + 1)] if by_year else [
        year * 100 + month for year in range(first, last + 1) for month in range(1, 13)]
    drawn = [(slot, counts[slot]) for slot in slots]
    bars = tuple(_bars(drawn, _Links(search, path, len(drawn)), language))
    year_only = 0 if by_year else sum(count for month, count in page.months if month % 100 == 0)
    return Timeline(by_year, bars, format_month(slots[0], language), format_month(slots[-1], language), year_only,
                    page.undated)


class _Links:
    """URLs of the same search in one month or year; all but the dates is encoded once."""

    def __init__(self, search: SearchArguments, path: str, bars: int) -> None:
        base = replace(search, since="", until="", page=1).url(path)
        self.base = f"{base}&" if "?" in base else f"{base}?"
        self.allowed = bars <= most_links(search, path)

    def to(self, slot: int) -> str:
        """The URL for a year (yyyy00) or month (yyyymm), "" where so many links would make the page too large."""
        if not self.allowed:
            return ""
        span = f"{slot // 100}" if slot % 100 == 0 else f"{slot // 100}-{slot % 100:02}"
        return f"{self.base}from={span}&to={span}"


def _bars(drawn: list[tuple[int, int]], links: _Links, language: str) -> Iterable[Bar]:
    width, peak = WIDTH / len(drawn), max(count for _, count in drawn)
    for number, (slot, count) in enumerate(drawn):
        if count:
            height = max(3.0, HEIGHT * count / peak)
            horizontal = f"x={width * (number + GAP / 2):.1f} width={width * (1 - GAP):.1f}"
            vertical = f"y={HEIGHT - height:.1f} height={height:.1f}"
            yield Bar(format_month(slot, language), count, format_number(count), links.to(slot), horizontal, vertical)
