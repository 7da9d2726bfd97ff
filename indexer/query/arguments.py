"""Parser and serializer of search arguments: URL parameters or command-line options to Query and back.

The site, its feeds and the command line read their arguments here, so that all accept the same values.
"""

import re
from calendar import monthrange
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Protocol
from urllib.parse import quote_plus

from archive.messages import Message, message
from archive.text import nearest_name
from indexer.errors import IndexerError, QueryError
from indexer.query.facet_terms import KnownValues, read_terms
from indexer.query.model import FACETS, TAG_FACETS, Filters, Query, Sort
from indexer.query.parser import MOST_CHARACTERS, parse_query

SORTS = tuple(each.value for each in Sort)
SINGLE = ("q", "from", "to", "mentions", "alone", "sort", "page")
SWITCHED_ON = "1"  # the one value of `mentions` and of `alone`
ALL = "all"  # names the facets of which a release must have all chosen values
OF_THE_SITE = "ui"  # the language of the page: allowed, and no part of the search
SITE_LANGUAGES = ("en", "zh")
KNOWN = (*FACETS, ALL, *SINGLE, OF_THE_SITE)
LAST_PAGE = 1_000_000
MOST_VALUES = 50  # values of one facet in one search
MOST_PROBLEMS = 8  # of one request that are reported

# Other sites append these to links that are shared; whoever follows such a link did not type them.
_TRACKING = frozenset((
    "fbclid", "gclid", "dclid", "gbraid", "wbraid", "msclkid", "yclid", "twclid", "igshid", "mc_cid", "mc_eid", "_ga",
    "_gl", "spm", "isappinstalled"))
_TRACKING_PREFIX = "utm_"

# 2019 · 2019-05 · 2019/5/17, after 年 and 月 became dashes
_DAY = re.compile(r"(\d{4})(?:[-/.](\d{1,2})(?:[-/.](\d{1,2}))?)?")
# Characters that neither HTML nor XML can show
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_SHOWN = 80  # characters of a wrong value that its message repeats

FORMER_TOPICS = ("announcement", "press-conference", "public-consultation")
"""Kinds of release that were topics once: links with `topic=announcement` are still read."""


class MultiMapping(Protocol):
    """Arguments with any number of values each, as werkzeug's MultiDict has them."""

    def keys(self) -> Iterable[str]:
        """The name of every argument, once."""

    def getlist(self, key: str) -> list[str]:
        """Every value of an argument, in order."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A fault in one parameter: what was typed, the message, and the offset in the typed text where it is known."""

    parameter: str
    typed: str
    message: Message
    offset: int | None = None


@dataclass(frozen=True, slots=True)
class SearchArguments:
    """A search as typed, not yet parsed. `page` counts from 1; `mentions` is SWITCHED_ON where topics, organizations
    and places that a release only mentions count as well, `alone` where organizations count without their companies and
    departments. `all` has the facets of which a release must have all chosen values."""

    q: str = ""
    topic: tuple[str, ...] = ()
    org: tuple[str, ...] = ()
    place: tuple[str, ...] = ()
    type: tuple[str, ...] = ()
    source: tuple[str, ...] = ()
    lang: tuple[str, ...] = ()
    since: str = ""
    until: str = ""
    mentions: str = ""
    alone: str = ""
    all: tuple[str, ...] = ()
    sort: str = ""
    page: int = 1

    def values(self, facet: str) -> tuple[str, ...]:
        """The values that a facet is filtered by."""
        chosen: dict[str, tuple[str, ...]] = {
            "topic": self.topic, "org": self.org, "place": self.place, "type": self.type, "source": self.source,
            "lang": self.lang}
        return chosen[facet]

    def narrowed(self, facet: str, values: tuple[str, ...]) -> "SearchArguments":
        """The same search filtered by other values of a facet, from its first page."""
        change: dict[str, tuple[str, ...]] = {facet: values}
        return replace(self, page=1, **change)  # type: ignore[arg-type]

    def toggled(self, facet: str, value: str) -> "SearchArguments":
        """The same search with one value of a facet switched on, or off where it was on."""
        chosen = self.values(facet)
        kept = tuple(each for each in chosen if each != value)
        return self.narrowed(facet, kept if value in chosen else (*chosen, value))

    def joined(self, facet: str, *, by_all: bool) -> "SearchArguments":
        """The same search for releases that have all chosen values of a facet, or any of them."""
        others = tuple(each for each in self.all if each != facet)
        return replace(self, page=1, all=(*others, facet) if by_all else others)

    def without(self, parameter: str, value: str) -> "SearchArguments":
        """The same search without one value of a facet, or without another parameter."""
        if parameter in FACETS:
            return self.narrowed(parameter, tuple(each for each in self.values(parameter) if each != value))
        if parameter == ALL:
            return self.joined(value, by_all=False)
        fields = {"q": "q", "from": "since", "to": "until", "mentions": "mentions", "alone": "alone", "sort": "sort"}
        change = {fields[parameter]: ""} if parameter in fields else {}
        return replace(self, page=1, **change)  # type: ignore[arg-type]

    def pairs(self) -> list[tuple[str, str]]:
        """The request arguments, defaults left out; reading them gives the same search again."""
        single = (("from", self.since), ("to", self.until), ("mentions", self.mentions), ("alone", self.alone),
                  ("sort", self.sort), ("page", str(self.page) if self.page != 1 else ""))
        many = [(facet, value) for facet in FACETS for value in self.values(facet)]
        many += [(ALL, facet) for facet in self.all]
        return [("q", self.q)] * bool(self.q) + many + [pair for pair in single if pair[1]]

    def url(self, path: str, ui: str = "") -> str:
        """The URL of this search below a path, with the language of the site where `ui` gives one."""
        arguments = "&".join([f"{name}={quoted(value)}" for name, value in [*self.pairs(), *[("ui", ui)] * bool(ui)]])
        return f"{path}?{arguments}" if arguments else path


