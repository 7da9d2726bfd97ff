"""Run every benchmark, each in its own process, and write `docs/benchmarks.md`: ratio, target, machine, day."""

import json
import os
import platform
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
PAGE = HERE.parent / "docs" / "benchmarks.md"
# Modules in bench/ that are no benchmarks
SHARED = ("all.py", "built_archive.py", "corpus.py", "crash_check.py", "harness.py", "http_load.py", "tagging.py")
SHOWN = {"name", "ratio", "target", "bound", "met", "ours_seconds", "theirs_seconds", "rounds", "ratio_low",
         "ratio_high"}
HEAD = """# Benchmarks

Written by `make bench` on {day}: {machine}.

Each row is one script of `bench/`. Ours and theirs take turns (`bench/harness.py`), and the ratio is the median of the
rounds: "at least" is how many times as fast, "at most" how many times as long. A target in milliseconds is given as the
ratio it comes to. Seconds belong to this machine; ratios carry over better.

| benchmark | what is compared | ratio | lowest to highest | target | met |
|---|---|---|---|---|---|
"""


def main() -> int:
    """Run all benchmarks and write the page; exit code 1 if one crashed, whether or not targets were met."""
    results = {script: run(script) for script in scripts()}
    PAGE.write_text(page(results, datetime.now(UTC).date(), machine()), encoding="utf-8")
    print(f"wrote {PAGE.relative_to(HERE.parent)}")
    return int(None in results.values())


def scripts() -> list[Path]:
    """The benchmark scripts, ordered by name."""
    return sorted(each for each in HERE.glob("*.py") if each.name not in SHARED)


def run(script: Path) -> dict[str, Any] | None:
    """Result of a benchmark: its last line of JSON; None if it failed or printed none."""
    print(f"{script.name} …", flush=True)
    done = subprocess.run([sys.executable, str(script)], stdout=subprocess.PIPE, encoding="utf-8", check=False)
    print(done.stdout, end="", flush=True)
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    return json.loads(lines[-1]) if done.returncode == 0 and lines else None


def page(results: dict[Path, dict[str, Any] | None], day: date, where: str) -> str:
    """Text of `docs/benchmarks.md`."""
    rows = [row(script, result) for script, result in results.items()]
    notes = [note(result) for result in results.values() if result]
    return HEAD.format(day=day.isoformat(), machine=where) + "\n".join(rows) + "\n\n" + "\n".join(notes) + "\n"


def row(script: Path, result: dict[str, Any] | None) -> str:
    """Table row of a benchmark."""
    if result is None:
        return f"| `{script.name}` | {purpose(script)} | did not run | | | no |"
    spread = f"{result['ratio_low']:.2f} to {result['ratio_high']:.2f}"
    target = f"{result['bound']} {result['target']:.2f}"
    verdict = "yes" if result["met"] else "**no**"
    return f"| `{script.name}` | {purpose(script)} | {result['ratio']:.2f} | {spread} | {target} | {verdict} |"


def purpose(script: Path) -> str:
    """The first sentence of a benchmark's docstring, on one line."""
    text = script.read_text(encoding="utf-8").split('"""')[1]
    return " ".join(text.split("\n\n")[0].split()).replace("|", "/")


def note(result: dict[str, Any]) -> str:
    """One line of a benchmark's times and extra figures."""
    extra = {key: value for key, value in result.items() if key not in SHOWN}
    times = f"ours {result['ours_seconds'] * 1000:.3g} ms, theirs {result['theirs_seconds'] * 1000:.3g} ms"
    figures = "; ".join(f"{key.replace('_', ' ')}: {value}" for key, value in extra.items())
    return f"- **{result['name']}**: {times}, {result['rounds']} rounds{'; ' + figures if figures else ''}"


def machine() -> str:
    """Number of cores, processor model, operating system and Python version."""
    info = Path("/proc/cpuinfo")
    names = [line.split(":", 1)[1].strip() for line in info.read_text(encoding="utf-8").splitlines()
             if line.startswith("model name")] if info.exists() else []
    model = names[0] if names else platform.machine()
    return f"{os.cpu_count()} cores ({model}), {platform.system()}, Python {platform.python_version()}"


if __name__ == "__main__":
    raise SystemExit(main())
