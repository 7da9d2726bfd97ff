"""A request without a response is reported with its cause and the setting that may mend it, one line a cause."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from OpenSSL.SSL import Error as TlsError
from OpenSSL.SSL import SysCallError
from scrapy import Request
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
)
from service_identity.exceptions import VerificationError
from twisted.internet.error import ConnectionDone, ConnectionLost, TCPTimedOutError
from twisted.python.failure import Failure
from twisted.web.client import ResponseFailed, ResponseNeverReceived

from archive.answers import Outcome
from archive.messages import MESSAGES, message
from crawler.spiders.failures import failure_message, failure_outcome
from demo.replica import Replica
from support.tls_sites import crawl_sites

HOST = "www.mofcom.gov.cn"


def raised_from(cause: Exception, error: type[Exception] = DownloadFailedError) -> Exception:
    """The exception that Scrapy raises in place of one of Twisted's."""
    try:
        raise error(str(cause)) from cause
    except error as raised:
        return raised


def never_received(*reasons: Exception) -> Exception:
    return raised_from(ResponseNeverReceived([Failure(each) for each in reasons]))


def tls(*reasons: str) -> Exception:
    return never_received(TlsError([("SSL routines", "", each) for each in reasons]))


CASES = (
    (CannotResolveHostError("x"), Outcome.HOST_NOT_FOUND, message("outcome_host_not_found")),
    (DownloadConnectionRefusedError("x"), Outcome.REFUSED, message("outcome_refused")),
    (DownloadTimeoutError("x"), Outcome.TIMED_OUT, message("outcome_timed_out")),
    (TCPTimedOutError("x"), Outcome.TIMED_OUT, message("outcome_timed_out")),
    (never_received(ConnectionLost()), Outcome.DISCONNECTED, message("outcome_disconnected")),
    (raised_from(ResponseFailed([Failure(ConnectionDone())])), Outcome.DISCONNECTED, message("outcome_disconnected")),
    (never_received(), Outcome.DISCONNECTED, message("outcome_disconnected")),
    (tls("certificate verify failed"), Outcome.TLS,
     message("tls_certificate", host=HOST, error="certificate verify failed")),
    (tls("", "EE certificate key too weak"), Outcome.TLS,
     message("tls_certificate", host=HOST, error="EE certificate key too weak")),
    (never_received(VerificationError([])), Outcome.TLS,
     message("tls_certificate", host=HOST, error=message("certificate_other_host"))),
    (tls("unsafe legacy renegotiation disabled"), Outcome.TLS,
     message("tls_handshake", host=HOST, error="unsafe legacy renegotiation disabled")),
    (tls(), Outcome.TLS, message("tls_handshake", host=HOST, error="no reason given")),
    (never_received(SysCallError(-1, "Unexpected EOF")), Outcome.DISCONNECTED, message("outcome_disconnected")),
    (never_received(TlsError("text")), Outcome.TLS, message("tls_handshake", host=HOST, error="no reason given")),
    (never_received(TlsError()), Outcome.TLS, message("tls_handshake", host=HOST, error="no reason given")),
    (ValueError("some\n  text"), Outcome.FAILED, message("request_error", error="ValueError: some text")),
)


@pytest.mark.parametrize(("error", "outcome", "said"), CASES, ids=[repr(each) for each, _, _ in CASES])
def test_a_cause_has_its_outcome_and_its_message(error, outcome, said):
    failure = Failure(error)
    failure.request = Request(f"https://{HOST}/zcfb/index.html")
    assert (failure_outcome(failure), failure_message(failure, "")) == (outcome, said)


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
    causes = {"camce": "refused", "ccdp_me": "timed_out", "cnus_cccme": "disconnected"}
    for name, outcome in causes.items():
        [said] = [each for each in found.notes(name) if MESSAGES[f"outcome_{outcome}"] in each]
        assert sites[name] in said


def test_a_replica_that_does_not_run_is_named_with_its_setting(tmp_path):
    with closed_port() as closed:
        via = f"http://127.0.0.1:{closed}"
        found = crawl_sites(tmp_path / "data", {"camce": "https://www.camce.com.cn/en/"}, {"GONGBAO_VIA": via})
    assert f"GONGBAO_VIA names {via}" in "; ".join(found.notes("camce"))


def test_a_replica_that_speaks_no_tls_is_named_with_its_setting(tmp_path):
    with Replica(()) as replica:
        via = replica.url.replace("http:", "https:")
        found = crawl_sites(tmp_path / "data", {"camce": "https://www.camce.com.cn/en/"}, {"GONGBAO_VIA": via})
    said = "; ".join(found.notes("camce"))
    assert f"GONGBAO_VIA names {via} as the replica to ask, and no TLS is spoken there" in said
    assert "GONGBAO_LEGACY_TLS" not in said
