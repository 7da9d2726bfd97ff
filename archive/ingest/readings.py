"""Readings of captures: run the reader, write articles, quarantine rows and revisions."""

import logging
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from archive.db.changed_pages import queue_pages
from archive.db.revisions import update_revisions
from archive.db.store import chunks, select_in
from archive.db.tables import articles, quarantine
from archive.messages import message
from archive.records import Article, Capture, Reader, Unreadable
from archive.text import storable

LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reading:
    """Result of one reader version for one capture; `result` is None if the capture is not to be read."""

    capture_id: int
    page_id: int
    source: str | None
    reader: int
    result: Article | Unreadable | None


def read(reader: Reader, capture: Capture) -> Article | Unreadable:
    """Run the reader on a capture; any exception it raises makes the capture unreadable."""
    try:
        return _storable(reader.read(capture))
    except Exception as error:  # the capture must still be inserted, and the others read
        LOG.exception("the reader failed on %s", capture.url)
        return Unreadable(message("reader_failed", error=f"{type(error).__name__}: {error}"[:480]))


def _storable(result: Article | Unreadable) -> Article | Unreadable:
    """An article with storable texts: its hash is that of the article that the store will give back."""
    if not isinstance(result, Article):
        return result
    facts = result.to_dict()
    clean = storable(facts)
    return result if clean == facts else Article.from_dict(clean)


def write_readings(connection: Connection, readings: Sequence[Reading]) -> None:
    """Replace the readings of these captures, queue their pages, and update the pages' revisions.

    The article of a capture that is read again keeps its id.
    """
    captured = [each.capture_id for each in readings]
    held = set(_captures_with_article(connection, captured))
    read_again = {each.capture_id for each in readings if isinstance(each.result, Article)}
    for chosen in chunks(captured):
        connection.execute(delete(articles).where(
            articles.c.capture_id.in_([each for each in chosen if each not in read_again])))
        connection.execute(delete(quarantine).where(quarantine.c.capture_id.in_(chosen)))
    _write_articles(connection, readings, held)
    refused = [_unreadable(each, each.result) for each in readings if isinstance(each.result, Unreadable)]
    if refused:
        connection.execute(insert(quarantine), refused)
    queue_pages(connection, {each.page_id for each in readings if each.capture_id in held | read_again})
    update_revisions(connection, {each.page_id for each in readings})


def _captures_with_article(connection: Connection, capture_ids: Sequence[int]) -> Iterator[int]:
    query = select(articles.c.capture_id)
    return (row.capture_id for row in select_in(connection, query, articles.c.capture_id, capture_ids))


def _write_articles(connection: Connection, readings: Sequence[Reading], held: Collection[int]) -> None:
    """Insert articles; those of the captures that have one are changed in place."""
    rows = [_article(each, each.result) for each in readings if isinstance(each.result, Article)]
    new = [each for each in rows if each["capture_id"] not in held]
    again = [{"of_capture": each.pop("capture_id"), **each} for each in rows if each["capture_id"] in held]
    if new:
        connection.execute(insert(articles), new)
    if again:
        connection.execute(update(articles).where(articles.c.capture_id == bindparam("of_capture")), again)


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
