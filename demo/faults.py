"""Faults that tests set on URLs of the replica: statuses, broken connections, damaged bodies."""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event


@dataclass(slots=True)
class Fault:
    """A fault of one URL. It is permanent, or lasts for the first `times` requests.

    `action` is done to the connection: "reset" it, "hang" until the replica stops, "cut" the body before its declared
    length. `mangle` changes the bytes on the wire (after gzip). The other fields replace those of the good response.
    `triggered` is set at the first request that gets the fault.
    """

    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    content_type: str | None = None
    action: str = ""
    mangle: Callable[[bytes], bytes] | None = None
    times: int | None = None
    count: int = field(default=0, init=False)
    triggered: Event = field(default_factory=Event, init=False)

    def trigger(self) -> bool:
        """Count a request; True where it gets the fault."""
        if self.times is not None and self.count >= self.times:
            return False
        self.count += 1
        self.triggered.set()
        return True
