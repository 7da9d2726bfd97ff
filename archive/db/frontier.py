"""Rows of the frontier: releases that lists named, with state, last outcome and the time when each is due."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, case, exists, func, insert, or_, select, update

from archive.answers import Asked, Entry, Outcome, Schedule, State, advance, imported
from archive.db.changed_pages import queue_pages
from archive.db.pages import SeenPage, page_ids
from archive.db.store import Store, chunks, select_in, select_pages
from archive.db.tables import NEWEST_FIRST, articles, captures, frontier, pages
from archive.times import iso, parse_time
from archive.urls import urlkey

TOLERANCE = timedelta(days=1)  # by which clocks may differ
# Order of the requests of one run.
_PRIORITY = {State.WAITING: 0, State.UNREADABLE: 1, State.READ: 2, State.GONE: 3, State.ALIAS: 4}


@dataclass(frozen=True, slots=True)
class Release:
    """A release in the frontier, with the key and URL of its page; `is_new` if it was named just now."""

    page_id: int
    urlkey: str
    url: str
    entry: Entry
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class Naming:
    """Source and list that named some releases, and the time; `listing_id` is None for a redirect, and in a repair."""

    source: str
    listing_id: int | None
    now: datetime


@dataclass(frozen=True, slots=True)
class Answered:
    """A capture at a release's URL, judged. `is_asked` if a crawl asked for it, else it was imported.

    `moved_to` is the urlkey and URL of the release that the page redirects to.
    """

    page_id: int
    source: str
    asked: Asked
    is_asked: bool
    moved_to: tuple[str, str] | None = None


def name_releases(connection: Connection, naming: Naming, urls: Mapping[str, str]) -> dict[str, Release]:
    """Releases with these URLs, by urlkey; those that no list named before become rows, due at once.

    A release that an import brought is read already, and due like the others: a crawl has to look at its source.
    """
    known = {row.urlkey: _release(row) for row in select_pages(connection, _releases(), urls)}
    new = {key: url for key, url in urls.items() if key not in known}
    if not new:
        return known
    now = parse_time(iso(naming.now))  # to the second, as it is stored
    ids = page_ids(connection, [SeenPage(key, url, naming.source, iso(now)) for key, url in new.items()])
    read = {row.page_id for row in select_in(
        connection, select(articles.c.page_id).distinct(), articles.c.page_id, list(ids.values()))}
    named = {key: Release(ids[key], key, url, Entry(now, State.READ if ids[key] in read else State.WAITING, due_at=now),
                          is_new=True) for key, url in new.items()}
    _insert_entries(connection, naming, {each.page_id: each.entry for each in named.values()})
    return known | named


def _insert_entries(connection: Connection, naming: Naming, entries: Mapping[int, Entry]) -> None:
    connection.execute(insert(frontier), [
        {"page_id": page_id, "source": naming.source, "listing_id": naming.listing_id, **_columns(each)}
        for page_id, each in entries.items()])


def known_releases(connection: Connection, urlkeys: Iterable[str]) -> dict[str, Release]:
    """Releases with these keys that a list named before, by urlkey."""
    return {row.urlkey: _release(row) for row in select_pages(connection, _releases(), urlkeys)}


def releases(connection: Connection, ids: Sequence[int]) -> dict[int, Release]:
    """Releases with these page ids, in their order."""
    found = {row.page_id: _release(row) for row in select_in(connection, _releases(), pages.c.id, ids)}
    return {each: found[each] for each in ids if each in found}


def due_pages(connection: Connection, source: str, now: datetime, revisit: timedelta) -> list[int]:
    """Page ids of a source's due releases, those that were never read first.

    Nothing waits longer than the present `revisit`, except what is gone or an alias; a time of a request in the future
    comes from a clock that was wrong, and makes a page due.
    """
    query = (select(frontier.c.page_id).where(_is_due(source, now, revisit))
             .order_by(case(_PRIORITY, value=frontier.c.state), frontier.c.page_id))
    return list(connection.scalars(query))


def _is_due(source: str, now: datetime, revisit: timedelta) -> ColumnElement[bool]:
    moment = iso(now)
    shortened = and_(frontier.c.asked_at <= iso(now - revisit),
                     frontier.c.state.in_([State.WAITING, State.READ, State.UNREADABLE]))
    future = and_(captures.c.fetched_at > moment, captures.c.time_doubtful.is_not(True))
    return and_(
        frontier.c.source == source, frontier.c.state.in_(list(State)),
        or_(and_(frontier.c.due_at.is_not(None),
                 or_(frontier.c.due_at <= moment, shortened, frontier.c.asked_at > moment)),
            frontier.c.page_id.in_(select(captures.c.page_id).where(future))))


def record_answers(connection: Connection, answers: Iterable[Answered], schedule: Schedule) -> None:
    """Write the states that follow from judged captures, in their order, with the transaction of their rows."""
    found = list(answers)
    entries = _entries(connection, [each.page_id for each in found])
    days = _known_days(connection, [each.page_id for each in found if each.asked.outcome is Outcome.UNCHANGED])
    changed: dict[int, Entry] = {}
    for each in found:
        entry = entries.get(each.page_id)
        if entry is None and each.is_asked:  # recovered from the archive of an older version, or of another store
            entry = Entry(each.asked.at)
            _insert_entries(connection, _naming(each), {each.page_id: entry})
        if entry is not None:
            asked = each.asked if each.asked.day else replace(each.asked, day=days.get(each.page_id))
            entries[each.page_id] = changed[each.page_id] = (
                advance(entry, asked, schedule) if each.is_asked else imported(entry, asked.outcome))
    for page_id, entry in changed.items():
        _save_entry(connection, page_id, entry)
    for each in found:
        if each.is_asked and each.moved_to:
            link_alias(connection, each.page_id, _naming(each), each.moved_to)


def _naming(answered: Answered) -> Naming:
    return Naming(answered.source, None, answered.asked.at)


def _save_entry(connection: Connection, page_id: int, entry: Entry) -> None:
    connection.execute(update(frontier).where(frontier.c.page_id == page_id).values(_columns(entry)))


def link_alias(connection: Connection, page_id: int, naming: Naming, target: tuple[str, str]) -> Release:
    """Link an alias to the release that it leads to, which is entered if no list named it; returns that release."""
    key, url = target
    release = name_releases(connection, naming, {key: url})[key]
    _set_alias_of(connection, page_id, release.page_id)
    return release


def _set_alias_of(connection: Connection, page_id: int, original: int) -> None:
    connection.execute(update(frontier).where(frontier.c.page_id == page_id).values(alias_of=original))


def follow_readings(connection: Connection, ids: Sequence[int]) -> None:
    """Make states follow the articles after captures of these pages were read again.

    A page that has an article now is read; one that lost its article is unreadable, and due.
    """
    has_article = exists().where(articles.c.page_id == frontier.c.page_id)
    for part in chunks(ids):
        mine = frontier.c.page_id.in_(part)
        connection.execute(update(frontier).where(
            mine, has_article, frontier.c.state.in_([State.WAITING, State.UNREADABLE])).values(state=State.READ))
        connection.execute(update(frontier).where(mine, ~has_article, frontier.c.state == State.READ).values(
            state=State.UNREADABLE, due_at=frontier.c.listed_at))


def link_duplicates(connection: Connection, canonical: Callable[[str], str], now: datetime) -> int:
    """Make pages aliases whose URL differs from another page's by parameters that its source calls tracking.

    Both keep their ids and documents. Returns the number of such pages.
    """
    found = connection.execute(select(pages.c.id, pages.c.urlkey, pages.c.url, pages.c.source).where(
        pages.c.source.is_not(None), pages.c.url.contains("?"))).all()
    keys = {row.id: urlkey(canonical(row.url)) for row in found}
    originals = {row.urlkey: row.id for row in select_pages(
        connection, select(pages.c.urlkey, pages.c.id), [keys[row.id] for row in found if keys[row.id] != row.urlkey])}
    duplicates = [row for row in found if keys[row.id] != row.urlkey and keys[row.id] in originals]
    entries = _entries(connection, [row.id for row in duplicates])
    for row in duplicates:
        if row.id not in entries:
            _insert_entries(connection, Naming(row.source, None, now), {row.id: Entry(now)})
        alias = replace(entries.get(row.id, Entry(now)), state=State.ALIAS, attempts=0, due_at=None)
        _save_entry(connection, row.id, alias)
        _set_alias_of(connection, row.id, originals[keys[row.id]])
    return len(duplicates)


def mark_doubtful_times(store: Store, now: datetime) -> int:
    """Mark captures of the future for good, make their pages due, and queue them for their documents; returns how many.

    The clock of the crawler was wrong when it kept them. They come after all others of their page (`NEWEST_FIRST`),
    which they would hide until that time has come. The writer's lock is taken only if there are any.
    """
    with store.read() as connection:
        found = connection.execute(select(captures.c.id, captures.c.page_id).where(
            captures.c.fetched_at > iso(now + TOLERANCE), captures.c.time_doubtful.is_not(True))).all()
    if found:
        with store.begin() as connection:
            _mark_captures(connection, [row.id for row in found], sorted({row.page_id for row in found}), iso(now))
    return len(found)


def _mark_captures(connection: Connection, ids: Sequence[int], page_ids: Sequence[int], now: str) -> None:
    for part in chunks(ids):
        connection.execute(update(captures).where(captures.c.id.in_(part)).values(time_doubtful=True))
    for part in chunks(page_ids):
        connection.execute(update(frontier).where(frontier.c.page_id.in_(part)).values(due_at=now))
    queue_pages(connection, page_ids)


def ask_again(connection: Connection, lost: Collection[str], now: datetime) -> int:
    """Make releases due whose newest response is in one of these WARC files, which are lost; returns how many."""
    inside = select(captures.c.page_id).where(captures.c.warc_file.in_(lost))
    query = (select(captures.c.page_id, captures.c.warc_file)
             .where(captures.c.page_id.in_(inside), captures.c.kind == "response", captures.c.status == 200)
             .order_by(captures.c.page_id, *NEWEST_FIRST))
    newest = dict[int, str]()
    for page_id, name in connection.execute(query):
        newest.setdefault(page_id, name)
    count = 0
    for part in chunks([page_id for page_id, name in newest.items() if name in lost]):
        count += connection.execute(update(frontier).where(
            frontier.c.page_id.in_(part), frontier.c.state.in_([State.READ, State.UNREADABLE])
        ).values(due_at=iso(now))).rowcount
    return count


def record_failure(connection: Connection, page_id: int, asked: Asked, schedule: Schedule) -> None:
    """Write the state after a request that got no answer which the archive could keep."""
    entry = _entries(connection, [page_id]).get(page_id)
    if entry is not None:
        _save_entry(connection, page_id, advance(entry, asked, schedule))


def _releases() -> Any:
    return select(frontier, pages.c.urlkey, pages.c.url).join(pages, pages.c.id == frontier.c.page_id)


def _release(row: Row[Any]) -> Release:
    return Release(row.page_id, row.urlkey, row.url, _entry(row))


def _entries(connection: Connection, ids: Sequence[int]) -> dict[int, Entry]:
    return {row.page_id: _entry(row) for row in select_in(connection, select(frontier), frontier.c.page_id, ids)}


def _known_days(connection: Connection, ids: Sequence[int]) -> dict[int, date]:
    """Newest day of publication by page, of those whose articles are dated to the day."""
    days: dict[int, date] = {}
    query = select(articles.c.page_id, func.max(articles.c.published).label("published")).group_by(articles.c.page_id)
    for row in select_in(connection, query, articles.c.page_id, ids):
        if row.published and len(row.published) >= len("2026-11-21"):
            days[row.page_id] = date.fromisoformat(row.published[:10])
    return days


def _columns(entry: Entry) -> dict[str, Any]:
    def text(time: datetime | None) -> str | None:
        return iso(time) if time else None

    return {"listed_at": iso(entry.listed_at), "state": entry.state.value, "attempts": entry.attempts,
            "outcome": entry.outcome.value if entry.outcome else None, "asked_at": text(entry.asked_at),
            "due_at": text(entry.due_at), "missing_since": text(entry.missing_since)}


def _entry(row: Row[Any]) -> Entry:
    def time(value: str | None) -> datetime | None:
        return parse_time(value) if value else None

    return Entry(parse_time(row.listed_at), State(row.state), Outcome(row.outcome) if row.outcome else None,
                 row.attempts, time(row.asked_at), time(row.due_at), time(row.missing_since))
