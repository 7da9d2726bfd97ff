"""The dataclasses of a source file (Source, Listing, Layout, Expect), and the registry of all source files."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from fnmatch import fnmatchcase
from functools import lru_cache
from importlib import import_module
from pkgutil import iter_modules
from traceback import walk_tb
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus, urlsplit

import crawler.sources
from archive.urls import host_of, unwrap
from crawler.errors import SourceError

if TYPE_CHECKING:
    from crawler.extract.fields import BodyField, Field, StampField
    from crawler.extract.page import Page


# Parameters that campaigns, share buttons and apps add to URLs; for `Source.tracking`.
TRACKING = ("utm_*", "spm", "scm", "from", "isappinstalled", "nsukey", "wx_header", "share_token", "bd_vid",
            "tdsourcetag", "fbclid", "gclid", "msclkid")
YEAR = "{year}"
_FIRST_YEARS = range(1990, 2100)


@dataclass(frozen=True, slots=True)
class Listing:
    """A page that lists releases. Its links to URLs of articles are followed; `item` limits them to its entries.

    `item` is a CSS selector of one entry; `paging` is the URL of page n (n ≥ 2) with the placeholders "{url}" and
    "{page}". A `unit` listing gets its entries from the JPaaS unit API, see `crawler.platforms.jpaas`. A listing that
    has no entries is reported, unless it `may_be_empty`. With `first_year` it stands for one list a year, see
    `for_years`.
    """

    url: str
    item: str | None = None
    paging: str | None = None
    unit: bool = False
    may_be_empty: bool = False
    first_year: int = 0

    def for_years(self, last: int) -> "tuple[Listing, ...]":
        """The lists of every year from `first_year` to `last`, newest first; the newest may be empty.

        Their URLs have the year in place of "{year}". A listing without `first_year` is its only list.

        >>> [each.url for each in Listing("http://a.cn/{year}/", first_year=2025).for_years(2026)]
        ['http://a.cn/2026/', 'http://a.cn/2025/']
        """
        if not self.first_year:
            return (self,)
        return tuple(replace(self, url=self.url.replace(YEAR, str(year)), first_year=0,
                             may_be_empty=self.may_be_empty or year == last)
                     for year in range(last, self.first_year - 1, -1))


@dataclass(frozen=True, slots=True)
class Layout:
    """The fields of pages of one design. Chosen by URL (`url`), then by markup (`when`), then by day (`until`).

    `url` is a regex, `when` a selector that must find something, `until` the last day of the design. A page without
    `title` or `body` is quarantined; the other fields are optional. `files` selects elements outside the body that
    hold links to attachments.
    """

    name: str
    title: "Field"
    body: "BodyField"
    published: "StampField"
    source_label: "Field | None" = None
    author: "Field | None" = None
    number: "Field | None" = None
    category: "Field | None" = None
    counterpart: "Field | None" = None
    cites: "Field | None" = None
    files: str = ""
    url: str = ""
    when: str = ""
    until: date | None = None

    def fits(self, page: "Page") -> bool:
        """True where the page's URL and markup are those of this layout."""
        if self.url and not re.search(self.url, page.url):
            return False
        return not self.when or page.has(self.when)


@dataclass(frozen=True, slots=True)
class Expect:
    """The least that a healthy run yields: list pages, releases on them, shares (0..1) of articles dated and read."""

    pages: int = 1
    articles: int = 1
    dated: float = 0.9
    body: float = 0.98


@dataclass(frozen=True, slots=True)
class Source:
    """Everything about one site, as data. `articles` are regexes that match the URL paths of articles, and no others.

    Without `listings` the home page and the sitemap of `hosts[0]` are read. `clones` are "host" or "host/prefix" of
    known copies on other domains; their paths, after the prefix, are those of `hosts[0]`. `republisher` marks a site
    that publishes other sites' releases. `delay` is in seconds, for a site that needs more than the setting.
    `tracking` are patterns ("utm_*") of the names of query parameters that make no other page.
    """

    id: str
    name: Mapping[str, str]
    organization: str | None
    hosts: tuple[str, ...]
    articles: tuple[str, ...]
    layouts: tuple[Layout, ...]
    listings: tuple[Listing, ...] = ()
    expect: Expect = Expect()
    clones: tuple[str, ...] = ()
    clone_scheme: str = "http"
    republisher: bool = False
    delay: float = 0.0
    tracking: tuple[str, ...] = ()

    def listings_on(self, day: date) -> tuple[Listing, ...]:
        """The lists of the site on a day in Beijing: a listing with `first_year` is expanded to those of its years."""
        return tuple(each for listing in self.listings for each in listing.for_years(day.year))

    def canonical(self, url: str) -> str:
        """A URL without its fragment and tracking parameters, and otherwise as it is.

        >>> source("camce").canonical("http://www.camce.com.cn/en/a.htm?utm_source=x&id=7&from=app#top")
        'http://www.camce.com.cn/en/a.htm?id=7'
        """
        whole = url.partition("#")[0]
        base, _, query = whole.partition("?")
        parameters = query.split("&")
        kept = [each for each in parameters if not self._is_tracking(each)]
        if len(kept) == len(parameters):
            return whole
        return f"{base}?{'&'.join(kept)}" if kept else base

    def _is_tracking(self, parameter: str) -> bool:
        name = unquote_plus(parameter.partition("=")[0]).lower()
        return any(fnmatchcase(name, pattern.lower()) for pattern in self.tracking)

    def is_article(self, url: str) -> bool:
        """True for a URL on one of the hosts whose path matches one of `articles`."""
        if host_of(url) not in self.hosts:
            return False
        path = urlsplit(unwrap(url)).path
        return any(re.search(form, path) for form in self.articles)

    def original_of(self, url: str) -> str | None:
        """The URL that a clone's URL copies, None where the host is not a known clone.

        >>> source("camce").original_of("https://www.sino-chart.com/en/enNews/enGN/202009/t20200922_253777.htm")
        'http://www.camce.com.cn/en/enNews/enGN/202009/t20200922_253777.htm'
        """
        if host_of(url) in self.hosts:
            return None
        host = host_of(url).removeprefix("www.")
        rest = re.sub(r"^https?://[^/]+", "", unwrap(url))
        for clone in self.clones:
            clone_host, _, prefix = clone.removeprefix("www.").partition("/")
            if host == clone_host and (not prefix or rest.startswith(f"/{prefix}/")):
                return f"{self.clone_scheme}://{self.hosts[0]}/{rest[1 + len(prefix):].lstrip('/')}"
        return None

    def layouts_for(self, page: "Page") -> list[Layout]:
        """The layouts that fit a page and were in use on the day of its capture, the one that ends first in front."""
        day = page.fetched_at.date()
        fitting = [each for each in self.layouts if each.fits(page) and (each.until is None or day <= each.until)]
        return sorted(fitting, key=lambda each: each.until or date.max)


