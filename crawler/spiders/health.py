"""Health of a run: its counts compared with what its source expects.

A run that finds nothing is never healthy, and one that was told to leave something out is "limited" at best.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from archive.messages import Message, message
from crawler.source import Expect


@dataclass(frozen=True, slots=True)
class Health:
    """Verdict on a run (healthy, limited, short or failed), and its reasons, followed by the run's notes."""

    verdict: str
    reasons: tuple[Message, ...] = ()

    @property
    def fell_short(self) -> bool:
        """True if something went wrong: the crawl exits with another code than 0."""
        return self.verdict not in ("healthy", "limited")


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What a run left out because of the options `--limit` and `--since`, which are given as typed.

    `releases` counts those that are due and were not asked for, `lists` those that were not read on.
    """

    options: str
    limit: int | None = None
    releases: int = 0
    lists: int = 0

    def messages(self) -> Iterator[Message]:
        """One message for each kind; none if the options left nothing out."""
        if self.releases:
            yield message("releases_left_out", options=self.options, count=self.releases)
        if self.lists:
            yield message("lists_left_out", options=self.options, count=self.lists)


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """The end of a run: Scrapy's close reason, the error that stopped it, its notes.

    `left_out` is None for a run without limiting options. `causes` are the reasons why lists or releases could not be
    read, one for all that share it.
    """

    reason: str = "finished"
    left_out: LeftOut | None = None
    failure: str | None = None
    causes: tuple[Message, ...] = ()
    notes: tuple[Message, ...] = ()


def check_health(expect: Expect, counts: Mapping[str, int], outcome: RunOutcome = RunOutcome()) -> Health:
    """Health of a run with these counts (keys: see `crawler.spiders.run.SourceRun`).

    `pages` and `articles` of Expect are compared with the list pages read and the releases listed, so a run that finds
    the lists intact and nothing new is healthy. The fill rates apply to the releases that it asked for the first time.
    """
    left_out = tuple(outcome.left_out.messages()) if outcome.left_out else ()
    told = (*left_out, *outcome.causes, *outcome.notes)
    if outcome.failure:
        return Health("failed", (message("run_stopped", error=outcome.failure), *told))
    if not counts.get("lists"):
        return Health("failed", (message("no_list_read"), *told))
    problems = tuple(_problems(expect, counts, outcome))
    verdict = "short" if problems else "limited" if left_out else "healthy"
    return Health(verdict, (*problems, *told))


def _problems(expect: Expect, counts: Mapping[str, int], outcome: RunOutcome) -> Iterator[Message]:
    lists, listed = counts["lists"], counts.get("links", 0)
    if outcome.left_out:  # one page of a list may hold all that was asked for
        expect = replace(expect, pages=1, articles=min(expect.articles, outcome.left_out.limit or 1))
    if outcome.reason == "shutdown":
        yield message("run_interrupted")
    elif outcome.reason != "finished":
        yield message("run_cut_short", cause=outcome.reason)
    if lists < expect.pages:
        yield message("few_list_pages", count=lists, wanted=expect.pages)
    if listed < expect.articles:
        yield message("few_releases", count=listed, wanted=expect.articles)
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
