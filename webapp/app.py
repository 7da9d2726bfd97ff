"""The site put together: languages, pages, errors, headers."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import Flask
from flask_babel import Babel, get_locale

from indexer.engines.base import Engine
from webapp.backend import EXTENSION, Backend, SiteContext, site
from webapp.facet_labels import load_labels
from webapp.formatting import clock_text, stamp_text, worded
from webapp.http import error_handlers, language, security
from webapp.http.error_handlers import strip_paths
from webapp.http.site_urls import links
from webapp.settings import WebSettings
from webapp.views import BLUEPRINTS

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

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
    error_handlers.register(app)
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
    app.jinja_env.globals.update(_=language.gettext, ngettext=language.ngettext)
    app.context_processor(lambda: {
        "ui": str(get_locale()), "switch": language.switch_address, "samples": error_handlers.holds_samples,
        "notice": site().settings.notice, "label": site().names.label, "link": links()})


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
