"""Host names that the site answers to: a request for another name gets 400, so that none gets into links or caches."""

import re
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from webapp.settings import WebSettings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

UNKNOWN_HOST = "gongbao.unknown_host"  # in the WSGI environment of a request that gets 400
# archive.example.org · 127.0.0.1:8000 · [::1]:80
_HOST = re.compile(r"(\[[\da-f:.]+\]|[a-z\d](?:[a-z\d._-]*[a-z\d])?\.?)(?::\d{1,5})?", re.IGNORECASE)
_ANY = ("0.0.0.0", "::", "")  # noqa: S104 - compared with, not bound


@dataclass(frozen=True, slots=True)
class KnownHosts:
    """The names that a site answers to; loopback names always, other IP addresses where `addresses` is true."""

    names: frozenset[str]
    addresses: bool

    @classmethod
    def of(cls, settings: WebSettings) -> "KnownHosts":
        """The names of a site: its public address, or that of its listener; this machine's where it has neither."""
        if settings.address:
            return cls(frozenset(_lower([urlsplit(settings.address).hostname or ""])), addresses=False)
        if is_loopback(settings.host):
            return cls(frozenset(), addresses=False)
        if settings.host in _ANY:
            return cls(frozenset(_lower([socket.gethostname(), socket.getfqdn()])), addresses=True)
        return cls(frozenset(_lower([settings.host])), addresses=False)

    def __contains__(self, host: str) -> bool:
        """True for the Host header of a name that is known, with any port."""
        match = _HOST.fullmatch(host)
        if match is None:
            return False
        name = match[1].lower().removesuffix(".").strip("[]")
        return name in self.names or is_loopback(name) or (self.addresses and _is_address(name))


def _lower(names: Iterable[str]) -> Iterable[str]:
    return (each.lower().removesuffix(".").strip("[]") for each in names)


def is_loopback(host: str) -> bool:
    """True for `localhost` and the loopback addresses.

    >>> is_loopback("127.0.0.1"), is_loopback("localhost"), is_loopback("0.0.0.0")
    (True, True, False)
    """
    return host.lower() == "localhost" or (_is_address(host) and ip_address(host).is_loopback)


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def with_known_hosts(application: "WSGIApplication", known: KnownHosts) -> "WSGIApplication":
    """WSGI wrapper that marks requests for unknown hosts; no view or template sees the name that they asked for."""
    def wrapped(environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        if environ.get("HTTP_HOST", "localhost") not in known:
            environ = {**environ, "HTTP_HOST": "localhost", UNKNOWN_HOST: True}
        return application(environ, start)

    return wrapped


def links_notice(settings: WebSettings) -> str:
    """What an operator is told at start: what links begin with where neither address nor listener says; else ""."""
    if settings.address or is_loopback(settings.host):
        return ""
    if settings.host in _ANY:
        asked = f"the IP address or the name ({socket.gethostname()}) that a request asks for"
    else:
        asked = f"http://{settings.host}"
    return (f"Links in feeds and JSON begin with {asked}; other names get 400. "
            "GONGBAO_ADDRESS sets the public address of the site.")
