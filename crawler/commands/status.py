"""`gongbao status`: releases by state, waiting ones by cause, and the newest runs of every source."""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from archive.messages import Message
from archive.settings import ArchiveSettings, from_environment
from crawler.commands.run_text import format_counts, format_duration, format_utc

if TYPE_CHECKING:
    from archive.db.source_status import SourceRuns

NEVER_ASKED = "not asked for yet; the next crawl asks for them"


@click.command()
@click.argument("sources", metavar="[SOURCE]...", nargs=-1)
def status(sources: tuple[str, ...]) -> None:
    """Show the releases and the last runs of each source.

    That is what it named, what was read of it, what is waiting and why, and its last ten runs, with start (UTC) and
    duration.
    "waiting" releases were named by a list and not read yet, "lost" ones for a week or longer in spite of three
    requests or more; both are still asked for. "gone" ones were missing on two days. Exits with code 4 if a source
    fell short in its newest run.
    """
    from archive.db.source_status import source_runs, sources_with_status
    from archive.db.store import Store
    from archive.times import utc_now

    settings, now = from_environment(ArchiveSettings, os.environ), utc_now()
    with Store.open(settings, readonly=True) as store, store.read() as connection:
        known = sources_with_status(connection)
        if unknown := set(sources) - known:
            raise click.UsageError(f"{', '.join(sorted(unknown))}: not crawled into {settings.data} yet; "
                                   f"known are {', '.join(sorted(known)) or 'none'}")
        found = {each: source_runs(connection, each, now) for each in sorted(sources or known)}
    if not found:
        click.echo("no source was crawled yet")
    for name, each in found.items():
        click.echo("\n".join([name, *(f"  {line}" for line in _lines(each))]))
    if any(each.short_since for each in found.values()):
        raise SystemExit(4)


def _lines(each: "SourceRuns") -> Iterator[str]:
    counts = each.counts
    numbers = {"named": counts.named, "read": counts.read, "waiting": counts.waiting, "lost": counts.lost,
               "quarantined": counts.unreadable, "gone": counts.gone, "aliases": counts.alias}
    yield ", ".join(f"{number} {name}" for name, number in numbers.items() if number or name in ("named", "read"))
    if counts.oldest_waiting:
        yield f"waiting since {format_utc(counts.oldest_waiting)}"
    for outcome, number in (counts.outcomes or {}).items():
        yield f"waiting: {number} × {Message(f'outcome_{outcome}') if outcome else NEVER_ASKED}"
    if each.short_since:
        yield f"short since {format_utc(each.short_since)}"
    for run in each.runs:
        yield from _run(run, with_reasons=run is each.runs[0])


def _run(run: Any, *, with_reasons: bool) -> Iterator[str]:
    took = f", {format_duration(run.started_at, run.finished_at)}" if run.finished_at else ""
    verdict, counts = f"{run.verdict}{'' if run.live else ' (replica)'}", format_counts(run.counts)
    yield f"{format_utc(run.started_at)}{took}  {': '.join(filter(None, (verdict, counts)))}"
    if with_reasons:
        for reason in run.reasons:
            yield f"    {Message.from_json(reason)}"
