"""Check rows against WARC files: files that are missing, cut or not known to the end, rows behind the end of a file."""

from collections.abc import Iterator
from itertools import groupby
from operator import attrgetter
from pathlib import Path

from sqlalchemy import Connection, func, select

from archive.check.faults import INDEX, Checked, Fault
from archive.check.records import KnownFile, Rows, check_records, stored_rows
from archive.data_folder import REPAIR
from archive.db.tables import captures
from archive.db.warc_files import catalogued_sizes
from archive.errors import ImportFault
from archive.ingest.from_warc import is_capture
from archive.locks import is_locked
from archive.warc.parser import read_warc
from archive.warc.random_access import open_warc
from archive.warc.writer import warc_names

LOST = (f"{REPAIR}; without a backup they are lost, and `gongbao index --from-files` makes the next crawl fetch their "
        "pages again")


def check_files(checked: Checked) -> Iterator[Fault]:
    """Compare the WARC files with the store; `deep` reads all their records, else those behind the last row."""
    with checked.store.read() as connection:
        known = _known_files(connection)
        left = dict.fromkeys(sorted(known.keys() | set(warc_names(checked.settings.data))))
        count = len(left)
        for name, rows in _rows_by_file(connection) if checked.deep else ():
            del left[name]
            yield from _check_file(checked, connection, known[name], rows)
            checked.update("WARC files", count - len(left), count)
        for done, name in enumerate(left, start=count - len(left) + 1):
            yield from _check_file(checked, connection, known.get(name, KnownFile(name)), iter(()))
            checked.update("WARC files", done, count)


def _rows_by_file(connection: Connection) -> Iterator[tuple[str, Rows]]:
    return groupby(stored_rows(connection), key=attrgetter("warc_file"))


def _known_files(connection: Connection) -> dict[str, KnownFile]:
    sizes = catalogued_sizes(connection)
    ends = select(captures.c.warc_file, func.count(), func.max(captures.c.warc_offset + captures.c.warc_length))
    found = {name: (int(rows), int(end)) for name, rows, end in
             connection.execute(ends.group_by(captures.c.warc_file))}
    return {name: KnownFile(name, *found.get(name, (0, 0)), sizes.get(name, 0)) for name in sizes.keys() | found.keys()}


def _check_file(checked: Checked, connection: Connection, known: KnownFile, rows: Rows) -> Iterator[Fault]:
    path = checked.settings.data / known.name
    try:
        opened = open_warc(checked.settings.data, known.name)
        if opened is None:
            if known.rows:
                yield Fault(f"{path} is missing, {known.rows} captures are in it", LOST)
            return
        file, is_open = opened
        with file:
            path, size = Path(file.name), file.seek(0, 2)
            is_alive = is_open and is_locked(file)
        if is_open and not is_alive:
            yield Fault(f"{path} was left by a process that died", INDEX)
        if size < max(known.end, known.catalogued):
            yield Fault(f"{path} is cut: it has {size} bytes, {_rows_behind(connection, known.name, size)} of its "
                        f"{known.rows} captures are behind them", REPAIR)
        if checked.deep:
            yield from check_records(connection, path, rows, known)
        if not is_open and size > known.catalogued:
            yield from _check_rest(path, known)
    except OSError as error:
        yield Fault(f"{path} cannot be read: {error.strerror}", f"check the disk and permissions, else {REPAIR}")


def _rows_behind(connection: Connection, name: str, size: int) -> int:
    end = captures.c.warc_offset + captures.c.warc_length
    return connection.scalar(select(func.count()).where(captures.c.warc_file == name, end > size)) or 0


def _check_rest(path: Path, known: KnownFile) -> Iterator[Fault]:
    """Captures behind the byte up to which the store knows a file, and a torn end."""
    found = 0
    for record in read_warc(path, known.catalogued):
        if isinstance(record, ImportFault):
            yield Fault(str(record), REPAIR)
            break
        found += is_capture(record)
    if not known.catalogued:
        yield Fault(f"the store does not know {path}, with {found} captures", INDEX)
    elif found:
        yield Fault(f"the store knows {path} up to byte {known.catalogued}, {found} captures are behind it", INDEX)
