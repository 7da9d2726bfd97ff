"""HTTPS servers on the loopback with certificates of their own authority, and crawls of them without a replica."""

import json
import ssl
import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import trustme

from support import forks
from support.crawl import Archived, environment

LIST = b"<html><body><ul><li><a href='/release/1'>A release</a></li></ul></body></html>"
# Each source named in the variable SITES has one list, at the URL beside its id.
CRAWL = """
import json, os
from dataclasses import replace
from archive.settings import from_environment
from crawler.commands.crawl import crawl_sources
from crawler.settings import CrawlerSettings
from crawler.source import Expect, Listing, source
from crawler.spiders.run import Options
from urllib.parse import urlsplit
sites = [replace(source(name), hosts=(urlsplit(url).hostname,), articles=("/release/",), listings=(Listing(url),),
                 expect=Expect()) for name, url in json.loads(os.environ["SITES"]).items()]
crawl_sources(from_environment(CrawlerSettings, os.environ), tuple(sites), Options())
"""


def legacy_context() -> ssl.SSLContext:
    """A server of 2010: TLS 1.0 only, which OpenSSL 3 refuses."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1
    context.set_ciphers("ALL:@SECLEVEL=0")
    return context


def anonymous_context() -> ssl.SSLContext:
    """A server that proves nothing: only ciphers without a certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("aNULL:@SECLEVEL=0")
    return context


@contextmanager
def tls_site(certificate: trustme.LeafCert, context: ssl.SSLContext | None = None) -> Iterator[str]:
    """The URL of a list that an HTTPS server on localhost serves with a certificate."""
    context = context or ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    certificate.configure_cert(context)
    server = _Server(("127.0.0.1", 0), _Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"https://localhost:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def crawl_sites(data: Path, sites: Mapping[str, str], settings: Mapping[str, str] | None = None) -> Archived:
    """The archive after one crawl of these lists, by source id."""
    given = {"GONGBAO_DELAY": "0", "GONGBAO_TIMEOUT": "5", "SITES": json.dumps(dict(sites)), **(settings or {})}
    done = forks.run_program(CRAWL, environment=environment(data, None, given))
    assert done.returncode == 0, done.stderr
    return Archived.read(data)


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Log nothing: handshakes fail on purpose."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Send the list for every path but robots.txt, which is empty."""
        body = b"" if self.path == "/robots.txt" else LIST
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Log nothing."""
