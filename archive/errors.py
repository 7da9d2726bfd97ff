"""Errors of the archive package, and the base class of every error that Gongbao raises on purpose."""

from archive.messages import Message


class GongbaoError(Exception):
    """Base class of all errors with a message for the user; the command line prints it without a traceback."""


class ArchiveError(GongbaoError):
    """Base class of the archive package's errors."""


class SettingError(ArchiveError):
    """An environment variable holds a value that its setting does not accept."""


class WarcError(ArchiveError):
    """A WARC file or its folder cannot be read or written."""


class StoreError(ArchiveError):
    """The store is missing, has another schema version, or cannot be read or written."""


class DamagedStoreError(StoreError):
    """The database is not one that Gongbao wrote, or not whole: only a copy of it helps, as the message says."""


class RefusedRowError(StoreError):
    """The database refuses the values of a row; it works, and other rows can be written."""


class BusyError(ArchiveError):
    """Another process holds the lock."""


class ImportFault(ArchiveError):
    """One record or row of an imported file is unusable; those before and after it are imported."""


class CharsetError(ArchiveError):
    """No charset reads the bytes of a page; `tried` lists the charsets."""

    def __init__(self, reason: Message, tried: tuple[str, ...] = ()) -> None:
        super().__init__(str(reason))
        self.reason = reason
        self.tried = tried


class BackupError(ArchiveError):
    """A backup cannot be made in its folder, or a backup cannot be restored."""
