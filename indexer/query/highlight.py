"""What a search found, shown in the text as it was published: the same for every engine, made without one.

Matching is done on the folded text, which is as long as the original, so every piece is cut out of the original.
"""

import re
from bisect import bisect_left
from dataclasses import dataclass
from itertools import pairwise

from indexer.query.model import Clause, Query
from indexer.query.plan import word_groups
from indexer.text.fold import IGNORED, fold
from indexer.text.spans import Fragment, Span, cut_fragments, merge_spans
from indexer.text.stems import stem
from indexer.text.tokens import LETTER, is_han_run, runs

ELLIPSIS = "…"
# A letter or digit of a word that is written with blanks around it: "a", "7", not "商", not "_"
_IS_LETTER = re.compile(LETTER)
# Where a sentence or a line has ended: "。", "! ", ". ", a line break
_SENTENCE_END = re.compile(r"[。！？!?；][”’」』)）]*\s*|\.\s+|\n+")
_TAIL = 2  # letters at a stem's end that its forms may not have (policies, polici, policy; created, creat)


@dataclass(frozen=True, slots=True)
class MatchSpan:
    """A found place, and which of the things searched for it is."""

    start: int
    end: int
    part: int


@dataclass(frozen=True, slots=True)
class _Finder:
    """How one searched thing is recognised: by `pattern`, on borders of words where it has letters there.

    With a `stem`, only words of that stem count; `cut` allows what is found nowhere else to be found inside words.
    """

    pattern: re.Pattern[str]
    letters: tuple[bool, bool]
    stem: str | None = None
    cut: bool = False


class Highlighter:
    """Marks what a query asked for in any number of titles and bodies."""

    def __init__(self, query: Query) -> None:
        self._finders = [finder for clause in query.clauses if not clause.excluded for finder in _finders(clause)]

    def title(self, text: str) -> list[Fragment]:
        """The whole text in pieces."""
        return cut_fragments(text, _merged(self.marks(text)))

    def excerpt(self, text: str, length: int = 240) -> list[Fragment]:
        """The passage that shows most of what was searched for, or two shorter ones; without any, the beginning."""
        marks = self.marks(text)
        merged, out = _merged(marks), list[Fragment]()
        for number, (start, end) in enumerate(_passages(text, marks, length)):
            if number == 0 and start > 0:
                out.append(Fragment(ELLIPSIS, False))
            out += cut_fragments(text, merged, start, end)
            if end < len(text.rstrip()):
                after_stop = text[:end].rstrip().endswith((".", "!", "?"))
                out.append(Fragment(f" {ELLIPSIS}" if after_stop else ELLIPSIS, False))
        return out

    def marks(self, text: str) -> list[MatchSpan]:
        """Every found place, in reading order; places of different things may overlap."""
        folded = fold(text)
        if IGNORED in folded:
            return _restored(folded, self._marks(folded.replace(IGNORED, "")))
        return self._marks(folded)

    def _marks(self, folded: str) -> list[MatchSpan]:
        found = [MatchSpan(start, end, number) for number, finder in enumerate(self._finders)
                 for start, end in _found(finder, folded)]
        return sorted(found, key=lambda each: (each.start, -each.end))


def _merged(marks: list[MatchSpan]) -> list[Span]:
    return merge_spans((each.start, each.end) for each in marks)


def _finders(clause: Clause) -> list[_Finder]:
    found = runs(clause.text)
    if not found:
        return []
    if clause.phrase:
        return [_sequence(found, cut=True)]
    return [_sequence(each) if len(each) > 1 or is_han_run(each[0]) else _inflected(each[0])
            for each in word_groups(found)]


def _sequence(found: list[str], *, cut: bool = False) -> _Finder:
    """Runs one after another; punctuation and blanks between them are as they may be."""
    pattern = re.escape(found[0])
    for before, after in pairwise(found):
        pattern += ("[\\W_]+" if is_han_run(before) == is_han_run(after) else "[\\W_]*") + re.escape(after)
    return _Finder(re.compile(pattern), (not is_han_run(found[0]), not is_han_run(found[-1])), cut=cut)


