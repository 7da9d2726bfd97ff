"""Flask application factory: blueprints, error handlers, response hooks, template environment, base URL."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import Flask
from flask_babel import Babel, get_locale

from indexer.engines.base import Engine
from webapp.backend import EXTENSION, Backend, archive_has_samples, current_backend
from webapp.facet_labels import load_labels
from webapp.formatting import (
    format_beijing_time,
    format_end,
    format_number,
    format_published,
    message_text,
    outcome_text,
    tried_text,
)
from webapp.hosts import KnownHosts, with_known_hosts
from webapp.http import compression, conditional, error_handlers, language, security
from webapp.http.error_handlers import strip_paths
from webapp.http.site_urls import site_urls
from webapp.settings import WebSettings
from webapp.views import BLUEPRINTS

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_YEAR = 365 * 24 * 60 * 60


def build_app(settings: WebSettings, engine_factory: Callable[[], Engine] | None) -> Flask:
    """Build the application; see `webapp.create_app`."""
    app = Flask("webapp", static_folder="static", template_folder="templates")
    app.config.update(SEND_FILE_MAX_AGE_DEFAULT=_YEAR, MAX_CONTENT_LENGTH=64 * 1024)
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.json.compact = True  # type: ignore[attr-defined]
    app.extensions[EXTENSION] = Backend(settings, load_labels(), engine_factory)
    Babel(app, default_locale=settings.language, locale_selector=language.negotiate_language)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    error_handlers.register_error_handlers(app)
    app.before_request(security.reject_unknown_hosts)
    # Flask calls them from the last to the first: a response is tagged as it is sent, and compressed at the end.
    for hook in (compression.compress, conditional.set_caching_headers, security.set_security_headers,
                 language.set_language_cookie):
        app.after_request(hook)
    _configure_templates(app)
    if settings.address:
        app.wsgi_app = with_base_url(app.wsgi_app, settings.address)  # type: ignore[assignment]  # wsgi_app is a method
    app.wsgi_app = with_known_hosts(app.wsgi_app, KnownHosts.of(settings))  # type: ignore[assignment]
    return app


def _configure_templates(app: Flask) -> None:
    """Add filters, translation functions and common variables to the Jinja environment."""
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(format_number=format_number, format_published=format_published,
                                 format_beijing_time=format_beijing_time, format_end=format_end,
                                 message_text=message_text, outcome_text=outcome_text, strip_paths=strip_paths,
                                 tried_text=tried_text)
    app.jinja_env.globals.update(_=language.gettext, ngettext=language.ngettext)
    app.context_processor(lambda: {
        "ui_language": str(get_locale()), "language_url": language.language_url, "urls": site_urls(),
        "has_samples": archive_has_samples, "notice": current_backend().settings.notice,
        "label": current_backend().labels.label})


def with_base_url(application: "WSGIApplication", base_url: str) -> "WSGIApplication":
    """WSGI wrapper for a fixed public base URL (https://host/prefix) behind a proxy.

    It overrides scheme, host and SCRIPT_NAME of every request; the proxy may forward the prefix or strip it.
    """
    parts = urlsplit(base_url)
    prefix = parts.path.rstrip("/")

    def wrapped(environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if f"{path}/".startswith(f"{prefix}/"):
            path = path.removeprefix(prefix)
        return application({**environ, "wsgi.url_scheme": parts.scheme.lower(), "HTTP_HOST": parts.netloc,
                            "SCRIPT_NAME": prefix, "PATH_INFO": path or "/"}, start)

    return wrapped
