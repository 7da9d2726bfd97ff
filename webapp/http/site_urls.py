"""The addresses that every page links to."""

from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from pathlib import Path

from flask import current_app, request, url_for

from webapp.http.language import language_parameter


@dataclass(frozen=True, slots=True)
class SiteUrls:
    """Where the rooms of the site are; `article` is what an id is appended to, `arrivals` the feed of everything."""

    home: str
    search: str
    atom: str
    feed: str
    json: str
    status: str
    article_prefix: str
    icon: str
    style: str


def site_urls() -> SiteUrls:
    """The addresses below the root that the site is served at."""
    return _site_urls_below(request.script_root, language_parameter())


@cache
def _site_urls_below(_root: str, language: str) -> SiteUrls:
    # Making an address takes longer than anything else in a line of a template; these never change.
    return SiteUrls(home=url_for("search.home"), search=url_for("search.listing"), atom=url_for("feeds.atom"),
                 feed=url_for("feeds.atom", ui=language or None),
                 json=url_for("api.search"), status=url_for("status.show"),
                 article_prefix=url_for("article.show", document="0").removesuffix("0"),
                 icon=url_for("static", filename="icon.svg", v=_fingerprint("icon.svg")),
                 style=url_for("static", filename="style.css", v=_fingerprint("style.css")))


def _fingerprint(name: str) -> str:
    """A word that changes with a file, so that browsers may keep it for a year."""
    return blake2b((Path(current_app.static_folder or "") / name).read_bytes(), digest_size=4).hexdigest()
