"""Cache of response bodies, keyed by entity tags that name the state of the archive they are made from."""

from collections.abc import Callable

from flask import Response, request
from sqlalchemy import Connection

from webapp import queries
from webapp.backend import archive_has_samples, current_backend
from webapp.http.compression import accepts_gzip, gzipped
from webapp.http.conditional import entity_tag, is_current, not_modified, program_tag, tagged
from webapp.http.security import strip_control_characters


def archive_tag(connection: Connection, *parts: object) -> str:
    """Entity tag of a response to this request that is made from the archive alone, as it is now.

    Store and index may each be ahead of the other, so both states count; the set of refused documents tells an index
    from a later one of the same rev. `parts` are what else the response is made from, such as the reader's language.
    Raises EngineError.
    """
    backend = current_backend()
    settings, environ = backend.settings, request.environ
    return entity_tag(
        program_tag(), backend.checkpoint(), queries.select_state(connection), archive_has_samples(),
        settings.page_size, settings.feed_size, settings.language, settings.notice,
        request.host_url, request.script_root, environ["PATH_INFO"], environ.get("QUERY_STRING"), *parts)


def cached_response(tag: str, mimetype: str, cache_control: str, make: Callable[[], str]) -> Response:
    """The response with this tag: 304 if the client has it, else the body in the cache, else a new one.

    Bodies are kept as they are sent, compressed or not.
    """
    if is_current(tag):
        return not_modified(tag, cache_control)
    gzip = accepts_gzip()
    bodies = current_backend().bodies
    body = bodies.get((tag, gzip), lambda: _body(make(), mimetype, gzip=gzip), len)
    response = Response(body, mimetype=mimetype)
    if gzip:
        response.headers["Content-Encoding"] = "gzip"
    return tagged(response, tag, cache_control)


def _body(text: str, mimetype: str, *, gzip: bool) -> bytes:
    data = text.encode("utf-8", "surrogatepass")
    if mimetype == "text/html":
        data = strip_control_characters(data)
    return gzipped(data) if gzip else data
