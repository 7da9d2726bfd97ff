"""A request without a response is reported with its cause, its host and the setting that may mend it, once a cause."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from OpenSSL.SSL import Error as TlsError
from scrapy import Request
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
)
from twisted.internet.error import ConnectionDone, ConnectionLost, NoRouteError, TCPTimedOutError
from twisted.python.failure import Failure
from twisted.web.client import ResponseFailed, ResponseNeverReceived

from archive.messages import message
from crawler.spiders.failures import failure_message
from support.tls_sites import crawl_sites

URL = "https://www.mofcom.gov.cn/zcfb/index.html"
HOST = "www.mofcom.gov.cn"
REQUEST = Request(URL, meta={"download_timeout": 30.0})


def raised_from(cause: Exception, error: type[Exception] = DownloadFailedError) -> Exception:
    """The exception that Scrapy raises in place of one of Twisted's."""
    try:
        raise error(str(cause)) from cause
    except error as raised:
        return raised


def never_received(*reasons: Exception) -> Exception:
    return raised_from(ResponseNeverReceived([Failure(each) for each in reasons]))


@pytest.mark.parametrize(("error", "said"), [
    (CannotResolveHostError("x"), message("host_not_found", host=HOST)),
    (DownloadConnectionRefusedError("x"), message("connection_refused", host=HOST)),
    (DownloadTimeoutError("x"), message("timed_out", host=HOST, seconds="30")),
    (TCPTimedOutError("x"), message("timed_out", host=HOST, seconds="30")),
    (NoRouteError("no route"), message("unreachable", host=HOST, error="NoRouteError: No route to host: no route.")),
    (never_received(ConnectionLost()), message("connection_lost", host=HOST)),
    (never_received(ConnectionDone()), message("connection_lost", host=HOST)),
    (raised_from(ResponseFailed([Failure(ConnectionLost())])), message("connection_lost", host=HOST)),
    (never_received(TlsError([("SSL routines", "", "certificate verify failed")])),
     message("tls_certificate", host=HOST, error="certificate verify failed")),
    (never_received(TlsError([("SSL routines", "", "unsafe legacy renegotiation disabled")])),
     message("tls_handshake", host=HOST, error="unsafe legacy renegotiation disabled")),
    (never_received(TlsError([])), message("tls_handshake", host=HOST, error="no reason given")),
    (never_received(TlsError()), message("tls_handshake", host=HOST, error="no reason given")),
    (ValueError("some\n  text"), message("request_failed", url=URL, error="ValueError: some text")),
    (DownloadFailedError("x"), message("request_failed", url=URL, error="DownloadFailedError: x")),
    (never_received(), message("request_failed", url=URL, error="DownloadFailedError: []")),
], ids=str)
def test_a_cause_has_its_message(error, said):
    assert failure_message(error, REQUEST) == said


@contextmanager
def closed_port() -> Iterator[int]:
    """A port that nobody listens on: it is bound, so no other process gets it."""
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


@contextmanager
def silent_port() -> Iterator[int]:
    """A port that accepts connections and never answers."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        yield server.getsockname()[1]


@contextmanager
def closing_port() -> Iterator[int]:
    """A port that closes every connection at once."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        try:
            while True:
                server.accept()[0].close()
        except OSError:  # the server socket is closed
            return

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield server.getsockname()[1]
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    thread.join()


def test_each_cause_is_one_line_of_the_run(tmp_path):
    with closed_port() as closed, silent_port() as silent, closing_port() as broken:
        ports = {"camce": closed, "ccdp_me": silent, "cnus_cccme": broken}
        sites = {name: f"http://localhost:{port}/list" for name, port in ports.items()}
        found = crawl_sites(tmp_path / "data", sites, {"GONGBAO_TIMEOUT": "0.3"})
    said = {name: found.notes(name)[1:] for name in ports}
    assert said == {
        "camce": ["localhost refused the connection; the site is down, or a firewall stands between"],
        "ccdp_me": ["localhost did not answer within 0.3 s (GONGBAO_TIMEOUT)"],
        "cnus_cccme": ["localhost closed the connection before its answer was whole"],
    }


def test_a_replica_that_does_not_run_is_named_with_its_setting(tmp_path):
    with closed_port() as closed:
        via = f"http://127.0.0.1:{closed}"
        found = crawl_sites(tmp_path / "data", {"camce": "https://www.camce.com.cn/en/"}, {"GONGBAO_VIA": via})
    assert found.notes("camce")[1:] == [
        f"{via} refused the connection; GONGBAO_VIA names it: start the replica there, or unset GONGBAO_VIA to ask the "
        "real sites"]
