"""One page's newest article -> its document: rows added, changed or removed, each change with a `rev` and a cause."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, func, insert, select, update

from archive.db.revisions import changed_at_source
from archive.db.store import get_counter, set_counter, set_metadata
from archive.db.tables import NEWEST_FIRST, articles, captures, pages
from archive.records import Article
from archive.urls import host_of, page_id
from indexer.document_rows import read_article
from indexer.document_tables import documents, relations, tombstones
from indexer.documents.document import details_hash, organization_of
from indexer.documents.relations import relations_of
from indexer.documents.tagging import Tagger
from indexer.documents.tags import Tags
from indexer.lineage import add_range

NEW = "new"
SOURCE_CHANGED = "source changed"
READER_IMPROVED = "reader improved"
VOCABULARY = "vocabulary"
TAGGED_AT = "tagged_at"  # metadata: time of the last change of tags alone
GONE = "its page has no readable article any more"


@dataclass(frozen=True, slots=True)
class _Reading:
    """The content of a capture as one reader version read it."""

    capture_id: int
    content_hash: str
    reader: int


@dataclass(frozen=True, slots=True)
class NewestArticle:
    """The newest article of a page, tagged; `details` is the hash of every field with its evidence."""

    page_id: int
    document_id: str
    article_id: int
    reading: _Reading
    details: str
    article: Article
    tags: dict[str, Any]

    def columns(self) -> dict[str, Any]:
        """The columns of `documents` that say which article the document is made from."""
        return {"page_id": self.page_id, "article_id": self.article_id, "capture_id": self.reading.capture_id,
                "reader": self.reading.reader, "content_hash": self.reading.content_hash, "details": self.details}


@dataclass(slots=True)
class _Transaction:
    """One write transaction with the next `seq` and `rev` to give out, and the counts of its changes."""

    connection: Connection
    now: str
    seq: int
    rev: int
    counts: Counter[str] = field(default_factory=Counter)
    retagged: bool = False

    @classmethod
    def start(cls, connection: Connection, now: str) -> "_Transaction":
        """The numbers that the store gives out next."""
        return cls(connection, now, get_counter(connection, "next_seq", 1), get_counter(connection, "next_rev", 1))

    def finish(self) -> Counter[str]:
        """Save the next numbers, and the range of revs given out; returns the counts."""
        if self.counts:
            set_counter(self.connection, "next_seq", self.seq)
            set_counter(self.connection, "next_rev", self.rev)
            add_range(self.connection, self.rev - 1)
        if self.retagged:
            set_metadata(self.connection, TAGGED_AT, self.now)
        return self.counts

    def next_rev(self, change: str) -> int:
        """The rev of the next change, which is counted as new, changed or gone."""
        self.counts[change] += 1
        self.rev += 1
        return self.rev - 1


def newest_articles(connection: Connection, page_ids: Sequence[int], tagger: Tagger) -> dict[int, NewestArticle]:
    """The newest readable article, by capture time, of each page that has one; tagged. At most CHUNK pages."""
    order = NEWEST_FIRST
    rank = func.row_number().over(partition_by=articles.c.page_id, order_by=order).label("rank")
    ranked = (select(articles.c.id, rank).join(captures, captures.c.id == articles.c.capture_id)
              .where(articles.c.page_id.in_(page_ids)).subquery())
    newest = (select(articles, pages.c.public_id).join(pages, pages.c.id == articles.c.page_id)
              .join(ranked, ranked.c.id == articles.c.id).where(ranked.c.rank == 1))
    return {row.page_id: _tagged(row, tagger) for row in connection.execute(newest)}


def pages_with_document(connection: Connection, page_ids: Sequence[int]) -> list[int]:
    """Those of the pages that have a document, in order."""
    with_document = select(documents.c.page_id).where(documents.c.page_id.in_(page_ids))
    return list(connection.scalars(with_document.order_by(documents.c.page_id)))


def write_documents(connection: Connection, page_ids: Sequence[int], newest: Mapping[int, NewestArticle],
                    now: str) -> Counter[str]:
    """Make the newest articles of these pages their documents, in this order; returns the counts of changes.

    The document of a page without one is removed. Needs the write transaction of `Store.begin`.
    """
    transaction = _Transaction.start(connection, now)
    old = {row.page_id: row for row in connection.execute(_old_documents(page_ids))}
    for page in page_ids:
        _update_page(transaction, old.get(page), newest.get(page))
    return transaction.finish()


def _old_documents(batch: Sequence[int]) -> Select[Any]:
    """The documents of some pages, each with what its capture reads like by now: a re-read changes articles."""
    return (select(documents, articles.c.content_hash.label("current_hash"), articles.c.reader.label("current_reader"))
            .outerjoin(articles, articles.c.capture_id == documents.c.capture_id)
            .where(documents.c.page_id.in_(batch)))


def _tagged(row: Row[Any], tagger: Tagger) -> NewestArticle:
    article = read_article(row)
    return NewestArticle(
        row.page_id, row.public_id, row.id, _Reading(row.capture_id, row.content_hash, row.reader),
        details_hash(article), article, tags_of(article, tagger).to_dict())


def tags_of(article: Article, tagger: Tagger) -> Tags:
    """The tags of an article; its site is that of its host, or of the source that a clone copies."""
    site = tagger.vocabulary.site(host_of(article.clone_of or article.url))
    if site.organization is None:
        site = replace(site, organization=organization_of(article))
    return tagger.tags(article.title, article.body, site, article.number)


def _update_page(transaction: _Transaction, old: Row[Any] | None, newest: NewestArticle | None) -> None:
    if newest is None:
        if old is not None:
            _remove(transaction, old)
        return
    if old is None:
        _add(transaction, newest)
        return
    is_other = any(getattr(old, name) != value for name, value in newest.columns().items())
    cause = _cause(old, newest)
    if cause is not None:
        transaction.retagged |= cause == VOCABULARY
        # Other tags are no change of the release: feeds take its time from here, and stay as they are.
        changed_at = old.changed_at if cause == VOCABULARY else transaction.now
        _change(transaction, old.id, {**newest.columns(), "tags": newest.tags, "cause": cause,
                                      "changed_at": changed_at, "rev": transaction.next_rev("changed")})
    elif is_other:
        _change(transaction, old.id, newest.columns())
    if is_other:
        _replace_relations(transaction.connection, newest)


def _cause(old: Row[Any], newest: NewestArticle) -> str | None:
    """The reason for a new rev, None where readers see no difference."""
    if old.content_hash != newest.reading.content_hash:
        return SOURCE_CHANGED if _edited(old, newest.reading) else READER_IMPROVED
    if old.reader != newest.reading.reader and old.details != newest.details:
        return READER_IMPROVED
    return VOCABULARY if old.tags != newest.tags else None


def _edited(old: Row[Any], newest: _Reading) -> bool:
    """True where the page was edited since the document's capture, which may have been re-read by now."""
    readings = [_Reading(old.capture_id, old.content_hash, old.reader)]
    if old.current_hash is not None:
        readings.append(_Reading(old.capture_id, old.current_hash, old.current_reader))
    return any(changed_at_source(each, newest) for each in readings)


