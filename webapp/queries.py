"""SQL queries of the views: listed releases, captures, quarantine, source status."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, bindparam, func, select, true

from archive.db.source_status import SourceRuns, quarantined_by_source, source_runs, sources_with_status
from archive.db.store import get_metadata
from archive.db.tables import NEWEST_FIRST, articles, captures, frontier, pages, quarantine, revisions, runs
from archive.messages import Message
from indexer.document_tables import documents, lineage, refused_documents, tombstones
from indexer.documents.document import Grade
from indexer.documents.page_changes import TAGGED_AT
from indexer.documents.tags import GROUPS
from indexer.status import documents_by_source

MAX_REASONS = 8  # per source on the status page
MAX_CAPTURES = 50  # on the page of a release


@dataclass(frozen=True, slots=True)
class ListedRelease:
    """The columns that a result list shows; loads in half the time of a StoredDocument. Organizations, topics and
    places are those that the release is about."""

    id: str
    title: str
    body: str
    url: str
    source: str
    language: str
    published: str | None
    precision: str
    number: str | None
    organizations: tuple[str, ...]
    topics: tuple[str, ...]
    places: tuple[str, ...]
    mentioned_organizations: tuple[str, ...]
    mentioned_topics: tuple[str, ...]
    mentioned_places: tuple[str, ...]
    type: str | None


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """Document count, quarantine, releases by state and runs of one source.

    `not_named` counts the documents that no list named, such as imports.
    """

    documents: int
    not_named: int
    quarantined: int
    reasons: tuple[tuple[Message, int], ...]
    last_healthy_live_run: str | None
    health: SourceRuns

    @property
    def last_run(self) -> Row[Any] | None:
        """The newest run, None before the first."""
        return next(iter(self.health.runs), None)

    @property
    def last_reasons(self) -> tuple[Message, ...]:
        """The reasons of the newest run."""
        return tuple(map(Message.from_json, self.last_run.reasons)) if self.last_run else ()


_STATE = select(select(lineage.c.token).order_by(lineage.c.rev.desc()).limit(1).scalar_subquery(),
                select(func.count()).select_from(refused_documents).scalar_subquery())


def select_state(connection: Connection) -> tuple[str | None, int]:
    """The newest token of the lineage (None in an archive without documents) and the number of refused documents.

    One of them changes with every change of the documents and of what the index holds of them.
    """
    token, refused = connection.execute(_STATE).one()
    return token, refused


_LISTED_RELEASES = (
    select(documents.c.id, articles.c.title, articles.c.body, pages.c.url, articles.c.source, articles.c.language,
           articles.c.published, articles.c.precision, articles.c.facts["number"].as_string(),
           documents.c.tags)
    .join(articles, articles.c.id == documents.c.article_id).join(pages, pages.c.id == documents.c.page_id))


def select_listed_releases(connection: Connection, ids: Sequence[str]) -> list[ListedRelease]:
    """The documents with these ids, in their order; ids that the store no longer has are left out."""
    if not ids:
        return []
    rows = connection.execute(_select_listed(len(ids)), {f"id{at}": each for at, each in enumerate(ids)})
    found = {row[0]: _listed_release(row) for row in rows}
    return [found[each] for each in ids if each in found]


@lru_cache(maxsize=32)
def _select_listed(size: int) -> Select[Any]:
    """The statement for so many ids, kept: SQLAlchemy renders a list of variable length anew for each page."""
    return _LISTED_RELEASES.where(documents.c.id.in_([bindparam(f"id{at}") for at in range(size)]))


def _listed_release(row: Sequence[Any]) -> ListedRelease:
    *columns, tags = row
    form = tags.get("type")  # rows of older versions have none
    return ListedRelease(*columns, *_graded(tags), *[form["id"] if form else None])


def _graded(tags: Mapping[str, Any]) -> Iterable[Any]:
    """Organizations, topics and places that a release is about, then those mentioned; tags of older versions have no
    grade and count as about."""
    return (tuple(tag["id"] for tag in tags.get(kind, ()) if tag.get("grade", Grade.ABOUT) == grade)
            for grade in Grade for kind in GROUPS)


def select_tombstone(connection: Connection, document_id: str) -> Row[Any] | None:
    """The tombstone of a removed document, None if it was never removed."""
    return connection.execute(select(tombstones).where(tombstones.c.id == document_id)).first()


def select_capture(connection: Connection, capture_id: int) -> Row[Any] | None:
    """One capture with its page's document id and, if it is in quarantine, the reason; None if there is none."""
    return connection.execute(
        select(captures, documents.c.id.label("document"), quarantine.c.reason, quarantine.c.tried)
        .outerjoin(documents, documents.c.page_id == captures.c.page_id)
        .outerjoin(quarantine, quarantine.c.capture_id == captures.c.id).where(captures.c.id == capture_id)).first()


