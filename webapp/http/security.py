"""Security headers: CSP for our pages, the sandbox for archived ones; refusal of unknown host names."""

from flask import Response, abort, request
from flask_babel import gettext as _

from webapp.hosts import UNKNOWN_HOST

PAGE_POLICY = ("default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-src 'self'; "
               "base-uri 'none'; frame-ancestors 'self'")
# Archived pages are third-party HTML: no scripts, subresources or forms. Their links open in a new tab outside the
# sandbox (allow-popups-to-escape-sandbox), because the target is an ordinary page of another site.
SANDBOX = "allow-popups allow-popups-to-escape-sandbox"
ARCHIVED_POLICY = (f"sandbox {SANDBOX}; default-src 'none'; form-action 'none'; base-uri http: https:; "
                   "frame-ancestors 'self'")
# Control characters that are invalid in HTML but occur in stored text.
_CONTROL = bytes(each for each in [*range(32), 127] if each not in b"\t\n\r")


def allow_any_origin(response: Response) -> Response:
    """The response, readable by the scripts of any page on the web."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def strip_control_characters(html: bytes) -> bytes:
    """The page without the characters that no HTML document may hold."""
    return html.translate(None, _CONTROL)


def set_security_headers(response: Response) -> Response:
    """Add the headers, and strip control characters from HTML that is not compressed yet.

    A response that has a CSP already (an archived page) keeps it, and its bytes are not changed.
    """
    if "Content-Security-Policy" not in response.headers:
        response.headers["Content-Security-Policy"] = PAGE_POLICY
        if response.mimetype == "text/html" and "Content-Encoding" not in response.headers:
            response.set_data(strip_control_characters(response.get_data()))
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    return response


def reject_unknown_hosts() -> None:
    """400 for a request to a host name that is not the site's (`webapp/hosts.py` marked it)."""
    if UNKNOWN_HOST in request.environ:
        abort(400, _("This site does not answer to the host name that was asked for. Whoever runs it can set its "
                     "public address in GONGBAO_ADDRESS."))
