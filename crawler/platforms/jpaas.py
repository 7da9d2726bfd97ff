"""The unit API of the JPaaS content management system (Hanweb).

A list page is a shell without entries: a script in it calls an API, which returns one page of the list as HTML in JSON.
A listing of a source file uses it with `Listing(url, unit=True)`.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import quote

from archive.messages import Message, message
from archive.records import Capture
from archive.urls import absolute_url
from crawler.errors import CrawlerError
from crawler.extract.page import Page

FIRST_PAGE_ONLY = "editType"  # a parameter that the API refuses on later pages


class UnitError(CrawlerError):
    """The shell has no parameters for the unit API, or the API's response has no list."""

    def __init__(self, reason: Message) -> None:
        super().__init__(str(reason))
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Unit:
    """The API call in a shell's script; `page_size` is known from the first response on."""

    url: str
    parameters: Mapping[str, str]
    page_size: int = 0

    def page_url(self, number: int) -> str:
        """The URL of one page of the list, percent-encoded as UTF-8: the API fails on GBK."""
        query = dict(self.parameters)
        if number > 1:
            query.pop(FIRST_PAGE_ONLY, None)
            query["paramJson"] = json.dumps({"pageNo": number, "pageSize": self.page_size}, separators=(",", ":"))
        return f"{self.url}?" + "&".join(f"{quote(key)}={quote(value, safe='')}" for key, value in query.items())


@dataclass(frozen=True, slots=True)
class UnitResponse:
    """One page of a list: its HTML as a capture with the shell's URL, the rows per page, and the entries in all."""

    capture: Capture
    rows: int
    total: int


def read_unit(page: Page) -> Unit:
    """The API call in a shell's script. Raises UnitError where the page has none."""
    scripts = page.select("script[url][querydata]")
    if not scripts:
        raise UnitError(message("unit_without_script"))
    text = (scripts[0].get("querydata") or "").replace("'", '"')
    try:
        query = json.loads(text)
        parameters = {str(key): "" if value is None else str(value) for key, value in query.items()}
    except (ValueError, AttributeError, RecursionError) as error:
        raise UnitError(message("unit_query_unreadable", error=str(error))) from None
    url = absolute_url(page.url, scripts[0].get("url") or "")
    if url is None:
        raise UnitError(message("unit_without_script"))
    return Unit(url, parameters)


def read_unit_response(capture: Capture, shell: str) -> UnitResponse:
    """The list in a response of the API. Raises UnitError for a failure, which may have status 200."""
    try:
        response = json.loads(capture.body)
        html = response["data"]["html"] if response["success"] else None
    except (ValueError, KeyError, TypeError, RecursionError):
        html = None
    if not isinstance(html, str):
        raise UnitError(message("unit_without_list", text=capture.body[:60].decode("utf-8", "replace")))
    listed = replace(capture, url=shell, body=html.encode(), content_type="text/html; charset=utf-8")
    return UnitResponse(listed, *_pagination(html))


def _pagination(html: str) -> tuple[int, int]:
    rows = re.search(r'\brows="?(\d+)', html)  # <div class="pagination" rows="15" count="8242" pageNo="1">
    count = re.search(r'\bcount="?(\d+)', html)
    return int(rows[1]) if rows else 15, int(count[1]) if count else 0
