"""Builds `fold_table.json`: `python -m indexer.text.build_fold_table`.

The file is committed so that every process and every Python folds alike, and none loads the conversion tables, which
take tens of megabytes.
"""

import json
import unicodedata
from pathlib import Path

from indexer.text.fold import FOLD_TABLE_FILE, HAN_RANGES, IGNORED, MIXED_BLOCKS

_COMPATIBLE_HAN = ((0x2E80, 0x2FE0), (0xF900, 0xFB00), (0x2F800, 0x2FA20))

# Traditional and variant forms that OpenCC converts only by context, or not at all: 瞭解 but 瞭望, 隨著 but 著作.
# Texts and queries fold alike, so 著作 still finds itself. PDF fonts use radicals in place of characters.
_EXTRA = dict(zip(
    "瞭夥藉著覆覈衞敍砲甦徬搾倣傚彊痺廐荳竝輭牠甯暱乾祕" "⺠⻅⻓⻋⻔⻛⻜⻢⻥⻩⻄⻚⻉⻘⻝⻤⻬⻰⻳⻮",
    "了伙借着复核卫叙炮苏彷榨仿效强痹厩豆并软它宁昵干秘" "民见长车门风飞马鱼黄西页贝青食鬼齐龙龟齿", strict=True))


def fold_pairs() -> dict[str, str]:
    """Character -> folded character, for all that change; takes about 0.2 s."""
    changed = _folded_han()
    for first, end in MIXED_BLOCKS:
        for char in map(chr, range(first, end)):
            folded = _fold_until_stable(char, changed)
            if folded != char:
                changed[char] = folded
    return changed


def write(path: Path = FOLD_TABLE_FILE) -> None:
    """Write the table, with the Unicode version of this Python, to a file."""
    changed = fold_pairs()
    made = {"unicode": unicodedata.unidata_version, "from": "".join(changed), "to": "".join(changed.values())}
    path.write_text(json.dumps(made, indent=0) + "\n", encoding="ascii")


def _folded_han() -> dict[str, str]:
    """Han characters that change, each with its final form."""
    import opencc  # a dependency of development only

    codes = [code for first, last in HAN_RANGES for code in range(first, last + 1)]
    simplified = opencc.OpenCC("t2s").convert("\n".join(map(chr, codes))).split("\n")
    direct = {chr(code): new for code, new in zip(codes, simplified, strict=True) if len(new) == 1} | _EXTRA
    for first, end in _COMPATIBLE_HAN:
        for code in range(first, end):
            char = unicodedata.normalize("NFKC", chr(code))
            if len(char) == 1 and char != chr(code):
                direct[chr(code)] = direct.get(char, char)
    return {char: new for char in direct if (new := _resolve(char, direct)) != char}


def _resolve(char: str, steps: dict[str, str]) -> str:
    """The end of a chain of replacements (瞭 → 了); cycles are cut."""
    seen = {char}
    while (after := steps.get(char, char)) not in seen:
        seen.add(after)
        char = after
    return char


def _fold_until_stable(char: str, han: dict[str, str]) -> str:
    """A character outside the Han blocks, folded until it no longer changes."""
    for _ in range(6):
        after = _folded_once(char)
        after = han.get(after, after)
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
    """The base letter in Latin, Greek and Cyrillic; other scripts keep their marks (が is not か)."""
    base = [each for each in unicodedata.normalize("NFD", char) if not _is_mark(each)]
    return base[0] if len(base) == 1 and ord(base[0]) < 0x530 else char


def _is_mark(char: str) -> bool:
    return unicodedata.category(char) in ("Mn", "Me", "Mc", "Cf")


if __name__ == "__main__":
    write()
