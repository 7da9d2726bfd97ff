"""A local replica of the sources' sites: one loopback server that answers for every host, as their servers would."""

import gzip
import hashlib
import socket
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from urllib.parse import urlsplit

from crawler.source import all_sources
from demo.faults import Fault
from demo.pages import camce, ccdp_me, cnus_cccme, made_in_china, mofcom_en, mofcom_zh
from demo.pages.responses import Answer, Shelf, Site, attachment, place, plain
from demo.samples import Release

BUILDERS = {
    "camce": camce.build, "ccdp_me": ccdp_me.build, "cnus_cccme": cnus_cccme.build,
    "made_in_china": made_in_china.build, "mofcom_en": mofcom_en.build, "mofcom_zh": mofcom_zh.build,
}
LAST_MODIFIED = "Fri, 20 Nov 2026 06:00:00 GMT"
UNKNOWN = Answer(b"this replica serves no such host\n", "text/plain; charset=utf-8", 502)
_packed = lru_cache(maxsize=4096)(lambda body: gzip.compress(body, mtime=0))


@dataclass(frozen=True, slots=True)
class Asked:
    """One request that the replica was sent, and the status that it answered (0: the connection was broken)."""

    method: str
    url: str
    headers: Mapping[str, str]
    status: int


class Replica:
    """The sites of all sources on 127.0.0.1; a context manager that serves while it is open.

    A client names the site by the absolute form of its request or by the Host header, as with a proxy, and https by
    `X-Forwarded-Proto`. `faults` lays disturbances over addresses; `requests` is what was asked, in order.
    """

    def __init__(self, releases: Iterable[Release], faults: Mapping[str, Fault] | None = None, port: int = 0) -> None:
        self.lay(faults or {})
        self.requests: list[Asked] = []
        self.stopping = threading.Event()
        self.sites: dict[str, Site] = {}
        self.publish(releases)
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.replica = self

    def publish(self, releases: Iterable[Release]) -> None:
        """Let the sites hold these releases from now on, and no others."""
        known = tuple(releases)
        self.files = {place(link.url): link.name for each in known for link in each.attachments}
        self.sites = {host: site for site in _build(known) for host in site.hosts}

    def lay(self, faults: Mapping[str, Fault]) -> None:
        """Lay these disturbances over addresses from now on, and no others."""
        self.faults = {place(url): fault for url, fault in faults.items()}

    @property
    def url(self) -> str:
        """The address of the server, for `CrawlerSettings.via`."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def answer(self, url: str) -> Answer:
        """What the site says at an address, faults aside."""
        name = place(url)
        site = self.sites.get(name.partition("/")[0])
        if site is None:
            return self._guide() if name.startswith(("127.0.0.1/", "localhost/")) else UNKNOWN
        if name in self.files:
            return attachment(self.files[name])
        return site.pages.get(name) or site.ask(url) or site.missing

    def _guide(self) -> Answer:
        addresses = "\n".join(sorted(each for site in set(map(id, self.sites.values())) for each in self._pages(site)))
        return plain(f"A replica of the sites that Gongbao knows. Use it as a proxy: "
                     f"curl -x {self.url} http://HOST/PATH\n\n{addresses}\n")

    def _pages(self, site: int) -> Iterable[str]:
        return next(each.pages for each in self.sites.values() if id(each) == site)

    def fault_at(self, url: str) -> Fault | None:
        """The fault that this request of an address meets, None where all is well."""
        fault = self.faults.get(place(url))
        return fault if fault and fault.strikes() else None

    def serve(self) -> None:
        """Answer requests until `close` is called from another thread; an interrupt lets go of the port."""
        try:
            self._server.serve_forever(poll_interval=0.05)
        except KeyboardInterrupt:
            self.stopping.set()
            self._server.server_close()

    def close(self) -> None:
        """Stop serving and let go of the port."""
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


def _build(releases: Sequence[Release]) -> Iterable[Site]:
    listings = {each.id: [listing.url for listing in each.listings] for each in all_sources()}
    urls = {each.id: each.url for each in releases}
    newest = sorted(releases, key=lambda each: each.published or "", reverse=True)
    for name, build in BUILDERS.items():
        yield build(Shelf([each for each in newest if each.source == name], listings.get(name, ()), urls))


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    replica: Replica

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: clients that go away are part of what is tested."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "Replica"
    disable_nagle_algorithm = True
    wbufsize = -1  # header and body leave in one piece
    server: _Server

    def do_GET(self) -> None:
        """Answer one request, or do to it what the fault at its address says."""
        url = self._asked_url()
        replica = self.server.replica
        fault = replica.fault_at(url)
        answer = _with_fault(replica.answer(url), fault)
        if fault and fault.action in ("reset", "hang"):
            self._note(url, 0)
            return self._break(fault)
        return self._send(url, answer, fault)

    do_HEAD = do_POST = do_GET  # noqa: N815

    def _asked_url(self) -> str:
        if self.path.startswith("http"):
            parts = urlsplit(self.path)
            host, path = parts.netloc, self.path.split(parts.netloc, 1)[1] or "/"
        else:
            host, path = self.headers.get("Host", "localhost"), self.path
        return f"{self.headers.get('X-Forwarded-Proto', 'http')}://{host}{path}"

    def _note(self, url: str, status: int) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.replica.requests.append(Asked(self.command, url, headers, status))

    def _break(self, fault: Fault) -> None:
        if fault.action == "hang":
            self.server.replica.stopping.wait()
        # A zero linger time makes the kernel send RST instead of FIN.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        self.connection.close()
        self.close_connection = True

    def _send(self, url: str, answer: Answer, fault: Fault | None) -> None:
        etag = f'"{hashlib.blake2b(answer.body, digest_size=8).hexdigest()}"'
        fresh = answer.status == 200 and self._knows(etag)
        status = 304 if fresh else answer.status
        body, headers = (b"", []) if fresh else self._encode(answer.body)
        body = fault.mangle(body) if fault and fault.mangle else body
        self._note(url, status)
        self.send_response(status)
        for name, value in [*headers, *answer.headers]:
            self.send_header(name, value)
        if not fresh:
            if answer.content_type:
                self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(body)))
        if answer.status == 200:
            self.send_header("ETag", etag)
            self.send_header("Last-Modified", LAST_MODIFIED)
        self.end_headers()
        self._send_body(body, cut=bool(fault and fault.action == "cut"))

    def _send_body(self, body: bytes, *, cut: bool) -> None:
        if self.command != "HEAD":
            self.wfile.write(body[:len(body) // 2] if cut else body)
        if cut:
            self.close_connection = True

    def _knows(self, etag: str) -> bool:
        asked = self.headers.get("If-None-Match")
        return etag in asked if asked else self.headers.get("If-Modified-Since") == LAST_MODIFIED

    def _encode(self, body: bytes) -> tuple[bytes, list[tuple[str, str]]]:
        if len(body) < 200 or "gzip" not in self.headers.get("Accept-Encoding", ""):
            return body, []
        return _packed(body), [("Content-Encoding", "gzip"), ("Vary", "Accept-Encoding")]

    def log_message(self, *args: object) -> None:
        """Say nothing; `Replica.requests` holds what was asked."""


def _with_fault(answer: Answer, fault: Fault | None) -> Answer:
    if fault is None:
        return answer
    return replace(
        answer,
        status=answer.status if fault.status is None else fault.status,
        headers=(*answer.headers, *fault.headers),
        body=answer.body if fault.body is None else fault.body,
        content_type=answer.content_type if fault.content_type is None else fault.content_type)
