"""Error handlers: a page or JSON with the status, the remedy and the search form as typed.

Errors are logged in full; file paths and database URLs of the server are stripped from public text.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from flask import Flask, Response, current_app, jsonify, make_response, render_template, request
from flask_babel import gettext as _
from sqlalchemy import make_url
from werkzeug.exceptions import HTTPException

from archive.db.dialects import display_url
from archive.errors import StoreError, WarcError
from archive.messages import message
from indexer.errors import EngineError, QueryError, TooCostlyError
from indexer.query.arguments import ArgumentError, Problem, typed_search, without_unknown
from webapp.backend import current_backend, source_ids
from webapp.formatting import message_text
from webapp.http.security import allow_any_origin
from webapp.search.results import PageContext, facet_chips

RETRY_AFTER = "30"
FIELDS = ("q", "from", "to")  # of the search form; what is wrong in them is corrected there


@dataclass(frozen=True, slots=True)
class ShownProblem:
    """A problem with its message in the reader's language; `anchor` is the id that its field refers to, "" for none."""

    problem: Problem
    text: str
    anchor: str

    @property
    def marked(self) -> tuple[str, str, str] | None:
        """The typed text before, in and after the word at fault; None where no place is known."""
        typed, offset = self.problem.typed, self.problem.offset
        if offset is None or offset > len(typed):
            return None
        words = typed[offset:].split(maxsplit=1)
        end = offset + len(words[0]) if words else offset
        return typed[:offset], typed[offset:end], typed[end:]


def register_error_handlers(app: Flask) -> None:
    """Register a handler for every error of the views, HTTP errors included."""
    app.register_error_handler(ArgumentError, invalid_arguments)
    app.register_error_handler(QueryError, invalid_query)
    app.register_error_handler(TooCostlyError, too_costly_search)
    app.register_error_handler(EngineError, search_unavailable)
    app.register_error_handler(StoreError, archive_unavailable)
    app.register_error_handler(WarcError, capture_unreadable)
    app.register_error_handler(HTTPException, http_error)


def invalid_arguments(error: ArgumentError) -> Response:
    """400: every invalid argument, and the form as typed."""
    if _wants_json():
        problems = [{"parameter": each.parameter, "typed": each.typed, "message": message_text(each.message),
                     **({} if each.offset is None else {"offset": each.offset})} for each in error.problems]
        return _json(400, message_text(error.problems[0].message), problems=problems)
    named = [each.parameter for each in error.problems]
    return _page(400, "invalid_search.html", invalid_search=error.search, problems=list(_shown_problems(error)),
                 faulty_fields=[each for each in FIELDS if each in named], only_page=set(named) == {"page"})


def _shown_problems(error: ArgumentError) -> Iterator[ShownProblem]:
    seen = set[str]()
    for each in error.problems:
        anchor = f"problem-{each.parameter}" if each.parameter in FIELDS and each.parameter not in seen else ""
        seen.add(each.parameter)
        yield ShownProblem(each, message_text(each.message), anchor)


def invalid_query(error: QueryError) -> Response:
    """400: the engine refused the query text."""
    search = typed_search(request.args)
    return invalid_arguments(ArgumentError(search, [Problem("q", search.q, error.message, error.offset)]))


def too_costly_search(_error: TooCostlyError) -> Response:
    """400: the engine refused the search, and answers a narrower one."""
    search = typed_search(request.args)
    return invalid_arguments(ArgumentError(search, [Problem("q", search.q, message("search_too_costly"))]))


def search_unavailable(error: EngineError) -> Response:
    """503: no search engine; if the store cannot be read either, the store's error is the response."""
    try:
        with current_backend().read_store():
            log_error(error)
    except StoreError as store_error:
        return archive_unavailable(store_error)
    return _unavailable(_("The search engine does not answer. The log of the server says more."),
                        "search_unavailable.html")


def archive_unavailable(error: StoreError) -> Response:
    """503: the archive does not exist yet (with the commands that fill it), or cannot be read."""
    log_error(error)
    missing = not current_backend().settings.has_store()
    text = _("There is no archive in the folder that this site was started with; the log of the server names it. "
                "Fill it with gongbao crawl or gongbao import, or start the site with another.") if missing else \
        _("The store cannot be read. The log of the server says more.")
    return _unavailable(text, "archive_unavailable.html", missing=missing, sources=source_ids())


def capture_unreadable(error: WarcError) -> Response:
    """503: the WARC file of a catalogued capture cannot be read."""
    log_error(error)
    return _error(503, _("This capture cannot be read"),
                  _("The file that keeps this page is missing or damaged in this archive; whoever runs it can restore "
                    "it from a backup."))


def http_error(error: HTTPException) -> Response:
    """HTTP errors of werkzeug and the views (404, 405, 410), and 500 for an unhandled exception."""
    if error.code is None or error.code < 400:
        return make_response(error.get_response())
    titles = {400: _("This request cannot be answered"), 404: _("There is no such page"),
              410: _("This release was taken away"), 405: _("This page is only for reading"),
              500: _("Something went wrong here")}
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


def _unavailable(text: str, template: str, **values: Any) -> Response:
    response = _json(503, text) if _wants_json() else _page(503, template, message=text, **values)
    response.headers["Retry-After"] = RETRY_AFTER
    return response


def _wants_json() -> bool:
    return request.path.endswith(".json")


def _json(status: int, text: str, **more: Any) -> Response:
    response = jsonify({"error": {"status": status, "message": text, **more}})
    response.status_code = status
    return allow_any_origin(response)


def _page(status: int, template: str, **values: Any) -> Response:
    """An error page with the search form as typed, minus facet values that do not exist."""
    search = without_unknown(typed_search(request.args), current_backend().labels.facets)
    chips = facet_chips(search, PageContext.of_request())
    return make_response(render_template(template, search=search, chips=chips, **values), status)


def log_error(error: Exception) -> None:
    """Log an error in full, with the request and paths, for the operator; pages show a general message instead.

    The query is left out: it holds what people search for.
    """
    current_app.logger.error("%s %s: %s", request.method, request.path, error)


def strip_paths(text: str) -> str:
    """Text with the path of the archive and the URL of its database replaced by "…"."""
    settings = current_backend().settings
    for each in (str(settings.data.absolute()), *_database_urls(settings.database)):
        text = text.replace(each, "…")
    return text


@cache
def _database_urls(database: str) -> tuple[str, ...]:
    """The database URL as error messages print it; empty for the SQLite file in the data folder."""
    return (display_url(make_url(database)),) if database else ()
