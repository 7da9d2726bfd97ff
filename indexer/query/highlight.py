"""Matches of a query in titles and bodies, and excerpts with them; independent of the engine.

Matching runs on the folded text, which has the length of the original, so fragments are cut from the original.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice, pairwise, takewhile
from operator import attrgetter

from indexer.query.model import Clause, Query
from indexer.query.plan import word_groups
from indexer.text.fold import IGNORED, fold
from indexer.text.spans import Fragment, Span, cut_fragments, merge_spans
from indexer.text.stems import stem
from indexer.text.tokens import LETTER, is_han_run, runs

ELLIPSIS = "…"
# Limits of one text: what comes after its first characters, or after the first matches of each term, is not marked.
MOST_CHARACTERS = 200_000
MOST_MATCHES = 2000  # of all terms together
FEWEST_MATCHES = 4  # of each term
LONGEST_CORE = 4
_END = attrgetter("end")
# A letter or digit of a word: "a", "7"; not "商", not "_"
_IS_LETTER = re.compile(LETTER)
# The rest of a word: "ies" after "polic"; compiled once, since this class of characters takes milliseconds to compile
_REST_OF_WORD = re.compile(f"{LETTER}*")
# The end of a sentence or line: "。", "! ", ". ", a line break
_SENTENCE_END = re.compile(r"[。！？!?；][”’」』)）]*\s*|\.\s+|\n+")
_STEM_TAIL = 2  # letters at a stem's end that its forms may lack (policies, polici, policy; created, creat)


@dataclass(frozen=True, slots=True)
class Match:
    """A match in a text; `term` is the index of the matched term among those of the query."""

    start: int
    end: int
    term: int


@dataclass(frozen=True, slots=True)
class _TermMatcher:
    """Finds one term: `pattern`, on a word boundary at each edge where `letters` is true.

    `partial` matches inside words where nothing matches as whole words.
    """

    pattern: re.Pattern[str]
    letters: tuple[bool, bool]
    partial: bool = False


@dataclass(frozen=True, slots=True)
class _StemMatcher:
    """Finds the words of a stem, all of which begin with `prefix`."""

    prefix: str
    stem: str


class Highlighter:
    """Finds the terms of one query in any number of titles and bodies."""

    def __init__(self, query: Query) -> None:
        self._matchers = [matcher for clause in query.clauses if not clause.excluded for matcher in _matchers(clause)]

    def title(self, text: str) -> list[Fragment]:
        """The whole text in fragments."""
        return cut_fragments(text, _spans(self.matches(text)))

    def excerpt(self, text: str, length: int = 240) -> list[Fragment]:
        """The passage with most terms, or two shorter ones, in fragments; without a match, the beginning."""
        matches = self.matches(text)
        spans, fragments = _spans(matches), list[Fragment]()
        for number, (start, end) in enumerate(_passages(text, matches, length)):
            if number == 0 and start > 0:
                fragments.append(Fragment(ELLIPSIS, False))
            fragments += cut_fragments(text, spans, start, end)
            if end < len(text.rstrip()):
                after_stop = text[:end].rstrip().endswith((".", "!", "?"))
                fragments.append(Fragment(f" {ELLIPSIS}" if after_stop else ELLIPSIS, False))
        return fragments

    def matches(self, text: str) -> list[Match]:
        """The matches in reading order, up to MOST_MATCHES in the first MOST_CHARACTERS of the text; those of different
        terms may overlap."""
        folded = fold(text[:MOST_CHARACTERS])
        if IGNORED in folded:
            return _with_ignored(folded, self._matches(folded.replace(IGNORED, "")))
        return self._matches(folded)

    def _matches(self, folded: str) -> list[Match]:
        most = max(FEWEST_MATCHES, MOST_MATCHES // max(1, len(self._matchers)))
        found = [Match(start, end, number) for number, matcher in enumerate(self._matchers)
                 for start, end in islice(_find(matcher, folded), most)]
        return sorted(found, key=lambda each: (each.start, -each.end))


def _spans(matches: list[Match]) -> list[Span]:
    return merge_spans((each.start, each.end) for each in matches)


_Matcher = _TermMatcher | _StemMatcher


def _matchers(clause: Clause) -> list[_Matcher]:
    found = runs(clause.text)
    if not found:
        return []
    if clause.phrase:
        return [_phrase_matcher(found, partial=True)]
    return [_phrase_matcher(each) if len(each) > 1 or is_han_run(each[0]) else _stem_matcher(each[0])
            for each in word_groups(found)]


def _phrase_matcher(found: list[str], *, partial: bool = False) -> _TermMatcher:
    """Matches consecutive runs, with any punctuation and blanks between them."""
    pattern = re.escape(found[0])
    for before, after in pairwise(found):
        pattern += ("[\\W_]+" if is_han_run(before) == is_han_run(after) else "[\\W_]*") + re.escape(after)
    return _TermMatcher(re.compile(pattern), (not is_han_run(found[0]), not is_han_run(found[-1])), partial=partial)


def _stem_matcher(word: str) -> _Matcher:
    """Matches a word in any of its forms."""
    root = stem(word)
    if root == word and not (word.isascii() and word.isalpha()):
        return _phrase_matcher([word])
    return _StemMatcher(root[:max(1, len(root) - _STEM_TAIL)], root)


def _find(matcher: _Matcher, text: str) -> Iterator[Span]:
    if isinstance(matcher, _StemMatcher):
        return (span for span in _words(text, matcher.prefix) if stem(text[slice(*span)]) == matcher.stem)
    spans = (each.span() for each in matcher.pattern.finditer(text))
    whole = (span for span in spans if _on_word_boundaries(matcher, text, span))
    first = next(whole, None)
    if first is not None:
        return chain((first,), whole)
    return (each.span() for each in matcher.pattern.finditer(text)) if matcher.partial else iter(())


def _words(text: str, prefix: str) -> Iterator[Span]:
    """The words that begin with a prefix."""
    start = text.find(prefix)
    while start >= 0:
        rest = _REST_OF_WORD.match(text, start + len(prefix))
        end = rest.end() if rest else start + len(prefix)
        if not _letter_at(text, start - 1):
            yield start, end
        start = text.find(prefix, end)


def _on_word_boundaries(matcher: _TermMatcher, text: str, span: Span) -> bool:
    inside_at_start = matcher.letters[0] and _letter_at(text, span[0] - 1)
    inside_at_end = matcher.letters[1] and _letter_at(text, span[1])
    return not (inside_at_start or inside_at_end)


def _letter_at(text: str, at: int) -> bool:
    return 0 <= at < len(text) and _IS_LETTER.match(text, at) is not None


def _with_ignored(folded: str, matches: list[Match]) -> list[Match]:
    """Matches of the text without ignored characters, with offsets into the text that has them."""
    places = [at for at, char in enumerate(folded) if char != IGNORED] + [len(folded)]
    return [Match(places[each.start], places[each.end], each.term) for each in matches]


def _passages(text: str, matches: list[Match], length: int) -> list[Span]:
    """The spans of an excerpt, in reading order."""
    if not matches:
        return [_around(text, (0, 0), length)]
    first = _densest(matches, length)
    missing = {each.term for each in matches} - {each.term for each in first}
    if not missing:
        return [_around(text, _extent(first), length)]
    first = _densest(matches, length // 2)
    shown = {each.term for each in first}
    second = _densest([each for each in matches if each.term not in shown], length // 2)
    one, other = sorted(_around(text, _extent(each), length // 2) for each in (first, second))
    return [one, other] if one[1] < other[0] else [(one[0], max(one[1], other[1]))]


def _densest(matches: list[Match], length: int) -> list[Match]:
    """The matches within one window of that length: those of most terms, then most matches, then the earliest.

    The window begins at each match in turn; what enters and leaves it is counted, so that the time does not grow with
    the number of matches inside.
    """
    by_end, entered = sorted(matches, key=_END), 0
    counts: dict[int, int] = {}  # matches inside by term
    terms = inside = 0
    best, best_score = 0, (0, 0)
    for at, match in enumerate(matches):
        limit = match.start + length
        while entered < len(by_end) and by_end[entered].end <= limit:
            entering = by_end[entered]
            entered += 1
            if entering.start >= match.start:
                counts[entering.term] = count = counts.get(entering.term, 0) + 1
                terms, inside = terms + (count == 1), inside + 1
        score = (terms, inside) if inside else (1, 1)
        if score > best_score:
            best, best_score = at, score
        if match.end <= limit:
            counts[match.term] = count = counts[match.term] - 1
            terms, inside = terms - (count == 0), inside - 1
    return _window(matches[best:], length)


def _window(matches: list[Match], length: int) -> list[Match]:
    """Those of the matches that end within a length after the start of the first; the first if it is longer."""
    first = matches[0]
    near = takewhile(lambda each: each.start < first.start + length, matches)
    return [each for each in near if each.end <= first.start + length] or [first]


def _extent(matches: list[Match]) -> Span:
    return matches[0].start, max(each.end for each in matches)


def _around(text: str, core: Span, length: int) -> Span:
    """A span of about that length around the core, cut at sentences or words, without blanks at its ends.

    Of a core that is longer than LONGEST_CORE lengths, the beginning.
    """
    start, end = core[0], min(core[1], core[0] + LONGEST_CORE * length)
    room = max(0, length - (end - start))
    start = _start_before(text, start, room * 2 // 3)
    end = _end_after(text, end, max(0, length - (end - start)))
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _start_before(text: str, at: int, room: int) -> int:
    """Start in the room before `at`: after the last sentence that ends there, else at a word of its nearer half."""
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
    """End in the room after `at`: after the last sentence that ends in its second half, else after a word."""
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
    """True where a cut at this offset would split a word, or a letter from its accent."""
    if not 0 < at < len(text):
        return False
    after = fold(text[at])
    return after == IGNORED or (_letter_at(text, at - 1) and _letter_at(text, at))
