"""How the archive stands, source by source; what robots and browsers ask for unasked."""

from dataclasses import dataclass

from flask import Blueprint, Response, redirect, render_template, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response as BaseResponse

from indexer.errors import EngineError
from indexer.store import last_rev
from webapp import lookups
from webapp.params import Search
from webapp.site import site

views = Blueprint("status", __name__)
ROBOTS = "User-agent: *\nAllow: /search?page=\nDisallow: /search?\nDisallow: /archived/\n"


@dataclass(frozen=True, slots=True)
class IndexStatus:
    """How far the index has come; `behind` counts the changes of the store that it does not hold yet."""

    documents: int
    rev: int
    behind: int
    trouble: str = ""


@views.get("/status")
def show() -> str:
    """The status page."""
    here = site()
    with here.holdings.connect() as connection:
        sources = lookups.source_status(connection, here.names.facets["source"])
        rev = last_rev(connection)
        captures = lookups.capture_count(connection)
        documents = sum(each.documents for each in sources.values())
        index = _index(connection)
    return render_template("status.html", search=Search(), sources=sources, rev=rev, documents=documents,
                           captures=captures, index=index)


def _index(connection: Connection) -> IndexStatus:
    try:
        engine = site().holdings.engine()
        checkpoint, documents = engine.checkpoint(), engine.count()
    except EngineError as error:
        return IndexStatus(0, 0, 0, str(error))
    reached = checkpoint.rev if checkpoint else 0
    return IndexStatus(documents, reached, lookups.changes_after(connection, reached))


@views.get("/robots.txt")
def robots() -> Response:
    """Releases and the plain list of them may be indexed; endless combinations of filters and other people's pages
    need not be. Feeds and JSON stay open: the longest rule that fits an address decides (RFC 9309)."""
    return Response(ROBOTS, mimetype="text/plain")


@views.get("/favicon.ico")
def icon() -> BaseResponse:
    """The icon, for browsers that ask without reading the page."""
    return redirect(url_for("static", filename="icon.svg"), 301)
