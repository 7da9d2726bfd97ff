"""The whole search page against the engine calls it makes: what facets, histogram, ten highlights and HTML cost on top.

Real texts of the shared corpus are put into a temporary archive with organizations and topics as the site finds them.
Both sides are one thread that waits for nothing, so their seconds are the processor's: a busy neighbour adds none.
"""

import json
import lzma
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time
from typing import Any
from urllib.parse import parse_qsl

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from sqlalchemy import insert  # noqa: E402
from werkzeug.datastructures import MultiDict  # noqa: E402

from crawler.config import CrawlerSettings  # noqa: E402
from crawler.extract.article import UNDATED, Article, Evidence, Stamp  # noqa: E402
from crawler.store import Store  # noqa: E402
from crawler.tables import articles, captures, pages  # noqa: E402
from crawler.urls import page_id, urlkey  # noqa: E402
from harness import compare, plus_ms, report  # noqa: E402
from indexer.config import IndexerSettings  # noqa: E402
from indexer.sync import update_documents, update_index  # noqa: E402
from indexer.vocabulary.loader import load  # noqa: E402
from webapp import create_app  # noqa: E402
from webapp.config import WebSettings  # noqa: E402
from webapp.names import load_names  # noqa: E402
from webapp.params import read_search  # noqa: E402

DOCUMENTS = 20_000
CALLS = 10
TARGET_MS = 3.0
NOW = datetime(2026, 11, 21, tzinfo=UTC)
SOURCES = ("mofcom_zh", "mofcom_en", "cnus_cccme", "camce", "made_in_china", "ccdp_me")
SEARCHES = ("q=关税&lang=zh", "q=trade+agreement", "q=anti-dumping+duties&from=2020", "q=中国+经济",
            "q=exports&sort=newest", "q=“trade”&org=wto", "topic=tariffs", "q=投资&source=mofcom_zh&page=2", "",
            "q=international+cooperation")


def texts() -> Iterator[dict[str, Any]]:
    """Every seventh text of the corpus, so that each of its groups and both languages are there."""
    with lzma.open(ROOT.parent / "shared" / "corpus" / "docs.jsonl.xz", "rt", encoding="utf-8") as file:
        chosen = map(json.loads, islice(file, 0, None, 7))
        yield from (each for each in chosen if each["title"].strip() and each["body"].strip())


def article(number: int, raw: dict[str, Any]) -> Article:
    """A corpus text as a release of one of the sources."""
    source = SOURCES[number % len(SOURCES)]
    url = f"https://bench.example/{number}"
    day = (raw.get("date") or "")[:10]
    published = Stamp(day, "day", (Evidence(day, "corpus"),)) if len(day) == 10 else UNDATED
    return Article(source=source, url=url, urlkey=urlkey(url), layout="corpus", title=raw["title"],
                   body=raw["body"][:20_000], language=raw["lang"], published=published)


def fill(store: Store) -> None:
    """Write pages, captures and articles as a crawl would leave them."""
    numbered = enumerate(islice(texts(), DOCUMENTS), start=1)
    while chunk := list(islice(numbered, 1000)):
        made = [(number, article(number, raw)) for number, raw in chunk]
        with store.begin() as connection:
            connection.execute(insert(pages), [page_row(number, each) for number, each in made])
            connection.execute(insert(captures), [capture_row(number, each) for number, each in made])
            connection.execute(insert(articles), [article_row(number, each) for number, each in made])


def page_row(number: int, one: Article) -> dict[str, Any]:
    """The page of an article."""
    return {"id": number, "urlkey": one.urlkey, "public_id": page_id(one.urlkey), "url": one.url, "source": one.source,
            "first_seen": "2026-11-21T00:00:00Z"}


def capture_row(number: int, one: Article) -> dict[str, Any]:
    """A capture of the page, whose WARC file nobody asks for here."""
    return {"id": number, "record_id": f"urn:bench:{number}", "page_id": number, "url": one.url, "status": 200,
            "fetched_at": "2026-11-21T00:00:00Z", "kind": "response", "content_type": "text/html", "length": 1,
            "digest": "sha256:none", "provenance": "bench", "warc_file": "none", "warc_offset": 0, "warc_length": 0}


def article_row(number: int, one: Article) -> dict[str, Any]:
    """The article as its row."""
    facts = one.to_dict()
    title, body = facts.pop("title"), facts.pop("body")
    return {"id": number, "page_id": number, "capture_id": number, "source": one.source, "layout": one.layout,
            "reader": 1, "content_hash": one.content_hash(), "title": title, "body": body, "language": one.language,
            "published": one.published.value, "precision": one.published.precision, "facts": facts}


def make(folder: Path) -> None:
    """An archive with documents and index, as `gongbao index` makes it."""
    with Store.open(CrawlerSettings(data=folder)) as store:
        fill(store)
        update_documents(store, load(), NOW)
        update_index(store, IndexerSettings(data=folder))


def mean(call: Callable[[str], object]) -> float:
    """Processor seconds of one call, over all searches and several times."""
    start = process_time()
    for _ in range(CALLS):
        for each in SEARCHES:
            call(each)
    return (process_time() - start) / CALLS / len(SEARCHES)


def measure(folder: Path) -> None:
    """Compare the page with the bare engine calls that it makes, and report."""
    app = create_app(WebSettings(data=folder))
    client, holdings, names = app.test_client(use_cookies=False), app.extensions["gongbao"].holdings, load_names()
    engine, size = holdings.engine(), WebSettings().page_size
    asked = {each: read_search(MultiDict(parse_qsl(each)), names) for each in SEARCHES}
    for each in SEARCHES:
        assert client.get(f"/search?{each}").status_code == 200, each

    def bare(each: str) -> object:
        search, query = asked[each]
        return engine.search(query, limit=size, offset=(search.page - 1) * size, facets=True)

    result = compare("page", lambda: mean(lambda each: client.get(f"/search?{each}")), lambda: mean(bare),
                     plus_ms(TARGET_MS))
    largest = max(len(client.get(f"/search?{each}").data) for each in SEARCHES)
    report(result, extra_ms=round((result.ours_seconds - result.theirs_seconds) * 1000, 3), documents=engine.count(),
           searches=len(SEARCHES), largest_page_bytes=largest)
    holdings.close()


def main() -> None:
    """Make the archive in a temporary folder, measure, and remove it."""
    with TemporaryDirectory() as folder:
        make(Path(folder))
        measure(Path(folder))


if __name__ == "__main__":
    main()
