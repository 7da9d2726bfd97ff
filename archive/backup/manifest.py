"""The manifest of a backup: which archive, when, and every file with its size and SHA-256.

Its replacement is the one step in which a new backup takes the place of the previous one.
"""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from archive.errors import BackupError
from archive.warc.writer import sync_folder

MANIFEST = "gongbao-backup.json"
FORMAT = 1


@dataclass(frozen=True, slots=True)
class CopiedFile:
    """A file of the archive, by its name there, and its copy, by its path in the backup.

    `is_growing` if a crawl was still writing the file: the copy ends with its last whole record.
    """

    name: str
    path: str
    size: int
    sha256: str
    is_growing: bool = False


@dataclass(frozen=True, slots=True)
class Manifest:
    """One backup. `database` is sqlite or postgresql, `rev` the newest change of a document in the copied store."""

    made_at: str
    store_uuid: str
    schema: str
    rev: int
    database: str
    store: CopiedFile
    files: tuple[CopiedFile, ...]

    def size(self) -> int:
        """Bytes of all copies."""
        return self.store.size + sum(each.size for each in self.files)


def load_manifest(target: Path) -> Manifest | None:
    """The manifest of a folder, None if it holds no backup. Raises BackupError for a damaged one."""
    path = target / MANIFEST
    try:
        text = path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        data = json.loads(text)
        return _from_json(data)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BackupError(f"{path} is damaged ({type(error).__name__}: {error}); make a new backup in another folder"
                          ) from error


def require_manifest(target: Path) -> Manifest:
    """The manifest of a folder; BackupError if it holds no backup."""
    found = load_manifest(target)
    if found is None:
        raise BackupError(f"{target} holds no backup; name the folder of a backup")
    return found


def save_manifest(target: Path, manifest: Manifest) -> None:
    """Replace the manifest in one step, flushed to disk."""
    new = target / f"{MANIFEST}.new"
    with new.open("w", encoding="utf-8") as out:
        json.dump({"format": FORMAT, **asdict(manifest)}, out, ensure_ascii=False, indent=1)
        out.write("\n")
        out.flush()
        os.fsync(out.fileno())
    new.replace(target / MANIFEST)
    sync_folder(target)


def _from_json(data: dict[str, Any]) -> Manifest:
    if data.pop("format") != FORMAT:
        raise BackupError("the backup was made by a newer Gongbao; install that, or a newer one")
    return Manifest(**{**data, "store": CopiedFile(**data["store"]),
                       "files": tuple(CopiedFile(**each) for each in data["files"])})
