"""Tokens of texts and phrases, the same for every engine.

A run of Han characters becomes its first character, its overlapping pairs and its last character (公告第 → 公 公告 告第
第); a run of other letters and digits becomes one token, the stem of an English word. Blanks and punctuation between
runs leave no token, so a phrase matches exactly where its runs follow one another.
"""

import re
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from indexer.text.fold import (
    CLASS_SHIFT,
    CODE_MASK,
    HAN,
    HAN_RANGES,
    IGNORED,
    MARK,
    WORD,
    Codes,
    codes_of,
    fold,
    fold_table,
    is_han,
    text_of,
)
from indexer.text.stems import spelling_cache, split_word, stem_cache

_HAN = "".join(f"{chr(first)}-{chr(last)}" for first, last in HAN_RANGES)
LETTER = f"[^\\W_{_HAN}]"
"""Regex of a letter or digit of a word: "a", "7"; not "商", not "_"."""
# "2025年COVID-19" → "2025", "年", "covid", "19" (in folded text)
RUN = re.compile(f"[{_HAN}]+|{LETTER}+")

BLANK = 32
Bytes = NDArray[np.uint8]
_FIRST_LETTER = _LAST_LETTER = WORD << 2 | 3  # key of a letter that begins, or ends, its word (see `_expand`)


@dataclass(frozen=True, slots=True)
class Analysis:
    """Tokens of a text: the `stream`, separated by blanks, and the folded `words`, not stemmed."""

    stream: str
    words: list[str]


def runs(text: str) -> list[str]:
    """The folded runs of a text in reading order.

    >>> runs("第53号 公告, U.S.")
    ['第', '53', '号', '公告', 'u', 's']
    """
    return RUN.findall(fold(text).replace(IGNORED, ""))


def is_han_run(run: str) -> bool:
    """True for a run of Han characters."""
    return is_han(run[0])


def analyse(text: str) -> Analysis:
    """The tokens of a text as it is indexed.

    >>> analyse("公告第53号：Trade policies").stream
    '公 公告 告第 第 53 号 trade polici'
    """
    if text.isascii():
        return _analyse_words(text.encode("ascii").translate(_ascii_letters()).decode("ascii").split())
    packed = fold_table().packed[codes_of(f"\n{text}\n")]
    classes = _classes(packed)
    highest = classes.max()
    if highest == MARK:
        packed = packed[classes != MARK]
        classes = _classes(packed)
        highest = classes.max()
    codes = packed & CODE_MASK
    if highest == HAN:
        return _stem_between(*_expand(codes, classes))
    codes[classes != WORD] = BLANK
    return _analyse_words(text_of(codes).split())


def han_tokens(run: str, *, first: bool = True, last: bool = True) -> list[str]:
    """The tokens of a Han run, optionally without the single `first` or `last` character.

    >>> han_tokens("公告第"), han_tokens("公告第", first=False), han_tokens("公")
    (['公', '公告', '告第', '第'], ['公告', '告第', '第'], ['公'])
    """
    if len(run) == 1:
        return [run]
    pairs = [run[at:at + 2] for at in range(len(run) - 1)]
    return [run[0]] * first + pairs + [run[-1]] * last


def phrase_tokens(found: list[str]) -> list[str]:
    """The tokens of consecutive runs; the first and the last one may be parts of longer Han runs.

    A single character at an edge matches the last or first character of the run it is part of, which is a token.

    >>> phrase_tokens(["公告第", "53", "号"])
    ['公告', '告第', '第', '53', '号']
    """
    end = len(found) - 1
    tokens: list[str] = []
    for at, run in enumerate(found):
        if is_han_run(run):
            tokens += han_tokens(run, first=at > 0, last=at < end)
        else:
            tokens += stem_cache()[run].split()
    return tokens


def spelling_terms(words: list[str]) -> str:
    """The terms that find a document's words by exact form, prefix, suffix or infix; each word once."""
    return " ".join(map(spelling_cache().__getitem__, dict.fromkeys(words)))


def split_words(found: list[str]) -> list[str]:
    """The words among some runs, split like index terms."""
    return [piece for run in found if not is_han_run(run) for piece in split_word(run)]


@cache
def _ascii_letters() -> bytes:
    return bytes(ord(chr(code).lower()) if chr(code).isalnum() and code < 128 else BLANK for code in range(256))


@cache
def _counts() -> NDArray[np.int64]:
    """Characters written for one character, by class * 4 + is first in its run * 2 + is last (see `_expand`)."""
    letter, han = [1, 2, 1, 2], [3, 4, 3, 2]
    return np.array([0] * 4 + letter + han, dtype=np.int64)


def _classes(packed: Codes) -> Bytes:
    return (packed >> CLASS_SHIFT).astype(np.uint8)


def _analyse_words(words: list[str]) -> Analysis:
    return Analysis(" ".join(map(stem_cache().__getitem__, words)), words)


def _expand(codes: Codes, classes: Bytes) -> tuple[str, list[int], list[int]]:
    """The stream with words not yet stemmed, and the start and end offsets of its words.

    Every Han character is written twice with a blank between, which makes pairs of neighbours (公告第 becomes
    公␣公 告␣告 第␣第); the last of a run gets one more blank, and a run of one character is written once.
    """
    changes = (classes[:-1] != classes[1:]).view(np.uint8)
    inner = classes[1:-1]
    key = inner << 2
    key += changes[:-1] << 1
    key += changes[1:]
    counts = _counts().take(key)
    places = np.cumsum(counts) - counts
    out = np.repeat(codes[1:-1], counts)
    out[places[counts >= 2] + 1] = BLANK
    out[places[counts == 4] + 3] = BLANK
    begins, ends = places[(key | 1) == _FIRST_LETTER], places[(key | 2) == _LAST_LETTER] + 1
    return text_of(out), begins.tolist(), ends.tolist()


def _stem_between(stream: str, begins: list[int], ends: list[int]) -> Analysis:
    """Replace the words of the stream by their stems."""
    known, done = stem_cache(), 0
    parts: list[str] = []
    words: list[str] = []
    for begin, end in zip(begins, ends, strict=True):
        word = stream[begin:end]
        words.append(word)
        parts += (stream[done:begin], known[word])
        done = end
    parts.append(stream[done:].rstrip())
    return Analysis("".join(parts), words)
