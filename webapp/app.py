"""The site put together: languages, pages, errors, headers."""

from collections.abc import Callable
from typing import Any

from flask import Flask, g
from flask_babel import Babel, get_locale, get_translations

from indexer.engines.base import Engine
from webapp.backend import Backend
from webapp.context import EXTENSION, SiteContext, site
from webapp.dates import clock_text, stamp_text
from webapp.http import error_pages, language, security
from webapp.http.base_url import with_base_url
from webapp.http.links import links
from webapp.http.redact import strip_paths
from webapp.labels import load_labels, worded
from webapp.settings import WebSettings
from webapp.views import BLUEPRINTS

_YEAR = 365 * 24 * 60 * 60


def build(settings: WebSettings, engine: Callable[[], Engine] | None) -> Flask:
    """The application; see `webapp.create_app`."""
    app = Flask("webapp", static_folder="static", template_folder="templates")
    app.config.update(SEND_FILE_MAX_AGE_DEFAULT=_YEAR, MAX_CONTENT_LENGTH=64 * 1024)
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.extensions[EXTENSION] = SiteContext(settings, Backend(settings, engine), load_labels())
    Babel(app, default_locale=settings.language, locale_selector=language.reader_language)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    error_pages.register(app)
    app.after_request(security.protect)
    app.after_request(language.remember)
    _furnish_templates(app)
    if settings.address:
        app.wsgi_app = with_base_url(app.wsgi_app, settings.address)  # type: ignore[assignment]  # a method, for a function
    return app


def _furnish_templates(app: Flask) -> None:
    """Give the templates their filters, the reader's language, and the messages in it."""
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(number=lambda count: f"{count:,}", clock=clock_text, stamp=stamp_text,
                                 worded=worded, placeless=strip_paths)
    app.jinja_env.globals.update(_=_said, ngettext=_said_of)
    app.context_processor(lambda: {
        "ui": str(get_locale()), "switch": language.switch_address, "samples": error_pages.holds_samples,
        "notice": site().settings.notice, "label": site().names.label, "link": links()})


# Flask-Babel's own functions for templates find out about the language anew for each of the fifty messages of a page,
# and take every message for HTML; these do it once, and what they give is escaped like any other text.


def _said(message: str, **values: object) -> str:
    text: str = _messages().ugettext(message)
    return text % values if values else text


def _said_of(one: str, many: str, number: int, **values: object) -> str:
    text: str = _messages().ungettext(one, many, number)
    return text % {"num": number, **values}


def _messages() -> Any:
    """The catalogue of this request's language."""
    found = g.get("messages")
    if found is None:
        found = g.messages = get_translations()
    return found
