"""Atom and RSS feeds of a search, in the order in which releases were added to the archive."""

from dataclasses import replace
from datetime import datetime

from flask import Blueprint, Response, request, url_for
from flask_babel import get_locale
from sqlalchemy import Connection

from indexer.document_rows import last_rev
from indexer.query.arguments import SearchArguments, read_search
from indexer.query.model import Query, Sort
from webapp import queries
from webapp.backend import current_backend, read_store_for_page
from webapp.http.conditional import REVALIDATE, not_modified
from webapp.http.language import language_parameter
from webapp.http.response_cache import archive_tag, cached_response
from webapp.search import results
from webapp.search.feed import ATOM, RSS, Feed, write_feed

views = Blueprint("feeds", __name__)


@views.get("/search.atom")
def atom() -> Response:
    """Atom feed of the releases added last that match the search; `sort` and `page` are ignored."""
    return _feed("feeds.atom", ATOM)


@views.get("/search.rss")
def rss() -> Response:
    """The same as RSS 2.0."""
    return _feed("feeds.rss", RSS)


def _feed(endpoint: str, mimetype: str) -> Response:
    """The feed of this request's arguments; 304 without a search where the client has the state of the archive."""
    backend = current_backend()
    search, query = read_search(request.args, backend.labels.facets)
    searched = replace(search, sort="", page=1), replace(query, sort=Sort.ADDED)
    with read_store_for_page() as connection:
        tag, modified = archive_tag(connection, get_locale()), _time_of_change(connection)
    if not request.if_none_match and _is_as_old(modified):
        response = not_modified(tag)
    else:
        response = cached_response(tag, mimetype, REVALIDATE, lambda: _xml(endpoint, mimetype, searched))
    if modified is not None:
        response.last_modified = modified
    return response


def _time_of_change(connection: Connection) -> datetime | None:
    """The time of the archive's last change; None while the index is behind the store."""
    checkpoint, rev = current_backend().checkpoint(), last_rev(connection)
    in_step = checkpoint is not None and checkpoint.rev == rev
    return queries.select_time_of_change(connection, rev) if in_step else None


def _is_as_old(modified: datetime | None) -> bool:
    since = request.if_modified_since
    return modified is not None and since is not None and modified <= since


def _xml(endpoint: str, mimetype: str, searched: tuple[SearchArguments, Query]) -> str:
    search, query = searched
    backend, context = current_backend(), results.PageContext.of_request()
    page = backend.search(query, limit=backend.settings.feed_size)
    with read_store_for_page() as connection:
        loaded = results.load_hits(connection, page)
        created = queries.select_created_at(connection)
        updated = queries.select_updated(connection, [each.id for each in loaded.documents])
    feed = Feed(search, search.url(url_for("search.listing", _external=True), language_parameter()),
                search.url(url_for(endpoint, _external=True), language_parameter()), created, updated)
    return write_feed(mimetype, feed, results.items(loaded, query, context), context)
