"""Front page and search page."""

from dataclasses import dataclass, replace
from time import perf_counter

from flask import Blueprint, Response, render_template, request
from flask_babel import get_locale
from flask_babel import gettext as _
from sqlalchemy import Connection

from archive.db.source_status import short_for_days, silent_sources
from archive.errors import StoreError
from archive.times import utc_now
from indexer.engines.base import Hit, ResultPage
from indexer.errors import EngineError
from indexer.query.arguments import SWITCHED_ON, SearchArguments, page_beyond_last, read_search
from indexer.query.model import Query, Sort
from indexer.status import documents_by_source
from webapp import queries
from webapp.backend import current_backend, read_store_for_page, source_ids
from webapp.http.conditional import PRIVATE
from webapp.http.error_handlers import log_error
from webapp.http.language import language_parameter
from webapp.http.response_cache import archive_tag, cached_response
from webapp.http.site_urls import site_urls
from webapp.search import results
from webapp.search.timeline import timeline

views = Blueprint("search", __name__)
NEWEST = 6


@dataclass(frozen=True, slots=True)
class SearchAnswer:
    """A search, its page of hits with their documents, and the time it took."""

    search: SearchArguments
    query: Query
    page: ResultPage
    loaded: results.LoadedHits
    pages: int
    milliseconds: float


def run_search() -> SearchAnswer:
    """Run the search of this request's arguments; raises ArgumentError, EngineError, StoreError."""
    started = perf_counter()
    backend = current_backend()
    search, query = read_search(request.args, backend.labels.facets)
    size = backend.settings.page_size
    page = backend.search(query, limit=size, offset=(search.page - 1) * size, facets=True)
    pages = max(1, -(-page.total // size))
    if search.page > pages:
        raise page_beyond_last(search, pages)
    with read_store_for_page() as connection:
        loaded = results.load_hits(connection, page)
    return SearchAnswer(search, query, page, loaded, pages, (perf_counter() - started) * 1000)


@views.get("/search")
def listing() -> Response:
    """The search page; the time on a cached page is that of the search it was made by."""
    with read_store_for_page() as connection:
        tag = archive_tag(connection, get_locale())
    return cached_response(tag, "text/html", PRIVATE, _listing)


def _listing() -> str:
    found, context = run_search(), results.PageContext.of_request()
    search, page, feed = found.search, found.page, replace(found.search, sort="", page=1)
    return render_template(
        "search.html", summary=results.search_summary(search, context),
        search=search, page=page, pages=found.pages, took=_("found in %(ms)s ms", ms=f"{found.milliseconds:.1f}"),
        items=results.items(found.loaded, found.query, context),
        facets=results.facets(page, search, context), chips=results.chips(search, context),
        mentions=replace(search, mentions="" if search.mentions else SWITCHED_ON, page=1).url(context.path),
        families=replace(search, alone="" if search.alone else SWITCHED_ON, page=1).url(context.path),
        sorts=results.sort_links(search, found.query, context),
        page_links=results.page_links(search, found.pages, context),
        timeline=timeline(page, search, context.path, context.language),
        atom=feed.url(site_urls().atom, language_parameter()), rss=feed.url(site_urls().rss, language_parameter()),
        json=search.url(site_urls().json))


@views.get("/")
def home() -> str:
    """The front page: search box, timeline, newest releases and facets; without an archive, how to fill one."""
    try:
        with read_store_for_page() as connection:
            return _home(connection)
    except StoreError as error:
        if current_backend().settings.has_store():
            raise
        log_error(error)
        return render_template("home.html", search=SearchArguments(), total=0, missing=True, sources=source_ids())


def _home(connection: Connection) -> str:
    context, now = results.PageContext.of_request(), utc_now()
    query = Query(sort=Sort.NEWEST)
    try:
        page = current_backend().search(query, limit=NEWEST, facets=True)
    except EngineError as error:
        log_error(error)
        page, engine_works = _page_from_store(connection), False
    else:
        engine_works = True
    loaded = results.load_hits(connection, page)
    return render_template(
        "home.html", search=SearchArguments(), total=page.total, engine_works=engine_works, sources=source_ids(),
        has_captures=not page.total and queries.has_captures(connection),
        short=short_for_days(connection, now), silent=silent_sources(connection, current_backend().settings.data, now),
        items=results.items(loaded, query, context),
        facets={each.name: each for each in results.facets(page, SearchArguments(), context)},
        timeline=timeline(page, SearchArguments(), context.path, context.language))


def _page_from_store(connection: Connection) -> ResultPage:
    """The releases added last and the counts per source, from the store, for when the engine is unavailable."""
    counts = documents_by_source(connection)
    hits = tuple(Hit(each, None) for each in queries.select_newest_document_ids(connection, NEWEST))
    return ResultPage(sum(counts.values()), hits, {"source": tuple(sorted(counts.items(), key=lambda each: -each[1]))})
