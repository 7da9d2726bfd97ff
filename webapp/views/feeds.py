"""The same search as a feed, in the order in which releases came into the archive."""

from dataclasses import replace

from flask import Blueprint, Response, make_response, request, url_for

from indexer.query.model import Sort
from webapp import queries
from webapp.backend import site
from webapp.http.language import stated_language
from webapp.search import results
from webapp.search.arguments import read_search
from webapp.search.atom import Feed, write_atom

views = Blueprint("feeds", __name__)


@views.get("/search.atom")
def atom() -> Response:
    """The newest arrivals of a search; `sort` and `page` have no say here."""
    here = site()
    search, query = read_search(request.args, here.names)
    query, search = replace(query, sort=Sort.ADDED), replace(search, sort="", page=1)
    page = here.holdings.search(query, limit=here.settings.feed_size)
    with here.holdings.connect() as connection:
        loaded = results.load_hits(connection, page)
        created = queries.created_at(connection)
    feed = Feed(search, search.address(url_for("search.listing", _external=True), stated_language()),
                search.address(url_for("feeds.atom", _external=True), stated_language()), created)
    context = results.Context.of_request()
    response = make_response(write_atom(feed, results.items(loaded, query, context), context))
    response.mimetype = "application/atom+xml"
    response.add_etag()
    response.make_conditional(request)
    return response
