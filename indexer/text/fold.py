"""One character for one character: width, case, accents, and traditional Chinese, folded by a single table.

A folded text is as long as the text it was made of, so an offset into one is an offset into the other.
"""

import unicodedata
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.uint32]

IGNORED = "\u00ad"
"""What every mark, joiner and invisible sign folds to: it stands inside words without being part of them."""

OTHER, WORD, HAN, MARK = range(4)
"""What a folded character is to the tokens: it parts words, builds one, is written without blanks, is ignored."""

# The ranges of Han characters, radicals and compatibility forms included, with 々 and 〇 (U+3005, U+3007).
HAN_RANGES = ((0x2E80, 0x2FDF), (0x3005, 0x3005), (0x3007, 0x3007), (0x3400, 0x4DBF), (0x4E00, 0x9FFF),
              (0xF900, 0xFAFF), (0x20000, 0x323AF))

CLASS_SHIFT = np.uint32(24)
CODE_MASK = np.uint32(0xFFFFFF)
SHORT = 200  # characters up to which a dictionary is quicker than an array

# Blocks in which some character folds to another one, or is not what its block is (Han and Hangul go by range).
_MIXED_BLOCKS = ((0x0, 0x2E80), (0x2FE0, 0x3400), (0xA000, 0xAC00), (0xD7A4, 0xD800), (0xFB00, 0x20000),
                 (0xE0000, 0xE1000))
_COMPATIBLE_HAN = ((0x2E80, 0x2FE0), (0xF900, 0xFB00), (0x2F800, 0x2FA20))
_HANGUL = (0xAC00, 0xD7A4)

# Traditional and variant forms that OpenCC converts by their neighbours alone, or keeps: 瞭解 but 瞭望, 隨著 but 著作.
# Both sides are folded alike, so 著作 finds itself. Radicals stand for the characters that PDF fonts give them for.
_MORE = dict(zip(
    "瞭夥藉著覆覈衞敍砲甦徬搾倣傚彊痺廐荳竝輭牠甯暱乾祕" "⺠⻅⻓⻋⻔⻛⻜⻢⻥⻩⻄⻚⻉⻘⻝⻤⻬⻰⻳⻮",
    "了伙借着复核卫叙炮苏彷榨仿效强痹厩豆并软它宁昵干秘" "民见长车门风飞马鱼黄西页贝青食鬼齐龙龟齿", strict=True))


@dataclass(frozen=True, slots=True)
class FoldTable:
    """The same mapping twice: `changed` for short texts, `packed` (class << 24 | folded code) for arrays of codes."""

    changed: dict[int, str]
    packed: Codes


def fold(text: str) -> str:
    """The text as it is compared: NFKC, lower case, no accents, simplified; always as long as it was.

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
    """The text that an array of code points spells."""
    return codes.astype("<u4", copy=False).tobytes().decode("utf-32-le", "surrogatepass")


def is_han(char: str) -> bool:
    """Whether one folded character is written without blanks around it.

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
    """The table, built when it is first needed (about a fifth of a second)."""
    changed = _folded_han()
    for first, end in _MIXED_BLOCKS:
        for code in range(first, end):
            char = chr(code)
            folded = _settled(char, changed)
            if folded != char:
                changed[code] = folded
    packed = np.arange(0x110000, dtype=np.uint32)
    packed[list(changed)] = [ord(each) for each in changed.values()]
    packed |= _classes()[packed] << CLASS_SHIFT
    return FoldTable(changed, packed)


def _folded_han() -> dict[int, str]:
    """Han characters that fold to another one, each followed to where it settles."""
    import opencc  # a table of several megabytes: loaded with the first Chinese text

    codes = [code for first, last in HAN_RANGES for code in range(first, last + 1)]
    simplified = opencc.OpenCC("t2s").convert("\n".join(map(chr, codes))).split("\n")
    direct = {chr(code): new for code, new in zip(codes, simplified, strict=True) if len(new) == 1} | _MORE
    for first, end in _COMPATIBLE_HAN:
        for code in range(first, end):
            char = unicodedata.normalize("NFKC", chr(code))
            if len(char) == 1 and char != chr(code):
                direct[chr(code)] = direct.get(char, char)
    return {ord(char): new for char in direct if (new := _followed(char, direct)) != char}


def _followed(char: str, steps: dict[str, str]) -> str:
    """Where a chain of replacements ends (瞭 → 了; at most a few steps, circles are cut)."""
    seen = {char}
    while (after := steps.get(char, char)) not in seen:
        seen.add(after)
        char = after
    return char


def _settled(char: str, han: dict[int, str]) -> str:
    """One character outside the Han blocks folded until nothing changes any more."""
    for _ in range(6):
        after = _folded_once(char)
        after = han.get(ord(after), after)
        if after == char:
            break
        char = after
    return char


def _folded_once(char: str) -> str:
    if _is_mark(char):
        return IGNORED
    compatible = unicodedata.normalize("NFKC", char)
    if len(compatible) == 1:
        char = compatible
    lower = char.casefold()
    if len(lower) != 1:
        lower = char.lower()
    return _without_accent(lower if len(lower) == 1 else char)


def _without_accent(char: str) -> str:
    """The bare letter of Latin, Greek and Cyrillic; other scripts keep theirs (が is not か)."""
    base = [each for each in unicodedata.normalize("NFD", char) if not _is_mark(each)]
    return base[0] if len(base) == 1 and ord(base[0]) < 0x530 else char


def _is_mark(char: str) -> bool:
    return unicodedata.category(char) in ("Mn", "Me", "Mc", "Cf")


def _classes() -> Codes:
    """What each code point is to the tokens."""
    classes = np.zeros(0x110000, dtype=np.uint32)
    for first, end in _MIXED_BLOCKS:
        for code in range(first, end):
            char = chr(code)
            if char.isalnum():
                classes[code] = WORD
            elif _is_mark(char):
                classes[code] = MARK
    classes[slice(*_HANGUL)] = WORD
    for first, last in HAN_RANGES:
        classes[first:last + 1] = HAN
    return classes
