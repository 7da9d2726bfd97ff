"""English words cut to the part that their forms share."""

from functools import cache

import Stemmer

MAX_TOKEN = 255  # characters of a token; Elasticsearch cuts there on its own
_ROOM = 400_000  # words remembered; what comes later starts anew


class StemCache(dict[str, str]):
    """The stem of every folded word asked for so far; words that are not plain English letters stay as they are.

    A word longer than a token may be becomes several, parted by blanks.
    """

    def __init__(self) -> None:
        super().__init__()
        self._stemmer = Stemmer.Stemmer("english")

    def __missing__(self, word: str) -> str:
        if len(word) > MAX_TOKEN:
            return " ".join(map(self.__getitem__, split_word(word)))
        if len(self) >= _ROOM:
            self.clear()
        plain = word.isascii() and word.isalpha()
        stem = self[word] = (self._stemmer.stemWord(word) or word) if plain else word
        return stem


class SpellingCache(dict[str, str]):
    """A folded word as the index keeps its spelling: as it is and, after a low line, from its end to its beginning.

    >>> SpellingCache()["trade"]
    'trade _edart'
    """

    def __missing__(self, word: str) -> str:
        if len(self) >= _ROOM:
            self.clear()
        spelling = " ".join(f"{each} {reversed_word(each)}" for each in split_word(word))
        if len(word) <= MAX_TOKEN:
            self[word] = spelling
        return spelling


@cache
def stem_cache() -> StemCache:
    """The stems of this process."""
    return StemCache()


@cache
def spelling_cache() -> SpellingCache:
    """The spellings of this process."""
    return SpellingCache()


def stem(word: str) -> str:
    """The stem of one folded word.

    >>> stem("policies"), stem("2025"), stem("страна")
    ('polici', '2025', 'страна')
    """
    return stem_cache()[word]


def reversed_word(word: str) -> str:
    """The spelling by which words are found that end alike."""
    return "_" + word[::-1]


def split_word(word: str) -> list[str]:
    """A word in split_word that fit into a token; nearly always the word alone."""
    if len(word) <= MAX_TOKEN:
        return [word]
    return [word[at:at + MAX_TOKEN] for at in range(0, len(word), MAX_TOKEN)]
