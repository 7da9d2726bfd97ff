"""Flask application over one archive: search, release pages, archived pages, Atom feeds, JSON, status."""

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from indexer.engines.base import Engine
    from webapp.settings import WebSettings


def create_app(settings: "WebSettings", engine_factory: "Callable[[], Engine] | None" = None) -> "Flask":
    """The Flask application; `engine_factory` replaces the search engine that the settings name.

    Store and engine are opened by the first request, so the application also starts without an archive.
    """
    from webapp.app import build_app

    return build_app(settings, engine_factory)
