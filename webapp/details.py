"""Places of the server: its log names them, its pages never do."""

from flask import current_app

from webapp.site import site


def log(error: Exception) -> None:
    """Write down what an error says, for whoever runs the site; readers are told that something is wrong, not where."""
    current_app.logger.error("%s", error)


def placeless(text: str) -> str:
    """A sentence of a run without the path of the archive."""
    return text.replace(str(site().settings.data.absolute()), "…")
