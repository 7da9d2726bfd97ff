"""Segmentation of Han runs into words, for queries only: documents are indexed by character pairs."""

from dataclasses import dataclass

# Particles: not searched where they are a word of their own.
_PARTICLES = frozenset("的了和与及等在是之对为于从由或将被把向并而以其也都就")

# Measure words of the number before them: 53号, 2025年.
_MEASURES = frozenset("年月日号条项款届次期个万亿元章")
_ORDINAL = "第"


@dataclass(frozen=True, slots=True)
class Segments:
    """The words of a run; `head` belongs to the number before the run, `tail` to the number after it."""

    words: list[str]
    head: str = ""
    tail: str = ""


def segment(run: str, *, after_number: bool = False, before_number: bool = False) -> Segments:
    """The words of a folded run, in order.

    >>> segment("中国的出口管制措施").words
    ['中国', '出口', '管制', '措施']
    >>> segment("年第", after_number=True, before_number=True)
    Segments(words=[], head='年', tail='第')
    >>> segment("号公告", after_number=True)
    Segments(words=['公告'], head='号', tail='')
    """
    if len(run) <= 2 and not (after_number or before_number):
        return Segments([run])
    import rjieba  # lazy: its dictionary takes 0.1 s and 30 MB

    found = [each for each in rjieba.cut(run) if each]
    head = found.pop(0) if after_number and found[0] in _MEASURES else ""
    tail = found.pop() if before_number and found and found[-1] == _ORDINAL else ""
    rest = "".join(found)
    words = [rest] if 0 < len(rest) <= 2 else _join_lone_characters(found)
    return Segments(words or ([rest] if rest else []), head, tail)


def _join_lone_characters(found: list[str]) -> list[str]:
    """The words without particles; a lone character joins the word after it, at the end the one before."""
    words: list[str] = []
    lone, touching = "", False  # touching: no particle since the last word
    for each in found:
        if len(each) == 1 and each not in _PARTICLES:
            lone += each
            continue
        if len(each) == 1 or len(lone) > 1:
            _place_lone(words, lone, touching=touching)
            lone = ""
        if len(each) > 1:
            words.append(lone + each)
            lone = ""
        touching = len(each) > 1
    _place_lone(words, lone, touching=touching)
    return words


def _place_lone(words: list[str], lone: str, *, touching: bool) -> None:
    """Add lone characters that no word follows: several are a word, one ends the word it touches."""
    if len(lone) == 1 and touching and words:
        words[-1] += lone
    elif lone:
        words.append(lone)