@lru_cache(maxsize=1)
def all_sources() -> tuple[Source, ...]:
    """The sources of all files in `crawler/sources`, by id. Raises SourceError with file and line of a mistake."""
    return tuple(sorted(_load_all(), key=lambda each: each.id))


def _load_all() -> Iterator[Source]:
    for module in iter_modules(crawler.sources.__path__):
        path = f"crawler/sources/{module.name}.py"
        try:
            each: Source | None = getattr(import_module(f"crawler.sources.{module.name}"), "SOURCE", None)
            mistake = next(_mistakes(each, module.name), "") if each else "the file defines no SOURCE"
        except Exception as error:  # a source file can raise any exception
            place = f"{path}, line {line}" if (line := _line_in(path, error)) else path
            message = error.msg if isinstance(error, SyntaxError) else error
            raise SourceError(f"{place}: {type(error).__name__}: {message}; correct the file or remove it") from error
        if mistake or each is None:
            raise SourceError(f"{path}: {mistake}")
        yield each


def _line_in(path: str, error: Exception) -> int:
    """The line of the file in an error's traceback, or of a syntax error; 0 where the file is not in it."""
    if isinstance(error, SyntaxError):
        return error.lineno or 0
    lines = [number for frame, number in walk_tb(error.__traceback__) if frame.f_code.co_filename.endswith(path)]
    return lines[-1] if lines else 0


def _mistakes(each: Source, module: str) -> Iterator[str]:
    """Mistakes that would otherwise be found when the source is used, or never. Raises the errors of bad patterns."""
    if each.id != module:
        yield f"the id is {each.id!r}; it must be the name of the file, {module!r}"
    if not isinstance(each.name, Mapping) or not {"en", "zh"} <= each.name.keys():
        yield "name needs both languages: {'zh': …, 'en': …}"
    for name in ("hosts", "articles", "layouts", "listings", "clones", "tracking"):
        if not isinstance(getattr(each, name), tuple):
            yield f"{name} is not a tuple; write parentheses, and a comma after a single value: {name}=(…,)"
    for host in each.hosts:
        if not host or "/" in host or host != host.lower():
            yield f"hosts: {host!r} is not a host name in small letters; write it as 'www.example.gov.cn'"
    for listing in each.listings:
        yield from _listing_mistakes(listing)
    for layout in each.layouts:
        yield from _layout_mistakes(layout)
    _check_patterns(each)


def _check_patterns(each: Source) -> None:
    from crawler.extract.page import selector  # here, because crawler.extract imports this module

    for pattern in (*each.articles, *(layout.url for layout in each.layouts)):
        re.compile(pattern)
    used = (*(one.item for one in each.listings), *(css for one in each.layouts for css in (one.when, one.files)))
    for css in filter(None, used):
        selector(css)


def _listing_mistakes(listing: Listing) -> Iterator[str]:
    place = f"listing {listing.url!r}"
    if listing.first_year and listing.first_year not in _FIRST_YEARS:
        yield f"{place}: first_year is {listing.first_year!r}, not a year; write it as first_year=2025"
    if listing.first_year and YEAR not in listing.url:
        yield f"{place}: first_year needs {YEAR} in the url, in the place of the year"
    if not listing.first_year and YEAR in listing.url:
        yield f"{place}: {YEAR} needs first_year=…, the year of the oldest list"
    if listing.paging is not None and "{page}" not in listing.paging:
        yield f"{place}: paging is {listing.paging!r}, without {{page}}: every page would be the same"


def _layout_mistakes(layout: Layout) -> Iterator[str]:
    for name in ("title", "body", "published", "source_label", "author", "number", "category", "counterpart", "cites"):
        field = getattr(layout, name)
        if field is not None and not callable(field):
            yield (f"layout {layout.name!r}: {name} is {field!r:.40}, not a field; make one with a function of "
                   "crawler/extract/fields.py, such as css(…)")
    if layout.until is not None and type(layout.until) is not date:
        yield f"layout {layout.name!r}: until is {layout.until!r}, not a date; write date(2021, 12, 31)"


def source(name: str) -> Source:
    """The source with this id. Raises SourceError with the known ids."""
    for each in all_sources():
        if each.id == name:
            return each
    raise SourceError(f"no source is called {name!r}; known are {', '.join(s.id for s in all_sources())}")


def source_of(url: str) -> Source | None:
    """The source of a URL: the one whose article it is, else the one with its host or clone; None if there is none."""
    host = host_of(url)
    for each in all_sources():
        if each.is_article(url):
            return each
    for each in all_sources():
        if host in each.hosts or each.original_of(url):
            return each
    return None
