"""Request arguments to Query and back: the one place that knows how a search is written into an address."""

import re
from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Protocol
from urllib.parse import urlencode

from flask_babel import lazy_gettext
from flask_babel import lazy_gettext as _

from indexer.engines.base import FACETS
from indexer.errors import QueryError
from indexer.query.model import Filters, Query, Sort
from indexer.query.parser import MOST_CHARACTERS, parse
from webapp.facet_labels import FacetLabels

SORTS = tuple(each.value for each in Sort)
LAST_PAGE = 1_000_000

def N_(message: str) -> str:  # noqa: N802  (the name that translators' tools look for)
    """A message that is put into the catalogues here and shown elsewhere."""
    return message


# What the query parser says; it knows nothing of languages.
SAID_BY_PARSER = (
    N_("The query has more than 64 words and phrases. Leave some out, or put quotation marks around what belongs "
       "together."),
    N_("There is nothing to search for: the query holds no letter, digit or Chinese character."),
)

# 2019 · 2019-05 · 2019/5/17, after 年 and 月 became dashes
_DAY = re.compile(r"(\d{4})(?:[-/.](\d{1,2})(?:[-/.](\d{1,2}))?)?")
# Characters that neither HTML nor XML can show
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


class Text(Protocol):
    """A sentence that is translated when it is shown."""

    def __str__(self) -> str:
        """The sentence in the reader's language."""


class Arguments(Protocol):
    """What a request carries behind its question mark (werkzeug's MultiDict)."""

    def getlist(self, key: str) -> list[str]:
        """Every value given for a key, in order."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one parameter and how to mend it; `place` is the offset in the typed text, if one is known."""

    parameter: str
    typed: str
    message: Text
    place: int | None = None


@dataclass(frozen=True, slots=True)
class SearchArguments:
    """A search as an address holds it: what was typed, not yet what it means. `page` counts from 1."""

    q: str = ""
    topic: tuple[str, ...] = ()
    org: tuple[str, ...] = ()
    source: tuple[str, ...] = ()
    lang: tuple[str, ...] = ()
    since: str = ""
    until: str = ""
    sort: str = ""
    page: int = 1

    def values(self, facet: str) -> tuple[str, ...]:
        """What a facet is narrowed to."""
        chosen: dict[str, tuple[str, ...]] = {
            "topic": self.topic, "org": self.org, "source": self.source, "lang": self.lang}
        return chosen[facet]

    def narrowed(self, facet: str, values: tuple[str, ...]) -> "SearchArguments":
        """The same search with a facet narrowed to other values, from its first page."""
        change: dict[str, tuple[str, ...]] = {facet: values}
        return replace(self, page=1, **change)  # type: ignore[arg-type]

    def toggled(self, facet: str, value: str) -> "SearchArguments":
        """The same search with one value of a facet switched on, or off where it was on."""
        chosen = self.values(facet)
        kept = tuple(each for each in chosen if each != value)
        return self.narrowed(facet, kept if value in chosen else (*chosen, value))

    def without(self, parameter: str, value: str) -> "SearchArguments":
        """The same search without one value of a facet, or without what another parameter holds."""
        if parameter in FACETS:
            return self.narrowed(parameter, tuple(each for each in self.values(parameter) if each != value))
        fields = {"q": "q", "from": "since", "to": "until", "sort": "sort"}
        change = {fields[parameter]: ""} if parameter in fields else {}
        return replace(self, page=1, **change)  # type: ignore[arg-type]

    def arguments(self) -> list[tuple[str, str]]:
        """The search as request arguments, defaults left out: reading them gives the same search again."""
        single = (("from", self.since), ("to", self.until), ("sort", self.sort),
                  ("page", str(self.page) if self.page != 1 else ""))
        many = [(facet, value) for facet in FACETS for value in self.values(facet)]
        return [("q", self.q)] * bool(self.q) + many + [pair for pair in single if pair[1]]

    def address(self, path: str, ui: str = "") -> str:
        """The address of this search below a path, in a language of the site if one is given."""
        arguments = urlencode([*self.arguments(), *[("ui", ui)] * bool(ui)])
        return f"{path}?{arguments}" if arguments else path


class InvalidSearch(Exception):
    """The arguments of a request do not make a search; what was typed is kept in `search`."""

    def __init__(self, search: SearchArguments, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(f"{each.parameter}: {each.message}" for each in problems))
        self.search = search
        self.problems = tuple(problems)


def typed_search(arguments: Arguments) -> SearchArguments:
    """What was typed, right or wrong; a page that is no number counts as the first."""
    typed = {name: _first(arguments, name) for name in ("q", "from", "to", "sort", "page")}
    facets = {facet: _many(arguments, facet) for facet in FACETS}
    return SearchArguments(typed["q"], **facets, since=typed["from"], until=typed["to"], sort=typed["sort"],
                  page=_page(typed["page"]) or 1)


def without_unknown(search: SearchArguments, names: FacetLabels) -> SearchArguments:
    """The search without facet values and orders that do not exist; what has a field in the form stays as typed."""
    known = {facet: tuple(each for each in search.values(facet) if names.knows(facet, each)) for facet in FACETS}
    return replace(search, sort=search.sort if search.sort in SORTS else "", **known)  # type: ignore[arg-type]


