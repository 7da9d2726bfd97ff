"""The site over HTTP on two workers, against the same server answering one constant page of the mean size.

The archive has 100,000 corpus texts. Nine in ten requests are result pages: words of both languages, half of them
common ones that repeat, half taken from titles at random, with filters, orders and further pages; the rest are
releases, the front page, feeds and JSON. No list of requests is sent twice: only the common ones may be answered from
a cache. The generator runs on the same cores. The ratio is of processor seconds of the
workers, so other load on the machine does not count; all other figures need a quiet machine. `pages_per_second` is the
best round of 32 connections that never pause; `p99_milliseconds` is at half that rate; `overload` is ten times as many
connections.
"""

import os
import random
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.client import HTTPConnection
from itertools import repeat
from pathlib import Path
from time import perf_counter
from urllib.parse import quote

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from sqlalchemy import select  # noqa: E402

from archive.db.store import Store  # noqa: E402
from archive.db.tables import articles  # noqa: E402
from built_archive import built_archive  # noqa: E402
from harness import at_least, children_of, compare, private_memory, processor_seconds, report  # noqa: E402
from http_load import Load, load  # noqa: E402
from indexer.document_tables import documents  # noqa: E402
from indexer.settings import IndexerSettings  # noqa: E402

WORKERS, CONNECTIONS, SECONDS, ROUNDS = 2, 32, 4, 5
REQUESTS = 8000  # of one load: more than are answered in SECONDS * 2
SIZED = 400
TARGET_PAGES, TARGET_P99, TARGET_SERVED, TARGET_GROWTH, TARGET_RECOVERY = 450, 50.0, 0.8, 16, 1.0
TARGET_RATIO = 0.025  # 450 pages a second leave 4.3 ms of two cores for each, where the constant page takes 0.11
COMMON = ("关税", "steel", "粮食", "soybean", "稀土", "WTO", "汽车", "investment", "进口博览会", "oil", "数字贸易",
          "committee", "trade agreement", "anti-dumping duties", "出口管制措施", "“national security”", "知识产权",
          "tariff", "商务部", "WTO 改革", "新能源汽车", "第53号", "steel imports", "对外投资", "粮食 安全", "一带一路",
          "外交部发言人", "petroleum -oil", "currency", "agricultural subsidies", "美国", "中国 经济")
VARIANTS = ("", "", "", "", "&sort=newest", "&lang=zh", "&lang=en", "&from=2020", "&source=mofcom_zh", "&page=2",
            "&topic=tariffs", "&ui=zh")
CONSTANT = """
import sys
from webapp.commands import listen
from webapp.server.master import Site
from webapp.settings import WebSettings
page = b"x" * int(sys.argv[1])
def application(environ, start):
    start("200 OK", [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(page)))])
    return [page]
settings = WebSettings(port=0, workers=int(sys.argv[2]))
listening = listen(settings)
print(f"at http://127.0.0.1:{listening.getsockname()[1]}/", flush=True)
Site(settings, application, listening).run()
"""


def mixed_paths(folder: Path) -> Iterator[list[str]]:
    """The paths of one load after the other, the same in every run of this script."""
    chance = random.Random(7)  # noqa: S311 - not for secrets
    with Store.open(IndexerSettings(data=folder), readonly=True) as store, store.read() as connection:
        rows = connection.execute(select(documents.c.id, articles.c.title, articles.c.language).join(
            articles, articles.c.id == documents.c.article_id).where(documents.c.seq % 37 == 0)).all()
    while True:
        yield [_path(chance, *chance.choice(rows)) for _ in range(REQUESTS)]


def _path(chance: random.Random, document: str, title: str, language: str) -> str:
    kind = chance.random()
    if kind < 0.06:
        return f"/article/{document}"
    if kind < 0.08:
        return "/"
    form = ".atom" if kind < 0.09 else ".json" if kind < 0.10 else ""
    words = chance.choice(COMMON) if chance.random() < 0.5 else _from_title(chance, title, language)
    variant = "" if form else chance.choice(VARIANTS)
    return f"/search{form}?q={quote(words)}{variant if words in COMMON or variant != '&page=2' else ''}"


def _from_title(chance: random.Random, title: str, language: str) -> str:
    """Four characters of a Chinese title, two words of an English one."""
    if language == "zh":
        runs = re.findall(r"[\u4e00-\u9fff]{4,}", title) or ["经济合作"]
        run = chance.choice(runs)
        start = chance.randrange(len(run) - 3)
        return run[start:start + 4]
    words = re.findall(r"[A-Za-z]{4,}", title) or ["trade"]
    return " ".join(chance.sample(words, min(2, len(words))))


