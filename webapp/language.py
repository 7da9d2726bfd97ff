"""In which language a reader sees the site: `?ui=`, then the cookie it left, then what the browser asks for."""

from urllib.parse import quote, urlencode

from flask import Response, request

from webapp.site import site

LANGUAGES = ("en", "zh")
COOKIE = "ui"
_YEAR = 365 * 24 * 60 * 60


def reader_language() -> str:
    """The language of this request's page, "en" or "zh"."""
    for asked in (request.args.get("ui"), request.cookies.get(COOKIE)):
        if asked in LANGUAGES:
            return str(asked)
    return request.accept_languages.best_match(LANGUAGES) or site().settings.language


def switch_address(language: str) -> str:
    """This very page in another language."""
    kept = [(name, value) for name, value in request.args.items(multi=True) if name != "ui"]
    return f"{quote(request.script_root + request.path)}?{urlencode([*kept, ('ui', language)])}"


def remember(response: Response) -> Response:
    """Leave the language that was asked for by `?ui=` in a cookie, and tell caches what the page depends on."""
    asked = request.args.get("ui")
    if asked in LANGUAGES:
        response.set_cookie(COOKIE, str(asked), max_age=_YEAR, path=request.script_root or "/", httponly=True,
                            samesite="Lax")
    if response.mimetype == "text/html":
        response.vary.update(("Accept-Language", "Cookie"))
    return response
