"""What can go wrong at a site, to be laid over addresses of the replica by tests."""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event


@dataclass(slots=True)
class Fault:
    """A disturbance of one address. Without `times` it lasts; with it, only the first so many requests meet it.

    `action` is done to the connection: "reset" it, "hang" until the replica stops, "cut" the body before its declared
    length. `mangle` changes the bytes on the wire (after gzip). The other fields replace those of the good answer.
    `struck` is set when the fault is first met.
    """

    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    content_type: str | None = None
    action: str = ""
    mangle: Callable[[bytes], bytes] | None = None
    times: int | None = None
    met: int = field(default=0, init=False)
    struck: Event = field(default_factory=Event, init=False)

    def strikes(self) -> bool:
        """Whether this request meets the fault; counts it."""
        if self.times is not None and self.met >= self.times:
            return False
        self.met += 1
        self.struck.set()
        return True
