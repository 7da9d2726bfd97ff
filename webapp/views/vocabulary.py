"""Pages of topics, organizations and places, one for each entry of the vocabulary, and the lists of them."""

from dataclasses import replace

from flask import Blueprint, Response, make_response, render_template
from flask_babel import get_locale
from werkzeug.datastructures import MultiDict

from indexer.query.arguments import SWITCHED_ON, SearchArguments, printable, read_search
from indexer.query.facet_terms import find_value, nearest_value
from indexer.query.model import Query, Sort
from webapp.backend import current_backend, read_store_for_page
from webapp.http.conditional import PRIVATE
from webapp.http.language import language_parameter
from webapp.http.response_cache import archive_tag, cached_response
from webapp.http.site_urls import site_urls
from webapp.search import entries, results
from webapp.search.timeline import timeline

views = Blueprint("vocabulary", __name__)
NEWEST = 10  # releases on the page of an entry
MOST_BESIDE = 8  # entries of another facet that releases are often about, too
MOST_TYPED = 80  # characters of an unknown id that its page repeats
SHOWN_PARTS = 20  # of an entry; the others are folded away


@views.get("/topic/<entry>", defaults={"facet": "topic"})
@views.get("/org/<entry>", defaults={"facet": "org"})
@views.get("/place/<entry>", defaults={"facet": "place"})
def show(facet: str, entry: str) -> Response:
    """The page of one topic, organization or place; 404 with the nearest for an unknown id."""
    if entry not in entries.entries_of(facet):
        return _unknown(facet, entry)
    with read_store_for_page() as connection:
        tag = archive_tag(connection, get_locale())
    return cached_response(tag, "text/html", PRIVATE, lambda: _entry(facet, entry))


@views.get("/topics")
def list_topic() -> Response:
    """All topics with the number of releases about each."""
    return _cached_list("topic")


@views.get("/organizations")
def list_org() -> Response:
    """All organizations with the number of releases in which each acts."""
    return _cached_list("org")


@views.get("/places")
def list_place() -> Response:
    """All places with the number of releases about each."""
    return _cached_list("place")


def _entry(facet: str, entry: str) -> str:
    context = results.PageContext.of_request()
    search, query = read_search(MultiDict([(facet, entry)]), context.labels.facets)
    page = current_backend().search(query, limit=NEWEST, facets=True)
    with read_store_for_page() as connection:
        loaded = results.load_hits(connection, page)
    counts, language, urls = dict(page.facets[facet]), context.language, site_urls()
    beside = {other: [(f"{urls.entry_prefixes[other]}{name}", context.labels.label(other, name, language), count)
                      for name, count in page.facets[other][:MOST_BESIDE]]
              for other in entries.GROUPS if other != facet}
    return render_template(
        "entry.html", search=search, facet=facet, entry=entries.entries_of(facet)[entry], total=page.total,
        wholes=entries.wholes_of(facet, entry, counts, language), beside=beside,
        parts=entries.parts_of(facet, entry, counts, language), listing=search.url(context.path),
        mentions=replace(search, mentions=SWITCHED_ON).url(context.path), shown_parts=SHOWN_PARTS,
        timeline=timeline(page, search, context.path, language), items=results.items(loaded, query, context),
        atom=search.url(urls.atom, language_parameter()), rss=search.url(urls.rss, language_parameter()),
        json=search.url(urls.json))


def _cached_list(facet: str) -> Response:
    with read_store_for_page() as connection:
        tag = archive_tag(connection, get_locale())
    return cached_response(tag, "text/html", PRIVATE, lambda: _list(facet))


def _list(facet: str) -> str:
    """All entries of a facet; the engine counts them in one search without hits."""
    page = current_backend().search(Query(sort=Sort.NEWEST), limit=0, facets=True)
    counts, language = dict(page.facets[facet]), str(get_locale())
    return render_template(
        "entries.html", facet=facet, tree=entries.tree(facet, counts, language),
        rest=entries.without_releases(facet, counts, language), known=len(entries.entries_of(facet)))


def _unknown(facet: str, entry: str) -> Response:
    known = current_backend().labels.facets
    nearest = find_value(facet, entry, known) or nearest_value(facet, entry, known)
    typed = printable(entry)[:MOST_TYPED]
    return make_response(render_template(
        "unknown_entry.html", search=SearchArguments(typed), facet=facet, typed=typed, nearest=nearest), 404)
