"""URLs that every page links to."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from pathlib import Path

from flask import current_app, request, url_for

from indexer.query.model import TAG_FACETS
from webapp.http.language import language_parameter


@dataclass(frozen=True, slots=True)
class SiteUrls:
    """URL paths of the site; `article_prefix` precedes a document id, `feed` and
    `rss_feed` are the feeds of all releases. `entry_prefixes` precede the ids of topics, organizations and places,
    `entry_lists` are the pages that list them, both by facet."""

    home: str
    search: str
    atom: str
    rss: str
    feed: str
    rss_feed: str
    json: str
    status: str
    article_prefix: str
    entry_prefixes: Mapping[str, str]
    entry_lists: Mapping[str, str]
    icon: str
    style: str


def site_urls() -> SiteUrls:
    """The URLs below this request's script root, in its language."""
    return _site_urls_below(request.script_root, language_parameter())


@cache
def _site_urls_below(_root: str, language: str) -> SiteUrls:
    # Cached because url_for is the slowest call of a template and these URLs never change.
    return SiteUrls(
        home=url_for("search.home"), search=url_for("search.listing"), atom=url_for("feeds.atom"),
        rss=url_for("feeds.rss"), feed=url_for("feeds.atom", ui=language or None),
        rss_feed=url_for("feeds.rss", ui=language or None), json=url_for("api.search"), status=url_for("status.show"),
        article_prefix=url_for("article.show", document="0").removesuffix("0"),
        entry_prefixes={each: url_for("vocabulary.show", facet=each, entry="0").removesuffix("0")
                        for each in TAG_FACETS},
        entry_lists={each: url_for(f"vocabulary.list_{each}") for each in TAG_FACETS},
        icon=url_for("static", filename="icon.svg", v=_fingerprint("icon.svg")),
        style=url_for("static", filename="style.css", v=_fingerprint("style.css")))


def _fingerprint(name: str) -> str:
    """Hash of a static file for its URL, so that browsers may cache it for a year."""
    return blake2b((Path(current_app.static_folder or "") / name).read_bytes(), digest_size=4).hexdigest()
