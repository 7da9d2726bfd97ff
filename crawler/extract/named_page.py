"""Addresses that a page gives as its own: a page that names another release was sent in the place of the right one."""

import re
from collections.abc import Iterator
from itertools import pairwise
from urllib.parse import parse_qsl, unquote, urlsplit

from crawler.extract.page import Page
from crawler.source import Source

# <link rel="canonical" href=…> · <meta property="og:url" content=…> · <meta name="Url" content=…> of MOFCOM's templates
_NAMES = frozenset(("canonical", "og:url", "url"))
# .shtml · .aspx
_EXTENSION = re.compile(r"\.[a-z]{2,5}$")
# index.html in /news/123/index.html, which stands for its folder
_FOLDER_PAGES = frozenset(("index", "default", "home", "main"))
# id=7 · newsid=7 · article_id=7 · infoId=7, but not columnid=7
_ID_PARAMETER = re.compile(r"(?:news|art|article|info|content|doc)?_?id", re.IGNORECASE)
# _2 · -3 · _p2: later pages of one text
_PAGE_SUFFIX = re.compile(r"[_-]p?\d{1,3}")


def other_release(page: Page, source: Source) -> str | None:
    """URL of the other release that a page names as its own address; None if it names itself or no release.

    Only the ids are compared, so another host, section, extension or query does not make another release; a page
    that names itself in one place and another release in the next is taken at its word.
    """
    own = source.original_of(page.url) or page.url
    others = []
    for url in _named_urls(page):
        named = source.original_of(url) or url
        if not source.is_article(named):
            continue
        if _is_same(source, own, named):
            return None
        others.append(url)
    return others[0] if others else None


def _named_urls(page: Page) -> Iterator[str]:
    """The addresses in the head; markup that was pasted into the text may have those of other pages."""
    head = page.root.find("head")
    for element in head.iter("link", "meta") if head is not None else ():
        name = element.get("rel") or element.get("property") or element.get("name") or ""
        if not _NAMES.isdisjoint(name.lower().split()):
            url = page.absolute(element.get("href") or element.get("content") or "")
            if url:
                yield url


def _is_same(source: Source, own: str, named: str) -> bool:
    first, second = _id(source, own), _id(source, named)
    if first != second:
        return any(longer.startswith(shorter) and _PAGE_SUFFIX.fullmatch(longer[len(shorter):]) is not None
                   for longer, shorter in pairwise((first, second, first)))
    if any(character.isdigit() for character in first):
        return True
    # details.aspx?id=7: the path is that of a script
    mine, theirs = _id_parameters(own), _id_parameters(named)
    shared = mine.keys() & theirs.keys()
    return not shared or any(mine[name] == theirs[name] for name in shared)


def _id(source: Source, url: str) -> str:
    """The group "id" of the pattern in `articles` that matches, else the last segment of the path without extension."""
    path = urlsplit(url).path
    for form in source.articles:
        match = re.search(form, path)
        if match and match.groupdict().get("id"):
            return unquote(match["id"]).lower()
    segments = [_EXTENSION.sub("", unquote(each).lower()) for each in path.split("/") if each]
    while len(segments) > 1 and segments[-1] in _FOLDER_PAGES:
        segments.pop()
    return segments[-1] if segments else ""


def _id_parameters(url: str) -> dict[str, str]:
    return {name.lower(): value for name, value in parse_qsl(urlsplit(url).query) if _ID_PARAMETER.fullmatch(name)}
