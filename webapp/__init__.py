"""Documents to pages, feeds and an API."""

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from indexer.engines.base import Engine
    from webapp.settings import WebSettings


def create_app(settings: "WebSettings", engine_factory: "Callable[[], Engine] | None" = None) -> "Flask":
    """The site over the archive that the settings name; `engine_factory` opens another engine than theirs.

    Nothing is opened before the first request, so the site also starts where there is no archive yet.
    """
    from webapp.app import build_app

    return build_app(settings, engine_factory)
