"""The unit API of JPaaS (Hanweb): list pages are shells, whose script asks an API for the entries, page by page."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import quote, urljoin

from archive.messages import Message, message
from archive.records import Capture
from crawler.errors import CrawlerError
from crawler.extract.page import Page

FIRST_PAGE_ONLY = "editType"


class UnitError(CrawlerError):
    """The unit API cannot be requested, or its response holds no list."""

    def __init__(self, reason: Message) -> None:
        super().__init__(str(reason))
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Unit:
    """What a shell's script asks the API for; `page_size` is known from the first answer on."""

    url: str
    parameters: Mapping[str, str]
    page_size: int = 0

    def address(self, number: int) -> str:
        """The address of one page of the list; everything percent-encoded as UTF-8, as the API insists."""
        asked = dict(self.parameters)
        if number > 1:
            asked.pop(FIRST_PAGE_ONLY, None)
            asked["paramJson"] = json.dumps({"pageNo": number, "pageSize": self.page_size}, separators=(",", ":"))
        return f"{self.url}?" + "&".join(f"{quote(key)}={quote(value, safe='')}" for key, value in asked.items())


@dataclass(frozen=True, slots=True)
class UnitAnswer:
    """One page of a unit's list: its HTML as a capture under the shell's address, rows a page, entries in all."""

    capture: Capture
    rows: int
    total: int


def read_unit(page: Page) -> Unit:
    """What the shell's script would ask for; UnitError where the page has no such script."""
    scripts = page.select("script[url][querydata]")
    if not scripts:
        raise UnitError(message("unit_without_script"))
    text = (scripts[0].get("querydata") or "").replace("'", '"')
    try:
        asked = json.loads(text)
        parameters = {str(key): "" if value is None else str(value) for key, value in asked.items()}
    except (ValueError, AttributeError, RecursionError) as error:
        raise UnitError(message("unit_query_unreadable", error=str(error))) from None
    return Unit(urljoin(page.url, scripts[0].get("url") or ""), parameters)


def read_unit_answer(capture: Capture, shell: str) -> UnitAnswer:
    """The list that the API answered with; UnitError where it failed, softly or not."""
    try:
        answer = json.loads(capture.body)
        html = answer["data"]["html"] if answer["success"] else None
    except (ValueError, KeyError, TypeError, RecursionError):
        html = None
    if not isinstance(html, str):
        raise UnitError(message("unit_without_list", text=capture.body[:60].decode("utf-8", "replace")))
    listed = replace(capture, url=shell, body=html.encode(), content_type="text/html; charset=utf-8")
    return UnitAnswer(listed, *_pagination(html))


def _pagination(html: str) -> tuple[int, int]:
    rows = re.search(r'\brows="?(\d+)', html)  # <div class="pagination" rows="15" count="8242" pageNo="1">
    count = re.search(r'\bcount="?(\d+)', html)
    return int(rows[1]) if rows else 15, int(count[1]) if count else 0
