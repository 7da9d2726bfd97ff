"""What can go wrong with the demo."""

from archive.errors import GongbaoError


class DemoError(GongbaoError):
    """The replica cannot serve, or the demo cannot be built from it; the message says why."""
