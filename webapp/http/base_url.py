"""The address that readers know the site by, where a proxy makes it another than the one the server hears."""

from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def with_base_url(application: "WSGIApplication", address: str) -> "WSGIApplication":
    """The application as if it was asked at an address (https://host/prefix), whatever proxy asks it.

    The proxy may pass on the prefix or take it off.
    """
    parts = urlsplit(address)
    prefix = parts.path.rstrip("/")

    def answer(environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        asked = environ["PATH_INFO"]
        path = asked.removeprefix(prefix) if f"{asked}/".startswith(f"{prefix}/") else asked
        return application({**environ, "wsgi.url_scheme": parts.scheme.lower(), "HTTP_HOST": parts.netloc,
                            "SCRIPT_NAME": prefix, "PATH_INFO": path or "/"}, start)

    return answer