def read_search(arguments: Arguments, names: FacetLabels) -> tuple[SearchArguments, Query]:
    """The search that a request asks for and what it means; raises BadSearch that names every problem at once."""
    search = typed_search(arguments)
    problems = [*_repeated(arguments), *_unknown(search, names), *_unsorted(search.sort),
                *_unpaged(_first(arguments, "page"))]
    query = _query(search, problems)
    if problems:
        raise InvalidSearch(search, problems)
    return search, query


def beyond_last(search: SearchArguments, pages: int) -> InvalidSearch:
    """The refusal of a page after the last one."""
    message = _("There is no page %(page)s; the last one is %(pages)s.", page=search.page, pages=pages)
    return InvalidSearch(search, [Problem("page", str(search.page), message)])


def _first(arguments: Arguments, name: str) -> str:
    return next((_clean(each) for each in arguments.getlist(name)), "")


def _many(arguments: Arguments, name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, (_clean(each) for each in arguments.getlist(name)))))


def shown_text(text: str) -> str:
    """Text without the characters that no page and no feed may hold, each of which becomes a blank."""
    return _CONTROL.sub(" ", text)


def _clean(text: str) -> str:
    return shown_text(text).strip()


def _repeated(arguments: Arguments) -> Iterator[Problem]:
    for name in ("q", "from", "to", "sort", "page"):
        values = arguments.getlist(name)
        if len(set(values)) > 1:
            yield Problem(name, _clean(values[1]), _("“%(name)s” is given more than once; give it once.", name=name))


def _unknown(search: SearchArguments, names: FacetLabels) -> Iterator[Problem]:
    for facet in FACETS:
        for value in search.values(facet):
            if not names.knows(facet, value):
                yield Problem(facet, value, _unknown_message(facet, value[:80]))


def _unknown_message(facet: str, value: str) -> Text:
    messages: dict[str, Text] = {
        "topic": _("No topic is called “%(value)s”; choose one from the list of topics.", value=value),
        "org": _("No organization is called “%(value)s”; choose one from the list of organizations.", value=value),
        "source": _("No source is called “%(value)s”; the status page lists the sources.", value=value),
        "lang": _("“%(value)s” is no language of this archive; take “en” or “zh”.", value=value),
    }
    return messages[facet]


def _page(typed: str) -> int | None:
    """A page number; None where it is none, 1 where none was typed."""
    if not typed:
        return 1
    plausible = typed.isascii() and typed.isdigit() and len(typed) < 9
    return int(typed) if plausible and 1 <= int(typed) <= LAST_PAGE else None


def _unpaged(typed: str) -> Iterator[Problem]:
    if _page(typed) is None:
        shown = typed[:80]
        yield Problem("page", shown, _("“%(page)s” is no page of results; they are counted from 1.", page=shown))


def _unsorted(typed: str) -> Iterator[Problem]:
    if typed and typed not in SORTS:
        shown = typed[:80]
        yield Problem("sort", shown, _("Results cannot be sorted by “%(sort)s”; take one of: %(known)s.",
                                       sort=shown, known=", ".join(SORTS)))


def _query(search: SearchArguments, problems: list[Problem]) -> Query:
    first = _bound(search.since, "from", problems)
    last = _bound(search.until, "to", problems)
    if first and last and first[0] > last[1]:
        problems.append(Problem("from", search.since, _(
            "The first day (%(first)s) is later than the last day (%(last)s); swap them.",
            first=search.since, last=search.until)))
    return _worded(search, Filters(search.topic, search.org, search.source, search.lang,
                                   first[0] if first else None, last[1] if last else None), problems)


def _worded(search: SearchArguments, filters: Filters, problems: list[Problem]) -> Query:
    if len(search.q) > MOST_CHARACTERS:
        problems.append(Problem("q", search.q, _(
            "The query has %(length)s characters, %(longest)s are allowed; shorten it.",
            length=len(search.q), longest=MOST_CHARACTERS)))
        return Query()
    try:
        clauses = parse(search.q)
    except QueryError as error:
        problems.append(Problem("q", search.q, lazy_gettext(str(error)), error.place))
        return Query()
    sort = Sort(search.sort) if search.sort in SORTS else (Sort.RELEVANCE if clauses else Sort.NEWEST)
    return Query(clauses, filters, sort)


def _bound(typed: str, name: str, problems: list[Problem]) -> tuple[date, date] | None:
    """The first and the last day that a typed date names; None where nothing (or nothing readable) was typed."""
    if not typed:
        return None
    try:
        return parse_span(typed)
    except ValueError:
        problems.append(Problem(name, typed[:80], _(
            "“%(typed)s” is no date; write 2019, 2019-05 or 2019-05-17.", typed=typed[:80])))
        return None


def parse_span(typed: str) -> tuple[date, date]:
    """The first and the last day of a year, a month or a day; raises ValueError.

    >>> parse_span("2019年5月")
    (datetime.date(2019, 5, 1), datetime.date(2019, 5, 31))
    """
    match = _DAY.fullmatch(typed.replace("年", "-").replace("月", "-").replace("日", "").rstrip("-"))
    if not match:
        raise ValueError(typed)
    year, month, day = (int(each) if each else None for each in match.groups())
    if year is None or month is None:
        return date(year or 0, 1, 1), date(year or 0, 12, 31)
    if day is None:
        return date(year, month, 1), date(year, month, monthrange(year, month)[1])
    return date(year, month, day), date(year, month, day)
