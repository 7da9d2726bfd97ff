"""Make a backup: first the store, then every WARC file that the backup lacks; all of it before the manifest names it.

Rows refer only to records that are on disk already: whatever the copied store refers to is in the files that are copied
after it. No file of the previous backup is written to, so a backup that is killed leaves the previous one whole.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from filelock import Timeout

from archive.backup.files import copy_file, digest_of, require_space, whole_records
from archive.backup.manifest import MANIFEST, CopiedFile, Manifest, load_manifest, save_manifest
from archive.db.copy import StoreCopy, copy_store, require_tool, store_size
from archive.db.store import Store
from archive.errors import BackupError, BusyError
from archive.locks import lock_file
from archive.progress import Update
from archive.settings import ArchiveSettings
from archive.times import Clock, iso
from archive.warc.random_access import open_warc
from archive.warc.writer import FOLDER, make_folder, sync_folder, warc_names

LOCK = "gongbao-backup.lock"  # also marks a folder whose first backup was killed
STORES = "store"  # folder of the copies of the store


@dataclass(slots=True)
class Backup:
    """One run of `gongbao backup`: `copied` files and bytes, and `faults`: files of the archive that got worse."""

    data: Path
    target: Path
    previous: Manifest | None
    update: Update
    token: str = field(default_factory=lambda: secrets.token_hex(4))
    copied: int = 0
    copied_bytes: int = 0
    needed: int = 0
    faults: list[str] = field(default_factory=list)

    def run(self, store: Store, clock: Clock) -> Manifest:
        """Copy what the backup lacks, and replace the manifest."""
        made_at = iso(clock())
        self.needed = store_size(store) + sum(self._missing(name) for name in warc_names(self.data))
        require_space(self.target, self.needed)
        copy, copied_store = self._copy_store(store)
        files = tuple(self._files(copy))
        manifest = Manifest(made_at, copy.uuid, copy.schema, copy.rev, copy.database, copied_store, files)
        save_manifest(self.target, manifest)
        self._remove_others(manifest)
        return manifest

    def _copy_store(self, store: Store) -> tuple[StoreCopy, CopiedFile]:
        path = self.target / STORES / f"gongbao.{self.token}"
        make_folder(path.parent)
        copy = copy_store(store, path)
        sync_folder(path.parent)
        size = path.stat().st_size
        self._advance(size)
        name = path.relative_to(self.target).as_posix()
        return copy, CopiedFile("gongbao.sqlite", name, size, digest_of(path, size))

    def _advance(self, size: int) -> None:
        self.copied_bytes += size
        self.update("copied", self.copied_bytes, max(self.needed, self.copied_bytes))

    def _earlier(self) -> dict[str, CopiedFile]:
        return {each.name: each for each in self.previous.files} if self.previous else {}

    def _missing(self, name: str) -> int:
        """Bytes of a file to copy, as far as can be told before."""
        opened = open_warc(self.data, name)
        if opened is None:
            return 0
        file, is_growing = opened
        with file:
            size = file.seek(0, 2)
        return size if is_growing or not self._is_kept(self._earlier().get(name), size) else 0

    def _is_kept(self, earlier: CopiedFile | None, size: int) -> bool:
        """True for a finished file that the backup has: finished files never change."""
        if earlier is None or earlier.is_growing or size > earlier.size:
            return False
        path = self.target / earlier.path
        return path.is_file() and path.stat().st_size == earlier.size

    def _files(self, copy: StoreCopy) -> Iterator[CopiedFile]:
        earlier, names = self._earlier(), warc_names(self.data)
        for name in names:
            found = self._copy_warc(name, earlier.get(name), copy.catalogued.get(name, 0))
            if found:
                yield found
        for name in sorted(earlier.keys() - set(names)):
            if not earlier[name].is_growing or name in copy.catalogued:  # else recovery removed it: it had no capture
                self.faults.append(f"{self.data / name} is missing; its copy is kept, `gongbao restore {self.target} "
                                   "--repair` puts it back")
                yield earlier[name]

    def _copy_warc(self, name: str, earlier: CopiedFile | None, catalogued: int) -> CopiedFile | None:
        """The copy of a file, which is made if the backup lacks it; None for a file without a whole record."""
        opened = open_warc(self.data, name)
        if opened is None:  # an empty file, removed since it was listed
            return None
        file, is_growing = opened
        with file:
            size = whole_records(Path(file.name), catalogued) if is_growing else file.seek(0, 2)
            if earlier and size < earlier.size:
                self.faults.append(f"{file.name} has {size} bytes, and its copy {earlier.size}; the copy is kept, "
                                   f"`gongbao restore {self.target} --repair` puts it back")
                return earlier
            if earlier and not is_growing and self._is_kept(earlier, size):
                return earlier
            if size == 0:
                return None
            path = f"{name}.{self.token}" if earlier or is_growing else name
            file.seek(0)
            self.copied += 1
            return CopiedFile(name, path, size, copy_file(file, self.target / path, size, self._advance), is_growing)

    def _remove_others(self, manifest: Manifest) -> None:
        """Remove the copies that only earlier backups name, and what killed ones left."""
        named = {manifest.store.path, *(each.path for each in manifest.files)}
        for folder in (STORES, FOLDER):
            for path in (self.target / folder).rglob("*"):
                if path.is_file() and path.relative_to(self.target).as_posix() not in named:
                    path.unlink()


@contextmanager
def open_backup(settings: ArchiveSettings, store: Store, target: Path, update: Update) -> Iterator[Backup]:
    """A backup into a folder, which is made and locked; BackupError if the folder is not for this archive's backup."""
    _require_outside(settings.data, target)
    require_tool(settings, "pg_dump")
    previous = _previous(target, store)
    make_folder(target)
    try:
        lock = lock_file(target / LOCK, blocking=False)
    except Timeout as error:
        raise BusyError(f"another backup into {target} is running; wait until it is done") from error
    try:
        yield Backup(settings.data, target, previous, update)
    finally:
        lock.release()


def _require_outside(data: Path, target: Path) -> None:
    if target.resolve().is_relative_to(data.resolve()):
        raise BackupError(f"{target} is in the data folder {data}, with which it would be lost; name a folder on "
                          "another disk")


def _previous(target: Path, store: Store) -> Manifest | None:
    previous = load_manifest(target)
    if previous and previous.store_uuid != store.uuid:
        raise BackupError(f"{target} holds the backup of another archive: that of store {previous.store_uuid}, made at "
                          f"{previous.made_at}; this is store {store.uuid}; name another folder")
    if target.exists() and not target.is_dir():
        raise BackupError(f"{target} is a file; name a folder")
    if previous is None and target.is_dir() and not (target / LOCK).exists():
        other = next((each.name for each in target.iterdir()), None)
        if other is not None:
            raise BackupError(f"{target} holds other files, such as {other}, and no {MANIFEST}; name an empty folder")
    return previous
