"""JSON API: a search as JSON."""

from typing import Any

from flask import Blueprint, Response, jsonify, url_for

from indexer.query.highlight import Highlighter
from webapp.backend import current_backend
from webapp.http.conditional import content_tag, tagged
from webapp.http.security import allow_any_origin
from webapp.queries import ListedRelease
from webapp.release.originals import CopyRelation
from webapp.search import results
from webapp.views.search import SearchAnswer, run_search

views = Blueprint("api", __name__)
UNTIMED = b'"took_ms":null'  # only as a key: inside a string its quotation marks would be escaped


@views.get("/search.json")
def search() -> Response:
    """One page of results with facets and months; `page` selects another. Its tag leaves out `took_ms`."""
    found = run_search()
    highlighter = Highlighter(found.query)
    response = jsonify({
        "query": _query(found), "total": found.page.total, "page": found.search.page, "pages": found.pages,
        "took_ms": None,
        "results": [_result(each, found.loaded.copies.get(each.id), highlighter) for each in found.loaded.documents],
        "facets": {name: [_value(name, *each) for each in values] for name, values in found.page.facets.items()},
        "months": [{"month": _month(month), "count": count} for month, count in found.page.months],
        "undated": found.page.undated})
    tagged(response, content_tag(response.get_data()))
    response.set_data(response.get_data().replace(UNTIMED, f'"took_ms":{found.milliseconds:.2f}'.encode(), 1))
    return allow_any_origin(response)


def _query(found: SearchAnswer) -> dict[str, Any]:
    search = found.search
    return {"q": search.q, "topic": search.topic, "org": search.org, "type": search.type, "source": search.source,
            "lang": search.lang, "mentions": found.query.filters.mentions,
            "from": search.since or None, "to": search.until or None, "sort": found.query.sort.value}


def _result(document: ListedRelease, copied: CopyRelation | None, highlighter: Highlighter) -> dict[str, Any]:
    return {
        "id": document.id, "title": document.title, "url": document.url,
        "article": url_for("article.show", document=document.id, _external=True), "source": document.source,
        "language": document.language, "number": document.number,
        "published": {"value": document.published, "precision": document.precision},
        "original": copied is None, "copy_of": _copy_of(copied),
        "type": document.type, "organizations": document.organizations, "topics": document.topics,
        "mentioned": {"organizations": document.mentioned_organizations, "topics": document.mentioned_topics},
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
