"""Articles -> documents: what is new, changed or gone gets its `rev` and its cause under the writer's lock.

Everything here may be cut off at any moment and started again: a page that was done is found unchanged.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, func, insert, select, union, update

from archive.db.metadata import get_counter, get_metadata, set_counter, set_metadata
from archive.db.store import Store, chunks
from archive.db.tables import articles, captures, pages
from archive.records import Article
from archive.times import iso
from indexer.documents import tagging
from indexer.documents.document import details_hash
from indexer.documents.relations import relations_of
from indexer.documents.tagging import Tagger
from indexer.store import last_rev, read_article
from indexer.tables import documents, relations, tombstones
from indexer.vocabulary.entry import Vocabulary

NEW = "new"
SOURCE_CHANGED = "source changed"
READER_IMPROVED = "reader improved"
VOCABULARY = "vocabulary"
GONE = "its page has no readable article any more"


@dataclass(frozen=True, slots=True)
class UpdateCounts:
    """How many documents appeared, got a new `rev`, or were taken away, and the newest `rev` of the store."""

    new: int = 0
    changed: int = 0
    gone: int = 0
    rev: int = 0


@dataclass(frozen=True, slots=True)
class _Plan:
    """The pages to look at, in the order in which new ones get their `seq`, and what is true once they are done."""

    pages: Sequence[int]
    last_article: int
    vocabulary: str


@dataclass(frozen=True, slots=True)
class _Fresh:
    """The newest article of a page, with all that its document is made of; read and tagged before the lock is taken."""

    id: str
    article_id: int
    article: Article
    made_from: dict[str, Any]
    tags: dict[str, Any]


@dataclass(slots=True)
class _Writer:
    """One write transaction: gives out `seq` and `rev`, and counts."""

    connection: Connection
    now: str
    seq: int
    rev: int
    counts: dict[str, int] = field(default_factory=lambda: {"new": 0, "changed": 0, "gone": 0})

    def next_rev(self, count: str) -> int:
        """The rev of the next change, which is counted under `count`."""
        self.counts[count] += 1
        self.rev += 1
        return self.rev - 1


def update_documents(store: Store, vocabulary: Vocabulary, now: datetime) -> UpdateCounts:
    """Make the newest readable article of every page its document; says what changed.

    New documents get their `seq` in order of capture time, then of page. With another vocabulary than last time,
    every document is tagged anew.
    """
    plan, tagger, total = _plan(store, vocabulary), Tagger(vocabulary), {"new": 0, "changed": 0, "gone": 0}
    for batch in chunks(plan.pages):
        for name, count in _update_batch(store, tagger, batch, iso(now)).items():
            total[name] += count
    _finish(store, plan)
    with store.read() as connection:
        return UpdateCounts(**total, rev=last_rev(connection))


def _plan(store: Store, vocabulary: Vocabulary) -> _Plan:
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
        return _Plan(list(connection.scalars(ordered)), max(upto, after), digest)


def _finish(store: Store, plan: _Plan) -> None:
    """Remember how far the plan reached, once all of it is done; without news the store is left in peace."""
    with store.read() as connection:
        done = get_metadata(connection, "vocabulary") == plan.vocabulary
        if done and get_counter(connection, "last_article", 0) >= plan.last_article:
            return
    with store.begin() as connection:
        set_counter(connection, "last_article", max(plan.last_article, get_counter(connection, "last_article", 0)))
        set_metadata(connection, "vocabulary", plan.vocabulary)


def _update_batch(store: Store, tagger: Tagger, batch: Sequence[int], now: str) -> dict[str, int]:
    with store.read() as connection:
        fresh = {row.page_id: _fresh(row, tagger) for row in connection.execute(_newest(batch))}
    with store.begin() as connection:
        writer = _Writer(
            connection, now, get_counter(connection, "next_seq", 1), get_counter(connection, "next_rev", 1))
        before = writer.rev
        current = {row.page_id: row.id for row in connection.execute(_newest_ids(batch))}
        old = {row.page_id: row for row in connection.execute(_rows(batch))}
        for page in batch:
            newest = fresh.get(page)
            if current.get(page) == (newest.article_id if newest else None):  # else another one came in between
                _update_page(writer, old.get(page), newest)
        if writer.rev != before:
            set_counter(connection, "next_seq", writer.seq)
            set_counter(connection, "next_rev", writer.rev)
        return writer.counts


def _ranked(batch: Sequence[int], *columns: Any) -> Any:
    order = (captures.c.fetched_at.desc(), captures.c.id.desc())
    rank = func.row_number().over(partition_by=articles.c.page_id, order_by=order).label("rank")
    return (select(*columns, rank).join(captures, captures.c.id == articles.c.capture_id)
            .where(articles.c.page_id.in_(batch)).subquery())


def _newest_ids(batch: Sequence[int]) -> Select[Any]:
    """Page and id of the newest readable article, by capture time, of each page that has one."""
    ranked = _ranked(batch, articles.c.page_id, articles.c.id)
    return select(ranked.c.page_id, ranked.c.id).where(ranked.c.rank == 1)


def _newest(batch: Sequence[int]) -> Select[Any]:
    newest = _newest_ids(batch).subquery()
    return (select(articles, pages.c.public_id).join(newest, newest.c.id == articles.c.id)
            .join(pages, pages.c.id == articles.c.page_id))


def _rows(batch: Sequence[int]) -> Select[Any]:
    return select(documents).where(documents.c.page_id.in_(batch))


def _fresh(row: Row[Any], tagger: Tagger) -> _Fresh:
    article = read_article(row)
    made_from = {"page_id": row.page_id, "article_id": row.id, "capture_id": row.capture_id, "reader": row.reader,
                 "content_hash": row.content_hash, "details": details_hash(article)}
    return _Fresh(row.public_id, row.id, article, made_from, tagger.tags(article.title, article.body).to_dict())


def _update_page(writer: _Writer, old: Row[Any] | None, fresh: _Fresh | None) -> None:
    if fresh is None:
        if old is not None:
            _bury(writer, old)
        return
    if old is None:
        _add(writer, fresh)
        return
    cause = _cause(writer.connection, old, fresh)
    if cause is not None:
        _write(writer, old.id, {**fresh.made_from, "tags": fresh.tags, "cause": cause, "changed_at": writer.now,
                                "rev": writer.next_rev("changed")})
    elif old.article_id != fresh.article_id:
        _write(writer, old.id, fresh.made_from)
    if old.article_id != fresh.article_id:
        _relate(writer.connection, fresh)


def _cause(connection: Connection, old: Row[Any], fresh: _Fresh) -> str | None:
    """Why the document gets a new rev, None where nothing a reader sees is different."""
    new = fresh.made_from
    if old.content_hash != new["content_hash"]:
        return SOURCE_CHANGED if _edited(connection, old, new) else READER_IMPROVED
    if old.reader != new["reader"] and old.details != new["details"]:
        return READER_IMPROVED
    return VOCABULARY if old.tags != fresh.tags else None


def _edited(connection: Connection, old: Row[Any], new: dict[str, Any]) -> bool:
    """Whether one and the same reader reads two captures differently; a better reader alone is no edit."""
    if old.capture_id == new["capture_id"]:
        return False
    if old.reader == new["reader"]:
        return True
    before = connection.scalar(select(articles.c.content_hash).where(
        articles.c.capture_id == old.capture_id, articles.c.reader == new["reader"]))
    return before is not None and before != new["content_hash"]


def _add(writer: _Writer, fresh: _Fresh) -> None:
    """A new document; one that comes back keeps the seq it had."""
    buried = writer.connection.execute(select(tombstones).where(tombstones.c.id == fresh.id)).first()
    if buried is None:
        seq, added_at = writer.seq, writer.now
        writer.seq += 1
    else:
        seq, added_at = buried.seq, buried.added_at
        writer.connection.execute(delete(tombstones).where(tombstones.c.id == fresh.id))
    writer.connection.execute(insert(documents).values(
        **fresh.made_from, id=fresh.id, seq=seq, rev=writer.next_rev("new"), cause=NEW, added_at=added_at,
        changed_at=writer.now, tags=fresh.tags))
    _relate(writer.connection, fresh)


def _write(writer: _Writer, name: str, values: dict[str, Any]) -> None:
    writer.connection.execute(update(documents).where(documents.c.id == name).values(**values))


def _relate(connection: Connection, fresh: _Fresh) -> None:
    connection.execute(delete(relations).where(relations.c.document_id == fresh.id))
    rows = [{"document_id": fresh.id, "kind": each.kind, "urlkey": each.urlkey, "url": each.url,
             "evidence": each.evidence} for each in relations_of(fresh.article)]
    if rows:
        connection.execute(insert(relations), rows)


def _bury(writer: _Writer, old: Row[Any]) -> None:
    writer.connection.execute(delete(documents).where(documents.c.id == old.id))
    writer.connection.execute(delete(relations).where(relations.c.document_id == old.id))
    writer.connection.execute(insert(tombstones).values(
        id=old.id, rev=writer.next_rev("gone"), seq=old.seq, added_at=old.added_at, why=GONE, at=writer.now))
