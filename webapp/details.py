"""What went wrong, with places of the server, which are for whoever runs it and not for the whole world."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from flask import current_app, request
from flask_babel import gettext as _

from webapp.site import site


def details(error: Exception) -> str:
    """What an error says, to a reader at the machine itself; to others that its log says more, and then it does."""
    if _is_here():
        return str(error)
    current_app.logger.error("%s", error)
    said: str = _("The log of the server says more.")
    return said


def placeless(text: str) -> str:
    """A sentence of a run, for others than those at the machine without the path of the archive."""
    return text if _is_here() else text.replace(str(site().settings.data.absolute()), "…")


def _is_here() -> bool:
    return _is_loopback(request.remote_addr or "") and _is_loopback(urlsplit(request.host_url).hostname or "")


def _is_loopback(host: str) -> bool:
    """Whether a name or an address is the machine's own."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
