"""A page as it was kept: ours around it, theirs inside a sandbox; its source, and the bytes themselves."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, abort, g, redirect, render_template, request, url_for
from sqlalchemy import Row
from werkzeug.wrappers import Response as BaseResponse

from archive.errors import WarcError
from webapp import queries
from webapp.backend import site
from webapp.http.error_handlers import log_error
from webapp.http.security import ARCHIVED_POLICY, SANDBOX
from webapp.release.archived_page import Body, linked, load, source_text, text_of
from webapp.search.arguments import SearchArguments

views = Blueprint("archived", __name__)
NUMBER = "<int(max=9223372036854775807):number>"
INLINE = ("text/html", "text/plain")
BYTES = "application/octet-stream"
_ENDINGS = {"text/html": ".html", "text/plain": ".txt", "application/pdf": ".pdf"}
_PACKED = {"gzip": ".gz", "br": ".br", "zstd": ".zst"}


@dataclass(frozen=True, slots=True)
class ArchivedCapture:
    """A capture and the one whose body it shows (itself, but for a "304 not modified")."""

    row: Row[Any]
    body_row: Row[Any]

    def body(self) -> Body:
        """What was kept; raises ArchiveError where the file that keeps it cannot be read."""
        return load(site().settings.data, self.body_row)


@views.get(f"/archived/{NUMBER}")
def show(number: int) -> str:
    """What was captured, when and how, around the kept page; or why there is none to show."""
    kept = _find(number)
    try:
        body: Body | None = kept.body()
    except WarcError as error:  # the file of ours is lost: what the store knows of the capture is shown all the same
        log_error(error)
        body = None
    return render_template("archived.html", search=SearchArguments(), capture=kept.row, shown=kept.body_row, body=body,
                           inline=INLINE, sandbox=SANDBOX)


@views.get(f"/archived/{NUMBER}/page")
def page(number: int) -> BaseResponse:
    """The kept page: HTML, its links leading to its site, and plain text in a sandbox; anything else as a download."""
    body = _find(number).body()
    if body.capture is None:
        return redirect(url_for(".show", number=number))
    if body.mime not in INLINE:
        return _download(body.capture.body, f"capture-{number}{_ENDINGS.get(body.mime, '')}")
    text = text_of(body.capture)
    shown = linked(text, body.capture.url) if body.mime == "text/html" else text
    return _sandboxed(Response(shown, content_type=f"{body.mime}; charset=utf-8"))


@views.get(f"/archived/{NUMBER}/source")
def source(number: int) -> BaseResponse | str:
    """The source of the kept page as text, line by line, with the words of `find` marked in it."""
    kept = _find(number)
    body = kept.body()
    if body.capture is None or not body.written:
        return redirect(url_for(".show", number=number))
    words = " ".join(request.args.get("find", "").split())[:200]
    return render_template("source.html", search=SearchArguments(), capture=kept.row, body=body, words=words,
                           source=source_text(text_of(body.capture), words))


@views.get(f"/archived/{NUMBER}/sent")
def sent(number: int) -> BaseResponse:
    """The bytes as they were sent, compressed where the site compressed them: those that the digest is of."""
    body = _find(number).body()
    return _download(body.sent, f"capture-{number}{_ENDINGS.get(body.mime, '')}{_PACKED.get(body.encoding, '')}")


def _find(number: int) -> ArchivedCapture:
    with site().holdings.connect() as connection:
        g.samples = site().holdings.samples(connection)
        row = queries.capture(connection, number)
        if row is None:
            abort(404)
        repeated = queries.capture(connection, row.repeats) if row.repeats else None
    return ArchivedCapture(row, repeated or row)


def _download(data: bytes, name: str) -> Response:
    response = _sandboxed(Response(data, content_type=BYTES))
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _sandboxed(response: Response) -> Response:
    """Somebody else's bytes: whatever they are, they run nothing here."""
    response.headers["Content-Security-Policy"] = ARCHIVED_POLICY
    return response
