"""Restore a backup into an empty folder, or put back what an archive lost; every copy is checked by its digest."""

import secrets
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import inspect, make_url

from archive.backup.files import copy_file, digest_of, require_space
from archive.backup.manifest import CopiedFile, Manifest, require_manifest
from archive.db.copy import POSTGRESQL, SQLITE, database_of, require_tool, restore_dump
from archive.db.dialects import display_url, file_damage, is_sqlite, open_engine
from archive.db.store import Store
from archive.errors import BackupError, StoreError
from archive.progress import Update
from archive.settings import ArchiveSettings
from archive.warc.random_access import open_warc
from archive.warc.writer import sync_folder

MARK = "restoring"  # a file in a folder whose restore is not done: it may be repeated


@dataclass(slots=True)
class Restore:
    """One run of `gongbao restore`. `files` counts those put back, `faults` names those that cannot be."""

    settings: ArchiveSettings
    target: Path
    manifest: Manifest
    update: Update
    files: int = 0
    done: int = 0
    faults: list[str] = field(default_factory=list)

    @classmethod
    def open(cls, settings: ArchiveSettings, target: Path, update: Update) -> "Restore":
        """The restore of the backup in a folder. Raises BackupError if there is none, or of another database."""
        manifest = require_manifest(target)
        database = database_of(make_url(settings.database_url()))
        if database != manifest.database:
            raise BackupError(f"the backup in {target} holds a store on {manifest.database}, and GONGBAO_DATABASE is "
                              f"for {database}; {_other_database(manifest.database)}")
        require_tool(settings, "pg_restore")
        if settings.data.resolve().is_relative_to(target.resolve()):
            raise BackupError(f"{settings.data} is in the backup {target}; name another folder with --data")
        return cls(settings, target, manifest, update)

    def run(self) -> None:
        """Restore everything into an empty or missing folder, the store last."""
        data = self.settings.data
        self._require_empty()
        require_space(data, self.manifest.size())
        data.mkdir(parents=True, exist_ok=True)
        (data / MARK).touch()
        for each in self.manifest.files:
            if not self._has(each):
                self._put_back(each, data / each.name)
        self._restore_store()
        (data / MARK).unlink()
        sync_folder(data)

    def repair(self) -> None:
        """Put back the store if it is missing or damaged, and the WARC files that are; all else stays as it is."""
        self.settings.data.mkdir(parents=True, exist_ok=True)
        if self._needs_store():
            self._restore_store()
        for each in self.manifest.files:
            self._repair_file(each)
        (self.settings.data / MARK).unlink(missing_ok=True)

    def _require_empty(self) -> None:
        data = self.settings.data
        if data.is_dir() and not (data / MARK).exists():
            held = next((each.name for each in data.iterdir()), None)
            if held is not None:
                raise BackupError(f"{data} is not empty, it holds {held}; name an empty or a missing folder with "
                                  "--data, or put back only what is missing or damaged with --repair")
        if not self._is_free():
            raise BackupError(f"the store {display_url(make_url(self.settings.database_url()))} is there already; name "
                              "an empty database, or put back only what is missing or damaged with --repair")

    def _is_free(self) -> bool:
        """True if there is no store yet where the settings name it."""
        url = make_url(self.settings.database_url())
        if is_sqlite(url):
            return not Path(url.database or "").exists()
        engine = open_engine(url, readonly=True)
        try:
            with engine.connect() as connection:
                return not inspect(connection).get_table_names()
        finally:
            engine.dispose()

    def _has(self, each: CopiedFile) -> bool:
        """True if a restore that was killed has put back a file already."""
        path = self.settings.data / each.name
        return path.is_file() and path.stat().st_size == each.size and digest_of(path, each.size) == each.sha256

    def _advance(self, size: int) -> None:
        self.done += size
        self.update("restored", self.done, max(self.manifest.size(), self.done))

    def _whole_copy(self, each: CopiedFile) -> Path:
        """Path of a copy in the backup; BackupError if it is missing or damaged."""
        copy = self.target / each.path
        try:
            if copy.stat().st_size != each.size or digest_of(copy, each.size) != each.sha256:
                raise BackupError(f"{copy} is damaged: it is not what the manifest says; restore an older backup, or "
                                  "the rest of this one without it, by --repair")
        except FileNotFoundError as error:
            raise BackupError(f"{copy} is missing in the backup; restore an older one") from error
        return copy

    def _put_back(self, each: CopiedFile, path: Path) -> None:
        """Copy a file out of the backup; BackupError, and no file, if the copy is missing or damaged."""
        with self._whole_copy(each).open("rb") as source:
            copy_file(source, path, each.size, self._advance)
        self.files += 1

    def _restore_store(self) -> None:
        each = self.manifest.store
        copy = self._whole_copy(each)  # before the damaged store is moved aside
        if self.manifest.database == POSTGRESQL:
            restore_dump(self.settings, copy)
            self.files += 1
            return
        path = Path(make_url(self.settings.database_url()).database or "")
        for left in _parts_of(path):
            left.rename(left.with_name(f"{left.name}.damaged-{secrets.token_hex(4)}"))
        self._put_back(each, path)

    def _needs_store(self) -> bool:
        """True if the store is missing or damaged; BackupError if it is another archive's."""
        if self._is_free():
            return True
        with ExitStack() as stack:
            try:
                store = stack.enter_context(Store.open(self.settings, readonly=True))
                with store.read() as connection:
                    damage = file_damage(connection)
            except StoreError:
                if self.manifest.database == POSTGRESQL:
                    raise
                return True
            if store.uuid != self.manifest.store_uuid:
                raise BackupError(f"{self.target} is the backup of another archive: store {self.manifest.store_uuid}; "
                                  f"{self.settings.data} is that of store {store.uuid}")
            return damage is not None

    def _repair_file(self, each: CopiedFile) -> None:
        opened = open_warc(self.settings.data, each.name)
        if opened is None:
            self._try_to_put_back(each, self.settings.data / each.name)
            return
        with closing(opened[0]) as file:
            path, size = Path(file.name), file.seek(0, 2)
        if size >= each.size and digest_of(path, each.size, self._advance) == each.sha256:
            return
        if size > each.size:
            self.faults.append(f"{path} differs from its copy, and is longer: move it away, then run the command again")
        else:
            self._try_to_put_back(each, path)

    def _try_to_put_back(self, each: CopiedFile, path: Path) -> None:
        try:
            self._put_back(each, path)
        except BackupError as error:
            self.faults.append(str(error))


def _parts_of(path: Path) -> Iterator[Path]:
    """The files of an SQLite database that are there."""
    return (each for suffix in ("", "-wal", "-shm") if (each := path.with_name(f"{path.name}{suffix}")).exists())


def _other_database(database: str) -> str:
    return "unset it" if database == SQLITE else "let it name an empty database there"
