"""Messages for requests without a response: what failed, at which host, and the setting or step that may mend it."""

from collections.abc import Iterator

from OpenSSL.SSL import Error as TlsError
from scrapy import Request
from scrapy.exceptions import CannotResolveHostError, DownloadConnectionRefusedError, DownloadTimeoutError
from scrapy.spidermiddlewares.httperror import HttpError
from service_identity.exceptions import VerificationError
from twisted.internet.error import ConnectError, ConnectionClosed, TCPTimedOutError

from archive.messages import Message, message
from archive.urls import host_of
from crawler.spiders.replica_handler import ReplicaRefusedError

# OpenSSL's reasons for a certificate that it refuses: "certificate verify failed", "EE certificate key too weak"
_CERTIFICATE = "certificate"


def failure_message(error: BaseException | None, request: Request) -> Message:
    """The message for the exception of a failed request; equal for all requests to a host that fail alike."""
    url, host = request.url, host_of(request.url)
    if isinstance(error, HttpError):
        return message("response_status", url=url, status=error.response.status)
    if isinstance(error, CannotResolveHostError):
        return message("host_not_found", host=host)
    if isinstance(error, ReplicaRefusedError):
        return message("replica_refused", url=str(error))
    if isinstance(error, DownloadConnectionRefusedError):
        return message("connection_refused", host=host)
    if isinstance(error, DownloadTimeoutError | TCPTimedOutError):
        return message("timed_out", host=host, seconds=f"{request.meta.get('download_timeout', 0):g}")
    return _connection_message(error, host) or message("request_failed", url=url, error=_described(error))


def _connection_message(error: BaseException | None, host: str) -> Message | None:
    """The message for the first cause that says more than that the download failed."""
    for cause in _causes(error):
        if isinstance(cause, VerificationError):
            return message("tls_certificate", host=host, error=message("certificate_other_host"))
        if isinstance(cause, TlsError):
            reason = _tls_reason(cause)
            return message("tls_certificate" if _CERTIFICATE in reason.lower() else "tls_handshake",
                           host=host, error=reason)
        if isinstance(cause, ConnectError):
            return message("unreachable", host=host, error=_described(cause))
        if isinstance(cause, ConnectionClosed):
            return message("connection_lost", host=host)
    return None


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The exception, what it was raised from, and the failures that Twisted lists in it."""
    if error is None:
        return
    yield error
    for failure in getattr(error, "reasons", None) or ():
        yield from _causes(failure.value)
    yield from _causes(error.__cause__)


def _tls_reason(error: TlsError) -> str:
    """The last reason in an error of OpenSSL, a list of (library, function, reason)."""
    entries = error.args[0] if error.args and isinstance(error.args[0], list) else []
    return str(entries[-1][-1]) if entries else "no reason given"


def _described(error: BaseException | None) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
