"""The visible lines as one text that patterns run over, with the way back from an offset to its line."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from crawler.extract.lines import Line


@dataclass(frozen=True, slots=True)
class Flow:
    """Lines joined by newlines; `starts` are the offsets at which they begin."""

    lines: Sequence[Line]
    text: str
    starts: tuple[int, ...]

    @classmethod
    def of(cls, lines: Sequence[Line]) -> "Flow":
        """The flow of a page's lines."""
        ends = accumulate((len(line.text) + 1 for line in lines), initial=0)
        return cls(lines, "\n".join(line.text for line in lines), tuple(ends)[:-1])

    def line_at(self, offset: int) -> int:
        """The index of the line that holds the offset."""
        return bisect_right(self.starts, offset) - 1

    def line_from(self, offset: int) -> int:
        """The index of the first line that begins at or after the offset."""
        return bisect_left(self.starts, offset)

    def line_end(self, offset: int) -> int:
        """Where the line that holds the offset ends."""
        last = self.line_at(offset)
        return self.starts[last] + len(self.lines[last].text)

    def rest_of_line(self, offset: int, longest: int | None = None) -> str:
        """What stands on a line from the offset on; no more than `longest` of it."""
        end = self.line_end(offset)
        return self.text[offset:end if longest is None else min(end, offset + longest)]
