"""`gongbao import`: other archives and saved pages, into this one."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crawler.bars import bars
from crawler.config import CrawlerSettings, from_environment
from crawler.errors import ImportFault

if TYPE_CHECKING:
    from crawler.warc.folders import Saved
    from crawler.warc.importing import Importer, Summary


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
    if url is None and fetched_at is not None:
        raise click.UsageError("--fetched-at belongs to --url; in a folder the index.csv says when pages were saved")
    page = one_page(paths, url, fetched_at) if url is not None else None
    summary, became = _import(paths, page)
    click.echo(_told(summary))
    for line in became:
        click.echo(line)
    if summary.faults:
        raise SystemExit(1)


def one_page(paths: tuple[Path, ...], url: str, fetched_at: str | None) -> "Saved":
    """The page that `--url` and `--fetched-at` describe; a usage error where they do not fit."""
    from crawler.warc.folders import page_of

    try:
        return page_of(paths, url, fetched_at)
    except ImportFault as error:
        raise click.UsageError(str(error)) from error


def _import(paths: tuple[Path, ...], page: "Saved | None") -> "tuple[Summary, list[str]]":
    from crawler.outcome import last_capture, outcome
    from crawler.store import Store
    from crawler.warc.archive import Archive
    from crawler.warc.importing import Importer

    settings = from_environment(CrawlerSettings, os.environ)
    with Store.open(settings) as store:
        last = last_capture(store)
        with Archive.open(settings, store, "import", parallel=True) as archive, bars(in_bytes=True) as advance:
            importer = Importer(settings, store, archive, _tell,
                                lambda path, offset: advance(path.name, offset, path.stat().st_size))
            _each(importer, paths, page)
        return importer.summary, list(outcome(store, last))


def _each(importer: "Importer", paths: tuple[Path, ...], page: "Saved | None") -> None:
    if page is not None:
        importer.saved(iter([page]))
        return
    for path in paths:
        importer.path(path)


def _tell(fault: ImportFault) -> None:
    click.echo(f"gongbao: {fault}", err=True)


def _told(summary: "Summary") -> str:
    faults = f"{summary.faults} fault{'' if summary.faults == 1 else 's'}"
    captures = f"{summary.new} capture{'' if summary.new == 1 else 's'} new"
    return f"{captures}, {summary.known} known, {faults}"
