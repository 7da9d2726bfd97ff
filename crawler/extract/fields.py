"""Field functions of layouts: each call gives a function that reads one field of a page."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from archive.messages import Message, message
from archive.records import Evidence, Stamp
from crawler.extract.body import Content, content_of
from crawler.extract.dates import PartialDate, day_of, is_possible, month_of, parse_date, year_of
from crawler.extract.page import Page
from crawler.extract.page import selector as compiled_selector
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
DateField = Callable[[Page], tuple[FieldMatch, PartialDate | None] | None]


def css(selector: str, pattern: str = "") -> Field:
    """Visible text of the first matching element that has any; with a `pattern`, its first group in that text.

    An element in whose text the pattern is not found is passed over.
    """
    compiled = _with_group(pattern) if pattern else None
    compiled_selector(selector)
    place = message("selector", selector=selector)

    def read(page: Page) -> FieldMatch | None:
        for element in page.select(selector):
            text = "" if is_hidden(element, page.hidden) else visible_text_of(element, page.hidden)
            match = compiled.search(text[:_LONGEST]) if compiled else None
            if text and (match or not compiled):
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
    compiled = _with_group(pattern, re.MULTILINE)

    def read(page: Page) -> FieldMatch | None:
        match = compiled.search("\n".join(line.text for line in page.lines))
        if not match or not tidy(match[1]):
            return None
        return FieldMatch(tidy(match[1]), message("line", text=match[0].strip()[:60]))
    return read


def linked_image(selector: str, pattern: str) -> Field:
    """Absolute URL of the first link around a matching image whose URL the pattern is found in."""
    compiled_selector(selector)

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
    for each in filter(None, (selector, without)):
        compiled_selector(each)

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


def date_in(field: Field, *, clock: bool = True) -> DateField:
    """Date in the text of a field, in any form that dates.py knows; `clock=False` drops a meaningless clock."""
    def read(page: Page) -> tuple[FieldMatch, PartialDate | None] | None:
        found = field(page)
        return (found, parse_date(found.text, clock=clock)) if found else None
    return read


def date_in_url(pattern: str, of: Field | None = None) -> DateField:
    r"""The day, month or year that the groups of a pattern hold in the page's URL, or in the text that `of` finds.

    Groups are joined in their order, year first: `/(\d{4})/(\d{2})(\d{2})/` reads /2025/0405/ as 2025-04-05. A group of
    one digit is a month or a day where no other digit stands next to it: /2025/4/5/ is a day, /2025/115/ is none.
    """
    compiled = _with_group(pattern)

    def read(page: Page) -> tuple[FieldMatch, PartialDate | None] | None:
        found = of(page) if of else FieldMatch(page.url, message("page_url"))
        match = compiled.search(found.text) if found else None
        spans = [span for span in match.regs[1:] if span != (-1, -1)] if match else []
        if not found or not match or not spans:
            return None
        parts = [_padded(match.string, *span) for span in spans]
        digits = "" if any(len(part) % 2 for part in parts) else "".join(parts)
        text = match.string[spans[0][0]:spans[-1][1]]
        place = message("cited_url", url=found.text) if of else message("page_url")
        return FieldMatch(text, place), (day_of(digits) or month_of(digits) or year_of(digits))
    return read


def _padded(text: str, start: int, end: int) -> str:
    """A group's digits; a single digit gets a zero in front, unless it is part of a longer number."""
    around = text[max(0, start - 1):start] + text[end:end + 1]
    alone = end - start == 1 and not any(map(str.isdigit, around))
    return f"0{text[start]}" if alone else text[start:end]


def _with_group(pattern: str, flags: re.RegexFlag = re.NOFLAG) -> re.Pattern[str]:
    """The compiled pattern; raises ValueError where it has no group to keep."""
    compiled = re.compile(pattern, flags)
    if not compiled.groups:
        raise ValueError(f"the pattern {pattern!r} has no group; put what the field keeps in parentheses")
    return compiled


def published(*trusted: DateField, seen: tuple[DateField, ...] = ()) -> StampField:
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
