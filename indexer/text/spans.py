"""Spans of a text: merge them, and cut the text into marked and unmarked fragments. Pure."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import islice
from operator import itemgetter
from typing import NamedTuple

Span = tuple[int, int]
"""Start and end offset in characters."""

_END = itemgetter(1)


class Fragment(NamedTuple):
    """A part of a text, `marked` where a span covers it."""

    text: str
    marked: bool


def merge_spans(spans: Iterable[Span]) -> list[Span]:
    """The spans in ascending order, merged where they overlap or touch.

    >>> merge_spans([(5, 9), (0, 2), (1, 3)])
    [(0, 3), (5, 9)]
    """
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(merged[-1][1], end)
        else:
            merged.append((start, end))
    return merged


def cut_fragments(text: str, spans: Sequence[Span], start: int = 0, end: int | None = None) -> list[Fragment]:
    """The text from `start` to `end`, cut where spans begin and end; they must come from `merge_spans`.

    >>> [tuple(each) for each in cut_fragments("tea trade", [(0, 3), (8, 20)], 2)]
    [('a', True), (' trad', False), ('e', True)]
    """
    at, end = start, len(text) if end is None else end
    fragments: list[Fragment] = []
    for first, last in islice(spans, bisect_right(spans, start, key=_END), None):
        first, last = max(first, at), min(last, end)
        if first >= last:
            break
        if at < first:
            fragments.append(Fragment(text[at:first], False))
        fragments.append(Fragment(text[first:last], True))
        at = last
    if at < end:
        fragments.append(Fragment(text[at:end], False))
    return fragments


def occurrences(text: str, words: str) -> list[Span]:
    """The spans at which some words are in a text, letter for letter, without overlaps.

    >>> occurrences("a tea, a tea", "tea")
    [(2, 5), (9, 12)]
    """
    spans: list[Span] = []
    at = text.find(words) if words else -1
    while at >= 0:
        spans.append((at, at + len(words)))
        at = text.find(words, at + len(words))
    return spans
