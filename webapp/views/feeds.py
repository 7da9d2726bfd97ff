"""Atom feed of a search, in the order in which releases were added to the archive."""

from dataclasses import replace

from flask import Blueprint, Response, make_response, request, url_for

from indexer.query.arguments import read_search
from indexer.query.model import Sort
from webapp import queries
from webapp.backend import current_backend
from webapp.http.language import language_parameter
from webapp.search import results
from webapp.search.atom import Feed, write_atom

views = Blueprint("feeds", __name__)


@views.get("/search.atom")
def atom() -> Response:
    """Feed of the releases added last that match the search; `sort` and `page` are ignored."""
    backend = current_backend()
    search, query = read_search(request.args, backend.labels.facets)
    query, search = replace(query, sort=Sort.ADDED), replace(search, sort="", page=1)
    page = backend.search(query, limit=backend.settings.feed_size)
    with backend.read_store() as connection:
        loaded = results.load_hits(connection, page)
        created = queries.select_created_at(connection)
    feed = Feed(search, search.url(url_for("search.listing", _external=True), language_parameter()),
                search.url(url_for("feeds.atom", _external=True), language_parameter()), created)
    context = results.PageContext.of_request()
    response = make_response(write_atom(feed, results.items(loaded, query, context), context))
    response.mimetype = "application/atom+xml"
    response.add_etag()
    response.make_conditional(request)
    return response
