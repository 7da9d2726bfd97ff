"""Benchmark archive of 100,000 corpus texts with documents and index, cached in data/bench.

Organizations and topics are tagged by the vocabulary. There are no WARC files: no benchmark reads them.
"""

import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from sqlalchemy import insert  # noqa: E402

from archive.db.changed_pages import queue_pages  # noqa: E402
from archive.db.store import SCHEMA, Store  # noqa: E402
from archive.db.tables import articles, captures, pages  # noqa: E402
from archive.messages import message  # noqa: E402
from archive.records import UNDATED, Article, Evidence, Stamp  # noqa: E402
from archive.urls import page_id, urlkey  # noqa: E402
from corpus import CORPUS, in_sample, require_shared, texts  # noqa: E402
from crawler.reader import READER_VERSION  # noqa: E402
from crawler.settings import CrawlerSettings  # noqa: E402
from indexer.engines.embedded.schema import FORMAT  # noqa: E402
from indexer.settings import IndexerSettings  # noqa: E402
from indexer.sync import update_documents, update_index  # noqa: E402
from indexer.vocabulary.loader import load  # noqa: E402

FOLDER = ROOT / "data" / "bench" / f"archive-{SCHEMA}-{FORMAT}"
NOW = datetime(2026, 11, 21, tzinfo=UTC)
CAPTURED = "2026-11-21T00:00:00Z"
SOURCES = ("mofcom_zh", "mofcom_en", "cnus_cccme", "camce", "made_in_china", "ccdp_me")


def built_archive() -> Path:
    """The data folder; built first if missing, in a child process, so that its memory is not measured here."""
    require_shared(CORPUS)
    if not FOLDER.exists():
        subprocess.run([sys.executable, __file__], check=True)
    return FOLDER


def build() -> None:
    """Build in a temporary folder, then rename it: concurrent runs cannot mix."""
    temporary = FOLDER.with_name(f"{FOLDER.name}.{os.getpid()}")
    with Store.open(CrawlerSettings(data=temporary)) as store:
        fill(store)
        update_documents(store, load(), NOW)
        update_index(store, IndexerSettings(data=temporary))
    shutil.rmtree(FOLDER, ignore_errors=True)
    temporary.rename(FOLDER)


def fill(store: Store) -> None:
    """Write rows of pages, captures and articles like those of a crawl."""
    made = (article(number, raw) for number, raw in texts(in_sample) if raw["title"].strip() and raw["body"].strip())
    numbered = enumerate(made, 1)
    while chunk := list(islice(numbered, 1000)):
        with store.begin() as connection:
            connection.execute(insert(pages), [page_row(number, each) for number, each in chunk])
            connection.execute(insert(captures), [capture_row(number, each) for number, each in chunk])
            connection.execute(insert(articles), [article_row(number, each) for number, each in chunk])
            queue_pages(connection, [number for number, _ in chunk])


def article(number: int, raw: dict[str, Any]) -> Article:
    """A corpus text as a release of one of the sources."""
    source = SOURCES[number % len(SOURCES)]
    url = f"https://bench.example/{number}"
    day = (raw.get("date") or "")[:10]
    published = Stamp(day, "day", (Evidence(day, message("text", text="corpus")),)) if len(day) == 10 else UNDATED
    return Article(source=source, url=url, urlkey=urlkey(url), layout="corpus", title=raw["title"],
                   body=raw["body"][:20_000], language=raw["lang"], published=published)


def page_row(number: int, one: Article) -> dict[str, Any]:
    """Row of the article's page."""
    return {"id": number, "urlkey": one.urlkey, "public_id": page_id(one.urlkey), "url": one.url, "source": one.source,
            "first_seen": CAPTURED}


def capture_row(number: int, one: Article) -> dict[str, Any]:
    """Row of a capture of the page."""
    return {"id": number, "record_id": f"urn:bench:{number}", "page_id": number, "url": one.url, "status": 200,
            "fetched_at": CAPTURED, "kind": "response", "content_type": "text/html", "length": 1,
            "digest": "sha256:none", "provenance": "bench", "warc_file": "none", "warc_offset": 0, "warc_length": 0}


def article_row(number: int, one: Article) -> dict[str, Any]:
    """Row of the article."""
    facts = one.to_dict()
    title, body = facts.pop("title"), facts.pop("body")
    return {"id": number, "page_id": number, "capture_id": number, "source": one.source, "layout": one.layout,
            "reader": READER_VERSION, "content_hash": one.content_hash(), "title": title, "body": body,
            "language": one.language, "published": one.published.value, "precision": one.published.precision,
            "facts": facts}


if __name__ == "__main__":
    build()
