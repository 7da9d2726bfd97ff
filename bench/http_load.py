"""HTTP load on a local port: Debian's wrk where it is installed, else a generator in Python, which takes more time.

Connections stay open. Without a rate each one asks again at once; with a rate they pause at random so that together
they come to it.
"""

import asyncio
import random
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from time import perf_counter

MOST_REQUESTS = 2_000_000  # of one run of the Python generator
SCRIPT = """
local paths, counter, ok, busy, other = {}, 0, 0, 0, 0
for line in io.lines("PATHS") do paths[#paths + 1] = line end
local mean = PAUSE
threads = {}
function setup(thread) table.insert(threads, thread) end
function init() math.randomseed(7) end
function request() counter = counter + 1; return wrk.format("GET", paths[counter % #paths + 1]) end
if mean > 0 then function delay() return -mean * math.log(1 - math.random()) end end
function response(status)
  if status == 200 then ok = ok + 1 elseif status == 503 then busy = busy + 1 else other = other + 1 end
  counts = ok .. " " .. busy .. " " .. other
end
function done(summary, latency)
  local errors = summary.errors
  io.write(string.format("LOAD %s %d %f %f %f\\n", threads[1]:get("counts"),
    errors.connect + errors.read + errors.write + errors.timeout, summary.duration / 1e6,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
"""


@dataclass(frozen=True, slots=True)
class Load:
    """What a run came to: answers by kind, connection errors, seconds, and percentiles of latency in milliseconds."""

    ok: int
    busy: int
    other: int
    errors: int
    seconds: float
    p50: float
    p99: float

    @property
    def pages_per_second(self) -> float:
        """Answers with status 200 in a second."""
        return self.ok / self.seconds


def load(port: int, paths: list[str], connections: int, seconds: int, *, rate: float = 0) -> Load:
    """Ask for the paths in turn, from as many connections, for so long; `rate` is requests a second, 0 for no limit."""
    pause = connections / rate if rate else 0.0
    if shutil.which("wrk"):
        return _wrk(port, paths, connections, (seconds, pause))
    return asyncio.run(_generator(port, paths, connections, (seconds, pause)))


def _wrk(port: int, paths: list[str], connections: int, times: tuple[int, float]) -> Load:
    with TemporaryDirectory(prefix="gongbao-load-") as folder:
        listed, script = Path(folder, "paths"), Path(folder, "script.lua")
        listed.write_text("\n".join(paths) + "\n", encoding="ascii")
        script.write_text(SCRIPT.replace("PATHS", str(listed)).replace("PAUSE", str(times[1] * 1000)), encoding="ascii")
        command = ["wrk", "-t1", f"-c{connections}", f"-d{times[0]}", "--timeout", "10", "-s", str(script),
                   f"http://127.0.0.1:{port}"]
        printed = subprocess.run(command, check=True, stdout=subprocess.PIPE, encoding="utf-8").stdout
    ok, busy, other, errors, seconds, p50, p99 = re.findall(r"^LOAD (.*)$", printed, re.MULTILINE)[0].split()
    return Load(int(ok), int(busy), int(other), int(errors), float(seconds), float(p50), float(p99))


async def _generator(port: int, paths: list[str], connections: int, times: tuple[int, float]) -> Load:
    asked, latencies, counts = cycle(paths), list[float](), {"ok": 0, "busy": 0, "other": 0, "errors": 0}
    start = perf_counter()
    readers = [asyncio.create_task(_reader(port, asked, latencies, counts, pause=times[1])) for _ in range(connections)]
    await asyncio.wait(readers, timeout=times[0])
    for each in readers:
        each.cancel()
    await asyncio.wait(readers)
    cut = quantiles(latencies, n=100) if len(latencies) > 1 else [0.0] * 99
    return Load(**counts, seconds=perf_counter() - start, p50=cut[49] * 1000, p99=cut[98] * 1000)


async def _reader(port: int, asked: Iterator[str], latencies: list[float], counts: dict[str, int], *,
                  pause: float) -> None:
    """One connection that asks for pages until it is cancelled."""
    while len(latencies) < MOST_REQUESTS:
        writer = None
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            while len(latencies) < MOST_REQUESTS:
                if pause:
                    await asyncio.sleep(random.expovariate(1 / pause))
                start = perf_counter()
                counts[await _ask(reader, writer, next(asked))] += 1
                latencies.append(perf_counter() - start)
        except (OSError, asyncio.IncompleteReadError):
            counts["errors"] += 1
            await asyncio.sleep(0.01)
        finally:
            if writer is not None:
                with suppress(OSError):
                    writer.close()


async def _ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str) -> str:
    """One request and its answer, read to the end; which kind it is."""
    writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode("ascii"))
    head = await reader.readuntil(b"\r\n\r\n")
    length = re.search(rb"\r\ncontent-length: *(\d+)", head, re.IGNORECASE)
    await reader.readexactly(int(length[1]) if length else 0)
    return {b"200": "ok", b"503": "busy"}.get(head.split(b" ", 2)[1], "other")
