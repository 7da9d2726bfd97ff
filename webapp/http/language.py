"""Language of the site: negotiation by `?ui=`, cookie, then Accept-Language; and gettext for the templates."""

from typing import Any
from urllib.parse import quote, urlencode

from flask import Response, g, request
from flask_babel import get_locale, get_translations

from webapp.backend import current_backend

LANGUAGES = ("en", "zh")
COOKIE = "ui"
_YEAR = 365 * 24 * 60 * 60


def negotiate_language() -> str:
    """Language of the response to this request, "en" or "zh"."""
    asked = request.args.get("ui")
    if asked in LANGUAGES:
        return str(asked)
    g.negotiated = True
    kept = request.cookies.get(COOKIE)
    if kept in LANGUAGES:
        return kept
    return request.accept_languages.best_match(LANGUAGES) or current_backend().settings.language


def language_parameter() -> str:
    """Value of `ui` for a URL that must give this request's language to every client; "" for the default language."""
    found: str | None = g.get("language_parameter")  # asked for several times on each page
    if found is None:
        language = str(get_locale())
        found = g.language_parameter = "" if language == current_backend().settings.language else language
    return found


def language_url(language: str) -> str:
    """URL of the current page in another language."""
    kept = [(name, value) for name, value in request.args.items(multi=True) if name != "ui"]
    return f"{quote(request.script_root + request.path)}?{urlencode([*kept, ('ui', language)])}"


def set_language_cookie(response: Response) -> Response:
    """Store the language of `?ui=` in a cookie; add Vary headers if the language was negotiated."""
    asked = request.args.get("ui")
    if asked in LANGUAGES and response.mimetype == "text/html":
        response.set_cookie(COOKIE, str(asked), max_age=_YEAR, path=request.script_root or "/", httponly=True,
                            samesite="Lax", secure=request.is_secure)
    if g.get("negotiated"):
        response.vary.update(("Accept-Language", "Cookie"))
    return response


# For templates. Flask-Babel's own functions look up the catalogue for each of the fifty messages of a page and return
# Markup; these look it up once per request and return plain text, which Jinja escapes.


def gettext(message: str, **values: object) -> str:
    """The message in the reader's language, its %(name)s placeholders filled in."""
    text: str = _catalogue().ugettext(message)
    return text % values if values else text


def ngettext(singular: str, plural: str, number: int, **values: object) -> str:
    """The form of a message for a number, in the reader's language; `%(num)s` is the number unless `num` is given."""
    text: str = _catalogue().ungettext(singular, plural, number)
    return text % {"num": number, **values}


def _catalogue() -> Any:
    """The message catalogue of this request's language."""
    found = g.get("catalogue")
    if found is None:
        found = g.catalogue = get_translations()
    return found
