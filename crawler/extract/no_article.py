"""Reasons why a page that no layout reads is no article: challenge, missing page, log-in, empty, home page or list."""

from archive.messages import Message, message
from archive.urls import urlkey
from crawler.extract.boilerplate import is_end, is_prose, is_teaser
from crawler.extract.error_pages import error_page_reason, is_challenge_text, is_error_text, is_unclosed
from crawler.extract.links import read_links
from crawler.extract.page import Page
from crawler.source import Source

# A home page or list links to at least so many releases.
_FEWEST_RELEASES = 5
# Metas of the standard for Chinese government sites, which only pages of articles have.
_ARTICLE_METAS = ("articletitle", "pubdate")


def no_article_reason(page: Page, source: Source) -> Message | None:
    """Reason by the kind of the page; None where it may be an article whose design no layout knows.

    Use it only where no layout reads the page: a line of an article may say any of this.
    """
    return challenge_reason(page) or error_page_reason(page) or _text_reason(page) or _home_or_list(page, source)


def challenge_reason(page: Page) -> Message | None:
    """Reason for a page of script alone, or one that only says that it checks the browser; None for any other page.

    A list that a script loads (the unit API) may be a page of script alone, too: look for its API first.
    """
    text = _visible(page)
    if text:
        return message("challenge_page") if is_challenge_text(page.head_title, text) else None
    if not _has_script(page) or error_page_reason(page) or (is_unclosed(page) and page.head_title):
        return None
    return message("challenge_page")


def _has_script(page: Page) -> bool:
    refreshes = (each.get("http-equiv", "").lower() == "refresh" for each in page.root.iter("meta"))
    return page.has("script") or any(refreshes)


def _text_reason(page: Page) -> Message | None:
    text = _visible(page)
    if text:
        return message("nothing_to_read") if is_error_text(page.head_title, text) else None
    return message("text_cut") if is_unclosed(page) else message("no_text")


def _visible(page: Page) -> str:
    return "\n".join(line.text for line in page.lines)


def _home_or_list(page: Page, source: Source) -> Message | None:
    """Reason for a page that links to many releases and holds no running text, and is not marked as an article."""
    if any(name in page.metas for name in _ARTICLE_METAS):
        return None
    if any(is_prose(line) and not is_teaser(line) and not is_end(line) for line in page.lines):
        return None
    releases = {urlkey(each.url) for each in read_links(page, source)} - {urlkey(page.url)}
    return message("home_or_list_page", count=len(releases)) if len(releases) >= _FEWEST_RELEASES else None
