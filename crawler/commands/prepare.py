"""Cataloguing and re-reading of the archive before it is indexed, with a progress bar."""

from collections import Counter

from archive.db.frontier import ask_again, mark_doubtful_times
from archive.db.store import Store
from archive.ingest.catalog import Follow
from archive.output import echo
from archive.progress import progress_bars
from archive.settings import ArchiveSettings
from archive.text import counted
from archive.times import utc_now


def prepare_captures(store: Store, settings: ArchiveSettings, follow: Follow, *, from_files: bool = False) -> int:
    """Catalogue WARC files that the store does not know, retry rejects, re-read captures of older readers.

    Gives the number of faults. Files of dead processes are recovered first. `follow` is called with re-read pages, in
    the transaction that changes their articles. With `from_files`, releases that archived lists name come back into the
    frontier, and those whose bytes were lost are due. Prints the numbers of captures, and on stderr one line per fault
    and per reason of rejects.
    """
    from archive.ingest.catalog import Catalog
    from archive.ingest.file_catalog import catalogue_files
    from archive.ingest.importer import reject_lines
    from archive.ingest.recover import recover, retry_rejects
    from archive.ingest.reread import reread
    from crawler.reader import SourceReader

    faults = Counter[str]()  # a missing file is one line, however many captures it held

    def report(fault: Exception) -> None:
        faults[str(fault)] += 1

    _mark_doubtful_times(store)
    with progress_bars() as update:
        catalog = Catalog(store, SourceReader(), follow, schedule=settings.schedule())
        found = [recover(settings.data, catalog), catalogue_files(settings.data, catalog, report)]
        mended = retry_rejects(settings.data, catalog, report)
        count = reread(catalog, settings.data, report, lambda done, pages: update("pages read again", done, pages))
    for line in reject_lines(store):
        echo(f"gongbao: {line}", err=True)
    for sentence, times in faults.items():
        echo(f"gongbao: {sentence}{f' ({times} captures)' if times > 1 else ''}", err=True)
    files, captures = sum(each.files for each in found), sum(each.captures for each in found)
    _print_count(captures, "capture", f"catalogued, from {counted(files, 'WARC file')} that the store did not know to "
                                      "the end")
    _print_count(mended, "capture", "that had been set aside stored")
    _print_count(count, "capture", "read again")
    if from_files:
        _ask_for_missing(store, settings)
    return len(faults)


def _ask_for_missing(store: Store, settings: ArchiveSettings) -> None:
    """Make due what only lost WARC files hold, and name what only archived lists do; print both numbers."""
    from archive.ingest.file_catalog import lost_files
    from crawler.recount import name_missing

    now, again = utc_now(), 0
    with store.read() as connection:
        lost = lost_files(connection, settings.data)
    if lost:
        with store.begin() as connection:
            again = ask_again(connection, lost, now)
    _print_count(again, "release", "whose bytes were lost with a WARC file due: the next crawl fetches them again")
    _print_count(name_missing(store, settings.data, now), "release",
                 "that archived lists name put back into the frontier")


def _print_count(number: int, noun: str, done: str) -> None:
    if number:
        echo(f"{counted(number, noun)} {done}")


def _mark_doubtful_times(store: Store) -> None:
    doubtful = mark_doubtful_times(store, utc_now())
    if doubtful:
        echo(f"{counted(doubtful, 'capture')} of the future: the crawler's clock was wrong", err=True)
