"""Recovery and re-reading of the archive before it is indexed, with a progress bar."""

from collections import Counter

import click

from archive.settings import ArchiveSettings
from crawler.commands.progress import progress_bars


def reread_archive(settings: ArchiveSettings) -> int:
    """Recover WARC files of dead processes, retry rejects, re-read captures of older reader versions.

    Gives the number of faults. Prints the number of captures, and on stderr one line per fault and reason of rejects.
    Raises StoreError if there is no archive.
    """
    from archive.db.store import Store
    from archive.ingest.catalog import Catalog
    from archive.ingest.importer import reject_lines
    from archive.ingest.recover import recover, retry_rejects
    from archive.ingest.reread import reread
    from crawler.reader import SourceReader

    faults = Counter[str]()  # a missing file is one line, however many captures it held
    with Store.open(settings, make=False) as store, progress_bars() as update:
        catalog = Catalog(store, SourceReader(), settings.schedule())
        recover(settings.data, catalog)
        mended = retry_rejects(settings.data, catalog, lambda fault: faults.update([str(fault)]))
        count = reread(catalog, settings.data, lambda fault: faults.update([str(fault)]),
                       lambda done, pages: update("pages read again", done, pages))
        rejected = reject_lines(store)
    for line in rejected:
        click.echo(f"gongbao: {line}", err=True)
    for sentence, times in faults.items():
        click.echo(f"gongbao: {sentence}{f' ({times} captures)' if times > 1 else ''}", err=True)
    if mended:
        click.echo(f"{mended} capture{'' if mended == 1 else 's'} that had been set aside stored")
    if count:
        click.echo(f"{count} capture{'' if count == 1 else 's'} read again")
    return len(faults)