def select_page_captures(connection: Connection, page_id: int) -> list[Row[Any]]:
    """The newest captures of a page, up to MAX_CAPTURES + 1; `changed` is true if the page was edited before it.

    A page's first revision by capture time is no edit.
    """
    first = select(revisions.c.capture_id).where(revisions.c.page_id == page_id).order_by(
        revisions.c.captured_at, revisions.c.capture_id).limit(1).scalar_subquery()
    changed = and_(revisions.c.id.is_not(None), captures.c.id != first)
    return list(connection.execute(
        select(captures, changed.label("changed"))
        # The page's id is in the condition because the index of revisions begins with it.
        .outerjoin(revisions, and_(revisions.c.page_id == captures.c.page_id,
                                   revisions.c.capture_id == captures.c.id))
        .where(captures.c.page_id == page_id)
        .order_by(*NEWEST_FIRST).limit(MAX_CAPTURES + 1)))


def _count_not_named_by_source(connection: Connection) -> dict[str, int]:
    rows = connection.execute(
        select(pages.c.source, func.count()).join(documents, documents.c.page_id == pages.c.id)
        .outerjoin(frontier, frontier.c.page_id == pages.c.id).where(frontier.c.page_id.is_(None))
        .group_by(pages.c.source))
    return {source or "?": count for source, count in rows}


def select_newest_document_ids(connection: Connection, limit: int) -> tuple[str, ...]:
    """Ids of the documents with the highest `seq`."""
    return tuple(connection.scalars(select(documents.c.id).order_by(documents.c.seq.desc()).limit(limit)))


def select_updated(connection: Connection, ids: Sequence[str]) -> dict[str, datetime]:
    """Time at which the source last changed each document: that of the capture of its newest revision, but not before
    it came into the archive. A new vocabulary or a better reader changes no document in this sense."""
    revised = select(func.max(revisions.c.captured_at)).where(
        revisions.c.page_id == documents.c.page_id).scalar_subquery()
    rows = connection.execute(select(documents.c.id, documents.c.added_at, documents.c.changed_at, revised).where(
        documents.c.id.in_(ids)))
    # A capture may have a time of the future; the record of it cannot have been made later than its last change.
    return {name: datetime.fromisoformat(min(max(added, captured or added), changed))
            for name, added, changed, captured in rows}


def select_time_of_change(connection: Connection, rev: int) -> datetime | None:
    """Time of the change with this rev, None if a later one replaced it; not before tags alone were changed, which
    `changed_at` leaves out."""
    moment = connection.scalar(select(documents.c.changed_at).where(documents.c.rev == rev)) or connection.scalar(
        select(tombstones.c.at).where(tombstones.c.rev == rev))
    if not moment:
        return None
    return datetime.fromisoformat(max(moment, get_metadata(connection, TAGGED_AT) or ""))


def select_created_at(connection: Connection) -> datetime:
    """Time at which the store was created."""
    return datetime.fromisoformat(get_metadata(connection, "created_at") or "1970-01-01T00:00:00Z")


def select_source_status(connection: Connection, data: Path, known: Iterable[str],
                         now: datetime) -> dict[str, SourceStatus]:
    """Status of the known sources and of every other one in the store, in order of id."""
    held, reasons = documents_by_source(connection), _reason_counts(connection)
    verified, not_named = _last_healthy_live_runs(connection), _count_not_named_by_source(connection)
    return {each: SourceStatus(
        held.get(each, 0), not_named.get(each, 0), sum(count for _, count in reasons[each]),
        tuple(reasons[each][:MAX_REASONS]), verified.get(each), source_runs(connection, data, each, now))
        for each in sorted({*known, *held, *reasons, *sources_with_status(connection)})}


def _reason_counts(connection: Connection) -> Mapping[str, list[tuple[Message, int]]]:
    found: dict[str, list[tuple[Message, int]]] = defaultdict(list)
    count = func.count()
    rows = connection.execute(select(quarantine.c.source, quarantine.c.reason, count).group_by(
        quarantine.c.source, quarantine.c.reason).order_by(count.desc(), quarantine.c.reason))
    for source, reason, number in rows:
        found[source or "?"].append((reason, number))
    return found


def count_quarantined(connection: Connection, known: Iterable[str]) -> dict[str, int]:
    """Captures in quarantine by source: the known sources and every other one in the store."""
    others = {*known, *documents_by_source(connection), *sources_with_status(connection)}
    return {**dict.fromkeys(others, 0), **quarantined_by_source(connection)}


def select_quarantined(connection: Connection, source: str | None, limit: int, offset: int = 0) -> list[Row[Any]]:
    """Captures in quarantine, newest first, of one source ("?": those without a source) or of all."""
    found = select(captures.c.id, captures.c.url, captures.c.fetched_at, quarantine.c.source, quarantine.c.reason).join(
        captures, captures.c.id == quarantine.c.capture_id)
    if source is not None:
        found = found.where(quarantine.c.source == source if source != "?" else quarantine.c.source.is_(None))
    return list(connection.execute(
        found.order_by(captures.c.fetched_at.desc(), captures.c.id.desc()).limit(limit).offset(offset)))


def _last_healthy_live_runs(connection: Connection) -> dict[str, str]:
    rows = connection.execute(select(runs.c.source, func.max(runs.c.finished_at)).where(
        runs.c.live == true(), runs.c.verdict == "healthy").group_by(runs.c.source))
    return {source: moment for source, moment in rows}  # noqa: C416


def has_captures(connection: Connection) -> bool:
    """True unless the archive is empty."""
    return connection.scalar(select(captures.c.id).limit(1)) is not None
