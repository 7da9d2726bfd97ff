"""Settings of the site."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from archive.settings import ONE_LINE, WEB_URL, Rule, between, one_of, setting
from indexer.settings import IndexerSettings

# First path segments of the site's routes, without suffix (search.atom). A base URL must not begin with one: its paths
# would be ambiguous.
RESERVED_PATHS = frozenset(("archived", "article", "favicon", "org", "organizations", "place", "places", "robots",
                            "search", "static", "status", "topic", "topics"))
# "" · / · /gongbao · /archives/gongbao/
_PREFIX = re.compile(r"(?:/(?!\.)[\w.~-]+)*/?", re.ASCII)


def _is_base_url(value: str) -> bool:
    if not (value.isascii() and WEB_URL.accepts(value)):
        return False
    path = urlsplit(value).path
    return _PREFIX.fullmatch(path) is not None and _first(path) not in RESERVED_PATHS


def _first(path: str) -> str:
    return path.strip("/").partition("/")[0].partition(".")[0]


BASE_URL = Rule("an http:// or https:// URL in ASCII whose path does not begin with a route of the site (/search)",
                _is_base_url)


@dataclass(frozen=True, slots=True)
class WebSettings(IndexerSettings):
    """Settings of the site and of the archive that it shows; there is no secret among them."""

    host: str = setting("127.0.0.1", "Address that the site listens on; 0.0.0.0 opens it to other machines.",
                        ONE_LINE)
    port: int = setting(8000, "Port that the site listens on; 0 takes any free one.", between(0, 65_535))
    address: str = setting("", "Public base URL of a site behind a proxy: https://host/prefix. Empty: the URL of each "
                               "request.", BASE_URL)
    workers: int = setting(0, "Processes of the site; 0 means one for each core.", between(0, 256))
    threads: int = setting(2, "Requests that one process answers at the same time.", between(1, 64))
    queue: int = setting(24, "Requests that may wait in one process; while there are as many, the next ones get an "
                             "early 503 with Retry-After.", between(1, 10_000))
    access_log: str = setting("off", "Log of requests on stdout: off, paths (without what was searched for) or full.",
                              one_of("off", "paths", "full"))
    language: str = setting("en", "Language of the site (en or zh) for readers whose browser asks for neither.",
                            one_of("en", "zh"))
    page_size: int = setting(10, "Releases on one page of results.", between(1, 100))
    feed_size: int = setting(50, "Releases in a feed.", between(1, 500))
    notice: str = setting("", "A sentence shown on top of every page, for instance about planned downtime.",
                          ONE_LINE)
