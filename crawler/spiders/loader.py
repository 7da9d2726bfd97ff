"""One spider for every source file: `scrapy list` names them, `scrapy crawl mofcom_en` runs one."""

from scrapy import Request, Spider
from scrapy.settings import BaseSettings

from crawler.errors import SourceError
from crawler.source import Source, all_sources, source, source_of
from crawler.spiders.spider import SourceSpider


def spider_class(of: Source) -> type[SourceSpider]:
    """The spider of a source."""
    return type(f"Spider_{of.id}", (SourceSpider,), {"name": of.id, "source": of, "__doc__": of.name["en"]})


class SourceLoader:
    """Scrapy's way to the spiders: they are made from the source files, not written."""

    @classmethod
    def from_settings(cls, _settings: BaseSettings) -> "SourceLoader":
        """The loader; no setting changes which sources there are."""
        return cls()

    def load(self, spider_name: str) -> type[Spider]:
        """The spider of the source with this id; raises KeyError, as Scrapy asks for."""
        try:
            return spider_class(source(spider_name))
        except SourceError as error:
            raise KeyError(str(error)) from None

    def find_by_request(self, request: Request) -> list[str]:
        """The ids of the sources that a request's address belongs to."""
        found = source_of(request.url)
        return [found.id] if found else []

    def list(self) -> list[str]:  # the last method: its name hides the type's
        """The ids of all sources."""
        return [each.id for each in all_sources()]
