"""Kills of `gongbao crawl` with its index step at random moments, on both databases, against no kill at all.

In each round the replica's site publishes and edits releases, and a crawl is killed (`kill -9`) at a moment drawn
evenly from the length of an undisturbed one: either its process alone, or with its worker. After every tenth kill a
crawl goes to its end, and the archive is checked against the site: `bench/crash_check.py`. The ratio is the number of
faults: what is lost, there twice, or half there; starts that failed count as well. "Ours" is the median time by which
a crawl starts later, because it recovers what the killed one left; "theirs" the length of an undisturbed crawl. A
crawl that ended before its kill does not count as a round. Without a PostgreSQL server the second half is left out,
and the line says so.
"""

import argparse
import os
import random
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import mkdtemp
from time import perf_counter

from harness import Result, report

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from archive.times import BEIJING, beijing_day, utc_now  # noqa: E402
from crash_check import Found, check  # noqa: E402
from demo.replica import Replica  # noqa: E402
from demo.samples import Release, load_releases  # noqa: E402

OLD = "http://english.mofcom.gov.cn/article/newsrelease/"
KILLS_OF_ONE_ARCHIVE = 10
RECENT = 12  # releases of today, which are asked for again in every crawl
# Runs the command line in a process that writes the seconds and captures of each recovery to the file in its first
# argument.
COMMAND = """
import sys, time
import archive.ingest.keep as keep
log, sys.argv = sys.argv[1], ["gongbao", *sys.argv[2:]]
recover = keep.recover
def timed(data, catalog):
    start = time.perf_counter()
    found = recover(data, catalog)
    with open(log, "a") as file:
        file.write(f"{time.perf_counter() - start} {found.captures}\\n")
    return found
keep.recover = timed
from gongbao import main
main()
"""


class Site:
    """The releases of one site, which grow by `new` and change a little with every round."""

    def __init__(self, chance: random.Random, new: int) -> None:
        self._chance = chance
        self._new = new
        own = [each for each in load_releases() if each.source == "mofcom_en" and not each.clone_of]
        self._like = next(each for each in own if each.url.startswith(OLD))
        self.releases = {each.id: each for each in own}
        today = beijing_day(utc_now()).isoformat()
        for number in range(RECENT):
            self._add(f"recent-{number}", f"{OLD}significantnews/202611/{20261100000000 + number}.shtml", today)

    def go_on(self) -> tuple[Release, ...]:
        """Publish and edit releases; returns all."""
        start = datetime(2020, 1, 1, tzinfo=BEIJING)
        for number in range(len(self.releases), len(self.releases) + self._new):
            at = start + timedelta(minutes=number)
            self._add(f"old-{number}", f"{OLD}press/202001/{20200100000000 + number}.shtml", f"{at:%Y-%m-%d %H:%M}")
        for number in self._chance.sample(range(RECENT), 4):
            edited = self.releases[f"recent-{number}"]
            word = f"Edited, {self._chance.randrange(10 ** 9)}: the talks went on, and both sides said so once more."
            self.releases[edited.id] = replace(edited, body=(word, *self._like.body))
        return tuple(self.releases.values())

    def _add(self, name: str, url: str, published: str) -> None:
        self.releases[name] = replace(self._like, id=name, url=url, title=f"Sample release {name} of many",
                                      published=published, counterpart=None)


@dataclass
class Figures:
    """What the rounds on one database gave."""

    kills: int = 0
    with_worker: int = 0
    phases: Counter[str] = field(default_factory=Counter)
    early: int = 0
    archives: int = 0
    failed: list[str] = field(default_factory=list)
    found: Found = field(default_factory=Found)
    recovery: list[float] = field(default_factory=list)
    recovered_captures: int = 0
    length: float = 0.0

    def faults(self) -> int:
        """Number of faults of any kind."""
        return sum(len(each) for each in (self.found.lost, self.found.twice, self.found.half, self.failed))


