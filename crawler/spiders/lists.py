"""What list pages say beside their links: the unit API's parameters and answers, sitemaps, and where scripts lead."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from html import unescape
from urllib.parse import quote, urljoin

from crawler.capture import Capture
from crawler.errors import CrawlerError
from crawler.extract.notices import script_target
from crawler.extract.page import Page

# <meta http-equiv="refresh" content="0; url=http://…">
_REFRESHED = re.compile(
    r"""<meta\s[^>]*http-equiv=["']?refresh["']?[^>]*content=["']?\s*\d+\s*[;,]\s*url\s*=\s*["']?([^"'\s<>]+)""",
    re.IGNORECASE)
# <loc>https://www.ccdp-me.com/en/news/3125bbc6</loc>
_LOCATION = re.compile(rb"<loc>\s*([^<\s]+)\s*</loc>", re.IGNORECASE)
# A page that only sends the browser on is no larger than this.
_SMALL = 4096
FIRST_PAGE_ONLY = "editType"


class UnitError(CrawlerError):
    """The unit API cannot be asked, or answers without a list."""


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
        raise UnitError("the page has no script with url and queryData")
    text = (scripts[0].get("querydata") or "").replace("'", '"')
    try:
        asked = json.loads(text)
        parameters = {str(key): "" if value is None else str(value) for key, value in asked.items()}
    except (ValueError, AttributeError, RecursionError) as error:
        raise UnitError(f"queryData cannot be read: {error}") from None
    return Unit(urljoin(page.url, scripts[0].get("url") or ""), parameters)


def read_unit_answer(capture: Capture, shell: str) -> UnitAnswer:
    """The list that the API answered with; UnitError where it failed, softly or not."""
    try:
        answer = json.loads(capture.body)
        html = answer["data"]["html"] if answer["success"] else None
    except (ValueError, KeyError, TypeError, RecursionError):
        html = None
    if not isinstance(html, str):
        raise UnitError(f"the unit API answered {capture.body[:60].decode('utf-8', 'replace')!r}")
    listed = replace(capture, url=shell, body=html.encode(), content_type="text/html; charset=utf-8")
    return UnitAnswer(listed, *_pagination(html))


def _pagination(html: str) -> tuple[int, int]:
    rows = re.search(r'\brows="?(\d+)', html)  # <div class="pagination" rows="15" count="8242" pageNo="1">
    count = re.search(r'\bcount="?(\d+)', html)
    return int(rows[1]) if rows else 15, int(count[1]) if count else 0


def sitemap_addresses(body: bytes) -> Iterator[str]:
    """The addresses that a sitemap names."""
    for match in _LOCATION.finditer(body):
        yield unescape(match[1].decode("utf-8", "replace"))


def sent_on_to(capture: Capture) -> str | None:
    """The absolute address that a page's script or meta element sends every browser to, None where it has a text.

    >>> from datetime import UTC, datetime
    >>> body = b"<script>window.location.href='/a/art/2025/art_1.html'</script>"
    >>> sent_on_to(Capture("https://www.mofcom.gov.cn/old", body, datetime.now(UTC)))
    'https://www.mofcom.gov.cn/a/art/2025/art_1.html'
    """
    if len(capture.body) > _SMALL:
        return None
    text = capture.body.decode("utf-8", "replace")
    refreshed = _REFRESHED.search(text)
    target = script_target(text) or (refreshed[1] if refreshed else None)
    return urljoin(capture.url, target) if target else None
