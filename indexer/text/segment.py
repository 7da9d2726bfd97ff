"""Words in a run of Han characters, as a query is read; documents are never segmented."""

from indexer.text.tokens import is_han_run

# Characters that join words and mean little alone; one that stands alone in a query is not asked for.
_PARTICLES = frozenset("的了和与及等在是之对为于从由或将被把向并而以其也都就")


def segment(run: str) -> list[str]:
    """The words of a folded run that are searched for each on its own, in order.

    >>> segment("中国的出口管制措施")
    ['中国', '出口', '管制', '措施']
    >>> segment("反倾销税")
    ['反倾销税']
    """
    if len(run) <= 2 or not is_han_run(run):
        return [run]
    import rjieba  # its dictionary takes a tenth of a second and 30 MB: loaded with the first longer query

    return _joined([each for each in rjieba.cut(run) if each]) or [run]


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
