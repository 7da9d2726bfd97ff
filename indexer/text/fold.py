"""Folding of width, case, accents and traditional Chinese, by one table, one character to one character.

A folded text is as long as its original, so offsets into one are offsets into the other.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.uint32]

FOLD_TABLE_FILE = Path(__file__).with_name("fold_table.json")  # made by indexer/text/build_fold_table.py

IGNORED = "\u00ad"
"""Combining marks, joiners and invisible characters fold to this one; tokens leave it out."""

OTHER, WORD, HAN, MARK = range(4)
"""Classes of folded characters: separator, letter or digit of a word, Han, ignored."""

# Ranges of Han characters, with radicals, compatibility forms, 々 and 〇 (U+3005, U+3007).
HAN_RANGES = ((0x2E80, 0x2FDF), (0x3005, 0x3005), (0x3007, 0x3007), (0x3400, 0x4DBF), (0x4E00, 0x9FFF),
              (0xF900, 0xFAFF), (0x20000, 0x323AF))

CLASS_SHIFT = np.uint32(24)
CODE_MASK = np.uint32(0xFFFFFF)
SHORT = 200  # characters up to which str.translate is faster than numpy

# Blocks whose characters are classified one by one; Han and Hangul go by range.
MIXED_BLOCKS = (
    (0x0, 0x2E80), (0x2FE0, 0x3400), (0xA000, 0xAC00), (0xD7A4, 0xD800), (0xFB00, 0x20000), (0xE0000, 0xE1000))
_HANGUL = (0xAC00, 0xD7A4)


@dataclass(frozen=True, slots=True)
class FoldTable:
    """The mapping in two forms: `changed` for str.translate, `packed` (class << 24 | folded code) for numpy."""

    changed: dict[int, str]
    packed: Codes


def fold(text: str) -> str:
    """The text in NFKC, lower case, without accents, simplified; its length stays.

    >>> fold("ＷＴＯ與商務部，Café")
    'wto与商务部,cafe'
    """
    if text.isascii():
        return text.lower()
    table = fold_table()
    if len(text) <= SHORT:
        return text.translate(table.changed)
    return text_of(table.packed[codes_of(text)] & CODE_MASK)


def codes_of(text: str) -> Codes:
    """The text as an array of code points; lone surrogates are kept."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")


def text_of(codes: Codes) -> str:
    """The text of an array of code points."""
    return codes.astype("<u4", copy=False).tobytes().decode("utf-32-le", "surrogatepass")


def is_han(char: str) -> bool:
    """True for a folded Han character.

    >>> is_han("商"), is_han("a")
    (True, False)
    """
    if char < "\u2e80":
        return False
    if "\u4e00" <= char <= "\u9fff":
        return True
    code = ord(char)
    return any(first <= code <= last for first, last in HAN_RANGES)


@cache
def fold_table() -> FoldTable:
    """The table, loaded from `fold_table.json` on first use."""
    made = json.loads(FOLD_TABLE_FILE.read_text(encoding="ascii"))
    codes, folded = (codes_of(made[side]) for side in ("from", "to"))
    packed = np.arange(0x110000, dtype=np.uint32)
    packed[codes] = folded
    packed |= _classes()[packed] << CLASS_SHIFT
    return FoldTable(dict(zip(codes.tolist(), made["to"], strict=True)), packed)


def _classes() -> NDArray[np.uint8]:
    """The class of each folded code point."""
    classes = np.zeros(0x110000, dtype=np.uint8)
    for first, end in MIXED_BLOCKS:
        classes[first:end] = [WORD * char.isalnum() for char in map(chr, range(first, end))]
    classes[slice(*_HANGUL)] = WORD
    for first, last in HAN_RANGES:
        classes[first:last + 1] = HAN
    classes[ord(IGNORED)] = MARK
    return classes
