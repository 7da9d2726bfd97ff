"""Stems of English words, and the terms that find words by prefix, suffix or infix."""

from functools import cache

import Stemmer

MAX_TOKEN = 255  # characters; Elasticsearch splits longer tokens
_CACHE_SIZE = 400_000  # words; a full cache is cleared


class StemCache(dict[str, str]):
    """Cache of stems by folded word; a word with other than plain English letters is its own stem.

    A word longer than MAX_TOKEN becomes several stems, separated by blanks.
    """

    def __init__(self) -> None:
        super().__init__()
        self._stemmer = Stemmer.Stemmer("english")

    def __missing__(self, word: str) -> str:
        if len(word) > MAX_TOKEN:
            return " ".join(map(self.__getitem__, split_word(word)))
        if len(self) >= _CACHE_SIZE:
            self.clear()
        english = word.isascii() and word.isalpha()
        stem = self[word] = (self._stemmer.stemWord(word) or word) if english else word
        return stem


class SpellingCache(dict[str, str]):
    """Cache of the terms that index a folded word in its exact form: the word, and its reverse after a low line.

    >>> SpellingCache()["trade"]
    'trade _edart'
    """

    def __missing__(self, word: str) -> str:
        if len(self) >= _CACHE_SIZE:
            self.clear()
        spelling = " ".join(f"{each} {reversed_word(each)}" for each in split_word(word))
        if len(word) <= MAX_TOKEN:
            self[word] = spelling
        return spelling


@cache
def stem_cache() -> StemCache:
    """The one cache of this process."""
    return StemCache()


@cache
def spelling_cache() -> SpellingCache:
    """The one cache of this process."""
    return SpellingCache()


def stem(word: str) -> str:
    """The stem of one folded word.

    >>> stem("policies"), stem("2025"), stem("страна")
    ('polici', '2025', 'страна')
    """
    return stem_cache()[word]


def reversed_word(word: str) -> str:
    """The term of a reversed word: words with one suffix share its prefix."""
    return "_" + word[::-1]


def split_word(word: str) -> list[str]:
    """Parts of a word of at most MAX_TOKEN characters; nearly always the word alone."""
    if len(word) <= MAX_TOKEN:
        return [word]
    return [word[at:at + MAX_TOKEN] for at in range(0, len(word), MAX_TOKEN)]
