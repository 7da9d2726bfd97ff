"""Search page against its bare engine calls: the cost of facets, timeline, ten highlights and HTML.

The archive has 100,000 corpus texts. Both sides are one thread without waits, timed in processor seconds, so other load
on the machine does not count. Memory is that of a worker of `gongbao serve` after the requests, four at a time: its
peak with mapped files and what it shares with other workers, and its private part.
"""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from time import process_time
from urllib.parse import parse_qsl, quote

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from werkzeug.datastructures import MultiDict  # noqa: E402

from built_archive import built_archive  # noqa: E402
from harness import children_of, compare, memory, plus_ms, private_memory, report  # noqa: E402
from indexer.query.arguments import read_search  # noqa: E402
from webapp import create_app  # noqa: E402
from webapp.facet_labels import load_labels  # noqa: E402
from webapp.settings import WebSettings  # noqa: E402

CALLS = 10
TARGET_MS = 3.0
TARGET_MEGABYTES = 150
SEARCHES = ("q=关税&lang=zh", "q=trade+agreement", "q=anti-dumping+duties&from=2020", "q=中国+经济",
            "q=exports&sort=newest", "q=“trade”&org=wto", "topic=tariffs", "q=投资&source=mofcom_zh&page=2", "",
            "q=international+cooperation")
WORDS = ("关税", "steel", "粮食", "soybean", "稀土", "WTO", "汽车", "investment", "进口博览会", "oil", "数字贸易",
         "committee")
AT_ONCE = 4


def mean(call: Callable[[str], object]) -> float:
    """Mean processor seconds of one call, over several rounds of all searches."""
    start = process_time()
    for _ in range(CALLS):
        for each in SEARCHES:
            call(each)
    return (process_time() - start) / CALLS / len(SEARCHES)


@contextmanager
def served(folder: Path) -> Iterator[tuple[int, int]]:
    """Run `gongbao serve` on an archive; its port and the process id of its master."""
    command = [sys.executable, str(ROOT / "gongbao.py"), "serve", "--port", "0", "--workers", "1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8",
                          env={**os.environ, "GONGBAO_DATA": str(folder)}) as process:
        try:
            line = process.stdout.readline() if process.stdout else ""
            yield int(re.findall(r":(\d+)/$", line)[0]), process.pid
        finally:
            process.terminate()


def served_memory(folder: Path) -> dict[str, int]:
    """Memory of `gongbao serve` in megabytes, after all the requests."""
    paths = [*(f"/search?{each}" for each in SEARCHES),
             *(f"/search?q={word}&page={page}" for word in WORDS for page in (1, 2)),
             *(f"/search.{form}?q={word}" for word in WORDS for form in ("atom", "json"))]
    with served(folder) as (port, master), ThreadPoolExecutor(AT_ONCE) as readers:
        answered = sum(readers.map(partial(fetch, port), paths))
        [worker] = children_of(master)
        peak, own = memory(worker)["VmHWM"], private_memory(worker)
    return {"requests": len(paths), "megabytes_sent": answered >> 20, "web_peak_megabytes": peak,
            "web_target_megabytes": TARGET_MEGABYTES, "web_own_megabytes": own}


def fetch(port: int, path: str) -> int:
    """Size of the response body in bytes."""
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", quote(path, safe="/?=&+"))
    answer = connection.getresponse()
    assert answer.status == 200, f"{path}: {answer.status}"
    return len(answer.read())


def measure(folder: Path) -> None:
    """Compare the page with its bare engine calls, and report."""
    app = create_app(WebSettings(data=folder))
    client, backend = app.test_client(use_cookies=False), app.extensions["gongbao"]
    engine, size, known = backend.engine(), WebSettings().page_size, load_labels().facets
    parsed = {each: read_search(MultiDict(parse_qsl(each)), known) for each in SEARCHES}
    for each in SEARCHES:
        assert client.get(f"/search?{each}").status_code == 200, each

    def bare(each: str) -> object:
        search, query = parsed[each]
        return engine.search(query, limit=size, offset=(search.page - 1) * size, facets=True)

    result = compare("page", lambda: mean(lambda each: client.get(f"/search?{each}")), lambda: mean(bare),
                     plus_ms(TARGET_MS))
    largest = max(len(client.get(f"/search?{each}").data) for each in SEARCHES)
    report(result, extra_ms=round((result.ours_seconds - result.theirs_seconds) * 1000, 3), documents=engine.count(),
           searches=len(SEARCHES), largest_page_bytes=largest, **served_memory(folder))
    backend.close()


if __name__ == "__main__":
    measure(built_archive())
