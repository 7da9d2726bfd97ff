"""Archived captures: the page about a capture, its body in a sandbox, the body's source text, the raw bytes."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from sqlalchemy import Row
from werkzeug.wrappers import Response as BaseResponse

from archive.errors import WarcError
from indexer.query.arguments import SearchArguments
from webapp import queries
from webapp.backend import current_backend, read_store_for_page
from webapp.http.conditional import IMMUTABLE, entity_tag, is_current, not_modified, program_tag, tagged
from webapp.http.error_handlers import log_error
from webapp.http.security import ARCHIVED_POLICY, SANDBOX
from webapp.release.archived_page import MOST_BYTES, Body, decode_text, load_body, load_raw, rebase_links, source_text

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

    @property
    def is_large(self) -> bool:
        """True if the body is too large to be loaded; it can only be streamed."""
        return bool(self.body_row.length > MOST_BYTES)

    @property
    def mime(self) -> str:
        """Media type of the header as sent, without its parameters; "" if there was none."""
        return (self.body_row.content_type or "").partition(";")[0].strip().lower()

    def body(self) -> Body:
        """The archived body; raises WarcError if its WARC file cannot be read."""
        return load_body(current_backend().settings.data, self.body_row)


@views.after_request
def keep_out_of_search_engines(response: Response) -> Response:
    """Third-party pages: no search engine may list them as this site's."""
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


@views.get(f"/archived/{CAPTURE_ID}")
def show(capture_id: int) -> str:
    """The page about a capture: URL, time, status, digest, and the body in an iframe or why there is none."""
    capture = _resolve(capture_id)
    try:
        body = None if capture.is_large else capture.body()
    except WarcError as error:  # the WARC file is lost: show the capture's row all the same
        log_error(error)
        body = None
    return render_template("archived.html", search=SearchArguments(), capture=capture.row,
                           body_capture=capture.body_row, body=body, is_large=capture.is_large,
                           inline_types=INLINE_TYPES, sandbox=SANDBOX)


@views.get(f"/archived/{CAPTURE_ID}/page")
def page(capture_id: int) -> BaseResponse:
    """The body, sandboxed: HTML with its links rebased, plain text as it is, any other type as a download.

    A large body is a download as it was sent.
    """
    capture = _resolve(capture_id)
    if capture.is_large:
        return redirect(url_for(".raw", capture_id=capture_id))
    tag = entity_tag("page", program_tag(), capture.body_row.digest, capture.body_row.content_type)
    if is_current(tag):
        return not_modified(tag)
    body = capture.body()
    if body.capture is None:
        return redirect(url_for(".show", capture_id=capture_id))
    if body.mime not in INLINE_TYPES:
        download = _download(body.capture.body, f"capture-{capture_id}{_SUFFIXES.get(body.mime, '')}")
        return tagged(download, tag, IMMUTABLE)
    text = decode_text(body.capture)
    html = rebase_links(text, body.capture.url) if body.mime == "text/html" else text
    return tagged(_sandboxed(Response(html, content_type=f"{body.mime}; charset=utf-8")), tag)


@views.get(f"/archived/{CAPTURE_ID}/source")
def source(capture_id: int) -> BaseResponse | str:
    """The source text of the body with line numbers; the text of `?find=` is marked in it."""
    capture = _resolve(capture_id)
    body = None if capture.is_large else capture.body()
    if body is None or body.capture is None or not body.is_text:
        return redirect(url_for(".show", capture_id=capture_id))
    words = " ".join(request.args.get("find", "").split())[:200]
    return render_template("archived_source.html", search=SearchArguments(), capture=capture.row,
                           words=words, source=source_text(decode_text(body.capture), words))


@views.get(f"/archived/{CAPTURE_ID}/sent")
def raw(capture_id: int) -> BaseResponse:
    """The bytes as sent, content encoding included, as a download: the digest is computed over these."""
    capture = _resolve(capture_id)
    tag = entity_tag(capture.body_row.digest)
    if is_current(tag):
        return tagged(not_modified(tag), tag, IMMUTABLE)
    body = load_raw(current_backend().settings.data, capture.body_row)
    suffix = f"{_SUFFIXES.get(capture.mime, '')}{_ENCODING_SUFFIXES.get(body.encoding, '')}"
    response = tagged(_download(body.content, f"capture-{capture_id}{suffix}"), tag, IMMUTABLE)
    response.content_length = body.length
    return response


def _resolve(capture_id: int) -> ResolvedCapture:
    """The capture with this id; aborts with 404 if there is none."""
    with read_store_for_page() as connection:
        row = queries.select_capture(connection, capture_id)
        if row is None:
            abort(404)
        repeated = queries.select_capture(connection, row.repeats) if row.repeats else None
    return ResolvedCapture(row, repeated or row)


def _download(data: bytes | Iterable[bytes], name: str) -> Response:
    response = _sandboxed(Response(data, content_type="application/octet-stream"))
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _sandboxed(response: Response) -> Response:
    """The response with the CSP of archived pages: scripts, forms and subresources are blocked."""
    response.headers["Content-Security-Policy"] = ARCHIVED_POLICY
    return response
