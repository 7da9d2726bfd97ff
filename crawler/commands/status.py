"""`gongbao status`: releases by state, waiting ones by cause, and the newest runs of every source."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from archive.messages import Message
from archive.output import echo
from archive.settings import ArchiveSettings, from_environment
from archive.text import counted
from crawler.commands.run_text import format_counts, format_duration, format_utc

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from archive.db.source_status import SourceRuns

    # Asks the index; the function that it gives reads a store: releases by source, lines about documents and index.
    Figures = Callable[[], Callable[[Connection], tuple[Mapping[str, int], Sequence[str]]]]

NEVER_ASKED = "not asked for yet; the next crawl asks for them"


@click.command()
@click.argument("sources", metavar="[SOURCE]...", nargs=-1)
def status(sources: tuple[str, ...], figures: "Figures | None" = None) -> None:
    """Show releases and last runs of each source, and the index.

    That is what a source named, what was read of it, what is waiting and why, its last ten runs with start (UTC) and
    duration, and how far the index is.
    "waiting" releases were named by a list and not read yet, "lost" ones for a week or longer in spite of three
    requests or more; both are still asked for. "gone" ones were missing on two days. Exits with code 4 if a source
    fell short in its newest run, if the process of that run died, or if it ended three days ago or earlier.
    """
    from archive.db.source_status import quarantined_by_source, source_runs, sources_with_status
    from archive.db.store import Store
    from archive.times import utc_now

    settings, now = from_environment(ArchiveSettings, os.environ), utc_now()
    read_figures = figures() if figures else None  # the index before the store: what comes meanwhile is behind it
    with Store.open(settings, readonly=True) as store, store.read() as connection:
        known = sources_with_status(connection)
        if unknown := set(sources) - known:
            raise click.UsageError(f"{', '.join(sorted(unknown))}: not crawled into {settings.data} yet; "
                                   f"known are {', '.join(sorted(known)) or 'none'}")
        found = {each: source_runs(connection, settings.data, each, now) for each in sorted(sources or known)}
        quarantined = quarantined_by_source(connection)
        releases, figure_lines = read_figures(connection) if read_figures else ({}, ())
    if not found:
        echo("no source was crawled yet")
    for name, each in found.items():
        held = (f"{counted(releases.get(name, 0), 'release')} in the archive, "
                f"{counted(quarantined.get(name, 0), 'capture')} in quarantine")
        echo("\n".join([name, *(f"  {line}" for line in (held, *_lines(name, each)))]))
    for line in figure_lines if not sources else ():
        echo(line)
    if any(each.short_since or each.alarms for each in found.values()):
        raise SystemExit(4)


def _lines(source: str, each: "SourceRuns") -> Iterator[str]:
    counts = each.counts
    numbers = {"named": counts.named, "read": counts.read, "waiting": counts.waiting, "lost": counts.lost,
               "unreadable": counts.unreadable, "gone": counts.gone, "aliases": counts.alias}
    yield ", ".join(f"{number} {name}" for name, number in numbers.items() if number or name in ("named", "read"))
    if counts.oldest_waiting:
        yield f"waiting since {format_utc(counts.oldest_waiting)}"
    for outcome, number in (counts.outcomes or {}).items():
        yield f"waiting: {number} × {Message(f'outcome_{outcome}') if outcome else NEVER_ASKED}"
    if each.short_since:
        yield f"short since {format_utc(each.short_since)}"
    for alarm in each.alarms:
        yield f"{alarm}; run `gongbao crawl {source}`"
    for run in each.runs:
        is_newest = run is each.runs[0]
        yield from _run(run, "did not end" if is_newest and each.is_dead else run.verdict, with_reasons=is_newest)


def _run(run: Any, verdict: str, *, with_reasons: bool) -> Iterator[str]:
    took = f", {format_duration(run.started_at, run.finished_at)}" if run.finished_at else ""
    verdict, counts = f"{verdict}{'' if run.live else ' (replica)'}", format_counts(run.counts)
    yield f"{format_utc(run.started_at)}{took}  {': '.join(filter(None, (verdict, counts)))}"
    if with_reasons:
        for reason in run.reasons:
            yield f"    {Message.from_json(reason)}"
