"""Articles -> documents: each new, changed or vanished article gives its document a `rev` and a cause.

Update can be interrupted at any point and started again: pages that are done are found unchanged.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, func, insert, select, union, update

from archive.db.metadata import get_counter, get_metadata, set_counter, set_metadata
from archive.db.revisions import changed_at_source
from archive.db.store import Store, chunks
from archive.db.tables import articles, captures, pages
from archive.records import Article
from archive.times import iso
from archive.urls import page_id
from indexer.document_rows import last_rev, read_article
from indexer.document_tables import documents, relations, tombstones
from indexer.documents import tagging
from indexer.documents.document import details_hash
from indexer.documents.relations import relations_of
from indexer.documents.tagging import Tagger
from indexer.vocabulary.entry import Vocabulary

NEW = "new"
SOURCE_CHANGED = "source changed"
READER_IMPROVED = "reader improved"
VOCABULARY = "vocabulary"
GONE = "its page has no readable article any more"


@dataclass(frozen=True, slots=True)
class UpdateCounts:
    """Counts of documents added, changed (a new `rev`) and removed, and the newest `rev` of the store."""

    new: int = 0
    changed: int = 0
    gone: int = 0
    rev: int = 0


@dataclass(frozen=True, slots=True)
class _Backlog:
    """The pages to update, in the order in which new ones get their `seq`, and the progress to save afterwards."""

    pages: Sequence[int]
    last_article: int
    vocabulary: str


@dataclass(frozen=True, slots=True)
class _Reading:
    """The content of a capture as one reader version read it."""

    capture_id: int
    content_hash: str
    reader: int


@dataclass(frozen=True, slots=True)
class _NewestArticle:
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

    def next_rev(self, change: str) -> int:
        """The rev of the next change, which is counted as new, changed or gone."""
        self.counts[change] += 1
        self.rev += 1
        return self.rev - 1


def update_documents(store: Store, vocabulary: Vocabulary, now: datetime) -> UpdateCounts:
    """Make the newest readable article of every page its document; returns what changed.

    New documents get their `seq` in order of capture time, then of page. With another vocabulary than last time,
    every document is tagged anew.
    """
    backlog, tagger, counts = _backlog(store, vocabulary), Tagger(vocabulary), Counter[str]()
    for batch in chunks(backlog.pages):
        counts.update(_update_batch(store, tagger, batch, iso(now)))
    _save_progress(store, backlog)
    with store.read() as connection:
        return UpdateCounts(counts["new"], counts["changed"], counts["gone"], last_rev(connection))


def _backlog(store: Store, vocabulary: Vocabulary) -> _Backlog:
    digest = f"{vocabulary.digest}:{tagging.VERSION}"
    with store.read() as connection:
        upto = connection.scalar(select(func.max(articles.c.id))) or 0
        after = get_counter(connection, "last_article", 0)
        touched = [select(articles.c.page_id).where(articles.c.id > after, articles.c.id <= upto),
                   select(documents.c.page_id).outerjoin(articles, articles.c.id == documents.c.article_id)
                   .where(articles.c.id.is_(None))]
        if get_metadata(connection, "vocabulary") != digest:
            touched.append(select(documents.c.page_id))
        wanted = union(*touched).subquery()
        captured = func.max(captures.c.fetched_at)
        ordered = (select(wanted.c.page_id).outerjoin(articles, articles.c.page_id == wanted.c.page_id)
                   .outerjoin(captures, captures.c.id == articles.c.capture_id)
                   .group_by(wanted.c.page_id).order_by(captured, wanted.c.page_id))
        return _Backlog(list(connection.scalars(ordered)), max(upto, after), digest)


def _save_progress(store: Store, backlog: _Backlog) -> None:
    """Save how far the backlog reached, once all of it is done; write nothing when nothing changed."""
    with store.read() as connection:
        done = get_metadata(connection, "vocabulary") == backlog.vocabulary
        if done and get_counter(connection, "last_article", 0) >= backlog.last_article:
            return
    with store.begin() as connection:
        set_counter(connection, "last_article", max(backlog.last_article, get_counter(connection, "last_article", 0)))
        set_metadata(connection, "vocabulary", backlog.vocabulary)


def _update_batch(store: Store, tagger: Tagger, batch: Sequence[int], now: str) -> Counter[str]:
    """Update the documents of some pages in one transaction; articles are tagged before it begins."""
    with store.read() as connection:
        newest = {row.page_id: _tagged(row, tagger) for row in connection.execute(_newest_articles(batch))}
    with store.begin() as connection:
        transaction = _Transaction(
            connection, now, get_counter(connection, "next_seq", 1), get_counter(connection, "next_rev", 1))
        before = transaction.rev
        current = {row.page_id: row.id for row in connection.execute(_newest_ids(batch))}
        old = {row.page_id: row for row in connection.execute(_old_documents(batch))}
        for page in batch:
            article = newest.get(page)
            if current.get(page) == (article.article_id if article else None):  # else a newer one was written meanwhile
                _update_page(transaction, old.get(page), article)
        if transaction.rev != before:
            set_counter(connection, "next_seq", transaction.seq)
            set_counter(connection, "next_rev", transaction.rev)
        return transaction.counts


def _ranked(batch: Sequence[int], *columns: Any) -> Any:
    order = (captures.c.fetched_at.desc(), captures.c.id.desc())
    rank = func.row_number().over(partition_by=articles.c.page_id, order_by=order).label("rank")
    return (select(*columns, rank).join(captures, captures.c.id == articles.c.capture_id)
            .where(articles.c.page_id.in_(batch)).subquery())


def _newest_ids(batch: Sequence[int]) -> Select[Any]:
    """Page and id of the newest readable article, by capture time, of each page that has one."""
    ranked = _ranked(batch, articles.c.page_id, articles.c.id)
    return select(ranked.c.page_id, ranked.c.id).where(ranked.c.rank == 1)


def _newest_articles(batch: Sequence[int]) -> Select[Any]:
    newest = _newest_ids(batch).subquery()
    return (select(articles, pages.c.public_id).join(newest, newest.c.id == articles.c.id)
            .join(pages, pages.c.id == articles.c.page_id))


def _old_documents(batch: Sequence[int]) -> Select[Any]:
    """The documents of some pages, each with the current article of its capture: a re-read replaces articles."""
    return (select(documents, articles.c.content_hash.label("current_hash"), articles.c.reader.label("current_reader"))
            .outerjoin(articles, articles.c.capture_id == documents.c.capture_id)
            .where(documents.c.page_id.in_(batch)))


def _tagged(row: Row[Any], tagger: Tagger) -> _NewestArticle:
    article = read_article(row)
    return _NewestArticle(
        row.page_id, row.public_id, row.id, _Reading(row.capture_id, row.content_hash, row.reader),
        details_hash(article), article, tagger.tags(article.title, article.body).to_dict())


def _update_page(transaction: _Transaction, old: Row[Any] | None, newest: _NewestArticle | None) -> None:
    if newest is None:
        if old is not None:
            _remove(transaction, old)
        return
    if old is None:
        _add(transaction, newest)
        return
    cause = _cause(old, newest)
    if cause is not None:
        _change(transaction, old.id, {**newest.columns(), "tags": newest.tags, "cause": cause,
                                      "changed_at": transaction.now, "rev": transaction.next_rev("changed")})
    elif old.article_id != newest.article_id:
        _change(transaction, old.id, newest.columns())
    if old.article_id != newest.article_id:
        _replace_relations(transaction.connection, newest)


def _cause(old: Row[Any], newest: _NewestArticle) -> str | None:
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


def _add(transaction: _Transaction, newest: _NewestArticle) -> None:
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


def _replace_relations(connection: Connection, newest: _NewestArticle) -> None:
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
