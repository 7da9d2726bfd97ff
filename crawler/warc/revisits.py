"""Revisit records of other archives: which capture each of them repeats."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, Select, select, update

from crawler.articles import revise
from crawler.batches import parts
from crawler.capture import Capture
from crawler.catalogue import Catalogue, to_be_read
from crawler.errors import ArchiveError, ImportFault
from crawler.extract.article import Unreadable
from crawler.tables import captures, pages
from crawler.times import iso, moment
from crawler.urls import urlkey
from crawler.warc.entries import capture_of
from crawler.warc.framing import Record
from crawler.warc.reader import load_record

Found = Row[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class _Repeat:
    """A revisit, and the capture that it repeats."""

    revisit: Found
    original: Found

    @property
    def is_read(self) -> bool:
        """Whether the revisit stands at an address of its own, where no other record says what that page said."""
        return (self.revisit.page_id != self.original.page_id
                and to_be_read("response", self.revisit.status, self.revisit.url))


def tie(data: Path, catalogue: Catalogue, tell: Callable[[ImportFault], None]) -> int:
    """Give every revisit that repeats nothing yet the capture that it repeats, if it is here by now; how many did.

    A revisit at another address than the capture it repeats is read: no other record says what that page said. One
    that cannot be followed because the archive is damaged is told, and stays for the next time.
    """
    loose = select(captures).where(captures.c.kind == "revisit", captures.c.repeats.is_(None)).order_by(captures.c.id)
    with catalogue.store.read() as connection:
        rows = connection.execute(loose).all()
    return sum(_tie(data, catalogue, part, tell) for part in parts(rows))


def _tie(data: Path, catalogue: Catalogue, rows: Sequence[Found], tell: Callable[[ImportFault], None]) -> int:
    with catalogue.store.read() as connection:
        found = [each for row in rows if (each := _repeat(connection, data, row, tell))]
    tied = [each for each in found if not each.is_read]
    # What is read and not tied yet is found loose again after a crash; what is tied is never looked at again.
    catalogue.read_as(_contents(data, found, tied, tell))
    with catalogue.store.begin() as connection:
        for each in tied:
            connection.execute(
                update(captures).where(captures.c.id == each.revisit.id).values(repeats=each.original.id))
        revise(connection, {each.revisit.page_id for each in tied})
    return len(tied)


def _repeat(connection: Connection, data: Path, row: Found, tell: Callable[[ImportFault], None]) -> _Repeat | None:
    try:
        original = _original(connection, data, row, load_record(data, row))
    except (ArchiveError, ImportFault) as error:
        tell(_fault(row, error))
        return None
    return _Repeat(row, original) if original else None


def _contents(data: Path, found: Sequence[_Repeat], tied: list[_Repeat],
              tell: Callable[[ImportFault], None]) -> Iterator[tuple[int, Capture | Unreadable]]:
    """What is to be read of the revisits, one body at a time; each that could be loaded goes to `tied`."""
    for each in found:
        if each.is_read:
            try:
                content = _content(data, each)
            except (ArchiveError, ImportFault) as error:
                tell(_fault(each.revisit, error))
                continue
            tied.append(each)
            yield each.revisit.id, content


def _fault(row: Found, error: Exception) -> ImportFault:
    return ImportFault(f"what {row.url} of {row.fetched_at} repeats cannot be read: {error}")


def _content(data: Path, repeat: _Repeat) -> Capture | Unreadable:
    revisit, said = repeat.revisit, capture_of(load_record(data, repeat.original))
    return replace(said, url=revisit.url, fetched_at=moment(revisit.fetched_at)) if isinstance(said, Capture) else said


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
