"""Errors of the demo package."""

from archive.errors import GongbaoError


class DemoError(GongbaoError):
    """Sample releases are malformed, the replica cannot listen, or the demo archive is incomplete."""
