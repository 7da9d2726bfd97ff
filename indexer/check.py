"""Checks of documents against articles, and of the search index against documents."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, and_, func, select

from archive.check.faults import FROM_FILES, INDEX, REBUILD, Checked, Fault
from archive.db.tables import articles, changed_pages
from indexer.document_rows import last_rev, pages_without_document
from indexer.document_tables import documents, refused_documents
from indexer.engines.base import Checkpoint, Engine
from indexer.engines.factory import damaged_files, open_engine
from indexer.errors import EngineError, NoIndexError
from indexer.query.model import Clause, Query, Sort
from indexer.settings import IndexerSettings
from indexer.sync import why_stale
from indexer.text.tokens import runs

BATCH = 1000  # documents at a time
SEARCHES = 20  # documents that are searched for


def check_index(checked: Checked, settings: IndexerSettings) -> Iterator[Fault]:
    """Faults of the documents and of the index."""
    with checked.store.read() as connection:
        if lacking := len(pages_without_document(connection)):
            yield Fault(f"{lacking} pages have an article and no document, or a document and no article", FROM_FILES)
        if queued := connection.scalar(select(func.count()).select_from(changed_pages)):
            yield Fault(f"the documents of {queued} pages are not up to date", INDEX)
    damaged = list(damaged_files(settings)) if checked.deep else ()
    for path in damaged:
        yield Fault(f"{path} is damaged: it is not what its checksum says", REBUILD)
    if damaged:  # Tantivy trusts the bytes of its files: what it reads in them says nothing
        return
    try:
        yield from _check_engine(checked, settings)
    except NoIndexError:
        yield Fault(f"there is no search index in {settings.index_folder()}", INDEX)
    except EngineError as error:
        yield Fault.of(error)


def _check_engine(checked: Checked, settings: IndexerSettings) -> Iterator[Fault]:
    engine = open_engine(settings, writable=False)
    try:
        checkpoint = engine.checkpoint() or Checkpoint(checked.store.uuid, 0)
        if stale := why_stale(checked.store, settings):
            yield Fault(f"the index does not belong to the store: {stale}", INDEX)
            return
        with checked.store.read() as connection:
            yield from _Comparison(checked, connection, engine, checkpoint).faults()
            yield from _check_searches(connection, engine, checkpoint)
    finally:
        engine.close()


def _check_searches(connection: Connection, engine: Engine, checkpoint: Checkpoint) -> Iterator[Fault]:
    """Search for the titles of the newest documents in every order, counts included: a search reads what opening an
    index does not. Raises EngineError."""
    for name, title in _newest_titles(connection, checkpoint):
        for sort in Sort:
            query = Query((Clause(title, phrase=True),), sort=sort)
            if not engine.search(query, limit=1, facets=True).total:
                yield Fault(f"the index holds {name} and does not find it by its title", REBUILD)
                return


def _newest_titles(connection: Connection, checkpoint: Checkpoint) -> list[tuple[str, str]]:
    """Ids and titles of the newest documents that the index should find by their titles."""
    refused = and_(refused_documents.c.id == documents.c.id, refused_documents.c.rev == documents.c.rev)
    query = (select(documents.c.id, articles.c.title).join(articles, articles.c.id == documents.c.article_id)
             .outerjoin(refused_documents, refused)
             .where(documents.c.rev <= checkpoint.rev, refused_documents.c.id.is_(None))
             .order_by(documents.c.rev.desc()).limit(SEARCHES))
    return [(row.id, row.title) for row in connection.execute(query) if runs(row.title)]


@dataclass(slots=True)
class _Comparison:
    """The documents of a store, up to the index's checkpoint, looked up in the index batch by batch.

    `held` counts those that the index has; `missing` those that it should have and lacks, the first one in `example`.
    """

    checked: Checked
    connection: Connection
    engine: Engine
    checkpoint: Checkpoint
    held: int = 0
    missing: int = 0
    example: list[str] = field(default_factory=list)

    def faults(self) -> Iterator[Fault]:
        """The faults of the index."""
        newest = last_rev(self.connection)
        self._compare()
        if self.missing:
            yield Fault(f"the index lacks {self.missing} documents, such as {self.example[0]}", REBUILD)
        if self.checkpoint.rev < newest:
            yield Fault(f"the index is at rev {self.checkpoint.rev}, the store at {newest}", INDEX)
        elif (extra := self.engine.count() - self.held) > 0:
            yield Fault(f"the index holds {extra} documents that the store does not{self._extra_example()}", REBUILD)

    def _compare(self) -> None:
        total = self.connection.scalar(select(func.count()).select_from(documents)) or 0
        rev = done = 0
        while rows := self._documents_after(rev):
            held = self.engine.held([row.id for row in rows])
            lacking = [row.id for row in rows if row.is_searchable and row.id not in held]
            self.held += len(held)
            self.missing += len(lacking)
            self.example = self.example or lacking[:1]
            rev, done = rows[-1].rev, done + len(rows)
            self.checked.update("documents in the index", done, max(total, done))

    def _documents_after(self, rev: int) -> list[Row[*tuple[Any, ...]]]:
        refused = and_(refused_documents.c.id == documents.c.id, refused_documents.c.rev == documents.c.rev)
        query = (select(documents.c.id, documents.c.rev,
                        and_(articles.c.id.is_not(None), refused_documents.c.id.is_(None)).label("is_searchable"))
                 .outerjoin(articles, articles.c.id == documents.c.article_id).outerjoin(refused_documents, refused)
                 .where(documents.c.rev > rev, documents.c.rev <= self.checkpoint.rev)
                 .order_by(documents.c.rev).limit(BATCH))
        return list(self.connection.execute(query))

    def _extra_example(self) -> str:
        """", such as …": an id that only the index holds; '' if it holds one twice."""
        offset = 0
        while hits := self.engine.search(Query(sort=Sort.ADDED), limit=BATCH, offset=offset).hits:
            ids = [each.id for each in hits]
            known = set(self.connection.scalars(select(documents.c.id).where(documents.c.id.in_(ids))))
            if unknown := [each for each in ids if each not in known]:
                return f", such as {unknown[0]}"
            offset += BATCH
        return ""
