"""Checksums of Tantivy's segment files, which Tantivy itself verifies only when it is told to, and its Python never.

A segment file ends with a footer: JSON with the CRC-32 of all bytes before it, the JSON's length and a magic number,
both little-endian of 32 bits.
"""

import json
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

MAGIC = 1337
_END = struct.Struct("<II")  # length of the JSON, magic number
_LONGEST = 1000  # bytes of a footer's JSON; it has 86
_PIECE = 1 << 20


def damaged_files(folder: Path) -> Iterator[Path]:
    """The files of the committed segments that are not what their footers say.

    None without an index, or one whose list of segments cannot be read: opening it tells why.
    """
    try:
        segments = _segments(folder)
    except (OSError, ValueError, KeyError, TypeError):
        return
    for path in sorted(folder.iterdir()):
        try:
            if path.name.partition(".")[0] in segments and not _is_whole(path):
                yield path
        except FileNotFoundError:
            continue  # removed meanwhile, after a merge; opening the index tells of a file that it lacks


def _segments(folder: Path) -> set[str]:
    """The names of the files of committed segments, without their suffixes."""
    meta = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
    return {each["segment_id"].replace("-", "") for each in meta["segments"]}


def _is_whole(path: Path) -> bool:
    with path.open("rb") as file:
        end = file.seek(0, 2) - _END.size
        if end < 0:
            return False
        file.seek(end)
        length, magic = _END.unpack(file.read())
        if magic != MAGIC or length > min(end, _LONGEST):
            return False
        file.seek(end - length)
        try:
            expected = json.loads(file.read(length))["crc"]
        except (ValueError, KeyError, TypeError):
            return False
        return bool(_crc(file, end - length) == expected)


def _crc(file: BinaryIO, left: int) -> int:
    """CRC-32 of the first `left` bytes."""
    crc = 0
    file.seek(0)
    while left and (piece := file.read(min(_PIECE, left))):
        crc = zlib.crc32(piece, crc)
        left -= len(piece)
    return crc
