"""`gongbao import`: import WARC files and saved pages into the archive."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from archive.errors import ImportFault
from archive.progress import progress_bars
from archive.settings import from_environment
from archive.text import counted
from crawler.settings import CrawlerSettings

if TYPE_CHECKING:
    from archive.ingest.importer import ImportSummary
    from archive.ingest.inputs import Input


@click.command("import")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(readable=False, path_type=Path))
@click.option("--url", help="The address of the one file that is imported.")
@click.option("--fetched-at", help="When that file was saved, as 2025-09-27T14:39:31+08:00; without a zone it is UTC.")
def import_captures(paths: tuple[Path, ...], url: str | None, fetched_at: str | None) -> None:
    """Import captures: WARC files of any tool, or pages saved by hand.

    PATH is a WARC file (.warc, .warc.gz), a folder with an index.csv (columns file,url and perhaps fetched_at), a
    folder of WARC files, or, with --url, one saved page. Importing twice changes nothing. Each place that cannot be
    used is named in a line of its own, the rest is read, and the command then ends with exit code 1.
    """
    summary, outcome, rejected = _import(inputs_or_usage_error(paths, url, fetched_at))
    click.echo(_summary_line(summary))
    for line in outcome:
        click.echo(line)
    for line in rejected:
        click.echo(f"gongbao: {line}", err=True)
    if summary.faults or rejected:
        raise SystemExit(1)


def inputs_or_usage_error(paths: tuple[Path, ...], url: str | None, fetched_at: str | None) -> "Iterator[Input]":
    """The inputs for these paths and options. Raises click.UsageError if they do not fit together."""
    from archive.ingest.inputs import chosen_inputs

    try:
        return chosen_inputs(paths, url, fetched_at)
    except ImportFault as error:
        raise click.UsageError(str(error)) from error


def _import(inputs: "Iterator[Input]") -> "tuple[ImportSummary, list[str], list[str]]":
    from archive.db.store import Store
    from archive.ingest.catalog import Catalog
    from archive.ingest.importer import Importer, import_outcome, reject_lines, store_end
    from archive.ingest.keep import ArchiveWriter
    from crawler.reader import SourceReader

    settings = from_environment(CrawlerSettings, os.environ)
    with Store.open(settings) as store:
        end, catalog = store_end(store), Catalog(store, SourceReader(), schedule=settings.schedule())
        with (ArchiveWriter.open(settings, catalog, "import", parallel=True) as archive,
              progress_bars(in_bytes=True) as update):
            importer = Importer(settings, store, archive, _print_fault,
                                lambda path, offset: update(path.name, offset, path.stat().st_size))
            importer.run(inputs)
        return importer.summary, list(import_outcome(store, end)), reject_lines(store, end.reject)


def _print_fault(fault: ImportFault) -> None:
    click.echo(f"gongbao: {fault}", err=True)


def _summary_line(summary: "ImportSummary") -> str:
    return f"{counted(summary.new, 'capture')} new, {summary.known} known, {counted(summary.faults, 'fault')}"
