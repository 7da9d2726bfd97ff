"""Health of a run: its counts compared with what its source expects. A run that finds nothing is never healthy."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from archive.messages import Message, message
from crawler.source import Expect


@dataclass(frozen=True, slots=True)
class Health:
    """Verdict on a run (healthy, short or failed), and its reasons, followed by the run's notes."""

    verdict: str
    reasons: tuple[Message, ...] = ()


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """The end of a run: Scrapy's close reason, the `--limit` of the crawl, the error that stopped it, its notes.

    `causes` are the reasons why lists or releases could not be read, one for all that share it.
    """

    reason: str = "finished"
    limit: int | None = None
    failure: str | None = None
    causes: tuple[Message, ...] = ()
    notes: tuple[Message, ...] = ()


def check_health(expect: Expect, counts: Mapping[str, int], outcome: RunOutcome = RunOutcome()) -> Health:
    """Health of a run with these counts (keys: see `crawler.spiders.run.SourceRun`).

    `pages` and `articles` of Expect are compared with the list pages read and the releases listed, so a run that finds
    the lists intact and nothing new is healthy. The fill rates apply to the releases that it asked for the first time.
    """
    told = (*outcome.causes, *outcome.notes)
    if outcome.failure:
        return Health("failed", (message("run_stopped", error=outcome.failure), *told))
    if not counts.get("lists"):
        return Health("failed", (message("no_list_read"), *told))
    problems = tuple(_problems(expect, counts, outcome))
    return Health("short" if problems else "healthy", (*problems, *told))


def _problems(expect: Expect, counts: Mapping[str, int], outcome: RunOutcome) -> Iterator[Message]:
    lists, listed = counts["lists"], counts.get("links", 0)
    expected = min(expect.articles, outcome.limit or expect.articles)
    if outcome.reason != "finished":
        yield message("run_cut_short", cause=outcome.reason)
    if lists < expect.pages and not outcome.limit:
        yield message("few_list_pages", count=lists, wanted=expect.pages)
    if listed < expected:
        yield message("few_releases", count=listed, wanted=expected)
    yield from _left_over(counts)
    yield from _low_fill_rates(expect, counts)


def _left_over(counts: Mapping[str, int]) -> Iterator[Message]:
    """Problems of a run that left lists or pages unread."""
    if counts.get("lists_failed"):
        yield message("lists_unread", count=counts["lists_failed"])
    if counts.get("gaps"):
        yield message("lists_with_gaps", count=counts["gaps"])
    if counts.get("spider_errors"):
        yield message("spider_errors", count=counts["spider_errors"])
    if counts.get("postponed"):
        yield message("pages_left", count=counts["postponed"])
    if counts.get("missing"):
        yield message("releases_missing", count=counts["missing"])
    if counts.get("waiting"):
        yield message("releases_waiting", count=counts["waiting"])


def _low_fill_rates(expect: Expect, counts: Mapping[str, int]) -> Iterator[Message]:
    articles = counts.get("first_read", 0)
    answered = articles + counts.get("first_unreadable", 0)
    dated = articles - counts.get("undated", 0)
    if answered and articles / answered < expect.body:
        yield message("few_articles_read", count=articles, all=answered, share=f"{articles / answered:.0%}",
                      wanted=f"{expect.body:.0%}")
    if articles and dated / articles < expect.dated:
        yield message("few_articles_dated", count=dated, all=articles, share=f"{dated / articles:.0%}",
                      wanted=f"{expect.dated:.0%}")
