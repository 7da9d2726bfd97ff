"""Progress output of `gongbao crawl`: a moving line per source on a terminal, plain lines elsewhere."""

from collections.abc import Mapping
from typing import TextIO

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from crawler.commands.run_text import format_counts
from crawler.spiders.health import Health
from crawler.spiders.run import Display

MARKS = {"healthy": "✓", "limited": "✓", "short": "!", "failed": "✗"}
STEP = 100  # pages between two plain lines


def _format_result(health: Health, counts: Mapping[str, int]) -> str:
    return ": ".join(filter(None, (health.verdict, format_counts(counts))))


class LineDisplay(Display):
    """Plain lines on stderr: the start of a source, every hundredth page, its result. `write_line` prints to stdout."""

    def __init__(self, out: TextIO, err: TextIO) -> None:
        self._out, self._err = out, err

    def started(self, source: str) -> None:
        """Print a line."""
        self._progress(f"{source}: started")

    def updated(self, source: str, counts: Mapping[str, int]) -> None:
        """Print the counts at every hundredth page."""
        pages = counts.get("pages", 0)
        if pages and pages % STEP == 0:
            self._progress(f"{source}: {format_counts(counts)}")

    def finished(self, source: str, counts: Mapping[str, int], health: Health) -> None:
        """Print the verdict with the counts, and one line per reason."""
        self._progress(f"{MARKS[health.verdict]} {source}: {_format_result(health, counts)}")
        for reason in health.reasons:
            self._progress(f"    {reason}")

    def write_line(self, text: str) -> None:
        """Print to stdout."""
        self._out.write(f"{text}\n")

    def _progress(self, text: str) -> None:
        self._err.write(f"{text}\n")
        self._err.flush()


class LiveDisplay(Display):
    """A line per source with spinner and counts, redrawn inside the `with` block."""

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
        """Add the source's line."""
        self._tasks[source] = self._progress.add_task(source, total=None, counts="")

    def updated(self, source: str, counts: Mapping[str, int]) -> None:
        """Show the counts on the source's line."""
        self._progress.update(self._tasks[source], counts=format_counts(counts))

    def finished(self, source: str, counts: Mapping[str, int], health: Health) -> None:
        """Show the verdict on the source's line, and print its reasons above all lines."""
        if source not in self._tasks:  # another crawl holds its lock: it was never started
            self.started(source)
        self._progress.update(self._tasks[source], total=1, completed=1,
                              description=f"{MARKS[health.verdict]} {source}", counts=_format_result(health, counts))
        for reason in health.reasons:
            self.write_line(f"{source}: {reason}")

    def write_line(self, text: str) -> None:
        """Print above the moving lines."""
        self._progress.console.print(text, markup=False, highlight=False)
