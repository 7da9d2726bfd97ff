"""Check of an archive after kills: every release once and whole, every WARC record with one row, every row with one."""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, select
from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed

from archive.db.store import Store
from archive.db.tables import articles, captures, changed_pages, counters, frontier, listings, pages, runs
from archive.urls import urlkey
from crawler.settings import CrawlerSettings
from demo.samples import Release
from indexer.document_tables import documents, lineage
from indexer.engines.factory import open_engine
from indexer.query.model import Query
from indexer.settings import IndexerSettings

CAPTURE_KINDS = ("response", "resource", "revisit")


@dataclass
class Found:
    """Faults of an archive, one sentence each."""

    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    half: list[str] = field(default_factory=list)

    def add(self, other: "Found") -> None:
        """Add the faults of another archive."""
        for name in ("lost", "twice", "half"):
            getattr(self, name).extend(getattr(other, name))


def check(data: Path, database: str, releases: Collection[Release]) -> Found:
    """Faults of an archive whose last crawl and index ended by themselves; `releases` are those that the site has."""
    found = Found()
    with (Store.open(CrawlerSettings(data=data, database=database), readonly=True) as store,
          store.read() as connection):
        _check_releases(connection, releases, found)
        try:
            _check_records(connection, _records(data), found)
        except ArchiveLoadFailed as error:
            found.half.append(f"a WARC file cannot be read: {str(error)[:100]!r}")
        _check_store(connection, found)
        _check_index(connection, IndexerSettings(data=data, database=database), found)
    left = [each for each in data.rglob("*") if each.suffix in (".open", ".tmp") or each.name == "index.new"]
    found.half += [f"{each.relative_to(data)} is left" for each in left]
    return found


def _check_releases(connection: Connection, releases: Collection[Release], found: Found) -> None:
    """Each release is read, and has one document, with the text that the site has now."""
    rows = connection.execute(select(pages.c.urlkey, frontier.c.state, articles.c.title, articles.c.body)
                              .join(documents, documents.c.page_id == pages.c.id)
                              .join(articles, articles.c.id == documents.c.article_id)
                              .outerjoin(frontier, frontier.c.page_id == pages.c.id)).all()
    texts = {row.urlkey: row for row in rows}
    for each in releases:
        row = texts.pop(urlkey(each.url), None)
        if row is None:
            found.lost.append(f"{each.url} has no document")
        elif (row.title, row.body) != (each.title, _text(each)):
            found.lost.append(f"{each.url} has another text than its site")
        elif row.state != "read":
            found.lost.append(f"{each.url} is {row.state} in the frontier")
    found.twice += [f"{key} is a document of no release" for key in texts]
    found.twice += [f"{key} has {number} documents" for key, number in Counter(
        row.urlkey for row in rows).items() if number > 1]


def _text(release: Release) -> str:
    names = [each.name for each in release.attachments]
    return "\n".join([*release.body, *(["Attachment:", *names] if names else [])])


@dataclass(frozen=True, slots=True)
class _Record:
    """A capture in a WARC file; `is_intact` if its bytes have the digests that the record says."""

    file: str
    offset: int
    record_id: str
    digest: str | None
    length: int
    is_intact: bool


def _records(data: Path) -> Iterator[_Record]:
    """Every capture in the WARC files, as another library reads them."""
    for path in sorted((data / "warc").rglob("*.warc.gz*")):
        name = path.relative_to(data).as_posix().removesuffix(".open")
        with path.open("rb") as file:
            records = ArchiveIterator(file, check_digests=True)
            for record in records:
                if record.rec_type in CAPTURE_KINDS:
                    length = len(record.raw_stream.read())
                    fields = record.rec_headers
                    yield _Record(name, records.get_record_offset(), fields.get_header("WARC-Record-ID").strip("<>"),
                                  fields.get_header("WARC-Payload-Digest"), length,
                                  record.digest_checker.passed is not False)


def _check_records(connection: Connection, records: Iterable[_Record], found: Found) -> None:
    """One row for each record, one record for each row, in the same place and with the same bytes."""
    rows = connection.execute(select(captures)).all()
    by_place = {(row.warc_file, row.warc_offset): row for row in rows}
    if len(by_place) < len(rows):
        found.twice.append(f"{len(rows) - len(by_place)} captures share a record")
    for each in records:
        row = by_place.pop((each.file, each.offset), None)
        length = each.length if row is None or row.kind != "revisit" else row.length
        if row is None:
            found.lost.append(f"{each.file} at {each.offset}: {each.record_id} has no row")
        elif (row.record_id, row.digest, row.length) != (each.record_id, each.digest, length) or not each.is_intact:
            found.half.append(f"{each.file} at {each.offset}: {each.record_id} is not what its row says")
    found.half += [f"{name} at {offset}: no record" for name, offset in by_place]


def _check_store(connection: Connection, found: Found) -> None:
    """Runs ended, lists read, nothing waiting, and counters that go with what they count."""
    values = {row.key: row.value for row in connection.execute(select(counters))}
    states: dict[str, Any] = {
        "runs without an end": select(func.count()).select_from(runs).where(runs.c.verdict == "running"),
        "lists with a fault": select(func.count()).select_from(listings).where(listings.c.fault.is_not(None)),
        "lists not read to their end": select(func.count()).select_from(listings).where(
            listings.c.position.is_not(None)),
        "pages queued": select(func.count()).select_from(changed_pages),
    }
    for name, query in states.items():
        if number := connection.scalar(query):
            found.half.append(f"{number} {name}")
    for column, counter in ((documents.c.seq, "next_seq"), (documents.c.rev, "next_rev"), (lineage.c.rev, "next_rev")):
        last = connection.scalar(select(func.max(column))) or 0
        if last != values.get(counter, 1) - 1:
            found.half.append(f"{counter} is {values.get(counter)}, the last {column} is {last}")
    number, last = connection.execute(select(func.count(), func.max(documents.c.seq))).one()
    if number != (last or 0):
        found.half.append(f"{number} documents have sequence numbers up to {last}")


def _check_index(connection: Connection, settings: IndexerSettings, found: Found) -> None:
    """The index holds the documents of the store, each once, and has seen its last change."""
    wanted = set(connection.scalars(select(documents.c.id)))
    last = connection.scalar(select(func.max(documents.c.rev)))
    engine = open_engine(settings, writable=False)
    try:
        shown = Counter(hit.id for hit in engine.search(Query(), limit=engine.count() + 1).hits)
        checkpoint = engine.checkpoint()
    finally:
        engine.close()
    found.lost += [f"{each} is not in the index" for each in wanted - set(shown)]
    found.twice += [f"{each} is in the index {number} times" for each, number in shown.items() if number > 1]
    found.half += [f"{each} is in the index only" for each in set(shown) - wanted]
    if checkpoint is None or checkpoint.rev != last:
        found.half.append(f"the index was written up to {json.dumps(checkpoint and checkpoint.rev)}, not {last}")
