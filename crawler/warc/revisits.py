"""Revisit records of other archives: which capture each of them repeats."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, Select, select, update

from crawler.articles import revise
from crawler.capture import Capture
from crawler.catalogue import Catalogue, to_be_read
from crawler.store import Store
from crawler.tables import captures, pages
from crawler.times import iso, moment
from crawler.urls import urlkey
from crawler.warc.framing import Record
from crawler.warc.reader import load, load_record

Found = Row[*tuple[Any, ...]]


def tie(data: Path, catalogue: Catalogue) -> int:
    """Give every revisit that repeats nothing yet the capture that it repeats, if it is here by now; how many did.

    A revisit at another address than the capture it repeats is read: no other record says what that page said.
    """
    loose = select(captures).where(captures.c.kind == "revisit", captures.c.repeats.is_(None)).order_by(captures.c.id)
    with catalogue.store.read() as connection:
        rows = connection.execute(loose).all()
        found = [(row, original) for row in rows
                 if (original := _original(connection, data, row, load_record(data, row)))]
    _tie(catalogue.store, found)
    for row, original in found:
        if row.page_id != original.page_id and to_be_read("response", row.status, row.url):
            body = load(data, original).body
            again = Capture(row.url, body, moment(row.fetched_at), original.content_type, row.status)
            catalogue.read_as([(row.id, again)])
    return len(found)


def _tie(store: Store, found: Sequence[tuple[Found, Found]]) -> None:
    with store.begin() as connection:
        for row, original in found:
            connection.execute(update(captures).where(captures.c.id == row.id).values(repeats=original.id))
        revise(connection, {row.page_id for row, _ in found})


def _original(connection: Connection, data: Path, row: Found, record: Record) -> Found | None:
    """The capture that a revisit names: by id, by address and time, or by the payload's digest on the same page."""
    whole = select(captures).where(captures.c.kind != "revisit").order_by(captures.c.id)
    named = (record.field("WARC-Refers-To") or "").strip("<> ")
    for chosen in (whole.where(captures.c.record_id == named) if named else None, _at_time(whole, record)):
        if chosen is not None and (found := connection.execute(chosen.limit(1)).first()):
            return found
    said = record.field("WARC-Payload-Digest")
    same_page = whole.where(captures.c.page_id == row.page_id, captures.c.fetched_at <= row.fetched_at)
    for each in connection.execute(same_page.order_by(None).order_by(captures.c.fetched_at.desc())).all():
        if said and said in (each.digest, load_record(data, each).field("WARC-Payload-Digest")):
            return each
    return None


def _at_time(whole: Select[Any], record: Record) -> Select[Any] | None:
    url, date = record.field("WARC-Refers-To-Target-URI"), record.field("WARC-Refers-To-Date")
    if not url or not date:
        return None
    try:
        key, time = urlkey(url.strip("<> ")), iso(moment(date))
    except ValueError:
        return None  # it names nothing that could be found
    return whole.join(pages, pages.c.id == captures.c.page_id).where(pages.c.urlkey == key,
                                                                     captures.c.fetched_at == time)