@contextmanager
def running(*command: str, **settings: str) -> Iterator[tuple[int, int]]:
    """Run a server; its port and the process id of its master."""
    with subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, encoding="utf-8", cwd=ROOT,
                          env={**os.environ, **settings}) as process:
        try:
            line = process.stdout.readline() if process.stdout else ""
            yield int(re.findall(r":(\d+)/$", line)[0]), process.pid
        finally:
            process.terminate()


def page_seconds(port: int, master: int, paths: Iterator[list[str]], peaks: list[float]) -> float:
    """Processor seconds of the workers for a page, at the peak; its pages a second are added to `peaks`."""
    before = sum(map(processor_seconds, children_of(master)))
    found = load(port, next(paths), CONNECTIONS, SECONDS)
    peaks.append(found.pages_per_second)
    return (sum(map(processor_seconds, children_of(master))) - before) / found.ok


def page_sizes(port: int, paths: list[str]) -> list[int]:
    """Bytes of those pages that are answered with 200 (a page 2 may not exist)."""
    found = []
    for path in paths:
        connection = HTTPConnection("127.0.0.1", port, timeout=30)
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        if answer.status == 200:
            found.append(len(body))
    return found


def seconds_to_recover(port: int) -> float:
    """Seconds until a page is answered again, on a new connection."""
    start = perf_counter()
    while not page_sizes(port, ["/search?q=trade"]):
        assert perf_counter() - start < 30, "the site did not recover"
    return perf_counter() - start


def overload(port: int, master: int, paths: Iterator[list[str]]) -> tuple[Load, dict[str, object]]:
    """Ten times the connections, twice: memory must not grow from the first time to the second."""
    load(port, next(paths), CONNECTIONS * 10, SECONDS)
    before = list(map(private_memory, children_of(master)))
    found = load(port, next(paths), CONNECTIONS * 10, SECONDS * 2)
    recovery = seconds_to_recover(port)
    after = list(map(private_memory, children_of(master)))
    return found, {"overload_pages_per_second": round(found.pages_per_second),
                   "overload_refused_per_second": round(found.busy / found.seconds),
                   "overload_other_answers": found.other, "overload_connection_errors": found.errors,
                   "recovery_seconds": round(recovery, 3), "worker_megabytes": max(after),
                   "worker_growth_megabytes": max(new - old for new, old in zip(after, before, strict=True))}


def measure(folder: Path) -> None:
    """Compare with the constant page, then load and overload the site."""
    serve = (str(ROOT / "gongbao.py"), "serve", "--port", "0", "--workers", str(WORKERS))
    with running(*serve, GONGBAO_DATA=str(folder)) as (port, master):
        paths = mixed_paths(folder)
        sizes = page_sizes(port, next(paths)[:SIZED])
        size = round(sum(sizes) / len(sizes))
        peaks, constant_peaks = list[float](), list[float]()
        with running("-c", CONSTANT, str(size), str(WORKERS)) as (constant, other):
            result = compare("load", lambda: page_seconds(port, master, paths, peaks),
                             lambda: page_seconds(constant, other, repeat(["/"]), constant_peaks),
                             at_least(TARGET_RATIO), rounds=ROUNDS)
        peak = max(peaks)
        half = load(port, next(paths), CONNECTIONS, SECONDS * 2, rate=peak / 2)
        found, figures = overload(port, master, paths)
    met = (result.met and peak >= TARGET_PAGES and half.p99 <= TARGET_P99 and found.busy > 0
           and found.pages_per_second >= TARGET_SERVED * peak and figures["recovery_seconds"] <= TARGET_RECOVERY
           and figures["worker_growth_megabytes"] <= TARGET_GROWTH)
    report(replace(result, met=met), pages_per_second=round(peak), target_pages_per_second=TARGET_PAGES,
           constant_per_second=round(max(constant_peaks)),
           half_rate_pages_per_second=round(half.pages_per_second), p50_milliseconds=round(half.p50, 1),
           p99_milliseconds=round(half.p99, 1), target_p99_milliseconds=TARGET_P99, mean_page_bytes=size,
           workers=WORKERS, **figures)


if __name__ == "__main__":
    measure(built_archive())
