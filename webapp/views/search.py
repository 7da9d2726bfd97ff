"""The front page and the search page."""

from dataclasses import dataclass, replace
from time import perf_counter

from flask import Blueprint, g, render_template, request
from sqlalchemy import Connection

from archive.errors import StoreError
from indexer.engines.base import ResultPage
from indexer.errors import EngineError
from indexer.query.model import Query, Sort
from webapp import queries
from webapp.backend import site
from webapp.http.error_handlers import log_error
from webapp.http.language import stated_language
from webapp.http.site_urls import links
from webapp.search import results
from webapp.search.arguments import SearchArguments, beyond_last, read_search
from webapp.search.timeline import timeline

views = Blueprint("search", __name__)
NEWEST = 6


@dataclass(frozen=True, slots=True)
class SearchAnswer:
    """The answer to a search with the documents of its page."""

    search: SearchArguments
    query: Query
    page: ResultPage
    loaded: results.Loaded
    pages: int
    milliseconds: float


def find() -> SearchAnswer:
    """Answer the search of this request; raises BadSearch, EngineError, StoreError."""
    started = perf_counter()
    here = site()
    search, query = read_search(request.args, here.names)
    size = here.settings.page_size
    page = here.holdings.search(query, limit=size, offset=(search.page - 1) * size, facets=True)
    pages = max(1, -(-page.total // size))
    if search.page > pages:
        raise beyond_last(search, pages)
    with here.holdings.connect() as connection:
        loaded = results.load_hits(connection, page)
        g.samples = here.holdings.samples(connection)
    return SearchAnswer(search, query, page, loaded, pages, (perf_counter() - started) * 1000)


@views.get("/search")
def listing() -> str:
    """The search page."""
    found, here = find(), results.Context.of_request()
    search, page = found.search, found.page
    return render_template(
        "search.html", described=results.described(search, here),
        search=search, query=found.query, page=page, pages=found.pages, milliseconds=found.milliseconds,
        items=results.items(found.loaded, found.query, here),
        facets=results.facets(page, search, here), chips=list(results.chips(search, here)),
        sorts=results.sorts(search, found.query, here), page_links=results.page_links(search, found.pages, here),
        timeline=timeline(page, search, here.path, here.language),
        atom=replace(search, sort="", page=1).address(links().atom, stated_language()),
        json=search.address(links().json))


@views.get("/")
def home() -> str:
    """The front page: a search box and what the archive holds, or how to fill it."""
    try:
        with site().holdings.connect() as connection:
            g.samples = site().holdings.samples(connection)
            return _home(connection)
    except StoreError as error:
        if not site().holdings.missing():
            raise
        log_error(error)
        return render_template("home.html", search=SearchArguments(), total=0)


def _home(connection: Connection) -> str:
    here = results.Context.of_request()
    query = Query(sort=Sort.NEWEST)
    try:
        page = site().holdings.search(query, limit=NEWEST, facets=True)
    except EngineError as error:
        log_error(error)
        page, working = _without_engine(connection), False
    else:
        working = True
    loaded = results.load_hits(connection, page)
    return render_template(
        "home.html", search=SearchArguments(), total=page.total, working=working,
        items=results.items(loaded, query, here),
        facets={each.name: each for each in results.facets(page, SearchArguments(), here)},
        timeline=timeline(page, SearchArguments(), here.path, here.language))


def _without_engine(connection: Connection) -> ResultPage:
    """What the store alone can tell of the archive."""
    counts = queries.documents_per_source(connection)
    hits = tuple(results.hit(each) for each in queries.newest_documents(connection, NEWEST))
    return ResultPage(sum(counts.values()), hits, {"source": tuple(sorted(counts.items(), key=lambda each: -each[1]))})
