"""The addresses that every page links to."""

from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from pathlib import Path

from flask import current_app, request, url_for

from webapp.http.language import stated_language


@dataclass(frozen=True, slots=True)
class Links:
    """Where the rooms of the site are; `article` is what an id is appended to, `arrivals` the feed of everything."""

    home: str
    search: str
    atom: str
    arrivals: str
    json: str
    status: str
    article: str
    icon: str
    style: str


def links() -> Links:
    """The addresses below the root that the site is served at."""
    return _links_below(request.script_root, stated_language())


@cache
def _links_below(_root: str, language: str) -> Links:
    # Making an address takes longer than anything else in a line of a template; these never change.
    return Links(home=url_for("search.home"), search=url_for("search.listing"), atom=url_for("feeds.atom"),
                 arrivals=url_for("feeds.atom", ui=language or None),
                 json=url_for("api.search"), status=url_for("status.show"),
                 article=url_for("article.show", document="0").removesuffix("0"),
                 icon=url_for("static", filename="icon.svg", v=_fingerprint("icon.svg")),
                 style=url_for("static", filename="style.css", v=_fingerprint("style.css")))


def _fingerprint(name: str) -> str:
    """A word that changes with a file, so that browsers may keep it for a year."""
    return blake2b((Path(current_app.static_folder or "") / name).read_bytes(), digest_size=4).hexdigest()
