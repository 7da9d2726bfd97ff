"""Crawl of the replica, with archive and readers, against a bare Scrapy spider that fetches the same and keeps nothing.

Both are fresh processes with the same concurrency and no delays. Each reports the seconds from the start of its first
spider to the end of its last: starting the interpreter and opening the archive are not timed. `processor_ratio`
compares processor seconds, without the waits for disk and server.
"""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from statistics import median
from tempfile import mkdtemp

from harness import at_least, compare, report

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from demo.replica import Replica  # noqa: E402
from demo.samples import Release, load_releases  # noqa: E402

COPIES = 16  # of each release: a crawl takes some seconds

OURS = """
import sys, time
import crawler.reader
from crawler.settings import CrawlerSettings
from crawler.spiders.run import open_crawl
from crawler.spiders.process import run_spiders
from demo.samples import sampled_sources
from pathlib import Path
settings = CrawlerSettings(data=Path(sys.argv[1]), via=sys.argv[2])
with open_crawl(settings) as job:
    start, cpu = time.perf_counter(), time.process_time()
    run_spiders(job, sampled_sources())
print([time.perf_counter() - start, time.process_time() - cpu])
"""

BARE = """
import sys, time
import scrapy
from scrapy.crawler import AsyncCrawlerProcess

class Bare(scrapy.Spider):
    name = "bare"
    via = sys.argv[2]
    async def start(self):
        for url in self.urls:
            yield scrapy.Request(url, dont_filter=True)
    def parse(self, response):
        return None

handler = "crawler.spiders.replica_handler.ReplicaHandler"
process = AsyncCrawlerProcess({
    "LOG_ENABLED": False, "TELNETCONSOLE_ENABLED": False, "REMOTE_CONTROL_ENABLED": False, "HTTPERROR_ALLOW_ALL": True,
    "CONCURRENT_REQUESTS": 16, "CONCURRENT_REQUESTS_PER_DOMAIN": 8, "DOWNLOAD_DELAY": 0,
    "DOWNLOAD_HANDLERS": {"http": handler, "https": handler}})
start, cpu = time.perf_counter(), time.process_time()
lists = {}
for url in open(sys.argv[1]).read().split():
    lists.setdefault(url.split("/")[2], []).append(url)
for host, urls in lists.items():
    process.crawl(type(host, (Bare,), {"name": host, "urls": urls}))
process.start()
print([time.perf_counter() - start, time.process_time() - cpu])
"""


def main() -> None:
    """Record the URLs of one crawl, then time the crawl and the bare spider on them."""
    folder = Path(mkdtemp(prefix="gongbao-bench-"))
    try:
        with Replica(_many()) as replica:
            _ours(folder, replica)
            requested = [each.url for each in replica.requests]
            (folder / "urls.txt").write_text("\n".join(requested), encoding="utf-8")
            result = compare("crawl", lambda: _ours(folder, replica), lambda: _bare(folder, replica), at_least(0.8),
                             rounds=5)
        report(result, requests=len(requested), pages_per_second=round(len(requested) / result.ours_seconds),
               processor_ratio=round(median(PROCESSOR[BARE]) / median(PROCESSOR[OURS]), 4))
    finally:
        shutil.rmtree(folder)


def _many() -> list[Release]:
    """The samples, and copies of them with URLs of the same forms."""
    own = [each for each in load_releases() if not each.clone_of]
    return own + [_copy(each, number) for each in own for number in range(1, COPIES)]


def _copy(release: Release, number: int) -> Release:
    """A copy of a release whose URL has another number in its last part: the same form, another page."""
    head, _, tail = release.url.rstrip("/").rpartition("/")
    if release.source == "made_in_china":
        head, slug = head.rsplit("/", 1)[0], tail
        return replace(release, id=f"{release.id}-{number}", url=f"{head}/{number:012d}/{slug}/", counterpart=None)
    place = max(index for index, character in enumerate(tail[:40]) if character.isdigit())
    changed = f"{tail[:place - 1]}{number:02d}{tail[place + 1:]}" if place else tail
    return replace(release, id=f"{release.id}-{number}", url=f"{head}/{changed}", counterpart=None)


PROCESSOR: dict[str, list[float]] = {OURS: [], BARE: []}


def _ours(folder: Path, replica: Replica) -> float:
    replica.requests.clear()
    data = folder / "data"
    shutil.rmtree(data, ignore_errors=True)
    return _seconds(OURS, str(data), replica.url)


def _bare(folder: Path, replica: Replica) -> float:
    return _seconds(BARE, str(folder / "urls.txt"), replica.url)


def _seconds(program: str, *words: str) -> float:
    done = subprocess.run([sys.executable, "-c", program, *words], cwd=ROOT, check=True, stdout=subprocess.PIPE,
                          text=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
    seconds, processor = json.loads(done.stdout.splitlines()[-1])
    PROCESSOR[program].append(processor)
    return float(seconds)


if __name__ == "__main__":
    main()
