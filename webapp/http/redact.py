"""Places of the server: its log names them, its pages never do."""

from functools import cache

from flask import current_app
from sqlalchemy import make_url

from archive.db.store import display_url
from webapp.context import site


def log_error(error: Exception) -> None:
    """Write down what an error says, for whoever runs the site; readers are told that something is wrong, not where."""
    current_app.logger.error("%s", error)


def strip_paths(text: str) -> str:
    """A sentence of a run without the places of archive and store."""
    settings = site().settings
    for each in (str(settings.data.absolute()), *_places(settings.database)):
        text = text.replace(each, "…")
    return text


@cache
def _places(database: str) -> tuple[str, ...]:
    """How errors name a store that stands elsewhere; none where it is the archive's own file."""
    return (display_url(make_url(database)),) if database else ()
