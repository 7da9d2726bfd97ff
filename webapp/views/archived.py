"""Archived captures: the page about a capture, its body in a sandbox, the body's source text, the raw bytes."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from sqlalchemy import Row
from werkzeug.wrappers import Response as BaseResponse

from archive.errors import WarcError
from indexer.query.arguments import SearchArguments
from webapp import queries
from webapp.backend import current_backend, read_store_for_page
from webapp.http.error_handlers import log_error
from webapp.http.security import ARCHIVED_POLICY, SANDBOX
from webapp.release.archived_page import Body, decode_text, load_body, rebase_links, source_text

views = Blueprint("archived", __name__)
CAPTURE_ID = "<int(max=9223372036854775807):capture_id>"
INLINE_TYPES = ("text/html", "text/plain")
_SUFFIXES = {"text/html": ".html", "text/plain": ".txt", "application/pdf": ".pdf"}
_ENCODING_SUFFIXES = {"gzip": ".gz", "br": ".br", "zstd": ".zst"}


@dataclass(frozen=True, slots=True)
class ResolvedCapture:
    """A capture (`row`) and the capture that has its body (`body_row`): another one if it is a 304 revisit."""

    row: Row[Any]
    body_row: Row[Any]

    def body(self) -> Body:
        """The archived body; raises WarcError if its WARC file cannot be read."""
        return load_body(current_backend().settings.data, self.body_row)


@views.get(f"/archived/{CAPTURE_ID}")
def show(capture_id: int) -> str:
    """The page about a capture: URL, time, status, digest, and the body in an iframe or why there is none."""
    capture = _resolve(capture_id)
    try:
        body: Body | None = capture.body()
    except WarcError as error:  # the WARC file is lost: show the capture's row all the same
        log_error(error)
        body = None
    return render_template("archived.html", search=SearchArguments(), capture=capture.row,
                           body_capture=capture.body_row, body=body, inline_types=INLINE_TYPES, sandbox=SANDBOX)


@views.get(f"/archived/{CAPTURE_ID}/page")
def page(capture_id: int) -> BaseResponse:
    """The body, sandboxed: HTML with its links rebased, plain text as it is, any other type as a download."""
    body = _resolve(capture_id).body()
    if body.capture is None:
        return redirect(url_for(".show", capture_id=capture_id))
    if body.mime not in INLINE_TYPES:
        return _download(body.capture.body, f"capture-{capture_id}{_SUFFIXES.get(body.mime, '')}")
    text = decode_text(body.capture)
    html = rebase_links(text, body.capture.url) if body.mime == "text/html" else text
    return _sandboxed(Response(html, content_type=f"{body.mime}; charset=utf-8"))


@views.get(f"/archived/{CAPTURE_ID}/source")
def source(capture_id: int) -> BaseResponse | str:
    """The source text of the body with line numbers; the text of `?find=` is marked in it."""
    capture = _resolve(capture_id)
    body = capture.body()
    if body.capture is None or not body.is_text:
        return redirect(url_for(".show", capture_id=capture_id))
    words = " ".join(request.args.get("find", "").split())[:200]
    return render_template("archived_source.html", search=SearchArguments(), capture=capture.row,
                           words=words, source=source_text(decode_text(body.capture), words))


@views.get(f"/archived/{CAPTURE_ID}/sent")
def raw(capture_id: int) -> BaseResponse:
    """The bytes as sent, content encoding included, as a download: the digest is computed over these."""
    body = _resolve(capture_id).body()
    suffix = f"{_SUFFIXES.get(body.mime, '')}{_ENCODING_SUFFIXES.get(body.encoding, '')}"
    return _download(body.raw, f"capture-{capture_id}{suffix}")


def _resolve(capture_id: int) -> ResolvedCapture:
    """The capture with this id; aborts with 404 if there is none."""
    with read_store_for_page() as connection:
        row = queries.select_capture(connection, capture_id)
        if row is None:
            abort(404)
        repeated = queries.select_capture(connection, row.repeats) if row.repeats else None
    return ResolvedCapture(row, repeated or row)


def _download(data: bytes, name: str) -> Response:
    response = _sandboxed(Response(data, content_type="application/octet-stream"))
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _sandboxed(response: Response) -> Response:
    """The response with the CSP of archived pages: scripts, forms and subresources are blocked."""
    response.headers["Content-Security-Policy"] = ARCHIVED_POLICY
    return response
