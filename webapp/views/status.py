"""Status pages: sources, index and quarantine; robots.txt and the icon."""

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from archive.db.warc_files import count_rejects
from archive.times import utc_now
from indexer.document_rows import refused_documents
from indexer.errors import EngineError
from indexer.query.arguments import LAST_PAGE, SearchArguments
from indexer.status import IndexState, ask_engine, index_status
from webapp import queries
from webapp.backend import current_backend, read_store_for_page
from webapp.http.error_handlers import log_error

views = Blueprint("status", __name__)
ROBOTS = "User-agent: *\nAllow: /search?page=\nDisallow: /search?\nDisallow: /archived/\n"
NEWEST = 10
PER_PAGE = 50


@views.get("/status")
def show() -> str:
    """The status page."""
    asked = _ask_index()
    with read_store_for_page() as connection:
        backend = current_backend()
        sources = queries.select_source_status(
            connection, backend.settings.data, backend.labels.facets["source"], utc_now())
        index = index_status(connection, asked)
        newest = queries.select_quarantined(connection, None, NEWEST)
        refused = refused_documents(connection, PER_PAGE)
        rejects = count_rejects(connection)
    return render_template("status.html", search=SearchArguments(), sources=sources, index=index, rows=newest,
                           refused=refused, rejects=rejects,
                           quarantined=sum(each.quarantined for each in sources.values()))


@views.get("/status/quarantine")
def quarantine() -> str:
    """Quarantined captures, newest first, paginated; of one source with `?source=`."""
    source, page = request.args.get("source") or None, _page_number(request.args.get("page", "1"))
    with read_store_for_page() as connection:
        quarantined = queries.count_quarantined(connection, current_backend().labels.facets["source"])
        rows = queries.select_quarantined(connection, source, PER_PAGE, (page - 1) * PER_PAGE)
    if (source and source not in quarantined) or (page > 1 and not rows):
        abort(404)
    return render_template("quarantine.html", search=SearchArguments(), source=source, page=page, rows=rows,
                           per_page=PER_PAGE, quarantined=quarantined[source] if source else sum(quarantined.values()))


def _page_number(typed: str) -> int:
    if not typed.isascii() or not typed.isdigit() or not 0 < int(typed[:9]) <= LAST_PAGE:
        abort(404)
    return int(typed[:9])


def _ask_index() -> IndexState | None:
    """Checkpoint and number of documents of the index, None if it is not available."""
    try:
        return ask_engine(current_backend().engine())
    except EngineError as error:
        log_error(error)
        return None


@views.get("/robots.txt")
def robots() -> Response:
    """Allow releases and the unfiltered list; disallow filter combinations (endless) and archived pages (third-party).

    Feeds and JSON stay allowed: the longest matching rule wins (RFC 9309).
    """
    return Response(ROBOTS, mimetype="text/plain")


@views.get("/favicon.ico")
def icon() -> BaseResponse:
    """Redirect to the icon, for clients that request /favicon.ico without reading the HTML."""
    return redirect(url_for("static", filename="icon.svg"), 301)
