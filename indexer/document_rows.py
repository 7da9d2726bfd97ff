"""Rows of documents in the store: documents with their articles, changes by `rev`, related pages."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, literal, select, union_all

from archive.db.metadata import get_counter
from archive.db.store import chunks
from archive.db.tables import articles, captures, pages
from archive.records import Article
from indexer.document_tables import documents, relations, tombstones
from indexer.documents.document import Document, StoredDocument, to_document
from indexer.documents.tagging import Tags

_COLUMNS = (documents, articles.c.title, articles.c.body, articles.c.facts, captures.c.fetched_at,
            captures.c.provenance)


@dataclass(frozen=True, slots=True)
class Change:
    """The newest change of one id: its document, or None where it was removed."""

    rev: int
    id: str
    document: Document | None


@dataclass(frozen=True, slots=True)
class RelatedPage:
    """A page related to a document. `outgoing`: the evidence is on the document's page, else on the other page.

    `document_id` and `title` are those of the other page's document, None where the archive has none.
    """

    kind: str
    outgoing: bool
    url: str
    evidence: str
    document_id: str | None
    title: str | None


def documents_by_id(connection: Connection, ids: Iterable[str]) -> dict[str, StoredDocument]:
    """The stored documents by id, in the order of `ids`; unknown ids are left out."""
    wanted, found = list(ids), dict[str, StoredDocument]()
    for part in chunks(wanted):
        rows = connection.execute(_select_documents().where(documents.c.id.in_(part)))
        found.update((row.id, _to_stored(row)) for row in rows)
    return {name: found[name] for name in wanted if name in found}


def related_pages(connection: Connection, document: StoredDocument) -> tuple[RelatedPage, ...]:
    """The related pages, outgoing first; a pair of pages that name each other counts once."""
    found: dict[tuple[str, str], RelatedPage] = {}
    for outgoing, statement in ((True, _outgoing(document)), (False, _incoming(document))):
        for row in connection.execute(statement):
            entry = RelatedPage(row.kind, outgoing, row.url, row.evidence, row.other_id, row.other_title)
            found.setdefault((row.kind, row.other_id or row.url), entry)
    return tuple(found.values())


def last_rev(connection: Connection) -> int:
    """The newest `rev`, 0 in an archive without documents."""
    return get_counter(connection, "next_rev", 1) - 1


def changes_after(connection: Connection, rev: int, limit: int) -> list[Change]:
    """The first changes after a rev, at most `limit`, in order of rev."""
    gone = select(tombstones.c.rev, tombstones.c.id, literal(False).label("here")).where(tombstones.c.rev > rev)
    here = select(documents.c.rev, documents.c.id, literal(True)).where(documents.c.rev > rev)
    both = union_all(gone, here).subquery()
    rows = connection.execute(select(both).order_by(both.c.rev).limit(limit)).all()
    stored = documents_by_id(connection, (row.id for row in rows if row.here))
    return [Change(row.rev, row.id, to_document(stored[row.id]) if row.here else None) for row in rows]


def _select_documents() -> Select[Any]:
    return (select(*_COLUMNS).join(articles, articles.c.id == documents.c.article_id)
            .join(captures, captures.c.id == articles.c.capture_id))


def _to_stored(row: Row[Any]) -> StoredDocument:
    tags = Tags.from_dict(row.tags)
    return StoredDocument(
        id=row.id, seq=row.seq, rev=row.rev, cause=row.cause, added_at=row.added_at, changed_at=row.changed_at,
        page_id=row.page_id, capture_id=row.capture_id, fetched_at=row.fetched_at, provenance=row.provenance,
        article=read_article(row), organizations=tags.organizations, topics=tags.topics)


def read_article(row: Row[Any]) -> Article:
    """The article of a row with `title`, `body` and `facts`."""
    return Article.from_dict({**row.facts, "title": row.title, "body": row.body})


def _outgoing(document: StoredDocument) -> Select[Any]:
    """The relations on the document's page, with the documents of the other pages where there are any."""
    return (_select_relations().where(relations.c.document_id == document.id)
            .outerjoin(documents, documents.c.id == relations.c.related_id)
            .outerjoin(articles, articles.c.id == documents.c.article_id)
            .add_columns(relations.c.url).order_by(relations.c.id))


def _incoming(document: StoredDocument) -> Select[Any]:
    """The relations on other documents' pages to this page."""
    return (_select_relations().where(relations.c.related_id == document.id)
            .join(documents, documents.c.id == relations.c.document_id)
            .join(articles, articles.c.id == documents.c.article_id)
            .join(pages, pages.c.id == documents.c.page_id)
            .add_columns(pages.c.url).order_by(documents.c.seq))


def _select_relations() -> Select[Any]:
    return select(relations.c.kind, relations.c.evidence, documents.c.id.label("other_id"),
                  articles.c.title.label("other_title")).select_from(relations)