class ArgumentError(IndexerError):
    """Invalid search arguments: `problems` lists the first MOST_PROBLEMS faults, `search` has the arguments as typed,
    at most MOST_VALUES of a facet."""

    def __init__(self, search: SearchArguments, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(f"{each.parameter}: {each.message}" for each in problems))
        self.search = search
        self.problems = tuple(problems)


def typed_search(arguments: MultiMapping) -> SearchArguments:
    """The arguments as typed, valid or not; a page that is no number becomes the first."""
    typed = {name: _first(arguments, name) for name in SINGLE}
    facets = _types_of_former_topics({facet: _all(arguments, facet) for facet in FACETS})
    return SearchArguments(typed["q"], **facets, since=typed["from"], until=typed["to"], mentions=typed["mentions"],
                           alone=typed["alone"], all=_all(arguments, ALL), sort=typed["sort"],
                           page=_page(typed["page"]) or 1)


def _types_of_former_topics(facets: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """The facets with kinds of release that were topics once moved to `type`."""
    former = [each for each in facets["topic"] if each in FORMER_TOPICS]
    if not former:
        return facets
    return {**facets, "topic": tuple(each for each in facets["topic"] if each not in former),
            "type": tuple(dict.fromkeys([*facets["type"], *former]))}


def without_unknown(search: SearchArguments, known: KnownValues) -> SearchArguments:
    """The search without facet values and orders that do not exist; words are cut at the longest query, dates at a
    length that no date has."""
    kept = {facet: tuple(each for each in search.values(facet) if each in known[facet]) for facet in FACETS}
    return replace(search, q=search.q[:MOST_CHARACTERS], since=search.since[:_SHOWN], until=search.until[:_SHOWN],
                   mentions=_switch(search.mentions), alone=_switch(search.alone),
                   all=tuple(each for each in search.all if each in TAG_FACETS),
                   sort=search.sort if search.sort in SORTS else "", **kept)  # type: ignore[arg-type]


def read_search(arguments: MultiMapping, known: KnownValues) -> tuple[SearchArguments, Query]:
    """The search as typed and as a Query; raises ArgumentError with all problems at once, up to MOST_PROBLEMS.

    Arguments of other names are problems too, except those that tracking tools append to links.
    """
    search = typed_search(arguments)
    problems = [*_unknown_names(arguments), *_repeated(arguments), *_too_many_values(arguments),
                *_unknown_values(search, known), *_switch_problems(search), *_join_problems(search.all),
                *_sort_problems(search.sort), *_page_problems(_first(arguments, "page")),
                *_language_problems(_first(arguments, OF_THE_SITE))]
    query = _query(search, known, problems)
    if problems:
        raise ArgumentError(search, problems[:MOST_PROBLEMS])
    return search, query


def page_beyond_last(search: SearchArguments, pages: int) -> ArgumentError:
    """The error for a page after the last of `pages`."""
    reason = message("page_beyond_last", page=search.page, pages=pages)
    return ArgumentError(search, [Problem("page", str(search.page), reason)])


def printable(text: str) -> str:
    """Text with a blank for every character that HTML and XML cannot show."""
    return _CONTROL.sub(" ", text)


def quoted(value: str) -> str:
    """A value percent-encoded for a URL.

    >>> quoted("a b&c")
    'a+b%26c'
    """
    return _quoted_short(value) if len(value) <= _SHOWN else quote_plus(value)


@lru_cache(maxsize=1024)  # a page has hundreds of links with the same few values
def _quoted_short(value: str) -> str:
    return quote_plus(value)


def _clean(text: str) -> str:
    return printable(text).strip()


def _first(arguments: MultiMapping, name: str) -> str:
    return next((_clean(each) for each in arguments.getlist(name)), "")


def _all(arguments: MultiMapping, name: str) -> tuple[str, ...]:
    """The values of a facet, at most MOST_VALUES."""
    return _distinct(arguments, name)[:MOST_VALUES]


def _distinct(arguments: MultiMapping, name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, (_clean(each) for each in arguments.getlist(name)))))


