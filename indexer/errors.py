"""Errors of the indexer: every class is one sentence a person can act on."""

from archive.errors import GongbaoError
from archive.messages import Message


class IndexerError(GongbaoError):
    """Base class of the indexer package's errors."""


class QueryError(IndexerError):
    """A query cannot be parsed; `offset` is the place in the typed text where it stops making sense."""

    def __init__(self, message: Message, offset: int = 0) -> None:
        super().__init__(str(message))
        self.message = message
        self.offset = offset


class VocabularyError(IndexerError):
    """A vocabulary file contradicts itself; the message names the file and the entry."""


class EngineError(IndexerError):
    """The search engine cannot answer or cannot write; nothing is half-written."""


class FormatError(EngineError):
    """The index was made by another version of the program, and has to be made anew."""
