"""Words in a run of Han characters, as a query is read; documents are never segmented."""

from dataclasses import dataclass

# Characters that join words and mean little alone; one that stands alone in a query is not asked for.
_PARTICLES = frozenset("的了和与及等在是之对为于从由或将被把向并而以其也都就")


# Characters that count or date what a number before them says: 53号, 2025年.
_MEASURES = frozenset("年月日号条项款届次期个万亿元章")
_ORDINAL = "第"


@dataclass(frozen=True, slots=True)
class Segments:
    """The words of a run; `head` belongs to the number before it, `tail` to the one after it."""

    words: list[str]
    head: str = ""
    tail: str = ""


def segment(run: str, *, after_number: bool = False, before_number: bool = False) -> Segments:
    """The words of a folded run that are searched for each on its own, in order.

    >>> segment("中国的出口管制措施").words
    ['中国', '出口', '管制', '措施']
    >>> segment("年第", after_number=True, before_number=True)
    Segments(words=[], head='年', tail='第')
    >>> segment("号公告", after_number=True)
    Segments(words=['公告'], head='号', tail='')
    """
    if len(run) <= 2 and not (after_number or before_number):
        return Segments([run])
    import rjieba  # its dictionary takes a tenth of a second and 30 MB: loaded with the first longer query

    found = [each for each in rjieba.cut(run) if each]
    head = found.pop(0) if after_number and found[0] in _MEASURES else ""
    tail = found.pop() if before_number and found and found[-1] == _ORDINAL else ""
    rest = "".join(found)
    words = [rest] if 0 < len(rest) <= 2 else _joined(found)
    return Segments(words or ([rest] if rest else []), head, tail)


def _joined(found: list[str]) -> list[str]:
    """Words with particles left out; a lone character belongs to the word after it, at the end to the one before."""
    words: list[str] = []
    lone, touching = "", False  # touching: no particle stands between the last word and here
    for each in found:
        if len(each) == 1 and each not in _PARTICLES:
            lone += each
            continue
        if len(each) == 1 or len(lone) > 1:
            _close(words, lone, touching=touching)
            lone = ""
        if len(each) > 1:
            words.append(lone + each)
            lone = ""
        touching = len(each) > 1
    _close(words, lone, touching=touching)
    return words


def _close(words: list[str], lone: str, *, touching: bool) -> None:
    """Give lone characters that no word follows a place: several are a word, one ends the word it touches."""
    if len(lone) == 1 and touching and words:
        words[-1] += lone
    elif lone:
        words.append(lone)