@dataclass
class Rounds:
    """The rounds on one database; `new_database` gives the URL of an empty one, '' for a file in the data folder."""

    folder: Path
    chance: random.Random
    new: int
    figures: Figures = field(default_factory=Figures)

    def run(self, kills: int, new_databases: Iterator[str]) -> Figures:
        """Kill so often, in new archives of ten kills each."""
        while self.figures.kills < kills:
            first = not self.figures.archives
            self._one_archive(min(KILLS_OF_ONE_ARCHIVE, kills - self.figures.kills), new_databases, measure=first)
        return self.figures

    def _one_archive(self, kills: int, new_databases: Iterator[str], *, measure: bool) -> None:
        site = Site(self.chance, self.new)
        with Replica(site.go_on()) as replica:
            if measure:
                self.figures.length = self._undisturbed(replica, self._fresh(), next(new_databases))
            data, database = self._fresh(), next(new_databases)
            until = self.figures.kills + kills
            while self.figures.kills < until:
                replica.set_releases(site.go_on())
                self._kill_one(replica, data, database)
            self._undisturbed(replica, data, database)
            self.figures.archives += 1
            self.figures.found.add(check(data, database, site.releases.values()))
        self._note_recoveries(data)

    def _fresh(self) -> Path:
        data = self.folder / "data"
        shutil.rmtree(data, ignore_errors=True)
        data.mkdir()
        return data

    def _kill_one(self, replica: Replica, data: Path, database: str) -> None:
        with self._crawl(replica, data, database) as process:
            try:
                process.wait(self.chance.uniform(0, self.figures.length))
            except subprocess.TimeoutExpired:
                with_worker = self.chance.random() < 0.5
                os.killpg(process.pid, signal.SIGKILL) if with_worker else process.kill()
                self.figures.kills += 1
                self.figures.with_worker += with_worker
                self.figures.phases[_phase(data)] += 1
                return
        self.figures.early += 1
        self._require_success(process, data)

    def _undisturbed(self, replica: Replica, data: Path, database: str) -> float:
        start = perf_counter()
        with self._crawl(replica, data, database) as process:
            pass
        self._require_success(process, data)
        return perf_counter() - start

    def _require_success(self, process: "subprocess.Popen[bytes]", data: Path) -> None:
        if process.returncode:
            said = (data / "said.txt").read_text(encoding="utf-8", errors="replace")
            self.figures.failed.append(f"exit code {process.returncode}: {said[-600:]}")

    @contextmanager
    def _crawl(self, replica: Replica, data: Path, database: str) -> Iterator["subprocess.Popen[bytes]"]:
        """A crawl in a process group of its own; the block ends when the process has."""
        settings = {"GONGBAO_DATA": str(data), "GONGBAO_VIA": replica.url, "GONGBAO_REVISIT": "0",
                    "GONGBAO_DATABASE": database}
        words = (sys.executable, "-c", COMMAND, str(data / "recoveries.txt"), "crawl", "mofcom_en")
        with (data / "said.txt").open("wb") as said, subprocess.Popen(
                words, cwd=ROOT, env={**os.environ, **settings}, stdout=said, stderr=said,
                start_new_session=True) as process:
            yield process

    def _note_recoveries(self, data: Path) -> None:
        lines = (data / "recoveries.txt").read_text(encoding="ascii").splitlines()
        found = [line.split() for line in lines]
        self.figures.recovery += [float(seconds) for seconds, captures in found if int(captures)]
        self.figures.recovered_captures += sum(int(captures) for _, captures in found)


def _phase(data: Path) -> str:
    """What a crawl was doing when it was killed, by what it had printed to stderr."""
    said = (data / "said.txt").read_text(encoding="utf-8", errors="replace")
    return "indexing" if re.search("^[✓!✗] ", said, re.MULTILINE) else "crawling" if "started" in said else "starting"


@contextmanager
def databases_of(kind: str) -> Iterator[Iterator[str]]:
    """URLs of empty databases of a kind, one after another. NoServerError without a PostgreSQL server."""
    if kind == "sqlite":
        yield iter(str, None)
        return
    from support.databases import running_server

    with running_server(os.environ.get("GONGBAO_TEST_DATABASE", "")) as server:
        yield (server.empty() for _ in iter(int, 1))
        server.drop()


def measured(kind: str, options: argparse.Namespace) -> Figures | str:
    """The figures on one kind of database; the reason if there is none."""
    from support.databases import NoServerError

    folder = Path(mkdtemp(prefix="gongbao-crash-"))
    try:
        with databases_of(kind) as new_databases:
            rounds = Rounds(folder, random.Random(options.seed), options.releases)  # noqa: S311 - not for secrets
            return rounds.run(options.rounds, new_databases)
    except NoServerError as error:
        return str(error)
    finally:
        shutil.rmtree(folder)


def main() -> None:
    """Run the rounds on both databases and report faults and recovery times."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=100, help="kills on each database")
    parser.add_argument("--seed", type=int, default=9)
    parser.add_argument("--releases", type=int, default=60, help="releases that are new in each round")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), action="append", help="only on this one")
    options = parser.parse_args()
    kinds = options.database or ["sqlite", "postgresql"]
    done = {kind: measured(kind, options) for kind in kinds}
    made = {kind: each for kind, each in done.items() if isinstance(each, Figures)}
    for each in made.values():
        print("\n".join([*each.failed, *each.found.lost, *each.found.twice, *each.found.half][:50]))
    faults = [each.faults() for each in made.values()]
    recovery = [seconds for each in made.values() for seconds in each.recovery]
    result = Result("crash", ratio=sum(faults), target=0, bound="at most", met=bool(made) and not any(faults),
                    ours_seconds=median(recovery or [0.0]), theirs_seconds=median(
                        [each.length for each in made.values()] or [0.0]),
                    rounds=sum(each.kills for each in made.values()), ratio_low=min(faults, default=0),
                    ratio_high=max(faults, default=0))
    left_out = {kind: f"left out: {each}" for kind, each in done.items() if isinstance(each, str)}
    report(result, seed=options.seed, **left_out, **{
        f"{kind}_{name}": value for kind, each in made.items() for name, value in figures_of(each).items()})


def figures_of(each: Figures) -> dict[str, object]:
    """The figures of one database, for the line of JSON."""
    phases = {f"kills_while_{name}": number for name, number in sorted(each.phases.items())}
    return {"kills": each.kills, "kills_with_worker": each.with_worker, **phases, "ended_before_their_kill": each.early,
            "archives": each.archives, "lost": len(each.found.lost), "twice": len(each.found.twice),
            "half": len(each.found.half), "failed_starts": len(each.failed), "recoveries": len(each.recovery),
            "recovered_captures": each.recovered_captures,
            "recovery_milliseconds_median": round(1000 * median(each.recovery or [0.0])),
            "recovery_milliseconds_most": round(1000 * max(each.recovery, default=0.0))}


if __name__ == "__main__":
    main()
