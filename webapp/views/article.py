"""The page of one release: its text, its facts with their evidence, its relations, tags and captures."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from typing import NoReturn

from flask import Blueprint, abort, render_template
from flask_babel import gettext as _
from sqlalchemy import Connection

from archive.messages import Message, message
from indexer.document_rows import documents_by_id, related_pages
from indexer.documents.document import Grade, StoredDocument, Tag
from indexer.documents.relations import REPUBLISHED_FROM
from indexer.query.arguments import SearchArguments
from webapp import queries
from webapp.backend import read_store_for_page
from webapp.release.originals import is_republisher
from webapp.release.tag_marks import TagWording, paragraphs, tag_wordings

views = Blueprint("article", __name__)
@dataclass(frozen=True, slots=True)
class ShownTag:
    """A tag as the page of a release shows it: why it has its grade, and the words it was found by."""

    id: str
    reason: Message
    wordings: list[TagWording]


# Places of evidence that a browser does not render: the page links to them in the source text.
INVISIBLE_PLACES = ("meta", "script_variable")


@views.get("/article/<document>")
def show(document: str) -> str:
    """The page of one release, read from the store alone: it works without a search engine."""
    with read_store_for_page() as connection:
        found = documents_by_id(connection, [document]).get(document)
        if found is None:
            _abort_missing(connection, document)
        return _page(connection, found)


def _abort_missing(connection: Connection, document: str) -> NoReturn:
    """410 for a document with a tombstone, else 404."""
    gone = queries.select_tombstone(connection, document)
    if gone is None:
        abort(404)
    abort(410, _("It was taken away on %(day)s: %(why)s", day=gone.at[:10], why=gone.why))


def _page(connection: Connection, document: StoredDocument) -> str:
    relations = related_pages(connection, document)
    captures = queries.select_page_captures(connection, document.page_id)
    others = documents_by_id(connection, [each.document_id for each in relations if each.document_id])
    original_unknown = is_republisher(document.source) and not any(
        each.kind == REPUBLISHED_FROM and each.outgoing for each in relations)
    return render_template(
        "article.html", search=SearchArguments(), document=document, article=document.article,
        original_unknown=original_unknown,
        paragraphs=paragraphs(document.body, chain(document.organizations, document.topics, document.places)),
        tags={"org": _tags(document, document.organizations), "topic": _tags(document, document.topics),
              "place": _tags(document, document.places),
              "type": _tags(document, filter(None, [document.type]))},
        relations=relations, languages={each.id: each.language for each in others.values()},
        captures=captures[:queries.MAX_CAPTURES], has_more_captures=len(captures) > queries.MAX_CAPTURES,
        invisible_places=INVISIBLE_PLACES)


def _tags(document: StoredDocument, tags: Iterable[Tag]) -> dict[str, list[ShownTag]]:
    """The tags by grade, about first; a grade without tags is left out."""
    found = list(tags)
    graded = {grade.value: [each for each in found if each.grade is grade] for grade in Grade}
    return {grade: [ShownTag(each.id, message(f"tag_{each.reason}"), tag_wordings(each, document.title, document.body))
                    for each in chosen] for grade, chosen in graded.items() if chosen}