def _add(transaction: _Transaction, newest: NewestArticle) -> None:
    """Insert a document; one that comes back gets the seq of its tombstone."""
    connection, name = transaction.connection, newest.document_id
    tombstone = connection.execute(select(tombstones).where(tombstones.c.id == name)).first()
    if tombstone is None:
        seq, added_at = transaction.seq, transaction.now
        transaction.seq += 1
    else:
        seq, added_at = tombstone.seq, tombstone.added_at
        connection.execute(delete(tombstones).where(tombstones.c.id == name))
    connection.execute(insert(documents).values(
        **newest.columns(), id=name, seq=seq, rev=transaction.next_rev("new"), cause=NEW, added_at=added_at,
        changed_at=transaction.now, tags=newest.tags))
    _replace_relations(connection, newest)


def _change(transaction: _Transaction, name: str, values: dict[str, Any]) -> None:
    transaction.connection.execute(update(documents).where(documents.c.id == name).values(**values))


def _replace_relations(connection: Connection, newest: NewestArticle) -> None:
    connection.execute(delete(relations).where(relations.c.document_id == newest.document_id))
    rows = [{"document_id": newest.document_id, "kind": each.kind, "related_id": page_id(each.urlkey),
             "url": each.url, "evidence": each.evidence} for each in relations_of(newest.article)]
    if rows:
        connection.execute(insert(relations), rows)


def _remove(transaction: _Transaction, old: Row[Any]) -> None:
    """Replace a document by a tombstone."""
    connection = transaction.connection
    connection.execute(delete(documents).where(documents.c.id == old.id))
    connection.execute(delete(relations).where(relations.c.document_id == old.id))
    connection.execute(insert(tombstones).values(
        id=old.id, rev=transaction.next_rev("gone"), seq=old.seq, added_at=old.added_at, why=GONE,
        at=transaction.now))
