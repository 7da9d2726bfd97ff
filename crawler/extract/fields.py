"""Field functions of layouts: each call gives a function that reads one field of a page."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from archive.messages import Message, message
from archive.records import Evidence, Stamp
from crawler.extract.body import Content, content_of
from crawler.extract.dates import PartialDate, day_of, is_possible, month_of, parse_date, year_of
from crawler.extract.page import Page
from crawler.extract.visible_text import is_hidden, tidy, visible_text_of

# A pattern is searched in so much of an element's text: labels and their values are no longer.
_LONGEST = 2000


@dataclass(frozen=True, slots=True)
class FieldMatch:
    """Text of a field and its place on the page or in its URL; `text` is empty where a label has no value."""

    text: str
    place: Message


Field = Callable[[Page], FieldMatch | None]
BodyField = Callable[[Page], Content | None]
StampField = Callable[[Page], Stamp]
Timed = Callable[[Page], tuple[FieldMatch, PartialDate | None] | None]


def css(selector: str, pattern: str = "") -> Field:
    """Visible text of the first matching element that has any; with a `pattern`, its first group in that text.

    An element in whose text the pattern is not found is passed over.
    """
    place = message("selector", selector=selector)

    def read(page: Page) -> FieldMatch | None:
        for element in page.select(selector):
            text = "" if is_hidden(element, page.hidden) else visible_text_of(element, page.hidden)
            match = re.search(pattern, text[:_LONGEST]) if pattern else None
            if text and (match or not pattern):
                return FieldMatch(tidy(match[1] if match else text), place)
        return None
    return read


def meta(name: str) -> Field:
    """Content of a meta element; None if it is empty."""
    place = message("meta", name=name)

    def read(page: Page) -> FieldMatch | None:
        text = tidy(page.metas.get(name.lower(), ""))
        return FieldMatch(text, place) if text else None
    return read


def script_variable(name: str) -> Field:
    """String that an inline script assigns to a variable, outside comments: `var tm = "2016-10-26 9:44:12"`."""
    pattern = re.compile(rf"""(?<!//)(?<!// )(?<!/\*)(?<!/\* )\bvar\s+{re.escape(name)}\s*=\s*(["'])(.*?)\1""")

    def read(page: Page) -> FieldMatch | None:
        match = pattern.search(page.scripts)
        return FieldMatch(tidy(match[2]), message("script_variable", name=name)) if match and match[2].strip() else None
    return read


def visible(pattern: str) -> Field:
    """First group of a pattern in the visible text; ^ and $ match at the ends of each line."""
    compiled = re.compile(pattern, re.MULTILINE)

    def read(page: Page) -> FieldMatch | None:
        match = compiled.search("\n".join(line.text for line in page.lines))
        if not match or not tidy(match[1]):
            return None
        return FieldMatch(tidy(match[1]), message("line", text=match[0].strip()[:60]))
    return read


def linked_image(selector: str, pattern: str) -> Field:
    """Absolute URL of the first link around a matching image whose URL the pattern is found in."""
    def read(page: Page) -> FieldMatch | None:
        for image in page.select(selector):
            link = next(image.iterancestors("a"), None)
            href = page.absolute(link.get("href") or "") if link is not None else ""
            if href and re.search(pattern, href):
                return FieldMatch(href, message("selector", selector=selector))
        return None
    return read


def first(*fields: Field) -> Field:
    """Match of the first field that has one."""
    def read(page: Page) -> FieldMatch | None:
        return next((found for found in (field(page) for field in fields) if found), None)
    return read


def element(selector: str, *, without: str = "") -> BodyField:
    """Body: the visible paragraphs of the first matching element that has any and contains no `without` element."""
    def read(page: Page) -> Content | None:
        refused = page.select(without) if without else []
        for each in page.select(selector):
            if is_hidden(each, page.hidden) or any(each in other.iterancestors() for other in refused):
                continue
            content = content_of(each, page.hidden)
            if content.paragraphs:
                return content
        return None
    return read


def first_body(*bodies: BodyField) -> BodyField:
    """Body of the first body field that has one."""
    def read(page: Page) -> Content | None:
        return next((content for content in (body(page) for body in bodies) if content), None)
    return read


def time(field: Field, *, clock: bool = True) -> Timed:
    """Date in the text of a field; `clock=False` drops the clock, for sites that write a meaningless one."""
    def read(page: Page) -> tuple[FieldMatch, PartialDate | None] | None:
        found = field(page)
        return (found, parse_date(found.text, clock=clock)) if found else None
    return read


def address(pattern: str, of: Field | None = None) -> Timed:
    """The day, month or year that the group of a pattern holds in the page's address, or in that which `of` finds."""
    def read(page: Page) -> tuple[FieldMatch, PartialDate | None] | None:
        found = of(page) if of else FieldMatch(page.url, message("page_url"))
        match = re.search(pattern, found.text) if found else None
        if not match:
            return None
        place = message("cited_url", url=found.text) if of and found else message("page_url")
        return FieldMatch(match[1], place), (day_of(match[1]) or month_of(match[1]) or year_of(match[1]))
    return read


def published(*trusted: Timed, seen: tuple[Timed, ...] = ()) -> StampField:
    """Publication date: the first trusted date that is possible. The others, and all `seen` ones, are evidence only."""
    def read(page: Page) -> Stamp:
        best: tuple[FieldMatch, PartialDate] | None = None
        evidence: list[Evidence] = []
        for field in (*trusted, *seen):
            result = field(page)
            if result is None:
                continue
            found, date = result
            if best and date and date.precision in ("month", "year"):
                continue
            possible = date is not None and is_possible(date, page.fetched_at)
            if best is None and date and possible and field not in seen:
                best = found, date
                evidence.insert(0, Evidence(found.text, found.place))
            else:
                evidence.append(Evidence(found.text, found.place))
        if best is None:
            return Stamp(None, "unknown", tuple(evidence))
        return Stamp(best[1].value, best[1].precision, tuple(evidence))
    return read
