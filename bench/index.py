"""Bulk indexing, analysis included, against bare Tantivy with the same documents already analysed.

Both write 12,000 Chinese and English texts into a new folder in one commit and wait for merges. Ours starts from titles
and bodies, theirs from Tantivy documents with the same fields.
"""

import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import tantivy  # noqa: E402

from corpus import texts  # noqa: E402
from harness import at_least, compare, memory, report  # noqa: E402
from indexer.documents.document import Document  # noqa: E402
from indexer.engines.base import Checkpoint  # noqa: E402
from indexer.engines.embedded.engine import HEAP, EmbeddedEngine  # noqa: E402
from indexer.engines.embedded.schema import configured, schema, to_tantivy  # noqa: E402
from indexer.text.tokens import analyse  # noqa: E402

STEP, WANTED, BATCH = 11, 12_000, 2000


def corpus(keep: Callable[[int], bool]) -> Iterator[Document]:
    """The texts of the corpus as documents, where `keep(number)` is true."""
    yield from (document(number, raw) for number, raw in texts(keep))


def document(number: int, raw: dict[str, Any]) -> Document:
    """A corpus text as a document with facets like those of an archive."""
    text = (raw.get("date") or "")[:10]
    day = date.fromisoformat(text) if len(text) == 10 else None
    return Document(id=f"d{number}", seq=number, rev=number, source=raw["group"], language=raw["lang"],
                    title=raw["title"], body=raw["body"], topics=(f"t{number % 30}", f"t{number % 7}"),
                    organizations=(f"o{number % 60}",), first_day=day, last_day=day, month_known=day is not None)


def write_ours(documents: list[Document]) -> float:
    """Seconds in which the engine writes the documents."""
    with TemporaryDirectory() as folder:
        start = perf_counter()
        engine = EmbeddedEngine.open(Path(folder), writable=True)
        engine.write(documents, (), Checkpoint("bench", len(documents)))
        engine.close()
        return perf_counter() - start


def write_bare(made: list[tantivy.Document]) -> float:
    """Seconds in which Tantivy alone writes the documents."""
    with TemporaryDirectory() as folder:
        start = perf_counter()
        writer = configured(tantivy.Index(schema(), folder)).writer(HEAP, num_threads=1)
        for each in made:
            writer.add_document(each)
        writer.commit()
        writer.wait_merging_threads()
        return perf_counter() - start


def index_bytes(documents: list[Document]) -> int:
    """Size of the index in bytes."""
    with TemporaryDirectory() as folder:
        engine = EmbeddedEngine.open(Path(folder), writable=True)
        engine.write(documents, (), Checkpoint("bench", len(documents)))
        engine.close()
        return sum(each.stat().st_size for each in Path(folder).iterdir())


def raw_bytes(documents: list[Document]) -> int:
    """Size of titles and bodies in bytes of UTF-8."""
    return sum(len((each.title + each.body).encode()) for each in documents)


def analysis_speed(documents: list[Document]) -> int:
    """Speed of the text analysis in megabytes per second."""
    start = perf_counter()
    for each in documents:
        analyse(each.body)
    return round(raw_bytes(documents) / 1e6 / (perf_counter() - start))


def peak_megabytes() -> int:
    """Peak memory, in megabytes, of a child process that indexes the corpus as a stream."""
    done = subprocess.run([sys.executable, __file__, "stream"], stdout=subprocess.PIPE, encoding="utf-8", check=True)
    return int(done.stdout)


def write_stream() -> None:
    """Index the corpus in batches, as `gongbao index` does, and print the peak memory."""
    with TemporaryDirectory() as folder:
        engine = EmbeddedEngine.open(Path(folder), writable=True)
        documents = corpus(lambda number: number % STEP == 0)
        while batch := list(islice(documents, BATCH)):
            engine.write(batch, (), Checkpoint("bench", batch[-1].rev))
        engine.close()
    print(memory()["VmHWM"])


def main() -> None:
    """Compare, and report size, speed and memory."""
    documents = list(corpus(lambda number: number % STEP == 0))[:WANTED]
    made = [to_tantivy(each) for each in documents]
    result = compare("index", lambda: write_ours(documents), lambda: write_bare(made), at_least(0.7), rounds=5)
    raw = raw_bytes(documents)
    chinese, english = ([each for each in documents if each.language == language] for language in ("zh", "en"))
    report(result, documents_per_second=round(len(documents) / result.ours_seconds),
           megabytes_per_second=round(raw / 1e6 / result.ours_seconds, 1),
           analysis_zh_megabytes_per_second=analysis_speed(chinese),
           analysis_en_megabytes_per_second=analysis_speed(english),
           index_to_raw=round(index_bytes(documents) / raw, 2),
           writer_peak_megabytes=peak_megabytes())


if __name__ == "__main__":
    write_stream() if sys.argv[1:] == ["stream"] else main()
