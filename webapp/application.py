"""The site put together: languages, pages, errors, headers."""

from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path

from flask import Flask, url_for
from flask_babel import Babel, get_locale

from indexer.engines.base import Engine
from webapp import language, refusals, security
from webapp.config import WebSettings
from webapp.dates import clock_text, stamp_text
from webapp.holdings import Holdings
from webapp.names import load_names
from webapp.site import EXTENSION, Site, site
from webapp.views import BLUEPRINTS

_YEAR = 365 * 24 * 60 * 60


def build(settings: WebSettings, engine: Callable[[], Engine] | None) -> Flask:
    """The application; see `webapp.create_app`."""
    app = Flask("webapp", static_folder="static", template_folder="templates")
    app.config.update(SEND_FILE_MAX_AGE_DEFAULT=_YEAR, MAX_CONTENT_LENGTH=64 * 1024)
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.extensions[EXTENSION] = Site(settings, Holdings(settings, engine), load_names())
    Babel(app, default_locale=settings.language, locale_selector=language.reader_language)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    refusals.register(app)
    app.after_request(security.protect)
    app.after_request(language.remember)
    _give_templates_their_words(app)
    return app


def _give_templates_their_words(app: Flask) -> None:
    style = _fingerprint(Path(app.static_folder or "") / "style.css")
    app.jinja_env.filters.update(number=lambda count: f"{count:,}", clock=clock_text, stamp=stamp_text)
    app.context_processor(lambda: {
        "ui": str(get_locale()), "switch": language.switch_address, "samples": refusals.holds_samples,
        "notice": site().settings.notice, "label": site().names.label,
        "stylesheet": url_for("static", filename="style.css", v=style)})


def _fingerprint(file: Path) -> str:
    """A word that changes with the file, so that browsers may keep it for a year."""
    return blake2b(file.read_bytes(), digest_size=4).hexdigest()
