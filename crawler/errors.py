"""What can go wrong left of the documents; every class is one sentence a person can act on."""


class CrawlerError(Exception):
    """The base of every error that the crawler package raises on purpose."""


class SourceError(CrawlerError):
    """A source file contradicts itself, or a source is asked for that does not exist."""


class ArchiveError(CrawlerError):
    """The archive on disk cannot be read or written at the named place."""


class BusyError(CrawlerError):
    """Another process is doing the same thing at this moment."""


class ImportFault(CrawlerError):
    """One place of an imported file cannot be used; what stands before and after it can."""


class StoreError(CrawlerError):
    """The store is missing, of another version, or refuses a write."""
