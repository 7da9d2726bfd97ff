"""What can go wrong between articles and search results; every class is one sentence a person can act on."""

from archive.errors import GongbaoError


class IndexerError(GongbaoError):
    """The base of every error that the indexer package raises on purpose."""


class QueryError(IndexerError):
    """A query cannot be understood; `place` is the offset in the typed text where it stops making sense."""

    def __init__(self, message: str, place: int = 0) -> None:
        super().__init__(message)
        self.place = place


class VocabularyError(IndexerError):
    """A vocabulary file contradicts itself; the message names the file and the entry."""


class EngineError(IndexerError):
    """The search engine cannot answer or cannot write; nothing is half-written."""


class FormatError(EngineError):
    """The index was made by another version of the program, and has to be made anew."""
