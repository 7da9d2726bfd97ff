"""What a reader sees when something is wrong: what it is, how to mend it, and what was typed."""

from functools import cache
from typing import Any

from flask import Flask, Response, current_app, jsonify, make_response, render_template, request
from flask_babel import gettext
from flask_babel import gettext as _
from sqlalchemy import make_url
from werkzeug.exceptions import HTTPException

from archive.db.store import place
from archive.errors import StoreError, WarcError
from indexer.errors import EngineError, QueryError
from webapp.backend import current_backend
from webapp.search.arguments import InvalidSearch, Problem, typed_search, without_unknown
from webapp.search.results import Context, narrowing

RETRY_AFTER = "30"


def register_error_handlers(app: Flask) -> None:
    """Let the application answer every error with a page (or JSON) of ours."""
    app.register_error_handler(InvalidSearch, invalid_arguments)
    app.register_error_handler(QueryError, invalid_query)
    app.register_error_handler(EngineError, search_unavailable)
    app.register_error_handler(StoreError, archive_unavailable)
    app.register_error_handler(WarcError, capture_unreadable)
    app.register_error_handler(HTTPException, http_error)


def invalid_arguments(error: InvalidSearch) -> Response:
    """400: every problem with the arguments, the form with what was typed."""
    if _wants_json():
        problems = [{"parameter": each.parameter, "typed": each.typed, "message": str(each.message),
                     **({} if each.place is None else {"place": each.place})} for each in error.problems]
        return _json(400, str(error.problems[0].message), problems=problems)
    return _page(400, "invalid_search.html", invalid_search=error.search, problems=error.problems)


def invalid_query(error: QueryError) -> Response:
    """400: words that only the engine found fault with."""
    search = typed_search(request.args)
    return invalid_arguments(InvalidSearch(search, [Problem("q", search.q, gettext(str(error)), error.place)]))


def search_unavailable(error: EngineError) -> Response:
    """503: search does not work now; the releases can still be read, if there is a store that holds them."""
    try:
        with current_backend().read_store():
            log_error(error)
    except StoreError as none:
        return archive_unavailable(none)
    return _unavailable(_("The search engine does not answer. The log of the server says more."),
                        "search_unavailable.html")


def archive_unavailable(error: StoreError) -> Response:
    """503: there is no archive to show yet, and how to fill it; or it cannot be read."""
    log_error(error)
    missing = not current_backend().settings.has_store()
    message = _("This archive is still empty; fill it with gongbao crawl or gongbao import.") if missing else \
        _("The store cannot be read. The log of the server says more.")
    return _unavailable(message, "archive_unavailable.html", missing=missing)


def capture_unreadable(error: WarcError) -> Response:
    """500: a capture is catalogued, but its file cannot be read."""
    log_error(error)
    return _error(500, _("This capture cannot be read"),
                  _("The file that keeps this page is missing or damaged in this archive; whoever runs it can restore "
                    "it from a backup."))


def http_error(error: HTTPException) -> Response:
    """What werkzeug and the views refuse (404, 405, 410), and 500 for a fault of ours, whose traceback the log has."""
    if error.code is None or error.code < 400:
        return make_response(error.get_response())
    titles = {404: _("There is no such page"), 410: _("This release was taken away"),
              405: _("This page is only for reading"), 500: _("Something went wrong here")}
    texts = {404: _("The address may be mistyped, or the release is not in this archive."),
             405: _("The site answers GET requests alone."),
             500: _("The fault is ours and was noted; the page may work again in a moment.")}
    response = _error(error.code, titles.get(error.code, error.name), texts.get(error.code, error.description or ""))
    for name, value in error.get_headers():
        if name.lower() not in ("content-type", "content-length"):
            response.headers[name] = value
    return response


def _error(status: int, title: str, text: str) -> Response:
    if _wants_json():
        return _json(status, f"{title}. {text}".strip())
    return _page(status, "error.html", title=title, text=text, code=status)


def _unavailable(message: str, template: str, **values: Any) -> Response:
    response = _json(503, message) if _wants_json() else _page(503, template, message=message, **values)
    response.headers["Retry-After"] = RETRY_AFTER
    return response


def _wants_json() -> bool:
    return request.path.endswith(".json")


def _json(status: int, message: str, **more: Any) -> Response:
    response = jsonify({"error": {"status": status, "message": message, **more}})
    response.status_code = status
    return response


def _page(status: int, template: str, **values: Any) -> Response:
    """A page with the form, which keeps what was typed and everything else that exists."""
    search = without_unknown(typed_search(request.args), current_backend().labels)
    chips = list(narrowing(search, Context.of_request()))
    return make_response(render_template(template, search=search, chips=chips, **values), status)


def log_error(error: Exception) -> None:
    """Write down what an error says, for whoever runs the site; readers are told that something is wrong, not where."""
    current_app.logger.error("%s", error)


def strip_paths(text: str) -> str:
    """A sentence of a run without the places of archive and store."""
    settings = current_backend().settings
    for each in (str(settings.data.absolute()), *_database_names(settings.database)):
        text = text.replace(each, "…")
    return text


@cache
def _database_names(database: str) -> tuple[str, ...]:
    """How errors name a store that stands elsewhere; none where it is the archive's own file."""
    return (place(make_url(database)),) if database else ()
