"""A page of results, ready to be shown: what was found, how it can be narrowed, and where each link leads."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain
from typing import NamedTuple
from urllib.parse import quote_plus

from flask_babel import get_locale
from markupsafe import Markup
from sqlalchemy import Connection

from indexer.engines.base import FACETS, Hit, ResultPage
from indexer.query.highlight import Fragment, Highlighter
from indexer.query.model import Query, Sort
from webapp.backend import current_backend
from webapp.facet_labels import FacetLabels
from webapp.formatting import format_published
from webapp.http.site_urls import site_urls
from webapp.queries import ListedRelease, select_listed_releases
from webapp.release.originals import CopyRelation, find_copies
from webapp.search.arguments import SearchArguments

_MARK, _END = Markup("<mark>"), Markup("</mark>")
FIRST_VALUES = 8
MOST_VALUES = 200
# Characters of an excerpt; a Chinese one says as much in half the room.
EXCERPT = {"en": 240, "zh": 120}


@dataclass(frozen=True, slots=True)
class Item:
    """One found release."""

    document: ListedRelease
    title: Markup
    excerpt: Markup
    date: str
    source: str
    language: str
    organizations: tuple[str, ...]
    copied: CopyRelation | None


@dataclass(frozen=True, slots=True)
class Loaded:
    """The documents of one page of hits, in its order, and what those that are no originals were copied from."""

    documents: list[ListedRelease]
    copies: Mapping[str, CopyRelation]


class Value(NamedTuple):
    """One value of a facet; following `href` switches it on, or off where it is chosen.

    A page has hundreds of them, and a tuple is made five times as fast as a frozen dataclass.
    """

    href: str
    label: str
    counted: str


@dataclass(frozen=True, slots=True)
class Facet:
    """The values of one facet: the chosen ones, others that are shown at once, and the rest behind "more"."""

    name: str
    chosen: list[Value]
    first: list[Value]
    more: list[Value]


@dataclass(frozen=True, slots=True)
class Chip:
    """Something that narrows the search; `href` is the search without it."""

    kind: str
    label: str
    href: str


@dataclass(frozen=True, slots=True)
class Context:
    """Where links lead and in which language things are named."""

    path: str
    language: str
    names: FacetLabels

    @classmethod
    def of_request(cls) -> "Context":
        """Those of the page that this request asks for."""
        return cls(site_urls().search, str(get_locale()), current_backend().labels)


def marked(pieces: Iterable[Fragment]) -> Markup:
    """Pieces of text as HTML, what matched inside <mark>."""
    return Markup("").join(chain.from_iterable(
        (_MARK, each.text, _END) if each.marked else (each.text,) for each in pieces))


def plain(pieces: Iterable[Fragment]) -> str:
    """Pieces of text without their marks."""
    return "".join(each.text for each in pieces)


def load_hits(connection: Connection, page: ResultPage) -> Loaded:
    """What the store knows of a page of hits."""
    documents = select_listed_releases(connection, [each.id for each in page.hits])
    return Loaded(documents, find_copies(connection, documents))


def items(loaded: Loaded, query: Query, context: Context) -> list[Item]:
    """The documents as they are listed, with what matched marked."""
    highlighter = Highlighter(query)
    return [_item(each, loaded.copies.get(each.id), highlighter, context) for each in loaded.documents]


def _item(document: ListedRelease, copied: CopyRelation | None, highlighter: Highlighter, context: Context) -> Item:
    names, language = context.names, context.language
    return Item(
        document, marked(highlighter.title(document.title)), marked(excerpt(document, highlighter)),
        format_published(document.published, document.precision, language) if document.published else "",
        names.label("source", document.source, language), names.label("lang", document.language, language),
        tuple(names.label("org", each, language) for each in document.organizations[:3]), copied)


def excerpt(document: ListedRelease, highlighter: Highlighter) -> Sequence[Fragment]:
    """The passage of a release that shows best why it was found."""
    return highlighter.excerpt(document.body, EXCERPT.get(document.language, 240))


def facets(page: ResultPage, search: SearchArguments, context: Context) -> list[Facet]:
    """The facets of a result; what is chosen is shown even where it counts nothing."""
    return [_facet(name, page, search, context) for name in FACETS if page.facets.get(name) or search.values(name)]


def _facet(name: str, page: ResultPage, search: SearchArguments, context: Context) -> Facet:
    counts, chosen = dict(page.facets.get(name, ())), search.values(name)
    here = search.narrowed(name, chosen).address(context.path)
    on = f"{here}{'&' if '?' in here else '?'}{name}="
    labels = context.names.labels(name, context.language)
    others = [Value(on + _quoted(value), labels.get(value, value), f"{count:,}")
              for value, count in page.facets.get(name, ())[:MOST_VALUES] if value not in chosen]
    taken = [Value(search.toggled(name, each).address(context.path), labels.get(each, each), f"{counts.get(each, 0):,}")
             for each in chosen]
    shown = max(0, FIRST_VALUES - len(taken))
    return Facet(name, taken, others[:shown], others[shown:])


@cache
def _quoted(value: str) -> str:
    """An id as part of an address; there are as many as the vocabulary has."""
    return quote_plus(value)


def chips(search: SearchArguments, context: Context) -> Iterator[Chip]:
    """Everything that is in force, each with the search that is left when it is taken away."""
    if search.q:
        yield Chip("q", search.q, search.without("q", search.q).address(context.path))
    yield from narrowing(search, context)
    for name, day in (("from", search.since), ("to", search.until)):
        if day:
            yield Chip(name, day, search.without(name, day).address(context.path))


def narrowing(search: SearchArguments, context: Context) -> Iterator[Chip]:
    """The values of facets that are in force: what the form carries along without showing it."""
    for name in FACETS:
        for value in search.values(name):
            yield Chip(name, context.names.label(name, value, context.language),
                       search.without(name, value).address(context.path))


def described(search: SearchArguments, context: Context) -> str:
    """What is searched for, in one line; "" where that is everything."""
    names = [context.names.label(name, value, context.language) for name in FACETS for value in search.values(name)]
    span = "–".join(filter(None, (search.since, search.until)))
    return " · ".join(filter(None, (search.q, *names, span)))


def sorts(search: SearchArguments, query: Query, context: Context) -> list[tuple[str, str, bool]]:
    """The orders to choose from: name, address, whether it is in force. Without words nothing is more relevant."""
    offered = [each for each in Sort if each is not Sort.RELEVANCE or query.clauses]
    return [(each.value, replace(search, sort=each.value, page=1).address(context.path), each is query.sort)
            for each in offered]


def page_links(search: SearchArguments, pages: int, context: Context) -> list[tuple[int, str]]:
    """Numbers and addresses of the pages around this one, the first and the last among them; (0, "") is a gap."""
    near = sorted({1, pages, *range(max(1, search.page - 2), min(pages, search.page + 2) + 1)})
    found: list[tuple[int, str]] = []
    for number in near:
        if found and number - found[-1][0] > 1:
            found.append((0, ""))
        found.append((number, replace(search, page=number).address(context.path)))
    return found


def hit(document: str) -> Hit:
    """A hit that no engine scored."""
    return Hit(document, None)
