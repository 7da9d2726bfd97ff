"""Build the demo archive: crawl the sources that have samples from the replica, import the clones as saved pages."""

import csv
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from archive.db.store import Store
from archive.errors import ImportFault
from archive.ingest.catalog import Catalog
from archive.ingest.importer import Importer
from archive.ingest.keep import ArchiveWriter
from archive.urls import urlkey
from crawler.commands.crawl import crawl_sources
from crawler.reader import SourceReader
from crawler.settings import CrawlerSettings
from crawler.spiders.run import Options, live_capture
from demo.errors import DemoError
from demo.replica import Replica
from demo.samples import Release, load_releases, sampled_sources

SAVED_AT = "2026-11-20T06:00:00Z"
CLONES = "clones"  # name of the folder of saved pages, as in crawler.spiders.run.SAMPLES


def build_archive(settings: CrawlerSettings) -> None:
    """Fill the archive of these settings with the sample releases; releases that it has are not fetched again.

    Raises DemoError, before anything is written, if the archive holds other captures than those of the replica.
    """
    _refuse_live_captures(settings)
    with Replica(load_releases()) as replica:
        healths = crawl_sources(replace(settings, via=replica.url), sampled_sources(), Options())
        _import_clones(settings, replica)
    failed = [name for name, health in healths.items() if health.fell_short]
    if failed:
        raise DemoError(f"the demo is incomplete: {', '.join(failed)} fell short (reasons above); "
                        "run the command again")


def _refuse_live_captures(settings: CrawlerSettings) -> None:
    """Raise DemoError for an archive with captures that the demo did not make: samples never go beside them."""
    other = live_capture(settings)
    if other is not None:
        raise DemoError(f"the archive in {settings.data.absolute()} holds captures that are no samples, such as "
                        f"{other}; name a folder of its own for the demo with --data")


def _import_clones(settings: CrawlerSettings, replica: Replica) -> None:
    """Import the pages of clones from a folder of saved pages, since no crawl follows links to their hosts."""
    clones = [each for each in load_releases() if each.clone_of]
    with Store.open(settings) as store:
        known = store.known_articles(urlkey(each.url) for each in clones)
        new = [each for each in clones if urlkey(each.url) not in known]
        if not new:
            return
        catalog = Catalog(store, SourceReader())
        with ArchiveWriter.open(settings, catalog, "import") as archive, TemporaryDirectory() as folder:
            saved = _saved(replica, new, Path(folder) / CLONES)
            Importer(settings, store, archive, _refuse).import_path(saved)


def _saved(replica: Replica, releases: Sequence[Release], folder: Path) -> Path:
    folder.mkdir()
    with (folder / "index.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("file", "url", "fetched_at"))
        for each in releases:
            (folder / f"{each.id}.html").write_bytes(replica.response(each.url).body)
            rows.writerow((f"{each.id}.html", each.url, SAVED_AT))
    return folder


def _refuse(fault: ImportFault) -> None:
    raise DemoError(f"a sample page of a clone cannot be imported: {fault}; correct its release in demo/releases")
