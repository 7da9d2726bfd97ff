"""Whether a run yielded what its source promises: zero is an alarm, silence is never taken for "no news"."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from archive.messages import Message, message
from crawler.source import Expect


@dataclass(frozen=True, slots=True)
class Health:
    """The verdict on a run (healthy, short or failed), and the sentences that explain it or add what was remarkable."""

    verdict: str
    reasons: tuple[Message, ...] = ()


@dataclass(frozen=True, slots=True)
class RunEnd:
    """How a run came to its end: Scrapy's reason, the limit it was given, the error that stopped it, and its notes."""

    reason: str = "finished"
    limit: int | None = None
    failure: str | None = None
    notes: tuple[Message, ...] = ()


def judge(expect: Expect, counts: Mapping[str, int], ending: RunEnd = RunEnd()) -> Health:
    """The verdict on what a run counted.

    `pages` and `articles` of Expect hold for the list pages read and the releases they name, so a run that finds the
    lists intact and nothing new is healthy. The fill rates hold for the articles that this run asked for.
    """
    if ending.failure:
        return Health("failed", (message("run_stopped", error=ending.failure), *ending.notes))
    if not counts.get("lists"):
        return Health("failed", (message("no_list_read"), *ending.notes))
    wrong = tuple(_shortcomings(expect, counts, ending))
    return Health("short" if wrong else "healthy", (*wrong, *ending.notes))


def _shortcomings(expect: Expect, counts: Mapping[str, int], ending: RunEnd) -> Iterator[Message]:
    lists, links = counts["lists"], counts.get("links", 0)
    wanted = min(expect.articles, ending.limit or expect.articles)
    if ending.reason != "finished":
        yield message("run_cut_short", cause=ending.reason)
    if lists < expect.pages and not ending.limit:
        yield message("few_list_pages", count=lists, wanted=expect.pages)
    if links < wanted:
        yield message("few_releases", count=links, wanted=wanted)
    if counts.get("stumbles"):
        yield message("spider_errors", count=counts["stumbles"])
    if counts.get("left"):
        yield message("pages_left", count=counts["left"])
    if counts.get("silent"):
        yield message("lists_silent", count=counts["silent"])
    yield from _fill_rates(expect, counts)


def _fill_rates(expect: Expect, counts: Mapping[str, int]) -> Iterator[Message]:
    articles = counts.get("articles", 0)
    asked = articles + counts.get("unreadable", 0) + counts.get("lost", 0)
    dated = articles - counts.get("undated", 0)
    if asked and articles / asked < expect.body:
        yield message("few_articles_read", count=articles, all=asked, share=f"{articles / asked:.0%}",
                      wanted=f"{expect.body:.0%}")
    if articles and dated / articles < expect.dated:
        yield message("few_articles_dated", count=dated, all=articles, share=f"{dated / articles:.0%}",
                      wanted=f"{expect.dated:.0%}")
