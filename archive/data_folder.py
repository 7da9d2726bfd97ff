"""Contents of a data folder without a usable store: WARC files, a backup, nothing; and what helps in each case."""

from pathlib import Path

from sqlalchemy import make_url

from archive.backup.manifest import MANIFEST
from archive.errors import DamagedStoreError, StoreError
from archive.settings import ArchiveSettings
from archive.warc.writer import warc_names

REPAIR = "run `gongbao restore BACKUP --repair`"


def holds_captures(data: Path) -> bool:
    """True if there is a WARC file in a data folder."""
    return bool(warc_names(data))


def refuse_backup(data: Path) -> None:
    """Raise StoreError for the folder of a backup: nothing else may write into it."""
    if (data / MANIFEST).exists():
        raise StoreError(f"{data} is a backup and no archive; to use it, run `gongbao restore {data} --data FOLDER` "
                         "with another folder")


def missing_store(settings: ArchiveSettings) -> StoreError:
    """The error for a store whose SQLite file does not exist."""
    data = settings.data
    if holds_captures(data) and not settings.database:
        return StoreError(f"there is no store in {data} for the captures in its WARC files; {REPAIR}, or, without a "
                          "backup, `gongbao index --from-files`, which makes a store of the WARC files")
    if settings.database:
        path = make_url(settings.database_url()).database
        return StoreError(f"there is no archive at {path}; correct GONGBAO_DATABASE, which names it, or fill one there "
                          "with `gongbao crawl` or `gongbao import`")
    return StoreError(f"there is no archive at {data.absolute()}; name its folder with --data or GONGBAO_DATA, or fill "
                      "one there with `gongbao crawl` or `gongbao import`")


def empty_store(settings: ArchiveSettings) -> DamagedStoreError:
    """The error for an empty database file beside WARC files with captures."""
    return DamagedStoreError(f"the store of {settings.data} is damaged: its file is empty or holds other tables, and "
                             f"the WARC files hold captures; {REPAIR}")