def _inflected(word: str) -> _Finder:
    """A word in any of its forms."""
    root = stem(word)
    if root == word and not (word.isascii() and word.isalpha()):
        return _sequence([word])
    beginning = root[:max(1, len(root) - _TAIL)]
    return _Finder(re.compile(f"{re.escape(beginning)}{LETTER}*"), (True, True), stem=root)


def _found(finder: _Finder, text: str) -> list[Span]:
    spans = [each.span() for each in finder.pattern.finditer(text)]
    if finder.stem is not None:
        return [(start, end) for start, end in spans
                if not _letter_at(text, start - 1) and stem(text[start:end]) == finder.stem]
    whole = [span for span in spans if _on_borders(finder, text, span)]
    return whole or (spans if finder.cut else [])


def _on_borders(finder: _Finder, text: str, span: Span) -> bool:
    begins_cut = finder.letters[0] and _letter_at(text, span[0] - 1)
    ends_cut = finder.letters[1] and _letter_at(text, span[1])
    return not (begins_cut or ends_cut)


def _letter_at(text: str, at: int) -> bool:
    return 0 <= at < len(text) and _IS_LETTER.match(text, at) is not None


def _restored(folded: str, marks: list[MatchSpan]) -> list[MatchSpan]:
    """Marks of the text without ignored signs, put back to where they stand with them (a letter keeps its accents)."""
    places = [at for at, char in enumerate(folded) if char != IGNORED] + [len(folded)]
    return [MatchSpan(places[each.start], places[each.end], each.part) for each in marks]


def _passages(text: str, marks: list[MatchSpan], length: int) -> list[Span]:
    """The spans to show, in reading order."""
    if not marks:
        return [_around(text, (0, 0), length)]
    first = _best(marks, length)
    missing = {each.part for each in marks} - {each.part for each in first}
    if not missing:
        return [_around(text, _span(first), length)]
    first = _best(marks, length // 2)
    shown = {each.part for each in first}
    second = _best([each for each in marks if each.part not in shown], length // 2)
    one, other = sorted(_around(text, _span(each), length // 2) for each in (first, second))
    return [one, other] if one[1] < other[0] else [(one[0], max(one[1], other[1]))]


def _best(marks: list[MatchSpan], length: int) -> list[MatchSpan]:
    """The marks that fit into one passage and show most different things, then most of them, then stand first."""
    starts = [each.start for each in marks]
    best: list[MatchSpan] = []
    worth = (0, 0)
    for at, mark in enumerate(marks):
        fitting = [each for each in marks[at:bisect_left(starts, mark.start + length)]
                   if each.end <= mark.start + length] or [mark]
        value = (len({each.part for each in fitting}), len(fitting))
        if value > worth:
            best, worth = fitting, value
    return best


def _span(marks: list[MatchSpan]) -> Span:
    return marks[0].start, max(each.end for each in marks)


def _around(text: str, core: Span, length: int) -> Span:
    """A span of about that length around the core, from the beginning of a sentence or word to the end of one."""
    start, end = core
    room = max(0, length - (end - start))
    start = _start_before(text, start, room * 2 // 3)
    end = _end_after(text, end, max(0, length - (end - start)))
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _start_before(text: str, at: int, room: int) -> int:
    """Where to begin showing what stands at `at`: after the last sentence that ends in the room before it."""
    lowest = max(0, at - room)
    if lowest == 0:
        return 0
    ends = [each.end() for each in _SENTENCE_END.finditer(text, lowest, at)]
    if ends:
        return ends[-1]
    lowest = max(lowest, at - room // 2)
    while lowest < at and _inside_word(text, lowest):
        lowest += 1
    return lowest


def _end_after(text: str, at: int, room: int) -> int:
    """Where to stop: after the last sentence that ends in the second half of the room, else after a word."""
    highest = at + room
    if highest >= len(text):
        return len(text)
    ends = [each.end() for each in _SENTENCE_END.finditer(text, at + room // 2, highest)]
    if ends:
        return ends[-1]
    stop = highest
    while highest > at and _inside_word(text, highest):
        highest -= 1
    return highest if highest > at else stop


def _inside_word(text: str, at: int) -> bool:
    """Whether a cut before this place would part a word, or a letter from its accent."""
    if not 0 < at < len(text):
        return False
    after = fold(text[at])
    return after == IGNORED or (_letter_at(text, at - 1) and _letter_at(text, at))
