"""Commands of the archive: backup, restore and check. Imports are local: `gongbao --help` must be quick."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from archive.output import echo
from archive.settings import ArchiveSettings, from_environment
from archive.text import counted

if TYPE_CHECKING:
    from archive.check.faults import Check

_FOLDER = click.Path(path_type=Path)


@click.command()
@click.argument("target", metavar="TARGET", type=_FOLDER)
def backup(target: Path) -> None:
    """Back up store and WARC files into the folder TARGET.

    It may run during a crawl: the copy is of one moment. Only WARC files that are new or have grown are copied; the
    index is not, since `gongbao index` makes it. TARGET is made if it is missing; one with another archive's backup is
    refused. A backup that is stopped leaves the previous one whole. Files that were lost or cut since the previous
    backup are named, their copies are kept, and the exit code is then 1.
    """
    from archive.backup.backup import open_backup
    from archive.db.store import Store
    from archive.progress import progress_bars
    from archive.times import utc_now

    settings = from_environment(ArchiveSettings, os.environ)
    with (Store.open(settings, readonly=True) as store, progress_bars(in_bytes=True) as update,
          open_backup(settings, store, target, update) as made):
        manifest = made.run(store, utc_now)
    _report(made.faults)
    echo(f"{target}: store at rev {manifest.rev}, {counted(len(manifest.files), 'WARC file')}, "
         f"{made.copied} of them copied now")
    if made.faults:
        raise SystemExit(1)


@click.command()
@click.argument("target", metavar="TARGET", type=_FOLDER)
@click.option("--repair", is_flag=True,
              help="Put back only what is missing or damaged: the store, WARC files. A damaged store is kept aside.")
def restore(target: Path, repair: bool) -> None:
    """Restore the backup in the folder TARGET.

    The data folder must be empty or missing. Every file is checked by its digest. Then the index is made. With --repair
    the data folder may hold an archive that lost something; whatever is whole stays as it is. What cannot be put back
    is named, and the exit code is then 1.
    """
    from archive.backup.restore import Restore
    from archive.progress import progress_bars

    settings = from_environment(ArchiveSettings, os.environ)
    with progress_bars(in_bytes=True) as update:
        made = Restore.open(settings, target, update)
        (made.repair if repair else made.run)()
    _report(made.faults)
    echo(f"{settings.data}: {counted(made.files, 'file')} restored from the backup of {made.manifest.made_at}")
    if made.faults:
        raise SystemExit(1)


@click.command()
@click.option("--deep", is_flag=True,
              help="Read every record of every WARC file, and the whole index; compare their digests.")
@click.option("--backup", "backup_folder", metavar="TARGET", type=_FOLDER,
              help="Check the backup in this folder instead: every copy against its digest.")
def check(deep: bool, backup_folder: Path | None, checks: "Sequence[Check]" = ()) -> None:
    """Check that nothing of the archive is missing or damaged.

    Each fault is one line with the command that mends it. Looks at the store's file, at the WARC files and the rows
    that refer to them, at the index, and recounts from the archived list pages what was named, and from the articles
    what was read. Nothing is written. Exits with code 1 if there are faults.
    """
    from archive.check.backup import check_backup
    from archive.check.run import run_checks
    from archive.progress import progress_bars

    settings, faults = from_environment(ArchiveSettings, os.environ), 0
    with progress_bars(in_bytes=backup_folder is not None) as update:
        for fault in (check_backup(backup_folder, update) if backup_folder else
                      run_checks(settings, checks, update, deep=deep)):
            echo(str(fault))
            faults += 1
    more = "" if deep or backup_folder else "; --deep reads every record as well"
    echo(f"{counted(faults, 'fault')} found" if faults else f"no faults found{more}")
    if faults:
        raise SystemExit(1)


def _report(faults: Sequence[str]) -> None:
    for each in faults:
        echo(f"gongbao: {each}", err=True)


COMMANDS: list[click.Command] = [backup, restore, check]
