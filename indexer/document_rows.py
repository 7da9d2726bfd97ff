"""Rows of documents in the store: documents with their articles, changes by `rev`, related pages."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, Table, and_, func, select

from archive.db.changed_pages import queue_pages
from archive.db.store import chunks, get_counter
from archive.db.tables import articles, captures, changed_pages, pages
from archive.messages import Message
from archive.records import Article
from indexer.document_tables import documents, relations, tombstones
from indexer.document_tables import refused_documents as refusals
from indexer.documents.document import Document, StoredDocument, to_document
from indexer.documents.tags import Tags

_COLUMNS = (documents, articles.c.title, articles.c.body, articles.c.facts, captures.c.fetched_at,
            captures.c.provenance)


@dataclass(frozen=True, slots=True)
class Change:
    """The newest change of one id: its document, or None where it was removed."""

    rev: int
    id: str
    document: Document | None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A document that the search engine refused."""

    document_id: str
    title: str
    reason: Message


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
    """The first changes after a rev, at most `limit`, in order of rev.

    A document without an article counts as removed: its page is queued, and its next change has another rev.
    """
    # Each table is read by its index of revs: a union of both would be sorted to its end for every batch.
    here = [(row.rev, row.id, True) for row in connection.execute(_revs_after(documents, rev, limit))]
    gone = [(row.rev, row.id, False) for row in connection.execute(_revs_after(tombstones, rev, limit))]
    first = sorted([*here, *gone])[:limit]
    stored = documents_by_id(connection, (name for _, name, is_here in first if is_here))
    return [Change(at, name, to_document(stored[name]) if name in stored else None) for at, name, _ in first]


def refused_documents(connection: Connection, limit: int) -> list[Refusal]:
    """The documents that the search engine refused as they are now, in order of rev, at most `limit`."""
    query = _refused(documents.c.id, articles.c.title, refusals.c.reason).join(
        articles, articles.c.id == documents.c.article_id).order_by(documents.c.rev).limit(limit)
    return [Refusal(*row) for row in connection.execute(query)]


def count_refused(connection: Connection) -> int:
    """The number of documents that the search engine refused as they are now."""
    return connection.scalar(_refused(func.count())) or 0


def pages_without_document(connection: Connection) -> list[int]:
    """Pages that have an article and no document, or a document and no article, and are not queued."""
    queued = select(changed_pages.c.page_id)
    lacking = (
        select(articles.c.page_id).outerjoin(documents, documents.c.page_id == articles.c.page_id)
        .where(documents.c.id.is_(None), articles.c.page_id.not_in(queued)),
        select(documents.c.page_id).outerjoin(articles, articles.c.id == documents.c.article_id)
        .where(articles.c.id.is_(None), documents.c.page_id.not_in(queued)))
    return sorted({page for query in lacking for page in connection.scalars(query)})


def queue_undocumented(connection: Connection) -> None:
    """Queue those pages, so that the next update makes their documents."""
    queue_pages(connection, pages_without_document(connection))


def _refused(*columns: Any) -> Select[Any]:
    """Refusals of documents that have not changed since."""
    return select(*columns).select_from(refusals).join(
        documents, and_(documents.c.id == refusals.c.id, documents.c.rev == refusals.c.rev))


def _revs_after(table: Table, rev: int, limit: int) -> Select[Any]:
    return select(table.c.rev, table.c.id).where(table.c.rev > rev).order_by(table.c.rev).limit(limit)


def _select_documents() -> Select[Any]:
    return (select(*_COLUMNS).join(articles, articles.c.id == documents.c.article_id)
            .join(captures, captures.c.id == articles.c.capture_id))


def _to_stored(row: Row[Any]) -> StoredDocument:
    tags = Tags.from_dict(row.tags)
    return StoredDocument(
        id=row.id, seq=row.seq, rev=row.rev, cause=row.cause, added_at=row.added_at, changed_at=row.changed_at,
        page_id=row.page_id, capture_id=row.capture_id, fetched_at=row.fetched_at, provenance=row.provenance,
        article=read_article(row), organizations=tags.organizations, topics=tags.topics,
        places=tags.places, type=tags.type)


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
