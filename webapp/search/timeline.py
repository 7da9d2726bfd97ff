"""The releases of a search over time, as bars that are links."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from indexer.engines.base import ResultPage
from webapp.formatting import format_month
from webapp.search.arguments import SearchArguments

MOST_MONTHS = 36
WIDTH, HEIGHT, GAP = 960, 80, 0.22


@dataclass(frozen=True, slots=True)
class Bar:
    """One month or year: what it counts, the search that it leads to, and where it is drawn, as SVG attributes without
    quotation marks (last in a tag must stand another one)."""

    label: str
    count: str
    href: str
    across: str
    upright: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """Bars from the first to the last month (or year) with a release; `year_only` are known by no month."""

    by_year: bool
    bars: tuple[Bar, ...]
    first: str
    last: str
    year_only: int
    undated: int


def timeline(page: ResultPage, search: SearchArguments, path: str, language: str) -> Timeline | None:
    """The timeline of a result, None where nothing found has a date. Months up to three years, then years."""
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
    bars = tuple(_bars(drawn, _Links(search, path), language))
    year_only = 0 if by_year else sum(count for month, count in page.months if month % 100 == 0)
    return Timeline(by_year, bars, format_month(slots[0], language), format_month(slots[-1], language), year_only,
                    page.undated)


class _Links:
    """Addresses of the same search in one month or year; all but the dates is written once."""

    def __init__(self, search: SearchArguments, path: str) -> None:
        base = replace(search, since="", until="", page=1).address(path)
        self.base = f"{base}&" if "?" in base else f"{base}?"

    def to(self, slot: int) -> str:
        """The search in one year (yyyy00) or month (yyyymm)."""
        span = f"{slot // 100}" if slot % 100 == 0 else f"{slot // 100}-{slot % 100:02}"
        return f"{self.base}from={span}&to={span}"


def _bars(drawn: list[tuple[int, int]], links: _Links, language: str) -> Iterable[Bar]:
    width, peak = WIDTH / len(drawn), max(count for _, count in drawn)
    for number, (slot, count) in enumerate(drawn):
        if count:
            height = max(3.0, HEIGHT * count / peak)
            across = f"x={width * (number + GAP / 2):.1f} width={width * (1 - GAP):.1f}"
            upright = f"y={HEIGHT - height:.1f} height={height:.1f}"
            yield Bar(format_month(slot, language), f"{count:,}", links.to(slot), across, upright)
