"""Caching headers and conditional requests: entity tags, Cache-Control, 304 responses."""

from functools import cache
from hashlib import blake2b
from pathlib import Path

from flask import Response, current_app, request

REVALIDATE = "no-cache"  # may be kept, and is asked for again with its tag
PRIVATE = "private, no-cache"  # the same, but in the browser alone: pages depend on a cookie
IMMUTABLE = "public, max-age=31536000, immutable"
_CONDITIONS = frozenset(("HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE"))
_PACKAGES = ("archive", "crawler", "indexer", "webapp")
_SUFFIXES = (".py", ".html", ".css", ".mo", ".yaml")


def entity_tag(*parts: object) -> str:
    """A tag of the values that a response is made from; `program_tag` belongs to them if the program makes it.

    >>> len(entity_tag("search", 7))
    24
    """
    return content_tag("\0".join(map(str, parts)).encode("utf-8", "surrogatepass"))


def content_tag(data: bytes) -> str:
    """A tag of a response's own bytes."""
    return blake2b(data, digest_size=12).hexdigest()


def is_current(tag: str) -> bool:
    """True if the client has the response with this tag, so that 304 is the answer."""
    return request.if_none_match.contains_weak(tag)


def not_modified(tag: str, cache_control: str = REVALIDATE) -> Response:
    """A 304 response with its tag."""
    return tagged(Response(status=304), tag, cache_control)


def tagged(response: Response, tag: str, cache_control: str = REVALIDATE) -> Response:
    """The response with a tag and Cache-Control. The tag is weak: compression changes the bytes, not the content."""
    response.set_etag(tag, weak=True)
    response.headers["Cache-Control"] = cache_control
    return response


def set_caching_headers(response: Response) -> Response:
    """Tag a page that has no tag by its content, answer 304 where the client has it, and let browsers keep it.

    Errors get no tag. Static files whose URL has their fingerprint are immutable.
    """
    if request.endpoint == "static":
        if "v" in request.args and response.status_code in (200, 304):
            response.headers["Cache-Control"] = IMMUTABLE
        return response
    if "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = PRIVATE if response.mimetype == "text/html" else REVALIDATE
    if response.status_code == 200 and not response.is_streamed and not response.direct_passthrough:
        if "ETag" not in response.headers:
            response.set_etag(content_tag(response.get_data()), weak=True)
        if not _CONDITIONS.isdisjoint(request.environ):  # most requests have none, and parsing takes a while
            response.make_conditional(request)
    return response


@cache
def program_tag() -> str:
    """A tag of the installed program: another version makes other pages from the same archive."""
    root = Path(current_app.root_path).parent
    files = sorted(each for package in _PACKAGES for each in (root / package).rglob("*") if each.suffix in _SUFFIXES)
    stamps = [f"{each.relative_to(root)} {(found := each.stat()).st_mtime_ns} {found.st_size}" for each in files]
    return content_tag("\n".join(stamps).encode())
