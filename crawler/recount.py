"""Recount of releases that archived list pages name, without the code of crawls: each has to be in the frontier."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from sqlalchemy import Connection, Row, select

from archive.check.faults import FROM_FILES, Checked, Fault
from archive.db.frontier import Naming, name_releases
from archive.db.store import Store, select_in
from archive.db.tables import captures, frontier, pages
from archive.errors import ArchiveError
from archive.ingest.file_catalog import CRAWLED
from archive.ingest.from_warc import load_capture
from archive.records import Capture
from archive.times import beijing_day, parse_time
from archive.urls import page_id, urlkey
from crawler.errors import PageFault
from crawler.extract.links import Link, read_links
from crawler.extract.page import Page
from crawler.platforms.jpaas import FIRST_PAGE_ONLY, Unit, UnitError, read_unit, read_unit_response
from crawler.source import Listing, Source, all_sources, source

_FETCHED = 500  # rows at a time
_NUMBER = "987654321"  # stands for the number of a page in its URL
_PAGE_PARAMETERS = (FIRST_PAGE_ONLY, "paramJson")  # of the unit API: they differ from page to page
StoredRow = Row[*tuple[Any, ...]]


def check_named(checked: Checked) -> Iterator[Fault]:
    """One fault for each source whose archived list pages name releases that are not in the frontier."""
    for number, site in enumerate(all_sources(), start=1):
        with checked.store.read() as connection:
            missing = _Recount(site, checked.settings.data, connection).missing()
        checked.update("sources recounted", number, len(all_sources()))
        if missing:
            url, where = next(iter(missing.values()))
            yield Fault(f"{site.id}: {len(missing)} releases that its archived lists name are not in the frontier, "
                        f"such as {url} on {where}", FROM_FILES)


def name_missing(store: Store, data: Path, now: datetime) -> int:
    """Insert the releases that archived list pages name and the frontier lacks; returns how many."""
    count = 0
    for site in all_sources():
        with store.read() as connection:
            missing = _Recount(site, data, connection).missing()
        if missing:
            with store.begin() as connection:
                name_releases(connection, Naming(site.id, None, now), {key: url for key, (url, _) in missing.items()})
        count += len(missing)
    return count


@dataclass(slots=True)
class _Recount:
    """Recount of one source. `units` are the lists of its unit APIs, by address and parameters of their answers."""

    source: Source
    data: Path
    connection: Connection
    units: dict[tuple[str, frozenset[tuple[str, str]]], Listing] = field(default_factory=dict)
    seen: dict[int, str] = field(default_factory=dict)  # digest of the last capture by page: most lists rarely change

    def missing(self) -> dict[str, tuple[str, str]]:
        """URL, and the list that names it, of each release that is not in the frontier, by urlkey."""
        found = dict[str, tuple[str, str]]()
        for row in self._list_captures():
            links = {urlkey(each.url): each.url for each in self._links(row)}
            known = select(pages.c.urlkey).join(frontier, frontier.c.page_id == pages.c.id)
            present = {each.urlkey for each in select_in(
                self.connection, known, pages.c.public_id, [page_id(key) for key in links])}
            found.update({key: (url, f"{row.url} of {row.fetched_at}") for key, url in links.items()
                          if key not in present and key not in found})
        return found

    def _list_captures(self) -> Iterator[StoredRow]:
        """Responses to a crawl at addresses of the source that are no release's, in order of time."""
        query = (select(captures).join(pages, pages.c.id == captures.c.page_id)
                 .where(pages.c.source == self.source.id, captures.c.kind == "response", captures.c.status == 200,
                        captures.c.provenance.in_(CRAWLED)).order_by(captures.c.id))
        for row in self.connection.execution_options(yield_per=_FETCHED).execute(query):
            if not self.source.is_article(row.url) and self.seen.get(row.page_id) != row.digest:
                yield row

    def _links(self, row: StoredRow) -> tuple[Link, ...]:
        """Links to releases on a capture of a list page; none on any other page, and where it cannot be read."""
        day = beijing_day(parse_time(row.fetched_at))
        listing, is_first = _listing_of(self.source, row.url, day.year)
        unit = self.units.get(_unit_key(row.url))
        if listing is None and unit is None:
            return ()
        self.seen[row.page_id] = row.digest
        try:
            capture = load_capture(self.data, row, url=row.url, fetched_at=row.fetched_at)
            if not isinstance(capture, Capture):
                return ()
            if unit is not None:
                answer = read_unit_response(capture, unit.url)
                return read_links(Page(answer.capture), self.source, unit)
            return self._links_of_page(Page(capture), listing, is_first=is_first) if listing else ()
        except (ArchiveError, PageFault, UnitError):  # damage is another check's matter
            return ()

    def _links_of_page(self, page: Page, listing: Listing, *, is_first: bool) -> tuple[Link, ...]:
        if listing.unit and page.has("script[querydata]"):
            self.units[_key_of(read_unit(page))] = listing
            return ()
        if not is_first and listing.item and not page.has(listing.item):
            return ()  # sites answer with another page behind the end of a list
        return read_links(page, self.source, listing)


def _listing_of(site: Source, url: str, year: int) -> tuple[Listing | None, bool]:
    """The list that an address is a page of, and True if it is its first page."""
    firsts, later = _addresses(site.id, year)
    key = urlkey(url)
    if key in firsts:
        return firsts[key], True
    return next((listing for form, listing in later if form.fullmatch(key)), None), False


@lru_cache(maxsize=256)
def _addresses(name: str, year: int) -> tuple[Mapping[str, Listing], tuple[tuple[re.Pattern[str], Listing], ...]]:
    """Lists of a source in a year by the urlkey of their first page, and patterns of the urlkeys of later pages."""
    site = source(name)
    listings = site.listings_on(date(year, 12, 31)) or (Listing(f"https://{site.hosts[0]}/"),)
    later = []
    for each in listings:
        if each.paging:
            key = urlkey(each.paging.format(url=each.url, page=_NUMBER))
            later.append((re.compile(re.escape(key).replace(_NUMBER, r"\d{1,6}")), each))
    return {urlkey(each.url): each for each in listings}, tuple(later)


def _key_of(unit: Unit) -> tuple[str, frozenset[tuple[str, str]]]:
    return _unit_key(unit.page_url(1))


def _unit_key(url: str) -> tuple[str, frozenset[tuple[str, str]]]:
    """Address and parameters of a call of the unit API, without those of one page."""
    parts = urlsplit(url)
    given = parse_qsl(parts.query, keep_blank_values=True)
    return f"{parts.netloc}{parts.path}", frozenset(each for each in given if each[0] not in _PAGE_PARAMETERS)
