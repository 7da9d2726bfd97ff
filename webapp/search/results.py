"""A page of results for the templates: items, facets, chips of the filters in force, and links."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from html import escape
from itertools import islice

from flask_babel import get_locale
from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy import Connection

from indexer.engines.base import ResultPage
from indexer.query.arguments import SearchArguments, quoted
from indexer.query.highlight import Highlighter
from indexer.query.model import FACETS, TAG_FACETS, Query, Sort
from indexer.text.spans import Fragment
from webapp.backend import current_backend
from webapp.facet_labels import FacetLabels
from webapp.formatting import format_number, format_published
from webapp.http.site_urls import site_urls
from webapp.marked_text import marked_html
from webapp.queries import ListedRelease, select_listed_releases
from webapp.release.originals import CopyRelation, find_copies

FIRST_VALUES = 8
MOST_VALUES = 200
LINK_CHARACTERS = 30_000  # of all links in one list: the longer the URL of a search, the fewer links carry it
FEWEST_LINKS = 3
# Length of an excerpt in characters; Chinese needs half as many.
EXCERPT = {"en": 240, "zh": 120}


@dataclass(frozen=True, slots=True)
class Item:
    """One result."""

    document: ListedRelease
    title: Markup
    excerpt: Markup
    date: str
    source: str
    language: str
    organizations: tuple[str, ...]
    copied: CopyRelation | None


@dataclass(frozen=True, slots=True)
class LoadedHits:
    """The documents of a page of hits, in its order, and the origin of each copy by document id."""

    documents: list[ListedRelease]
    copies: Mapping[str, CopyRelation]


@dataclass(frozen=True, slots=True)
class FacetValue:
    """A chosen value of a facet; `href` switches it off, `page` is the URL of its own page, "" if it has none."""

    href: str
    label: str
    counted: str
    page: str = ""


@dataclass(frozen=True, slots=True)
class Join:
    """How the chosen values of a facet are joined, `by_all` or by any, and the URL of the search for the other way."""

    by_all: bool
    href: str


@dataclass(frozen=True, slots=True)
class Facet:
    """One facet: its chosen values, the first others as list items, and the rest, which are folded away. `all_values`
    is the URL of the page that lists all of them, "" if there is none."""

    name: str
    chosen: list[FacetValue]
    join: Join | None
    first: Markup
    more: Markup
    more_count: int
    all_values: str


@dataclass(frozen=True, slots=True)
class Chip:
    """A part of the search that is in force; `href` is the search without it."""

    kind: str
    label: str
    href: str


@dataclass(frozen=True, slots=True)
class PageContext:
    """The path of the search page, the language of the page, and the labels of facet values."""

    path: str
    language: str
    labels: FacetLabels

    @classmethod
    def of_request(cls) -> "PageContext":
        """The context of the current request."""
        return cls(site_urls().search, str(get_locale()), current_backend().labels)


@lru_cache(maxsize=16)
def most_links(search: SearchArguments, path: str) -> int:
    """The number of links to variants of a search that one list of a page may have.

    >>> most_links(SearchArguments("tea"), "/search"), most_links(SearchArguments("x" * 30_000), "/search")
    (2307, 3)
    """
    return max(FEWEST_LINKS, LINK_CHARACTERS // len(search.url(path)))


def plain_text(fragments: Iterable[Fragment]) -> str:
    """The text of fragments, without marks."""
    return "".join(each.text for each in fragments)


def load_hits(connection: Connection, page: ResultPage) -> LoadedHits:
    """Load the documents of a page of hits from the store."""
    documents = select_listed_releases(connection, [each.id for each in page.hits])
    return LoadedHits(documents, find_copies(connection, documents))


def items(loaded: LoadedHits, query: Query, context: PageContext) -> list[Item]:
    """The items of a list of results, with their matches marked."""
    highlighter = Highlighter(query)
    return [_item(each, loaded.copies.get(each.id), highlighter, context) for each in loaded.documents]


def _item(document: ListedRelease, copied: CopyRelation | None, highlighter: Highlighter, context: PageContext) -> Item:
    labels, language = context.labels, context.language
    return Item(
        document, marked_html(highlighter.title(document.title)), marked_html(excerpt(document, highlighter)),
        format_published(document.published, document.precision, language) if document.published else "",
        labels.label("source", document.source, language), labels.label("lang", document.language, language),
        tuple(labels.label("org", each, language) for each in document.organizations[:3]), copied)


def excerpt(document: ListedRelease, highlighter: Highlighter) -> Sequence[Fragment]:
    """The excerpt of a release around its matches."""
    return highlighter.excerpt(document.body, EXCERPT.get(document.language, 240))


def facets(page: ResultPage, search: SearchArguments, context: PageContext) -> list[Facet]:
    """The facets of a result page; chosen values are listed even with a count of 0, as far as links are allowed."""
    return [_facet(name, page, search, context) for name in FACETS if page.facets.get(name) or search.values(name)]


def _facet(name: str, page: ResultPage, search: SearchArguments, context: PageContext) -> Facet:
    counts, chosen = dict(page.facets.get(name, ())), search.values(name)
    url = search.narrowed(name, chosen).url(context.path)
    on = f"{url}{'&' if '?' in url else '?'}{name}="
    labels, most = context.labels.labels(name, context.language), most_links(search, context.path)
    others = [each for each in page.facets.get(name, ())[:min(MOST_VALUES, most)] if each[0] not in chosen]
    urls = site_urls()
    prefix = urls.entry_prefixes.get(name, "")
    in_force = [FacetValue(search.toggled(name, each).url(context.path), labels.get(each, each),
                           format_number(counts.get(each, 0)), f"{prefix}{quoted(each)}" if prefix else "")
                for each in chosen[:most]]
    shown = max(0, FIRST_VALUES - len(in_force))
    first, more = _rows(on, others[:shown], labels), _rows(on, others[shown:], labels)
    return Facet(name, in_force, _join(name, search, context), first, more, max(0, len(others) - shown),
                 urls.entry_lists.get(name, ""))


def _join(name: str, search: SearchArguments, context: PageContext) -> Join | None:
    """The control that joins the chosen values of a facet, None without any or where a release has only one."""
    if name not in TAG_FACETS or not search.values(name):
        return None
    by_all = name in search.all
    return Join(by_all, search.joined(name, by_all=not by_all).url(context.path))


def _rows(url: str, counts: Iterable[tuple[str, int]], labels: Mapping[str, str]) -> Markup:
    """Values with their counts as list items; `url` precedes each value. A page has hundreds: a template is slow."""
    start = f'<li><a href="{escape(url)}'
    return Markup("".join([  # noqa: S704 - every part is escaped
        f'{start}{quoted(value)}"><span class="name">{_escaped_label(labels.get(value, value))}</span> '
        f'<span class="count">{count:,}</span></a></li>\n' for value, count in counts]))


@cache
def _escaped_label(label: str) -> str:
    """A label as HTML; cached, since there are only as many as vocabulary entries."""
    return escape(label)


def chips(search: SearchArguments, context: PageContext) -> list[Chip]:
    """Chips of words, facet values and dates in force, as far as links are allowed."""
    return list(islice(_chips(search, context), most_links(search, context.path)))


def _chips(search: SearchArguments, context: PageContext) -> Iterator[Chip]:
    if search.q:
        yield Chip("q", search.q, search.without("q", search.q).url(context.path))
    yield from _facet_chips(search, context)
    for name, day in (("from", search.since), ("to", search.until)):
        if day:
            yield Chip(name, day, search.without(name, day).url(context.path))
    titles = {"topic": _("Topics"), "org": _("Organizations"), "place": _("Places")}
    for name in search.all:
        yield Chip("all", titles[name], search.without("all", name).url(context.path))
    if search.mentions:
        yield Chip("mentions", _("count too"), search.without("mentions", search.mentions).url(context.path))
    if search.alone:
        yield Chip("alone", _("without their companies and departments"),
                   search.without("alone", search.alone).url(context.path))


def facet_chips(search: SearchArguments, context: PageContext) -> list[Chip]:
    """Chips of the facet values in force, which the form carries as hidden fields, as far as links are allowed."""
    return list(islice(_facet_chips(search, context), most_links(search, context.path)))


def _facet_chips(search: SearchArguments, context: PageContext) -> Iterator[Chip]:
    for name in FACETS:
        for value in search.values(name):
            yield Chip(name, context.labels.label(name, value, context.language),
                       search.without(name, value).url(context.path))


def search_summary(search: SearchArguments, context: PageContext) -> str:
    """The search in one line, "" for a search of everything."""
    names = [context.labels.label(name, value, context.language) for name in FACETS for value in search.values(name)]
    span = "–".join(filter(None, (search.since, search.until)))
    return " · ".join(filter(None, (search.q, *names, span)))


def sort_links(search: SearchArguments, query: Query, context: PageContext) -> list[tuple[str, str, bool]]:
    """Name, URL and "in force" of each order; relevance only where there are clauses to score by."""
    offered = [each for each in Sort if each is not Sort.RELEVANCE or query.clauses]
    return [(each.value, replace(search, sort=each.value, page=1).url(context.path), each is query.sort)
            for each in offered]


def page_links(search: SearchArguments, pages: int, context: PageContext) -> list[tuple[int, str]]:
    """Number and URL of the first, the last and the pages around this one; (0, "") is a gap."""
    near = sorted({1, pages, *range(max(1, search.page - 2), min(pages, search.page + 2) + 1)})
    found: list[tuple[int, str]] = []
    for number in near:
        if found and number - found[-1][0] > 1:
            found.append((0, ""))
        found.append((number, replace(search, page=number).url(context.path)))
    return found
