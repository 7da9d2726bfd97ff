"""Settings of the crawler: Scrapy's in capitals, ours (`GONGBAO_*`) in `CrawlerSettings`, `network` between them."""

from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from archive.settings import ONE_LINE, WEB_URL, ArchiveSettings, between, setting

BOT_NAME = "Gongbao"
SPIDER_LOADER_CLASS = "crawler.spiders.loader.SourceLoader"
SPIDER_MODULES = ["crawler.spiders"]

ROBOTSTXT_OBEY = True
ROBOTSTXT_USER_AGENT = BOT_NAME
AUTOTHROTTLE_ENABLED = True
AUTOTHROTTLE_MAX_DELAY = 60.0
DOWNLOAD_DELAY_JITTER = 0.0  # the delay is what was promised, never less
# Few requests wait inside the downloader, so that a crawl that is told to stop has little left to do.
CONCURRENT_REQUESTS = 2
CONCURRENT_REQUESTS_PER_DOMAIN = 1
CONCURRENT_ITEMS = 1  # Scrapy starts so many tasks for every response, and there are no items
COOKIES_ENABLED = False
DOWNLOAD_VERIFY_CERTIFICATES = True
DOWNLOAD_MAXSIZE = 64 * 1024 * 1024
DOWNLOAD_WARNSIZE = 0
DEFAULT_REQUEST_HEADERS = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8",
    "Accept-Encoding": "gzip, deflate",  # what every reader of the archive can unpack
}
RETRY_TIMES = 2
RETRY_HTTP_CODES = [408, 429, 500, 502, 503, 504, 522, 524]
RETRY_GIVE_UP_LOG_LEVEL = "INFO"
REDIRECT_MAX_TIMES = 5
METAREFRESH_ENABLED = False  # crawler.platforms.jpaas.sent_on_to sees to it, for pages that hold nothing else
WARN_ON_GENERATOR_RETURN_VALUE = False  # would read and parse the source of every callback
DOWNLOADER_STATS = False
DOWNLOADER_MIDDLEWARES = {
    "scrapy.downloadermiddlewares.httpauth.HttpAuthMiddleware": None,
    "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,
    "crawler.middlewares.OwnHosts": 50,
    "scrapy.downloadermiddlewares.retry.RetryMiddleware": None,
    "crawler.middlewares.Patience": 550,
    "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": None,  # Keeping unpacks, strictly
    "crawler.middlewares.Keeping": 950,
}

SPIDER_MIDDLEWARES = {  # nothing here asks how deep a request lies, or copies meta
    "scrapy.spidermiddlewares.depth.DepthMiddleware": None,
    "scrapy.spidermiddlewares.metacopy.MetaCopyDetectionMiddleware": None,
}

# Both open a local port that runs Python code for whoever asks.
REMOTE_CONTROL_ENABLED = False
TELNETCONSOLE_ENABLED = False
LOG_LEVEL = "INFO"
LOG_VERSIONS: list[str] = []
STATS_DUMP = False


@dataclass(frozen=True, slots=True)
class CrawlerSettings(ArchiveSettings):
    """Request delays, timeouts and the contact address of the crawler."""

    contact: str = setting(
        "https://github.com/gongbao/gongbao",
        "Address or e-mail that the user agent names, so that a site's staff can reach whoever runs the crawler.",
        ONE_LINE)
    delay: float = setting(2.0, "Seconds between two requests to one host, where a source does not ask for more.",
                           between(0, 3600))
    timeout: float = setting(30.0, "Seconds after which a request that brought no answer is given up and retried.",
                             between(0.1, 3600))
    patience: float = setting(
        60.0, "Longest Retry-After, in seconds, that a crawl waits for; what asks for more is left for the next run.",
        between(0, 86_400))
    revisit: float = setting(
        20.0, "Hours that pass at least before a recent release is asked for again to see whether it was changed.",
        between(0, 100_000))
    via: str = setting(
        "", "Address of a local replica that answers for every host (demo and tests); captures made so say it.",
        WEB_URL)


def user_agent(contact: str) -> str:
    """The name that servers see: a crawler's, with the way to reach whoever runs it."""
    return f"Mozilla/5.0 (compatible; {BOT_NAME}/{version('gongbao')}; +{contact})"


def network(settings: CrawlerSettings, source_delay: float = 0.0) -> dict[str, Any]:
    """How a source is to be asked; a replica is asked as fast as it answers."""
    polite = {
        "USER_AGENT": user_agent(settings.contact),
        "DOWNLOAD_TIMEOUT": settings.timeout,
        "DOWNLOAD_DELAY": max(settings.delay, source_delay),
        "AUTOTHROTTLE_START_DELAY": max(settings.delay, source_delay),
    }
    if not settings.via:
        return polite
    handler = "crawler.spiders.replica_handler.ReplicaHandler"
    return polite | {"DOWNLOAD_DELAY": 0, "AUTOTHROTTLE_ENABLED": False, "CONCURRENT_REQUESTS": 16,
                     "CONCURRENT_REQUESTS_PER_DOMAIN": 8, "DOWNLOAD_HANDLERS": {"http": handler, "https": handler}}
