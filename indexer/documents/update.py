"""Articles -> documents: the pages in the queue of changes get the documents of their newest articles.

Update can be interrupted at any point and started again: a page leaves the queue in the transaction that changes its
document. What is not queued is not looked at, so that one new page costs the same in an archive of any size.
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy import Connection, delete, event, insert, select

from archive.db.changed_pages import first_queued, take_queued, unqueue_pages
from archive.db.store import Store, chunks, get_metadata, set_metadata
from archive.db.tables import captures, changed_pages
from archive.times import iso
from indexer.document_rows import last_rev
from indexer.document_tables import documents
from indexer.documents import tagging
from indexer.documents.page_changes import newest_articles, pages_with_document, write_documents
from indexer.documents.tagging import Tagger
from indexer.vocabulary.entry import Vocabulary

BATCH = 500  # pages per transaction; at most CHUNK of archive/db/store.py


@dataclass(frozen=True, slots=True)
class UpdateCounts:
    """Counts of documents added, changed (a new `rev`) and removed, and the newest `rev` of the store."""

    new: int = 0
    changed: int = 0
    gone: int = 0
    rev: int = 0


class DocumentUpdate:
    """Makes the newest readable article of every changed page its document, and counts what changed."""

    def __init__(self, store: Store, vocabulary: Vocabulary, now: datetime) -> None:
        self._store = store
        self._tagger = Tagger(vocabulary)
        self._vocabulary = f"{vocabulary.digest}:{tagging.VERSION}"
        self._now = iso(now)
        self._counts = Counter[str]()

    def follow(self, connection: Connection, page_ids: Collection[int]) -> None:
        """Update the documents of pages in the write transaction that changes their articles.

        Pages without a document stay in the queue: `run` numbers new documents in order of capture time.
        """
        for chosen in chunks(sorted(page_ids)):
            held = pages_with_document(connection, chosen)
            newest = newest_articles(connection, held, self._tagger)
            changed = write_documents(connection, held, newest, self._now)
            # A transaction in which the database refuses a row is done again in parts.
            event.listen(connection, "commit", partial(self._count, changed), once=True)
            unqueue_pages(connection, held)

    def _count(self, changed: Counter[str], _connection: Connection) -> None:
        self._counts.update(changed)

    def run(self) -> UpdateCounts:
        """Update the documents of all queued pages; returns what changed, by `follow` too.

        New documents get their `seq` in order of capture time, then of page. With another vocabulary than last time,
        every document is tagged anew.
        """
        self._queue_other_vocabulary()
        while self._update_batch():
            pass
        with self._store.read() as connection:
            counts = self._counts
            return UpdateCounts(counts["new"], counts["changed"], counts["gone"], last_rev(connection))

    def _update_batch(self) -> bool:
        """Update the first pages of the queue in one transaction, tagged before it begins; False if there are none."""
        with self._store.read() as connection:
            queued = first_queued(connection, BATCH)
            newest = newest_articles(connection, [each.page_id for each in queued], self._tagger)
        if not queued:
            return False
        with self._store.begin() as connection:
            unchanged = take_queued(connection, [each.queue_id for each in queued])
            pages = [each.page_id for each in queued if each.page_id in unchanged]
            self._counts.update(write_documents(connection, pages, newest, self._now))
        return True

    def _queue_other_vocabulary(self) -> None:
        """Queue every document if they were tagged with another vocabulary; what was queued before stays."""
        with self._store.read() as connection:
            if get_metadata(connection, "vocabulary") == self._vocabulary:
                return
        with self._store.begin() as connection:
            connection.execute(delete(changed_pages).where(changed_pages.c.page_id.in_(select(documents.c.page_id))))
            connection.execute(insert(changed_pages).from_select(
                ["page_id", "captured_at"], select(documents.c.page_id, captures.c.fetched_at)
                .join(captures, captures.c.id == documents.c.capture_id)))
            set_metadata(connection, "vocabulary", self._vocabulary)


def update_documents(store: Store, vocabulary: Vocabulary, now: datetime) -> UpdateCounts:
    """Make the newest readable article of every changed page its document; returns what changed."""
    return DocumentUpdate(store, vocabulary, now).run()
