"""Progress bars of long commands, shown on a terminal only."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Update = Callable[[str, int, int], None]


@contextmanager
def progress_bars(*, in_bytes: bool = False) -> Iterator[Update]:
    """Yields `update(name, done, total)`, which makes the bar of that name on its first call, then moves it."""
    if not sys.stderr.isatty():
        yield lambda _name, _done, _total: None
        return
    from rich.console import Console  # slow to import
    from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, Progress, TextColumn

    counts = DownloadColumn() if in_bytes else MofNCompleteColumn()
    with Progress(TextColumn("{task.description}"), BarColumn(), counts, console=Console(stderr=True)) as progress:
        tasks = {}

        def update(name: str, done: int, total: int) -> None:
            if name not in tasks:
                tasks[name] = progress.add_task(name, total=total)
            progress.update(tasks[name], completed=done)

        yield update
