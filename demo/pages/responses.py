"""Building blocks of the replica's sites: HTTP responses, route tables, and the HTML that several sites share."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from urllib.parse import urlsplit

from demo.samples import Release

NOTE = ("<!-- RECONSTRUCTION: this page was made for tests and the demo of Gongbao. It follows what is known of the "
        "site's forms; its texts are samples and no statement of the organization named in it. -->")


@dataclass(frozen=True, slots=True)
class Response:
    """An HTTP response of the replica, before conditional requests, gzip and faults are applied."""

    body: bytes
    content_type: str = "text/html; charset=utf-8"
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class SiteRoutes:
    """The route table of one source's replica: responses by `route_key`, and the `not_found` page for other URLs.

    `handler` is called with a URL that has no route (an API); None from it means not found.
    """

    hosts: tuple[str, ...]
    routes: Mapping[str, Response]
    not_found: Response
    handler: Callable[[str], Response | None] = lambda _: None


@dataclass(frozen=True, slots=True)
class SiteFixtures:
    """Input of a site's `build`: its releases, newest first; the URLs of its listings, which must exist even without
    releases; the URLs of all sites' releases by id, for links to counterparts."""

    releases: Sequence[Release]
    listings: Sequence[str] = ()
    urls: Mapping[str, str] = field(default_factory=dict)


def html(text: str, charset: str = "utf-8", *, declared: bool = True, status: int = 200) -> Response:
    """An HTML page; `declared=False` leaves the charset out of its Content-Type."""
    kind = f"text/html; charset={charset}" if declared else "text/html"
    return Response(text.encode(charset), kind, status)


def plain(text: str) -> Response:
    """A plain text file, such as robots.txt."""
    return Response(text.encode(), "text/plain; charset=utf-8")


def redirect(target: str) -> Response:
    """A permanent redirect."""
    return Response(b"", status=301, headers=(("Location", target),))


def route_key(url: str) -> str:
    """The key of a URL in a route table: host, path and query.

    >>> route_key("https://www.ccdp-me.com/en/news?x=1#top")
    'www.ccdp-me.com/en/news?x=1'
    """
    parts = urlsplit(url)
    return f"{(parts.hostname or '').lower()}{parts.path or '/'}" + (f"?{parts.query}" if parts.query else "")


def path_of(url: str) -> str:
    """The root-relative form of a URL."""
    parts = urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "")


def esc(text: str | None) -> str:
    """Text for HTML; "" for None."""
    return escape(text or "")


def paragraphs(release: Release, opening: str = "<p>") -> str:
    """The body of a release as paragraphs of HTML."""
    return "\n".join(f"{opening}{esc(text)}</p>" for text in release.body)


def link_list(releases: Iterable[Release]) -> str:
    """A plain list of links, for sites whose list markup is unknown."""
    items = "\n".join(f'<li><a href="{esc(path_of(each.url))}">{esc(each.title)}</a></li>' for each in releases)
    return f"<ul>\n{items}\n</ul>"


def sitemap(releases: Iterable[Release]) -> Response:
    """A sitemap of the releases."""
    entries = "".join(f"<url><loc>{esc(each.url)}</loc></url>" for each in releases)
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{entries}</urlset>'
    return Response(text.encode(), "application/xml")


def robots(*lines: str) -> Response:
    """A robots.txt that disallows /search/, with these lines after it."""
    return plain("\n".join(("User-agent: *", "Disallow: /search/", *lines, "")))


def attachment(name: str) -> Response:
    """A small sample file: a PDF where the name ends in .pdf, else plain text."""
    if name.lower().endswith(".pdf"):
        return Response(_pdf("Sample attachment, made for the demo"), "application/pdf")
    return plain(f"Sample attachment 样本附件: {name}\n")


def _pdf(text: str) -> bytes:
    """One page with one line of ASCII text."""
    stream = f"BT /F1 14 Tf 72 720 Td ({text}) Tj ET".encode("ascii")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    out, offsets = b"%PDF-1.4\n", []
    for number, each in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    tail = b"trailer << /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % len(out)
    return out + b"xref\n0 6\n0000000000 65535 f \n" + table + tail
