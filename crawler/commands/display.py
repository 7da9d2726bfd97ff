"""How a crawl shows itself: a line per source that moves on a terminal, plain lines elsewhere."""

from collections.abc import Mapping
from typing import TextIO

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from crawler.spiders.health import Health
from crawler.spiders.run import NullDisplay

MARKS = {"healthy": "✓", "short": "!", "failed": "✗"}
STEP = 100  # pages between two plain lines


def counted(counts: Mapping[str, int]) -> str:
    """What a run has done, in words.

    >>> counted({"pages": 12, "articles": 8, "unreadable": 1})
    '12 pages, 8 articles, 1 unreadable'
    """
    words = {"pages": "pages", "lists": "lists", "wanted": "wanted", "asked": "asked", "known": "known",
             "unchanged": "unchanged", "articles": "articles", "undated": "undated", "unreadable": "unreadable",
             "retries": "retries", "fallbacks": "fallbacks", "errors": "errors",
             "left": "left"}
    return ", ".join(f"{counts[key]} {word}" for key, word in words.items() if counts.get(key))


class LineDisplay(NullDisplay):
    """One line on stderr when a source begins, every hundred pages, and when it ends; what is said goes to stdout."""

    def __init__(self, out: TextIO, err: TextIO) -> None:
        self._out, self._err = out, err

    def started(self, source: str) -> None:
        """A line."""
        self._line(f"{source}: started")

    def counted(self, source: str, counts: Mapping[str, int]) -> None:
        """A line at every hundredth page."""
        pages = counts.get("pages", 0)
        if pages and pages % STEP == 0:
            self._line(f"{source}: {counted(counts)}")

    def finished(self, source: str, counts: Mapping[str, int], health: Health) -> None:
        """The verdict, and a line for each of its reasons."""
        done = counted(counts)
        self._line(f"{MARKS[health.verdict]} {source}: {health.verdict}{done and f': {done}'}")
        for reason in health.reasons:
            self._line(f"    {reason}")

    def say(self, text: str) -> None:
        """A line on stdout."""
        self._out.write(f"{text}\n")

    def _line(self, text: str) -> None:
        self._err.write(f"{text}\n")
        self._err.flush()


class LiveDisplay(NullDisplay):
    """A spinner and running counts for each source, as long as it is entered."""

    def __init__(self, err: TextIO) -> None:
        self._progress = Progress(
            SpinnerColumn(), TextColumn("{task.description}"), TextColumn("{task.fields[counts]}"), TimeElapsedColumn(),
            console=Console(file=err))
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> "LiveDisplay":
        self._progress.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._progress.stop()

    def started(self, source: str) -> None:
        """A new line."""
        self._tasks[source] = self._progress.add_task(source, total=None, counts="")

    def counted(self, source: str, counts: Mapping[str, int]) -> None:
        """New figures on the source's line."""
        self._progress.update(self._tasks[source], counts=counted(counts))

    def finished(self, source: str, counts: Mapping[str, int], health: Health) -> None:
        """The verdict on the source's line, its reasons above all lines."""
        if source not in self._tasks:  # it ended before it was begun
            self.started(source)
        done = counted(counts)
        self._progress.update(self._tasks[source], total=1, completed=1,
                              description=f"{MARKS[health.verdict]} {source}",
                              counts=f"{health.verdict}{done and f': {done}'}")
        for reason in health.reasons:
            self.say(f"{source}: {reason}")

    def say(self, text: str) -> None:
        """A line above the moving ones."""
        self._progress.console.print(text, markup=False, highlight=False)
