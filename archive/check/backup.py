"""Check the files of a backup against its manifest."""

from collections.abc import Iterator
from pathlib import Path

from archive.backup.files import Advance, digest_of
from archive.backup.manifest import CopiedFile, require_manifest
from archive.check.faults import Fault
from archive.errors import BackupError
from archive.progress import Update

MISSING = "is missing"


def check_backup(target: Path, update: Update) -> Iterator[Fault]:
    """The copies of a backup that are missing, or are not what its manifest says; reads all of them."""
    try:
        manifest = require_manifest(target)
    except BackupError as error:
        yield Fault.of(error)
        return
    done = 0

    def advance(size: int) -> None:
        nonlocal done
        done += size
        update("checked", done, max(done, manifest.size()))

    for each in (manifest.store, *manifest.files):
        fault = _fault_of(target / each.path, each, advance)
        if fault:
            again = f"`gongbao backup {target}`"
            yield Fault(f"{target / each.path}, the copy of {each.name}, {fault}",
                        f"run {again}" if fault == MISSING else f"remove it, then run {again}")


def _fault_of(path: Path, each: CopiedFile, advance: Advance) -> str | None:
    try:
        size = path.stat().st_size
        if size != each.size:
            return f"has {size} bytes, the manifest says {each.size}"
        return None if digest_of(path, size, advance) == each.sha256 else "is not what its digest in the manifest says"
    except FileNotFoundError:
        return MISSING
    except OSError as error:
        return f"cannot be read: {error.strerror}"
