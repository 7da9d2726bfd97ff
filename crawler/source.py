"""What a source file may say: who publishes, where releases are listed, how pages were laid out, what is healthy."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib import import_module
from pkgutil import iter_modules
from traceback import walk_tb
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import crawler.sources
from archive.urls import host_of, unwrap
from crawler.errors import SourceError

if TYPE_CHECKING:
    from crawler.extract.fields import BodyField, Field, StampField
    from crawler.extract.page import Page


@dataclass(frozen=True, slots=True)
class Listing:
    """A page that lists releases. Without `item`, every link that has an article's address form counts.

    `item` is a CSS selector of one entry; `paging` makes the address of page n (n ≥ 2), "{url}" and "{page}" filled
    in. A `unit` listing is a shell whose entries come from the JPaaS unit API; its parameters are read from the shell.
    """

    url: str
    item: str | None = None
    paging: str | None = None
    unit: bool = False
    may_be_empty: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """How pages of one design are read. Chosen by address form (`url`), then by markup (`when`), then by day (`until`).

    `title` and `body` must be found, or the page is quarantined; the other fields may be absent from a page.
    `files` selects elements outside the body that link to attachments.
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
        """Whether the page has the address form and the markup that this layout reads."""
        if self.url and not re.search(self.url, page.url):
            return False
        return not self.when or page.has(self.when)


@dataclass(frozen=True, slots=True)
class Expect:
    """What a healthy run of a source yields; fill rates are shares (0..1) of the articles read."""

    pages: int = 1
    articles: int = 1
    dated: float = 0.9
    body: float = 0.98


@dataclass(frozen=True, slots=True)
class Source:
    """Everything about one site, as data. `articles` are regular expressions that article addresses match.

    `clones` are "host" or "host/prefix" of known copies on other people's domains; their paths, after the prefix,
    are those of `hosts[0]`. `republisher` marks a site whose releases are other people's.
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

    def is_article(self, url: str) -> bool:
        """Whether an address on one of the hosts has the form of an article."""
        if host_of(url) not in self.hosts:
            return False
        path = urlsplit(unwrap(url)).path
        return any(re.search(form, path) for form in self.articles)

    def original_of(self, url: str) -> str | None:
        """The address that a clone's address copies, None where the host is no known clone.

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
        """The layouts that may read a page, the best first: those that fit its address and markup, and of the dated
        ones the earliest whose last day is not before the capture."""
        day = page.fetched_at.date()
        fitting = [each for each in self.layouts if each.fits(page) and (each.until is None or day <= each.until)]
        return sorted(fitting, key=lambda each: each.until or date.max)


@lru_cache(maxsize=1)
def all_sources() -> tuple[Source, ...]:
    """Every source, found by walking `crawler/sources`, in order of id."""
    return tuple(sorted(_found(), key=lambda each: each.id))


def _found() -> Iterator[Source]:
    for module in iter_modules(crawler.sources.__path__):
        path = f"crawler/sources/{module.name}.py"
        try:
            each: Source = import_module(f"crawler.sources.{module.name}").SOURCE
            flaw = next(_flaws(each, module.name), "")
        except Exception as error:  # a source file may raise whatever Python knows
            place = f"{path}, line {line}" if (line := _line_in(path, error)) else path
            said = error.msg if isinstance(error, SyntaxError) else error
            raise SourceError(f"{place}: {type(error).__name__}: {said}; mend the file or take it away") from error
        if flaw:
            raise SourceError(f"{path} {flaw}")
        yield each


def _line_in(path: str, error: Exception) -> int:
    """The last line of a file that an error passed, or that cannot be parsed; 0 where it passed none."""
    if isinstance(error, SyntaxError):
        return error.lineno or 0
    passed = [number for frame, number in walk_tb(error.__traceback__) if frame.f_code.co_filename.endswith(path)]
    return passed[-1] if passed else 0


def _flaws(each: Source, module: str) -> Iterator[str]:
    """What would only show when the source is used, or not even then."""
    if each.id != module:
        yield f"declares id {each.id!r}; name the file as the id"
    if not {"en", "zh"} <= each.name.keys():
        yield "names the source in one language; name needs both, 'en' and 'zh'"
    for name in ("hosts", "articles", "layouts", "listings", "clones"):
        if not isinstance(getattr(each, name), tuple):
            yield f"gives {name} as no tuple; one value needs a comma behind it: ({getattr(each, name)!r:.40},)"
    for pattern in (*each.articles, *(layout.url for layout in each.layouts)):
        re.compile(pattern)


def source(name: str) -> Source:
    """The source with this id; raises SourceError that lists the known ones."""
    for each in all_sources():
        if each.id == name:
            return each
    raise SourceError(f"no source is called {name!r}; known are {', '.join(s.id for s in all_sources())}")


def source_of(url: str) -> Source | None:
    """The source that an address belongs to: by article form first, then by host, clones included; else None."""
    host = host_of(url)
    for each in all_sources():
        if each.is_article(url):
            return each
    for each in all_sources():
        if host in each.hosts or each.original_of(url):
            return each
    return None
