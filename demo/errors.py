"""The error tree of the demo."""

from archive.errors import GongbaoError


class DemoError(GongbaoError):
    """The samples cannot be read, the replica cannot serve, or the demo cannot be built; the message says why."""
