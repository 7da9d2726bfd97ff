"""Two ways of doing one thing, timed in one process run: warm-up, alternating rounds, medians, one last line of JSON.

A benchmark is a script of its own (`python bench/read.py`):

    from harness import at_least, compare, report

    report(compare("read", ours, theirs, at_least(5.0)), pages=1)
"""

import gc
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Literal

Work = Callable[[], float | None]
"""What is timed. It may return seconds that it measured itself (a child process, say); None leaves it to the clock."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a ratio is held to.

    `at least`: how many times as fast as theirs. `at most`: how many times their time. `plus ms`: their time and this
    many milliseconds on top, stated as the ratio that comes to.
    """

    kind: Literal["at least", "at most", "plus ms"]
    value: float

    def ratio(self, ours: float, theirs: float) -> float:
        """One round's figure: above 1 is good for `at least`, below 1 for the others."""
        return theirs / ours if self.kind == "at least" else ours / theirs

    def limit(self, theirs: float) -> float:
        """The ratio that has to be reached or kept, where theirs took so many seconds.

        >>> plus_ms(3.0).limit(0.006)
        1.5
        """
        return 1 + self.value / 1000 / theirs if self.kind == "plus ms" else self.value

    def met(self, ratio: float, theirs: float) -> bool:
        """Whether a ratio is good enough."""
        return ratio >= self.limit(theirs) if self.kind == "at least" else ratio <= self.limit(theirs)


def at_least(times: float) -> Target:
    """Ours must be so many times as fast as theirs (`at_least(5)`: five times, `at_least(0.7)`: seven tenths)."""
    return Target("at least", times)


def at_most(times: float) -> Target:
    """Ours may take so many times as long as theirs."""
    return Target("at most", times)


def plus_ms(milliseconds: float) -> Target:
    """Ours may take so many milliseconds longer than theirs."""
    return Target("plus ms", milliseconds)


@dataclass(frozen=True, slots=True)
class Result:
    """A finished comparison; seconds are medians of one call, `ratio` the median of the rounds' own ratios."""

    name: str
    ratio: float
    target: float
    bound: str
    met: bool
    ours_seconds: float
    theirs_seconds: float
    rounds: int
    ratio_low: float
    ratio_high: float


def compare(name: str, ours: Work, theirs: Work, target: Target, *, rounds: int = 7, warm_up: int = 1) -> Result:
    """Time both in alternating rounds; the one that goes first changes every round, so that drift hits both alike."""
    for _ in range(warm_up):
        ours()
        theirs()
    pairs = [_one_round(ours, theirs, ours_first=number % 2 == 0) for number in range(rounds)]
    ratios = sorted(target.ratio(mine, other) for mine, other in pairs)
    middle, bare = median(ratios), median(other for _, other in pairs)
    return Result(name, ratio=round(middle, 4), target=round(target.limit(bare), 4),
                  bound="at least" if target.kind == "at least" else "at most", met=target.met(middle, bare),
                  ours_seconds=median(mine for mine, _ in pairs), theirs_seconds=bare, rounds=rounds,
                  ratio_low=round(ratios[0], 4), ratio_high=round(ratios[-1], 4))


def _one_round(ours: Work, theirs: Work, *, ours_first: bool) -> tuple[float, float]:
    if ours_first:
        mine = seconds(ours)
        return mine, seconds(theirs)
    other = seconds(theirs)
    return seconds(ours), other


def seconds(work: Work) -> float:
    """How long one call takes, garbage of earlier calls collected before the clock starts."""
    gc.collect()
    start = perf_counter()
    own = work()
    return perf_counter() - start if own is None else own


def report(result: Result, **extra: object) -> None:
    """Print the result, and what else the benchmark found, as the last line of JSON."""
    figures = {each: getattr(result, each) for each in result.__slots__}
    print(json.dumps({**figures, **extra}, ensure_ascii=False), flush=True)


def memory(process: int | str = "self") -> dict[str, int]:
    """Megabytes of a running process by their names in /proc: VmHWM, its peak; RssAnon, what is its own now.

    The peak that getrusage tells is no use here: a child inherits that of the process which started it.
    """
    status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    return {name: round(int(size) / 1024) for name, size in re.findall(r"(\w+):\s+(\d+) kB", status)}
