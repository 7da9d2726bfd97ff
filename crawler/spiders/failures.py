"""Outcomes and messages of requests that failed."""

from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
)
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure

from archive.answers import Outcome, judge_status
from archive.messages import Message, message

_OUTCOMES: tuple[tuple[type[Exception], Outcome], ...] = (
    (CannotResolveHostError, Outcome.HOST_NOT_FOUND), (DownloadTimeoutError, Outcome.TIMED_OUT),
    (DownloadConnectionRefusedError, Outcome.REFUSED), (DownloadFailedError, Outcome.DISCONNECTED),
    (IgnoreRequest, Outcome.ROBOTS))


def failure_outcome(failure: Failure) -> Outcome:
    """Outcome of a request that raised an error."""
    error = failure.value
    if isinstance(error, HttpError):
        return judge_status(error.response.status)
    return next((outcome for kind, outcome in _OUTCOMES if isinstance(error, kind)), Outcome.FAILED)


def failure_message(failure: Failure, via: str) -> Message:
    """Cause of a failed request; `via` is the setting."""
    error = failure.value
    if isinstance(error, HttpError):
        return status_message(error.response.status)
    outcome = failure_outcome(failure)
    if outcome is Outcome.FAILED:
        return message("request_error", error=f"{type(error).__name__}: {' '.join(str(error).split())[:200]}")
    return outcome_message(outcome, via)


def status_message(status: int) -> Message:
    """Cause of an answer with another status than 200."""
    return message("answered_status", status=status)


def outcome_message(outcome: Outcome | str, via: str = "") -> Message:
    """The sentence of an outcome; for a refused connection it names the setting GONGBAO_VIA, where that is set."""
    if outcome == Outcome.REFUSED and via:
        return message("outcome_refused_via", via=via)
    return message(f"outcome_{outcome}")
