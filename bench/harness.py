"""Benchmark harness: alternating timed rounds of two functions, median ratio against a target, a last line of JSON.

Each benchmark is a script (`python bench/read.py`):

    from harness import at_least, compare, report

    report(compare("read", ours, theirs, at_least(5.0)), pages=1)
"""

import gc
import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Literal

Work = Callable[[], float | None]
"""A function to time. It may return seconds that it measured itself (of a child process); None: use the wall clock."""


@dataclass(frozen=True, slots=True)
class Target:
    """Target of a comparison: a bound on the ratio.

    `at least`: how many times as fast as theirs. `at most`: how many times their time. `plus ms`: their time plus
    this many milliseconds, converted to a ratio.
    """

    kind: Literal["at least", "at most", "plus ms"]
    value: float

    def ratio(self, ours: float, theirs: float) -> float:
        """Ratio of one round: higher is better for `at least`, lower for the others."""
        return theirs / ours if self.kind == "at least" else ours / theirs

    def limit(self, theirs: float) -> float:
        """The bound on the ratio, given the seconds of theirs.

        >>> plus_ms(3.0).limit(0.006)
        1.5
        """
        return 1 + self.value / 1000 / theirs if self.kind == "plus ms" else self.value

    def met(self, ratio: float, theirs: float) -> bool:
        """True for a ratio within the bound."""
        return ratio >= self.limit(theirs) if self.kind == "at least" else ratio <= self.limit(theirs)


def at_least(times: float) -> Target:
    """Ours must be this many times as fast as theirs (`at_least(5)`: five times, `at_least(0.7)`: seven tenths)."""
    return Target("at least", times)


def at_most(times: float) -> Target:
    """Ours may take this many times as long as theirs."""
    return Target("at most", times)


def plus_ms(milliseconds: float) -> Target:
    """Ours may take this many milliseconds longer than theirs."""
    return Target("plus ms", milliseconds)


@dataclass(frozen=True, slots=True)
class Result:
    """Result of a comparison: `ratio` is the median of the ratios of the rounds, seconds are medians of one call."""

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
    """Time both in rounds that alternate which of them runs first, so that drift affects both alike."""
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
    """Seconds of one call; garbage is collected before the clock starts."""
    gc.collect()
    start = perf_counter()
    own = work()
    return perf_counter() - start if own is None else own


def report(result: Result, **extra: object) -> None:
    """Print the result and the extra figures as the last line of JSON."""
    figures = {each: getattr(result, each) for each in result.__slots__}
    print(json.dumps({**figures, **extra}, ensure_ascii=False), flush=True)


def memory(process: int | str = "self") -> dict[str, int]:
    """Memory of a process in megabytes, from /proc: VmHWM is the peak, RssAnon the private part now.

    The peak of getrusage is not used: a child process inherits its parent's.
    """
    status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    return {name: round(int(size) / 1024) for name, size in re.findall(r"(\w+):\s+(\d+) kB", status)}


def private_memory(process: int) -> int:
    """Memory in megabytes that a process shares with no other, from /proc: neither mapped files nor its parent's."""
    rollup = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="utf-8")
    return round(sum(int(size) for size in re.findall(r"^Private_Dirty:\s+(\d+) kB", rollup, re.MULTILINE)) / 1024)


def processor_seconds(process: int) -> float:
    """Processor seconds that a process took so far, all its threads, in user and system mode."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def children_of(process: int) -> list[int]:
    """Ids of the child processes, of a server for instance its workers."""
    children = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii")
    return [int(each) for each in children.split()]
