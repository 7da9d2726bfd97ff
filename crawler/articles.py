"""What captures say, written down: articles, quarantine, and the revisions that follow from them."""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, and_, delete, func, insert, select

from crawler.batches import parts
from crawler.capture import Capture
from crawler.extract.article import Article, Unreadable
from crawler.tables import articles, captures, quarantine, revisions

LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reader:
    """What reads captures, and which version of it does: only readings of one version can be compared."""

    version: int
    read: Callable[[Capture], Article | Unreadable]


@dataclass(frozen=True, slots=True)
class Reading:
    """What one capture says, as one version of the reader understands it; None where it is not to be read."""

    capture_id: int
    page_id: int
    source: str | None
    reader: int
    result: Article | Unreadable | None


@dataclass(frozen=True, slots=True)
class _Said:
    """What a page said at one time."""

    page_id: int
    capture_id: int
    fetched_at: str
    content_hash: str
    reader: int


def current_reader() -> Reader:
    """The reader that the program comes with."""
    from crawler.reading import READER, read_capture  # it loads every layout, which only readers need

    return Reader(READER, read_capture)


def read(reader: Reader, capture: Capture) -> Article | Unreadable:
    """What the reader makes of a capture; a fault inside the reader makes it unreadable, never lost."""
    try:
        return reader.read(capture)
    except Exception as error:  # whatever it is, the capture must be catalogued, and others read
        LOG.exception("the reader failed on %s", capture.url)
        return Unreadable(f"the reader failed: {type(error).__name__}: {error}"[:500])


def record(connection: Connection, readings: Sequence[Reading]) -> None:
    """Put readings in the place of older ones of the same captures, and bring the pages' revisions up to date."""
    for chosen in parts([each.capture_id for each in readings]):
        connection.execute(delete(articles).where(articles.c.capture_id.in_(chosen)))
        connection.execute(delete(quarantine).where(quarantine.c.capture_id.in_(chosen)))
    for table, rows in ((articles, [_article(each, each.result) for each in readings
                                    if isinstance(each.result, Article)]),
                        (quarantine, [_unreadable(each, each.result) for each in readings
                                      if isinstance(each.result, Unreadable)])):
        if rows:
            connection.execute(insert(table), rows)
    revise(connection, {each.page_id for each in readings})


def revise(connection: Connection, page_ids: Iterable[int]) -> None:
    """Make the revisions of these pages what their captures, in order of time, say they are."""
    for chosen in parts(sorted(page_ids)):
        changes = [each for page in _histories(connection, chosen) for each in _changes(page)]
        wanted = {(each.page_id, each.capture_id): each for each in changes}
        present = {(each.page_id, each.capture_id): each for each in connection.execute(
            select(revisions).where(revisions.c.page_id.in_(chosen)))}
        wrong = [row.id for key, row in present.items()
                 if key not in wanted or wanted[key].content_hash != row.content_hash]
        if wrong:
            connection.execute(delete(revisions).where(revisions.c.id.in_(wrong)))
        new = [{"page_id": row.page_id, "capture_id": row.capture_id, "content_hash": row.content_hash,
                "captured_at": row.fetched_at} for key, row in wanted.items()
               if key not in present or present[key].id in wrong]
        if new:
            connection.execute(insert(revisions), new)


def _histories(connection: Connection, page_ids: Sequence[int]) -> list[list[_Said]]:
    """The captures of each page that say something, oldest first; a revisit says what the one it repeats says."""
    own, repeated = articles.alias("own"), articles.alias("repeated")
    said = func.coalesce(own.c.content_hash, repeated.c.content_hash)
    rows = connection.execute(
        select(captures.c.page_id, captures.c.id, captures.c.fetched_at, said.label("content_hash"),
               func.coalesce(own.c.reader, repeated.c.reader).label("reader"))
        .outerjoin(own, own.c.capture_id == captures.c.id)
        .outerjoin(repeated, and_(repeated.c.capture_id == captures.c.repeats,
                                  repeated.c.page_id == captures.c.page_id))
        .where(captures.c.page_id.in_(page_ids), said.is_not(None))
        .order_by(captures.c.page_id, captures.c.fetched_at, captures.c.id))
    said_in_order = (_Said(*row) for row in rows)
    return [list(page) for _, page in groupby(said_in_order, key=attrgetter("page_id"))]


def _changes(history: Sequence[_Said]) -> list[_Said]:
    """The first capture, and each that says something else than the one before it, both read by the same reader."""
    found = [history[0]]
    by_reader = sorted(history, key=attrgetter("reader"))  # stable: within one reader the order of time stays
    for _, same in groupby(by_reader, key=attrgetter("reader")):
        found += [after for before, after in pairwise(same) if before.content_hash != after.content_hash]
    return found


def _article(reading: Reading, article: Article) -> dict[str, Any]:
    facts = article.to_dict()
    title, body = facts.pop("title"), facts.pop("body")
    return {"page_id": reading.page_id, "capture_id": reading.capture_id, "source": article.source,
            "layout": article.layout, "reader": reading.reader, "content_hash": article.content_hash(),
            "title": title, "body": body, "language": article.language, "published": article.published.value,
            "precision": article.published.precision, "facts": facts}


def _unreadable(reading: Reading, result: Unreadable) -> dict[str, Any]:
    return {"capture_id": reading.capture_id, "page_id": reading.page_id, "source": reading.source,
            "reader": reading.reader, "reason": result.reason, "tried": list(result.tried)}
