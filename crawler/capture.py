"""One stored response, as the readers get it."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Capture:
    """One response that the archive holds: `body` is without its content encoding (gzip, deflate), else as sent.

    `fetched_at` always has a zone; `content_type` is the header as sent, None where there was none (a saved page).
    """

    url: str
    body: bytes
    fetched_at: datetime
    content_type: str | None = None
    status: int | None = 200
