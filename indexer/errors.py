"""Errors of the indexer, all derived from IndexerError."""

from archive.errors import GongbaoError
from archive.messages import Message


class IndexerError(GongbaoError):
    """Base class of the indexer package's errors."""


class QueryError(IndexerError):
    """A query cannot be parsed; `offset` is the character offset of the fault in the query text."""

    def __init__(self, message: Message, offset: int = 0) -> None:
        super().__init__(str(message))
        self.message = message
        self.offset = offset


class VocabularyError(IndexerError):
    """A vocabulary file is invalid; the message names the file and the entry."""


class EngineError(IndexerError):
    """The search engine cannot answer or cannot write; nothing is half-written."""


class FormatError(EngineError):
    """The index has the format of another version of the program and must be rebuilt."""
