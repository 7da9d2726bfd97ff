"""A search call on 100,000 documents against bare Tantivy with the compiled query.

Both read ten hits' ids and the exact count. Ours starts from the engine-neutral query, with plan and compiled query
cached; `ratio_when_new` is without these caches. Timed is the thread's processor time. The index is cached in
data/bench.
"""

import os
import shutil
import subprocess
import sys
from itertools import islice
from pathlib import Path
from statistics import median
from time import perf_counter, thread_time

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import tantivy  # noqa: E402

from corpus import CORPUS, in_sample, require_shared  # noqa: E402
from harness import at_most, compare, memory, report  # noqa: E402
from index import corpus, raw_bytes  # noqa: E402
from indexer.engines.base import Checkpoint  # noqa: E402
from indexer.engines.embedded.compile import compile_query  # noqa: E402
from indexer.engines.embedded.engine import EmbeddedEngine  # noqa: E402
from indexer.engines.embedded.schema import FORMAT, configured  # noqa: E402
from indexer.query.model import Filters, Query, Sort  # noqa: E402
from indexer.query.parser import parse  # noqa: E402
from indexer.query.plan import plan  # noqa: E402

FOLDER = ROOT / "data" / "bench" / f"search-{FORMAT}"
HITS, BATCH = 10, 20_000
TYPED = ("关税", "trade", "中国 经济", "trade agreement", "出口管制措施", "\"national security\"", "“知识产权”",
         "tariff", "anti-dumping duties", "商务部", "WTO 改革", "新能源汽车", "\"Federal Register\"", "第53号",
         "steel imports", "对外投资", "linux kernel", "粮食 安全", "soybean exports China", "一带一路",
         "\"free trade\" agreement", "外交部发言人", "petroleum -oil", "稀土", "currency", "数字贸易",
         "agricultural subsidies", "进口博览会", "commerce", "美国")


def searches() -> list[Query]:
    """Typical queries, some with filters or sorted by date."""
    plain = [Query(parse(each)) for each in TYPED]
    filtered = [Query(parse(each), Filters(languages=("en",), topics=("t3",))) for each in TYPED[::5]]
    return [*plain, *filtered, *(Query(parse(each), sort=Sort.NEWEST) for each in TYPED[::5])]


def built_index() -> Path:
    """The folder of the index; built first if missing, in a child process, so that its memory is not measured here."""
    require_shared(CORPUS)
    if not (FOLDER / "done").exists():
        subprocess.run([sys.executable, __file__, "build"], check=True)
    return FOLDER


def build() -> None:
    """Build in a temporary folder, save the size of the texts, then rename the folder."""
    temporary = FOLDER.with_name(f"{FOLDER.name}.{os.getpid()}")
    engine = EmbeddedEngine.open(temporary, writable=True)
    documents, raw = corpus(in_sample), 0
    while batch := list(islice(documents, BATCH)):
        engine.write(batch, (), Checkpoint("bench", batch[-1].rev))
        raw += raw_bytes(batch)
    engine.close()
    (temporary / "done").write_text(str(raw))
    shutil.rmtree(FOLDER, ignore_errors=True)
    temporary.rename(FOLDER)


def compiled_query(query: Query) -> tantivy.Query:
    """The Tantivy query that the engine compiles."""
    compiled = compile_query(plan(query.clauses), query.filters)
    return compiled.ranked if query.sort is Sort.RELEVANCE else compiled.query()


def bare(searcher: tantivy.Searcher, query: tantivy.Query, sort: Sort) -> list[str]:
    """Ids of the hits, by Tantivy alone."""
    if sort is Sort.NEWEST:
        found = searcher.search(query, HITS, order_by_field="newest", order=tantivy.Order.Desc)
    else:
        found = searcher.search(query, HITS)
    return [str(searcher.doc(address).get_first("id")) for _, address in found.hits]


def each_milliseconds(engine: EmbeddedEngine, queries: list[Query]) -> list[float]:
    """Latency of each query in milliseconds, best of five."""
    def once(query: Query) -> float:
        start = perf_counter()
        engine.search(query, limit=HITS)
        return (perf_counter() - start) * 1000
    return [min(once(query) for _ in range(5)) for query in queries]


def main() -> None:
    """Compare, and report latencies, size and memory."""
    folder = built_index()
    engine = EmbeddedEngine.open(folder, writable=False)
    index = configured(tantivy.Index.open(str(folder)))
    index.reload()
    searcher, queries = index.searcher(), searches()
    compiled = [(compiled_query(each), each.sort) for each in queries]
    for query, (made, sort) in zip(queries, compiled, strict=True):
        assert [each.id for each in engine.search(query, limit=HITS).hits] == bare(searcher, made, sort)

    def ours() -> float:
        start = thread_time()
        for query in queries:
            engine.search(query, limit=HITS)
        return thread_time() - start

    def ours_new() -> float:
        plan.cache_clear()
        compile_query.cache_clear()
        return ours()

    def theirs() -> float:
        start = thread_time()
        for made, sort in compiled:
            bare(searcher, made, sort)
        return thread_time() - start

    result = compare("search", ours, theirs, at_most(1.10), rounds=21, warm_up=3)
    new = compare("search", ours_new, theirs, at_most(1.10), rounds=21)
    times = sorted(each_milliseconds(engine, queries))
    size = sum(each.stat().st_size for each in folder.iterdir())
    report(result, documents=engine.count(), p50_milliseconds=round(median(times), 3),
           p95_milliseconds=round(times[int(len(times) * .95)], 3),
           overhead_microseconds=round((result.ours_seconds - result.theirs_seconds) / len(queries) * 1e6, 1),
           ratio_when_new=new.ratio, index_to_raw=round(size / int((folder / "done").read_text()), 2),
           memory_megabytes=memory()["RssAnon"])


if __name__ == "__main__":
    build() if sys.argv[1:] == ["build"] else main()
