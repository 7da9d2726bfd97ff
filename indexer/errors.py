"""Errors of the indexer, all derived from IndexerError."""

from collections.abc import Mapping

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
    """The search engine cannot answer or cannot write. Engines raise one of its kinds, which say what helps."""


class UnavailableError(EngineError):
    """The engine cannot be reached, or not written to, for now: try again later; the checkpoint has not moved."""


class BrokenIndexError(EngineError):
    """The index is damaged, and trying again does not help: it must be rebuilt, as the message says."""


class NoIndexError(BrokenIndexError):
    """There is no index yet."""


class FormatError(BrokenIndexError):
    """The index has the format of another version of the program and must be rebuilt."""


class TooCostlyError(EngineError):
    """A search would cost the engine too much; a narrower one is answered."""


class DocumentRefusedError(EngineError):
    """The engine refuses documents as they are: the reason by id. The same write without them succeeds."""

    def __init__(self, refusals: Mapping[str, Message]) -> None:
        super().__init__("; ".join(f"document {name!r:.80} cannot be indexed: {reason}"
                                   for name, reason in refusals.items()))
        self.refusals = refusals
