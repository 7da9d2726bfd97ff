"""Preview of re-tagging: how the tags of documents would change with another vocabulary or other rules."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select

from archive.db.store import Store
from archive.db.tables import articles
from indexer.document_rows import read_article
from indexer.document_tables import documents
from indexer.documents.page_changes import tags_of
from indexer.documents.tagging import Tagger
from indexer.documents.tags import GROUPS, Tags
from indexer.vocabulary.entry import Vocabulary

BATCH = 500
SAMPLES = 10
_MISSING = ""  # in the place of a grade

Change = tuple[str, str, str, str]
"""Group, id, grade before and grade after of one tag; "" where it is missing."""


@dataclass(slots=True)
class Preview:
    """Documents that would be tagged anew, those that would change, the counts of each change, and samples."""

    documents: int = 0
    changed: int = 0
    counts: Counter[Change] = field(default_factory=Counter)
    samples: list[tuple[str, str, list[Change]]] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        """The preview as text: the sum, a line for each change with its count, then samples of documents."""
        yield f"{self.changed} of {self.documents} documents would have other tags; nothing was written"
        for change, count in sorted(self.counts.items(), key=lambda each: (-each[1], each[0])):
            yield f"{count:6}  {_worded(change)}"
        for document, title, changes in self.samples:
            yield f"{document}  {title[:70]}: {'; '.join(map(_worded, changes))}"


def preview(store: Store, vocabulary: Vocabulary) -> Preview:
    """The changes of tags that the next update would make in the documents of a store; reads only."""
    tagger, found = Tagger(vocabulary), Preview()
    with store.read() as connection:
        for row in _documents(connection):
            article = read_article(row)
            changes = _changes(Tags.from_dict(row.tags), tags_of(article, tagger))
            found.documents += 1
            found.changed += bool(changes)
            found.counts.update(changes)
            if changes and len(found.samples) < SAMPLES:
                found.samples.append((row.id, article.title, changes))
    return found


def _documents(connection: Connection) -> Iterator[Any]:
    """Every document with its article, in batches, in order of rev."""
    rev = 0
    while rows := connection.execute(
            select(documents.c.id, documents.c.rev, documents.c.tags,
                   articles.c.title, articles.c.body, articles.c.facts)
            .join(articles, articles.c.id == documents.c.article_id).where(documents.c.rev > rev)
            .order_by(documents.c.rev).limit(BATCH)).all():
        yield from rows
        rev = rows[-1].rev


def _changes(before: Tags, after: Tags) -> list[Change]:
    old, new = _graded(before), _graded(after)
    return [(*key, old.get(key, _MISSING), new.get(key, _MISSING)) for key in sorted(old.keys() | new.keys())
            if old.get(key) != new.get(key)]


def _graded(tags: Tags) -> dict[tuple[str, str], str]:
    """The grade of each tag by group and id."""
    found = {(group, tag.id): tag.grade.value for group in GROUPS for tag in getattr(tags, group)}
    return {**found, ("type", tags.type.id): tags.type.grade.value} if tags.type else found


def _worded(change: Change) -> str:
    """A change in words: "topics tariffs: mentioned -> about"."""
    group, name, before, after = change
    return f"{group} {name}: {before or 'none'} -> {after or 'none'}"
