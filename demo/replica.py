"""A local replica of the sources' sites: one loopback HTTP server that answers for the hosts of all of them."""

import gzip
import hashlib
import socket
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from pkgutil import iter_modules
from types import TracebackType
from urllib.parse import urlsplit

import demo.pages
from archive.times import beijing_day, utc_now
from crawler.source import all_sources
from demo.errors import DemoError
from demo.faults import Fault
from demo.pages.responses import Response, SiteFixtures, SiteRoutes, attachment, plain, route_key
from demo.samples import Release

LAST_MODIFIED = "Fri, 20 Nov 2026 06:00:00 GMT"
UNKNOWN_HOST = Response(b"this replica serves no such host\n", "text/plain; charset=utf-8", 502)
_gzipped = lru_cache(maxsize=4096)(lambda body: gzip.compress(body, mtime=0))

Builder = Callable[[SiteFixtures], SiteRoutes]


@dataclass(frozen=True, slots=True)
class RecordedRequest:
    """A request that the replica got, and the status of its response (0: the connection was broken)."""

    method: str
    url: str
    headers: Mapping[str, str]
    status: int


class Replica:
    """The replica on 127.0.0.1; a context manager that serves while it is open.

    It works as a proxy: the site is named by the absolute form of the request or by the Host header, and https by
    `X-Forwarded-Proto`. `requests` are the requests so far, in order.
    """

    def __init__(self, releases: Iterable[Release], faults: Mapping[str, Fault] | None = None, port: int = 0) -> None:
        self.set_faults(faults or {})
        self.requests: list[RecordedRequest] = []
        self.stopping = threading.Event()
        self.sites: dict[str, SiteRoutes] = {}
        self.set_releases(releases)
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.replica = self

    def set_releases(self, releases: Iterable[Release]) -> None:
        """Serve these releases from now on, and no others."""
        known = tuple(releases)
        self.files = {route_key(link.url): link.name for each in known for link in each.attachments}
        self.sites = {host: site for site in _build_sites(known) for host in site.hosts}

    def set_faults(self, faults: Mapping[str, Fault]) -> None:
        """Apply these faults, by URL, from now on, and no others."""
        self.faults = {route_key(url): fault for url, fault in faults.items()}

    @property
    def url(self) -> str:
        """The base URL of the server, for `CrawlerSettings.via`."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def response(self, url: str) -> Response:
        """The response for a URL, without faults."""
        key = route_key(url)
        site = self.sites.get(key.partition("/")[0])
        if site is None:
            return self._index() if key.startswith(("127.0.0.1/", "localhost/")) else UNKNOWN_HOST
        if key in self.files:
            return attachment(self.files[key])
        return site.routes.get(key) or site.handler(url) or site.not_found

    def _index(self) -> Response:
        keys = "\n".join(sorted({key for site in self.sites.values() for key in site.routes}))
        return plain(f"A replica of the sites that Gongbao knows. Use it as a proxy: "
                     f"curl -x {self.url} http://HOST/PATH\n\n{keys}\n")

    def triggered_fault(self, url: str) -> Fault | None:
        """The fault for this request of a URL, None where there is none."""
        fault = self.faults.get(route_key(url))
        return fault if fault and fault.trigger() else None

    def serve(self) -> None:
        """Serve until `close` is called from another thread; Ctrl+C releases the port."""
        try:
            self._server.serve_forever(poll_interval=0.05)
        except KeyboardInterrupt:
            self.stopping.set()
            self._server.server_close()

    def close(self) -> None:
        """Stop serving and release the port."""
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self) -> "Replica":
        self._thread = threading.Thread(target=self.serve, name="replica", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()
        self._thread.join()


def builders() -> dict[str, Builder]:
    """The function `build` of each `demo/pages/<source id>.py`, by source id."""
    modules = {each.name for each in iter_modules(demo.pages.__path__)}
    ids = [each.id for each in all_sources() if each.id in modules]
    found = {name: getattr(import_module(f"demo.pages.{name}"), "build", None) for name in ids}
    return {name: build for name, build in found.items() if build}


def _build_sites(releases: Sequence[Release]) -> Iterable[SiteRoutes]:
    known = builders()
    for each in releases:
        if each.source not in known:
            raise DemoError(f"{each.source} has sample releases, but no pages; add demo/pages/{each.source}.py "
                            "with a function build")
    today = beijing_day(utc_now())
    listings = {each.id: [listing.url for listing in each.listings_on(today)] for each in all_sources()}
    urls = {each.id: each.url for each in releases}
    newest = sorted(releases, key=lambda each: each.published or "", reverse=True)
    for name, build in known.items():
        yield build(SiteFixtures([each for each in newest if each.source == name], listings[name], urls))


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    replica: Replica

    def handle_error(self, request: object, client_address: object) -> None:
        """Log nothing: tests break connections on purpose."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "Replica"
    disable_nagle_algorithm = True
    wbufsize = -1  # header and body leave in one piece
    server: _Server

    def do_GET(self) -> None:
        """Send the response for the requested URL, or apply the fault that is set on it."""
        url = self._requested_url()
        replica = self.server.replica
        fault = replica.triggered_fault(url)
        response = _with_fault(replica.response(url), fault)
        if fault and fault.action in ("reset", "hang"):
            self._record(url, 0)
            return self._break(fault)
        return self._send(url, response, fault)

    do_HEAD = do_POST = do_GET  # noqa: N815

    def _requested_url(self) -> str:
        if self.path.startswith("http"):
            parts = urlsplit(self.path)
            host, path = parts.netloc, self.path.split(parts.netloc, 1)[1] or "/"
        else:
            host, path = self.headers.get("Host", "localhost"), self.path
        return f"{self.headers.get('X-Forwarded-Proto', 'http')}://{host}{path}"

    def _record(self, url: str, status: int) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.replica.requests.append(RecordedRequest(self.command, url, headers, status))

    def _break(self, fault: Fault) -> None:
        if fault.action == "hang":
            self.server.replica.stopping.wait()
        # A zero linger time makes the kernel send RST instead of FIN.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        self.connection.close()
        self.close_connection = True

    def _send(self, url: str, response: Response, fault: Fault | None) -> None:
        etag = f'"{hashlib.blake2b(response.body, digest_size=8).hexdigest()}"'
        unchanged = response.status == 200 and self._is_unchanged(etag)
        status = 304 if unchanged else response.status
        body, headers = (b"", []) if unchanged else self._encode(response.body)
        body = fault.mangle(body) if fault and fault.mangle else body
        self._record(url, status)
        self.send_response(status)
        for name, value in [*headers, *response.headers]:
            self.send_header(name, value)
        if not unchanged:
            if response.content_type:
                self.send_header("Content-Type", response.content_type)
            self.send_header("Content-Length", str(len(body)))
        if response.status == 200:
            self.send_header("ETag", etag)
            self.send_header("Last-Modified", LAST_MODIFIED)
        self.end_headers()
        self._send_body(body, cut=bool(fault and fault.action == "cut"))

    def _send_body(self, body: bytes, *, cut: bool) -> None:
        if self.command != "HEAD":
            self.wfile.write(body[:len(body) // 2] if cut else body)
        if cut:
            self.close_connection = True

    def _is_unchanged(self, etag: str) -> bool:
        etags = self.headers.get("If-None-Match")
        return etag in etags if etags else self.headers.get("If-Modified-Since") == LAST_MODIFIED

    def _encode(self, body: bytes) -> tuple[bytes, list[tuple[str, str]]]:
        if len(body) < 200 or "gzip" not in self.headers.get("Accept-Encoding", ""):
            return body, []
        return _gzipped(body), [("Content-Encoding", "gzip"), ("Vary", "Accept-Encoding")]

    def log_message(self, *args: object) -> None:
        """Log nothing; `Replica.requests` has every request."""


def _with_fault(response: Response, fault: Fault | None) -> Response:
    if fault is None:
        return response
    return replace(
        response,
        status=response.status if fault.status is None else fault.status,
        headers=(*response.headers, *fault.headers),
        body=response.body if fault.body is None else fault.body,
        content_type=response.content_type if fault.content_type is None else fault.content_type)
