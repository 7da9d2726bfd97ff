"""What can go wrong in the site; every class is one sentence a person can act on."""

from archive.errors import GongbaoError


class WebError(GongbaoError):
    """The base of every error that the webapp package raises on purpose."""


class ServeError(WebError):
    """The site cannot listen at the address that was asked for."""
