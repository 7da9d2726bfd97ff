"""A page as it was kept: ours around it, theirs inside a sandbox."""

import re
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, abort, g, render_template
from sqlalchemy import Row

from crawler.capture import Capture
from webapp import lookups
from webapp.params import Search
from webapp.security import ARCHIVED_POLICY
from webapp.site import site

views = Blueprint("archived", __name__)
INLINE = ("text/html", "text/plain")
# text/html; charset="GBK"
_TYPE = re.compile(r"\s*([\w.+-]+/[\w.+-]+)")


@dataclass(frozen=True, slots=True)
class Kept:
    """A capture and the one whose body it shows (itself, but for a "304 not modified")."""

    row: Row[Any]
    body_row: Row[Any]


@views.get("/archived/<int(max=9223372036854775807):number>")
def show(number: int) -> str:
    """What was captured, when and how, around the kept page."""
    kept = _find(number)
    return render_template("archived.html", search=Search(), capture=kept.row, shown=kept.body_row,
                           mime=_mime(kept.body_row.content_type) or "text/html", inline=INLINE)


@views.get("/archived/<int(max=9223372036854775807):number>/page")
def page(number: int) -> Response:
    """The kept bytes: HTML and plain text in a sandbox, anything else as a download."""
    from crawler.warc.reader import load

    capture = load(site().settings.data, _find(number).body_row)
    mime = _mime(capture.content_type) or _guess(capture)
    response = Response(capture.body, content_type=_content_type(mime, capture))
    if mime not in INLINE:
        response.headers["Content-Disposition"] = f'attachment; filename="capture-{number}"'
    response.headers["Content-Security-Policy"] = ARCHIVED_POLICY
    return response


def _find(number: int) -> Kept:
    with site().holdings.connect() as connection:
        g.samples = site().holdings.samples(connection)
        row = lookups.capture(connection, number)
        if row is None:
            abort(404)
        repeated = lookups.capture(connection, row.repeats) if row.repeats else None
    return Kept(row, repeated or row)


def _mime(content_type: str | None) -> str:
    match = _TYPE.match(content_type or "")
    return match[1].lower() if match else ""


def _guess(capture: Capture) -> str:
    """A page saved without its header is HTML where it looks like it."""
    return "text/html" if b"<" in capture.body[:1024] else "application/octet-stream"


def _content_type(mime: str, capture: Capture) -> str:
    """The type with the charset that reads the bytes, which is not always the one that was declared."""
    from crawler.extract.decode import decode
    from crawler.extract.faults import PageFault

    if mime not in INLINE:
        return "application/octet-stream"
    try:
        return f"{mime}; charset={decode(capture.body, capture.content_type).charset}"
    except PageFault:
        return f"{mime}; charset=utf-8"
