"""Spider loader: one spider class per source file, so that `scrapy list` and `scrapy crawl mofcom_en` work."""

from scrapy import Request, Spider
from scrapy.settings import BaseSettings

from crawler.errors import SourceError
from crawler.source import Source, all_sources, source, source_of
from crawler.spiders.spider import SourceSpider


def spider_class(site: Source) -> type[SourceSpider]:
    """The spider class of a source."""
    return type(f"Spider_{site.id}", (SourceSpider,), {"name": site.id, "source": site, "__doc__": site.name["en"]})


class SourceLoader:
    """Scrapy's spider loader (setting SPIDER_LOADER_CLASS); makes the spider classes from the source files."""

    @classmethod
    def from_settings(cls, _settings: BaseSettings) -> "SourceLoader":
        """The loader; it needs no setting."""
        return cls()

    def load(self, spider_name: str) -> type[Spider]:
        """The spider class of the source with this id. Raises KeyError, as Scrapy expects."""
        try:
            return spider_class(source(spider_name))
        except SourceError as error:
            raise KeyError(str(error)) from None

    def find_by_request(self, request: Request) -> list[str]:
        """The id of the source that the request's URL belongs to, in a list; an empty list if there is none."""
        found = source_of(request.url)
        return [found.id] if found else []

    def list(self) -> list[str]:  # the last method: its name hides the built-in type from annotations below it
        """The ids of all sources."""
        return [each.id for each in all_sources()]
