"""What keeps a page from doing what this site never does: run scripts, load from elsewhere, be framed, be malformed."""

from flask import Response

PAGE_POLICY = ("default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-src 'self'; "
               "base-uri 'none'; frame-ancestors 'self'")
# An archived page is somebody else's: nothing of it runs, loads or submits. A link that a reader follows opens a tab of
# its own, outside the sandbox: what it leads to is an ordinary page of another site.
SANDBOX = "allow-popups allow-popups-to-escape-sandbox"
ARCHIVED_POLICY = (f"sandbox {SANDBOX}; default-src 'none'; form-action 'none'; base-uri http: https:; "
                   "frame-ancestors 'self'")
# Characters of stored text that HTML may not hold.
_CONTROL = bytes(each for each in [*range(32), 127] if each not in b"\t\n\r")


def set_security_headers(response: Response) -> Response:
    """Add the headers; a response that brings its own policy (an archived page) keeps it, and its every byte."""
    if "Content-Security-Policy" not in response.headers:
        response.headers["Content-Security-Policy"] = PAGE_POLICY
        if response.mimetype == "text/html":
            response.set_data(response.get_data().translate(None, _CONTROL))
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    return response
