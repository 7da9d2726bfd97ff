"""Catalogue WARC files of the archive: insert and read the captures that the store lacks."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from sqlalchemy import Connection, select

from archive.db.tables import captures
from archive.db.warc_files import catalogued_sizes, catalogued_upto, mark_catalogued
from archive.errors import ImportFault
from archive.ingest.catalog import Catalog, PendingCapture
from archive.ingest.from_warc import is_capture, pending_capture, provenance_of
from archive.ingest.revisits import resolve_revisits
from archive.warc.parser import read_warc
from archive.warc.writer import FOLDER, OPEN, has_warc

BATCH = 64  # captures per transaction
CRAWLED = ("crawl", "replica")  # provenances of captures that a crawl asked for

Report = Callable[[ImportFault], None]


@dataclass(frozen=True, slots=True)
class Catalogued:
    """Counts of files with captures that the store did not have, and of these captures."""

    files: int = 0
    captures: int = 0

    def plus(self, captures: int) -> "Catalogued":
        """The counts with one more file, if it gave captures."""
        return Catalogued(self.files + 1, self.captures + captures) if captures else self


def catalogue_files(data: Path, catalog: Catalog, report: Report) -> Catalogued:
    """Catalogue every finished file behind the byte that the store knows, as after restoring a copy of the store.

    Files that another process is still writing end in `.open` and are left to it. `report` is called with each fault.
    """
    found = Catalogued()
    with catalog.store.read() as connection:
        known = catalogued_sizes(connection)
    for path in sorted((data / FOLDER).rglob("*.warc.gz")):
        try:
            if path.stat().st_size > known.get(path.relative_to(data).as_posix(), 0):
                path.open("rb").close()  # a file that cannot be read now is left for the next time
                found = found.plus(FileCatalog(data, path, catalog, report).insert())
        except OSError as error:
            report(ImportFault(f"{path} cannot be catalogued: {error.strerror}; check its permissions"))
    if found.captures:
        resolve_revisits(data, catalog, report)
    return found


class FileCatalog:
    """Inserts the captures of one file behind those that the store has; `end` is the end of the last intact record."""

    def __init__(self, data: Path, path: Path, catalog: Catalog, report: Report) -> None:
        self._path, self._catalog, self._report = path, catalog, report
        self._name = path.relative_to(data).as_posix().removesuffix(OPEN)
        with catalog.store.read() as connection:
            self.end, self._provenance = catalogued_upto(connection, self._name)
        self.has_captures = self.end > 0

    def insert(self) -> int:
        """Insert the captures; returns how many the store lacked. The file is then catalogued up to `end`.

        A torn end stays behind `end`: it is looked at again, and reported again, until the file is whole.
        """
        start, records, inserted = self.end, self._captures(), 0
        while batch := list(islice(records, BATCH)):
            inserted += self._catalog.add(batch)
        if self.end > start and (self.has_captures or self._path.suffix != OPEN):  # recovery removes an empty file
            with self._catalog.store.begin() as connection:
                mark_catalogued(connection, self._name, self.end, self._provenance)
        return inserted

    def _captures(self) -> Iterator[PendingCapture]:
        """The captures behind the last one that is known; moves `end` to the end of each intact record."""
        for record in read_warc(self._path, self.end):
            if isinstance(record, ImportFault):
                self._report(record)
                continue
            if not record.length:
                self._report(ImportFault(f"{self._path} is not compressed record by record, as the archive's own files "
                                         "are; move it away and run `gongbao import` on it"))
                return
            self.end = record.offset + record.length
            if record.kind == "warcinfo":
                self._provenance = provenance_of(record) or self._provenance
            elif is_capture(record):
                self.has_captures = True  # even if no row can be made of it: recovery keeps the file
                try:
                    pending = pending_capture(record, self._provenance, self._catalog)
                    pending = replace(pending, is_asked=self._provenance in CRAWLED)
                except ImportFault as fault:
                    self._report(ImportFault(f"{self._path} at offset {record.offset}: {fault}"))
                    continue
                yield pending.located(self._name, record.offset, record.length)


def lost_files(connection: Connection, data: Path) -> list[str]:
    """WARC files that captures of the store are in and the data folder lacks."""
    names = connection.scalars(select(captures.c.warc_file).distinct().order_by(captures.c.warc_file))
    return [each for each in names if not has_warc(data, each)]
