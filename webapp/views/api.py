"""JSON API: a search as JSON."""

from typing import Any

from flask import Blueprint, Response, current_app, url_for

from indexer.query.highlight import Highlighter
from webapp.backend import current_backend, read_store_for_page
from webapp.http.conditional import REVALIDATE
from webapp.http.response_cache import archive_tag, cached_response
from webapp.http.security import allow_any_origin
from webapp.queries import ListedRelease
from webapp.release.originals import CopyRelation
from webapp.search import results
from webapp.views.search import SearchAnswer, run_search

views = Blueprint("api", __name__)


@views.get("/search.json")
def search() -> Response:
    """One page of results with facets and months; `page` selects another."""
    with read_store_for_page() as connection:
        tag = archive_tag(connection)
    return allow_any_origin(cached_response(tag, "application/json", REVALIDATE, _search))


def _search() -> str:
    """The answer as JSON; `took_ms` of a cached one is that of the search it was made by."""
    found = run_search()
    highlighter = Highlighter(found.query)
    return current_app.json.dumps({
        "query": _query(found), "total": found.page.total, "page": found.search.page, "pages": found.pages,
        "took_ms": round(found.milliseconds, 2),
        "results": [_result(each, found.loaded.copies.get(each.id), highlighter) for each in found.loaded.documents],
        "facets": {name: [_value(name, *each) for each in values] for name, values in found.page.facets.items()},
        "months": [{"month": _month(month), "count": count} for month, count in found.page.months],
        "undated": found.page.undated}) + "\n"


def _query(found: SearchAnswer) -> dict[str, Any]:
    search = found.search
    return {"q": search.q, "topic": search.topic, "org": search.org, "place": search.place,
            "type": search.type, "source": search.source,
            "lang": search.lang, "mentions": found.query.filters.mentions,
            "alone": found.query.filters.alone, "all": search.all,
            "from": search.since or None, "to": search.until or None, "sort": found.query.sort.value}


def _result(document: ListedRelease, copied: CopyRelation | None, highlighter: Highlighter) -> dict[str, Any]:
    return {
        "id": document.id, "title": document.title, "url": document.url,
        "article": url_for("article.show", document=document.id, _external=True), "source": document.source,
        "language": document.language, "number": document.number,
        "published": {"value": document.published, "precision": document.precision},
        "original": copied is None, "copy_of": _copy_of(copied),
        "type": document.type, "organizations": document.organizations, "topics": document.topics,
        "places": document.places,
        "mentioned": {"organizations": document.mentioned_organizations, "topics": document.mentioned_topics,
                      "places": document.mentioned_places},
        "excerpt": results.plain_text(results.excerpt(document, highlighter))}


def _copy_of(copied: CopyRelation | None) -> dict[str, str | None] | None:
    """Original of a copy, None if the release is no copy or its original is unknown."""
    return {"kind": copied.kind, "url": copied.url, "id": copied.document} if copied and copied.url else None


def _value(facet: str, value: str, count: int) -> dict[str, Any]:
    labels = current_backend().labels
    return {"value": value, "count": count,
            "name": {language: labels.label(facet, value, language) for language in ("en", "zh")}}


def _month(month: int) -> str:
    """201905 as ISO 8601; 201900 (releases dated by year alone) as the year."""
    return f"{month // 100}-{month % 100:02}" if month % 100 else str(month // 100)
