"""Inputs of `gongbao import` and `gongbao read`: WARC files, folders of saved pages with index.csv, single pages."""

import csv
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TextIO

from archive.errors import ImportFault
from archive.ingest.from_warc import usable_url
from archive.times import parse_time

COLUMNS = ("file", "url")  # required; fetched_at is optional
WARC_NAMES = (".warc", ".warc.gz")


@dataclass(frozen=True, slots=True)
class SavedPage:
    """A saved page: `listed_in` is its index.csv or file name, for its provenance, `location` is for messages.

    `fetched_at` is None if unknown.
    """

    path: Path
    url: str
    fetched_at: datetime | None
    listed_in: str
    location: str


Input = Path | SavedPage | ImportFault  # a path is a WARC file


def find_inputs(path: Path) -> Iterator[Input]:
    """The inputs at a path: a WARC file, the WARC files below a folder, or the saved pages of its index.csv.

    Faults are yielded, not raised.
    """
    if not os.path.isdir(path):  # also without permission: reading the file fails then
        yield path
    elif os.path.exists(path / "index.csv"):
        yield from _saved_pages(path)
    else:
        yield from warcs_in(path)


def chosen_inputs(paths: Sequence[Path], url: str | None, fetched_at: str | None) -> Iterator[Input]:
    """The inputs of a command line; with `url`, one saved page. ImportFault if options and paths do not fit."""
    if url is not None:
        return iter([_page_with_url(paths, url, fetched_at)])
    if fetched_at is not None:
        raise ImportFault("--fetched-at belongs to --url; in a folder the index.csv says when pages were saved")
    return (each for path in paths for each in find_inputs(path))


def _page_with_url(paths: Sequence[Path], url: str, fetched_at: str | None) -> SavedPage:
    if len(paths) != 1 or os.path.isdir(paths[0]):
        raise ImportFault("--url is the address of one file; for several write an index.csv into their folder")
    if paths[0].name.endswith(WARC_NAMES):
        raise ImportFault(f"{paths[0]} is a WARC file, whose records name their addresses: leave --url away")
    return SavedPage(paths[0], usable_url(url), _fetched_at(fetched_at or ""), paths[0].name, str(paths[0]))


def _saved_pages(folder: Path) -> Iterator[SavedPage | ImportFault]:
    """The saved pages in a folder's index.csv, with an ImportFault for each unusable row."""
    index = folder / "index.csv"
    try:
        # Invalid UTF-8 becomes surrogates, so that it is a fault of its own row only.
        with index.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
            yield from _rows(folder, file)
    except OSError as error:
        yield ImportFault(f"{index} cannot be read: {error.strerror}; check its permissions")


def _rows(folder: Path, file: TextIO) -> Iterator[SavedPage | ImportFault]:
    index, columns, reader = folder / "index.csv", list[str](), csv.reader(file, strict=True)
    while True:
        try:
            row = next(reader, None)
            if row is None and columns:
                return
            if not columns:
                columns = _columns(row or [])
            elif row and any(cell.strip() for cell in row):
                yield _saved(folder, dict(zip(columns, _cells(row, columns), strict=True)), reader.line_num)
        except (ImportFault, csv.Error) as error:
            yield ImportFault(f"{index} line {max(reader.line_num, 1)}: {error}")
            if not columns:
                return


def _columns(row: list[str]) -> list[str]:
    columns = [cell.strip().lower() for cell in row]
    missing = [each for each in COLUMNS if each not in columns]
    if missing:
        raise ImportFault(f"the first line must name the columns {','.join(COLUMNS)}; missing: {','.join(missing)}")
    return columns


def _cells(row: list[str], columns: list[str]) -> list[str]:
    if len(row) != len(columns):
        raise ImportFault(f"the row has {len(row)} cells, the first line {len(columns)}")
    for cell in row:
        if any(each < " " or "\ud800" <= each <= "\udfff" for each in cell):
            raise ImportFault("the row is not UTF-8 text, or has control characters; save index.csv as UTF-8")
    return [cell.strip() for cell in row]


def _saved(folder: Path, row: dict[str, str], line: int) -> SavedPage:
    path = folder / row["file"]
    if not row["file"] or not path.resolve().is_relative_to(folder.resolve()):
        raise ImportFault(f"{row['file']!r} names no file in the folder")
    if not os.path.isfile(path):  # also without permission
        raise ImportFault(f"{path} is missing; correct the row or add the file")
    return SavedPage(path, usable_url(row["url"]), _fetched_at(row.get("fetched_at", "")),
                 f"{folder.resolve().name}/index.csv", f"{folder / 'index.csv'} line {line}")


def warcs_in(folder: Path) -> list[Path | ImportFault]:
    """The WARC files below a folder, after a fault for each unreadable folder, or one if there are no files."""
    errors = list[OSError]()
    found = sorted(Path(parent, name) for parent, _, names in os.walk(folder, onerror=errors.append) for name in names
                   if name.endswith(WARC_NAMES))
    faults = [ImportFault(f"{each.filename} cannot be read: {each.strerror}; check its permissions") for each in errors]
    if not found and not faults:
        faults = [ImportFault(f"{folder} holds neither an index.csv (file,url) nor WARC files")]
    return [*faults, *found]


def _fetched_at(text: str) -> datetime | None:
    """The time in an option or a cell, None if empty; without a zone it is UTC."""
    if not text.strip():
        return None
    try:
        return parse_time(text)
    except (ValueError, OverflowError) as error:
        raise ImportFault(f"{text[:40]!r} is not a time; write it as 2025-09-27T14:39:31+08:00") from error
