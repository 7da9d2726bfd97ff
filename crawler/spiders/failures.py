"""Outcomes and messages of requests that failed."""

from collections.abc import Iterator

from OpenSSL.SSL import Error as TlsError
from OpenSSL.SSL import SysCallError
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
)
from scrapy.spidermiddlewares.httperror import HttpError
from service_identity.exceptions import VerificationError
from twisted.internet.error import TCPTimedOutError
from twisted.python.failure import Failure

from archive.answers import Outcome, judge_status
from archive.messages import Message, message
from archive.urls import host_of

_OUTCOMES: tuple[tuple[type[Exception], Outcome], ...] = (
    (CannotResolveHostError, Outcome.HOST_NOT_FOUND), (DownloadTimeoutError, Outcome.TIMED_OUT),
    (TCPTimedOutError, Outcome.TIMED_OUT), (DownloadConnectionRefusedError, Outcome.REFUSED),
    (DownloadFailedError, Outcome.DISCONNECTED), (IgnoreRequest, Outcome.ROBOTS))
# In OpenSSL's reasons for a certificate that it refuses: "certificate verify failed", "EE certificate key too weak"
_CERTIFICATE = "certificate"


def failure_outcome(failure: Failure) -> Outcome:
    """Outcome of a request that raised an error."""
    error = failure.value
    if isinstance(error, HttpError):
        return judge_status(error.response.status)
    if _tls_error(error) is not None:
        return Outcome.TLS
    return next((outcome for kind, outcome in _OUTCOMES if isinstance(error, kind)), Outcome.FAILED)


def failure_message(failure: Failure, via: str) -> Message:
    """Cause of a failed request; `via` is the setting."""
    error = failure.value
    if isinstance(error, HttpError):
        return status_message(error.response.status)
    outcome = failure_outcome(failure)
    if outcome is Outcome.TLS:
        return _tls_message(failure, via)
    if outcome is Outcome.FAILED:
        return message("request_error", error=f"{type(error).__name__}: {' '.join(str(error).split())[:200]}")
    return outcome_message(outcome, via)


def _tls_message(failure: Failure, via: str) -> Message:
    host = host_of(via or failure.request.url)  # type: ignore[attr-defined]
    error = _tls_error(failure.value)
    if isinstance(error, VerificationError):
        return message("tls_certificate", host=host, error=message("certificate_other_host"))
    reason = _reason(error)
    if _CERTIFICATE in reason.lower():
        return message("tls_certificate", host=host, error=reason)
    if via:
        return outcome_message(Outcome.TLS, via)
    return message("tls_handshake", host=host, error=reason)


def _reason(error: BaseException | None) -> str:
    """The last reason in an error of OpenSSL, whose argument is a list of (library, function, reason)."""
    entries = error.args[0] if error and error.args else None
    return str(entries[-1][-1]) if entries and isinstance(entries, list) else "no reason given"


def _tls_error(error: BaseException | None) -> BaseException | None:
    """The error of OpenSSL, or of the host name in the certificate, that a request failed with; None for other causes.

    A connection that ends within the handshake (SysCallError) is a lost connection.
    """
    return next((each for each in _causes(error)
                 if isinstance(each, TlsError | VerificationError) and not isinstance(each, SysCallError)), None)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The exception, the failures that Twisted lists in it, and what it was raised from."""
    if error is None:
        return
    yield error
    for failure in getattr(error, "reasons", None) or ():
        yield from _causes(failure.value)
    yield from _causes(error.__cause__)


def status_message(status: int) -> Message:
    """Cause of an answer with another status than 200."""
    return message("answered_status", status=status)


def outcome_message(outcome: Outcome | str, via: str = "") -> Message:
    """Sentence of an outcome; where GONGBAO_VIA is set, it is named with a connection that could not be made."""
    if outcome == Outcome.REFUSED and via:
        return message("refused_by_replica", via=via)
    if outcome == Outcome.TLS and via:
        return message("replica_without_tls", via=via)
    return message(f"outcome_{outcome}")
