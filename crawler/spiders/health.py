"""Whether a run yielded what its source promises: zero is an alarm, silence is never taken for "no news"."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from crawler.source import Expect


@dataclass(frozen=True, slots=True)
class Health:
    """The verdict on a run (healthy, short or failed), and the sentences that explain it or add what was remarkable."""

    verdict: str
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RunEnd:
    """How a run came to its end: Scrapy's reason, the limit it was given, the error that stopped it, and its notes."""

    reason: str = "finished"
    limit: int | None = None
    failure: str | None = None
    notes: tuple[str, ...] = ()


def judge(expect: Expect, counts: Mapping[str, int], ending: RunEnd = RunEnd()) -> Health:
    """The verdict on what a run counted.

    `pages` and `articles` of Expect hold for the list pages read and the releases they name, so a run that finds the
    lists intact and nothing new is healthy. The fill rates hold for the articles that this run asked for.
    """
    if ending.failure:
        return Health("failed", (f"stopped: {ending.failure}", *ending.notes))
    if not counts.get("lists"):
        return Health("failed", ("no list page could be read", *ending.notes))
    wrong = tuple(_shortcomings(expect, counts, ending))
    return Health("short" if wrong else "healthy", (*wrong, *ending.notes))


def _shortcomings(expect: Expect, counts: Mapping[str, int], ending: RunEnd) -> Iterator[str]:
    lists, links = counts["lists"], counts.get("links", 0)
    wanted = min(expect.articles, ending.limit or expect.articles)
    if ending.reason != "finished":
        yield f"stopped before its end ({ending.reason})"
    if lists < expect.pages and not ending.limit:
        yield f"{lists} list pages could be read; a healthy run reads {expect.pages}"
    if links < wanted:
        yield f"the lists name {links} releases; a healthy run finds {wanted}"
    if counts.get("stumbles"):
        yield f"the program itself stumbled over {counts['stumbles']} answers; its log has the place"
    if counts.get("left"):
        yield f"{counts['left']} pages were not asked for or not kept; they are left for the next run"
    if counts.get("silent"):
        yield f"{counts['silent']} lists name no release and should"
    yield from _fill_rates(expect, counts)


def _fill_rates(expect: Expect, counts: Mapping[str, int]) -> Iterator[str]:
    articles = counts.get("articles", 0)
    asked = articles + counts.get("unreadable", 0) + counts.get("lost", 0)
    dated = articles - counts.get("undated", 0)
    if asked and articles / asked < expect.body:
        yield f"{articles} of {asked} articles could be read ({articles / asked:.0%}; expected {expect.body:.0%})"
    if articles and dated / articles < expect.dated:
        yield f"{dated} of {articles} articles are dated ({dated / articles:.0%}; expected {expect.dated:.0%})"