def _unknown_names(arguments: MultiMapping) -> Iterator[Problem]:
    for typed in arguments.keys():  # noqa: SIM118  # a protocol: only its keys() is promised
        if typed in KNOWN or typed in _TRACKING or typed.startswith(_TRACKING_PREFIX):
            continue
        name, known = _clean(typed)[:_SHOWN], ", ".join(KNOWN)
        nearest = nearest_name(name.lower(), KNOWN)
        value = _first(arguments, typed)[:_SHOWN]
        yield Problem(name, value, message("no_such_parameter_near", name=name, nearest=nearest, known=known) if nearest
                      else message("no_such_parameter", name=name, known=known))


def _repeated(arguments: MultiMapping) -> Iterator[Problem]:
    for name in (*SINGLE, OF_THE_SITE):
        values = arguments.getlist(name)
        if len(set(values)) > 1:
            yield Problem(name, _clean(values[1])[:_SHOWN], message("repeated", name=name))


def _too_many_values(arguments: MultiMapping) -> Iterator[Problem]:
    for facet in FACETS:
        count = len(_distinct(arguments, facet))
        if count > MOST_VALUES:
            yield Problem(facet, "", message("too_many_values", name=facet, count=count, most=MOST_VALUES))


def _unknown_values(search: SearchArguments, known: KnownValues) -> Iterator[Problem]:
    for facet in FACETS:
        for value in search.values(facet):
            if value not in known[facet]:
                yield Problem(facet, value[:_SHOWN], _unknown_value(facet, value[:_SHOWN], known[facet]))


def _unknown_value(facet: str, value: str, known: Collection[str]) -> Message:
    nearest = nearest_name(value.lower(), list(known)) if facet != "lang" else None
    if nearest:
        return message(f"similar_{facet}", value=value, nearest=nearest)
    return message(f"unknown_{facet}", value=value)


def _page(typed: str) -> int | None:
    """The page number, 1 where none was typed, None where it is none."""
    if not typed:
        return 1
    plausible = typed.isascii() and typed.isdigit() and len(typed) < 9
    return int(typed) if plausible and 1 <= int(typed) <= LAST_PAGE else None


def _page_problems(typed: str) -> Iterator[Problem]:
    if _page(typed) is None:
        shown = typed[:_SHOWN]
        yield Problem("page", shown, message("invalid_page", page=shown))


def _switch(typed: str) -> str:
    return typed if typed == SWITCHED_ON else ""


def _switch_problems(search: SearchArguments) -> Iterator[Problem]:
    for name, typed in (("mentions", search.mentions), ("alone", search.alone)):
        if typed != _switch(typed):
            shown = typed[:_SHOWN]
            yield Problem(name, shown, message("switch_value", name=name, typed=shown))


def _join_problems(facets: Iterable[str]) -> Iterator[Problem]:
    for typed in facets:
        if typed not in TAG_FACETS:
            shown = typed[:_SHOWN]
            yield Problem(ALL, shown, message("join_value", typed=shown, known=", ".join(TAG_FACETS)))


def _language_problems(typed: str) -> Iterator[Problem]:
    if typed and typed not in SITE_LANGUAGES:
        shown = typed[:_SHOWN]
        yield Problem(OF_THE_SITE, shown, message("unknown_ui", value=shown))


def _sort_problems(typed: str) -> Iterator[Problem]:
    if typed and typed not in SORTS:
        shown = typed[:_SHOWN]
        yield Problem("sort", shown, message("unknown_sort", sort=shown, known=", ".join(SORTS)))


def _query(search: SearchArguments, known: KnownValues, problems: list[Problem]) -> Query:
    """The Query of a search; what is wrong with its dates and words is added to `problems`."""
    first = _date_range(search.since, "from", problems)
    last = _date_range(search.until, "to", problems)
    if first and last and first[0] > last[1]:
        reason = message("dates_reversed", first=search.since, last=search.until)  # both parsed, so both short
        problems.append(Problem("from", search.since, reason))
    try:
        parsed = parse_query(search.q)
        clauses, terms = parsed.clauses, read_terms(parsed.terms, known)
    except QueryError as error:
        # A query that is too long is not shown again as a whole, and not with its offset marked.
        offset = error.offset if len(search.q) <= MOST_CHARACTERS else None
        problems.append(Problem("q", search.q[:MOST_CHARACTERS], error.message, offset))
        return Query()
    sort = Sort(search.sort) if search.sort in SORTS else (Sort.RELEVANCE if clauses else Sort.NEWEST)
    return Query(clauses, Filters(search.topic, search.org, search.place, search.type, search.source, search.lang,
                                  first[0] if first else None, last[1] if last else None,
                                  mentions=search.mentions == SWITCHED_ON, alone=search.alone == SWITCHED_ON,
                                  all_of=search.all, terms=terms), sort)


def _date_range(typed: str, name: str, problems: list[Problem]) -> tuple[date, date] | None:
    """The first and the last day that a typed date covers; None where nothing (or nothing valid) was typed."""
    if not typed:
        return None
    try:
        return parse_date_range(typed)
    except ValueError:
        shown = typed[:_SHOWN]
        problems.append(Problem(name, shown, message("invalid_date", typed=shown)))
        return None


def parse_date_range(typed: str) -> tuple[date, date]:
    """The first and the last day of a year, a month or a day; raises ValueError.

    >>> parse_date_range("2019年5月")
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
