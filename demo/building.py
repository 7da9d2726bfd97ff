"""The demo's archive: every source crawled through the replica."""

from dataclasses import replace

from crawler.config import CrawlerSettings
from crawler.crawling import crawl_sources
from crawler.source import all_sources
from crawler.spiders.run import Options
from demo.errors import DemoError
from demo.samples import load_releases
from demo.site import Replica


def fill(settings: CrawlerSettings) -> None:
    """Crawl all sources from a replica of their sites; what is known already is not fetched again."""
    with Replica(load_releases()) as replica:
        healths = crawl_sources(replace(settings, via=replica.url), all_sources(), Options())
    failed = {name: health.reasons for name, health in healths.items() if health.verdict == "failed"}
    if failed:
        raise DemoError("; ".join(f"{name}: {' '.join(reasons)}" for name, reasons in failed.items()))
