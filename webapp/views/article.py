"""One release: what it says, where each fact comes from, and what it belongs to."""

from collections.abc import Iterable
from itertools import chain
from typing import NoReturn

from flask import Blueprint, abort, g, render_template
from flask_babel import gettext as _
from sqlalchemy import Connection

from indexer.documents.document import Tag
from indexer.documents.relations import REPUBLISHED_FROM
from indexer.store import StoredDocument, documents_by_id, related
from webapp import queries
from webapp.backend import site
from webapp.release.originals import republishes
from webapp.release.tag_marks import TagWording, paragraphs, words
from webapp.search.arguments import SearchArguments

views = Blueprint("article", __name__)
# Places of evidence that a browser does not show: readers find them in the source alone.
UNSEEN = ("meta", "script_variable")


@views.get("/article/<document>")
def show(document: str) -> str:
    """The page of one release, straight from the store: it needs no search engine."""
    with site().holdings.connect() as connection:
        g.samples = site().holdings.samples(connection)
        found = documents_by_id(connection, [document]).get(document)
        if found is None:
            _refuse(connection, document)
        return _page(connection, found)


def _refuse(connection: Connection, document: str) -> NoReturn:
    gone = queries.tombstone(connection, document)
    if gone is None:
        abort(404)
    abort(410, _("It was taken away on %(day)s: %(why)s", day=gone.at[:10], why=gone.why))


def _page(connection: Connection, document: StoredDocument) -> str:
    relations = related(connection, document)
    captures = queries.captures_of_page(connection, document.page_id)
    others = documents_by_id(connection, [each.document_id for each in relations if each.document_id])
    unnamed = republishes(document.source) and not any(
        each.kind == REPUBLISHED_FROM and each.outgoing for each in relations)
    return render_template(
        "article.html", search=SearchArguments(), document=document, article=document.article, unnamed=unnamed,
        paragraphs=paragraphs(document.body, chain(document.organizations, document.topics)),
        organizations=_tags(document, document.organizations), topics=_tags(document, document.topics),
        relations=relations, languages={each.id: each.language for each in others.values()},
        captures=captures[:queries.CAPTURES], older=len(captures) > queries.CAPTURES, unseen=UNSEEN)


def _tags(document: StoredDocument, tags: Iterable[Tag]) -> list[tuple[str, list[TagWording]]]:
    return [(each.id, words(each, document.title, document.body)) for each in tags]
