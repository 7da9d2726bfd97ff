"""Settings of the crawler: Scrapy's in capitals, ours (`GONGBAO_*`) in `CrawlerSettings`, `network` between them."""

import ssl
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from archive.errors import SettingError
from archive.settings import ONE_LINE, WEB_URL, ArchiveSettings, Rule, between, setting

BOT_NAME = "Gongbao"
SPIDER_LOADER_CLASS = "crawler.spiders.loader.SourceLoader"
SPIDER_MODULES = ["crawler.spiders"]

ROBOTSTXT_OBEY = True
ROBOTSTXT_USER_AGENT = BOT_NAME
AUTOTHROTTLE_ENABLED = True
AUTOTHROTTLE_MAX_DELAY = 60.0
DOWNLOAD_DELAY_JITTER = 0.0  # never less than the documented delay
# A stopped crawl finishes the requests in the downloader, so there are few.
CONCURRENT_REQUESTS = 2
CONCURRENT_REQUESTS_PER_DOMAIN = 1
CONCURRENT_ITEMS = 1  # Scrapy starts as many tasks per response; there are no items
COOKIES_ENABLED = False
DOWNLOAD_VERIFY_CERTIFICATES = True
DOWNLOAD_HANDLERS = {"https": "crawler.spiders.tls_handler.TlsHandler"}
DOWNLOAD_MAXSIZE = 64 * 1024 * 1024
DOWNLOAD_WARNSIZE = 0
DEFAULT_REQUEST_HEADERS = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8",
    "Accept-Encoding": "gzip, deflate",  # encodings that every WARC reader can decode
}
RETRY_TIMES = 2
RETRY_HTTP_CODES = [408, 429, 500, 502, 503, 504, 522, 524]
RETRY_GIVE_UP_LOG_LEVEL = "INFO"
REDIRECT_MAX_TIMES = 5
METAREFRESH_ENABLED = False  # crawler.extract.error_pages.redirect_target does it, for pages without a text
WARN_ON_GENERATOR_RETURN_VALUE = False  # the check parses the source code of every callback
DOWNLOADER_STATS = False
DOWNLOADER_MIDDLEWARES = {
    "scrapy.downloadermiddlewares.httpauth.HttpAuthMiddleware": None,
    "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,
    "crawler.middlewares.SourceHostsMiddleware": 50,
    "scrapy.downloadermiddlewares.retry.RetryMiddleware": None,
    "crawler.middlewares.RetryAfterMiddleware": 550,
    "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": None,  # the archive decodes, strictly
    "crawler.middlewares.ArchiveMiddleware": 950,
}

SPIDER_MIDDLEWARES = {  # not used: the depth of requests, copies of meta
    "scrapy.spidermiddlewares.depth.DepthMiddleware": None,
    "scrapy.spidermiddlewares.metacopy.MetaCopyDetectionMiddleware": None,
}

# Both open a local port through which Python code can be run.
REMOTE_CONTROL_ENABLED = False
TELNETCONSOLE_ENABLED = False
LOG_LEVEL = "INFO"
LOG_VERSIONS: list[str] = []
STATS_DUMP = False


POLITE_DELAY = 2.0  # seconds
EVERY_SOURCE = "*"
CA_FILES = Rule("pairs such as mofcom_zh=/etc/ssl/own.pem, separated by spaces",
                lambda text: all(0 < each.find("=") < len(each) - 1 for each in text.split()))


@dataclass(frozen=True, slots=True)
class TlsOptions:
    """TLS of requests to a source: old versions and ciphers allowed, files of authorities besides the system's."""

    legacy: bool = False
    ca_files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CrawlerSettings(ArchiveSettings):
    """Request delays, timeouts, TLS and the contact address of the crawler.

    Raises SettingError for the id of an unknown source, and for a file without certificates.
    """

    contact: str = setting(
        "https://github.com/gongbao/gongbao",
        "Address or e-mail that the user agent names, so that a site's staff can reach whoever runs the crawler.",
        ONE_LINE)
    delay: float | None = setting(
        None, "Seconds between two requests to one host, where a source does not ask for more; empty means 2, and none "
        "to the replica of GONGBAO_VIA.", between(0, 3600), kind=float)
    timeout: float = setting(30.0, "Seconds after which a request without a response is aborted and retried.",
                             between(0.1, 3600))
    patience: float = setting(
        60.0, "Longest Retry-After, in seconds, that a crawl waits for; a longer one leaves the host for the next run.",
        between(0, 86_400))
    via: str = setting(
        "", "URL of a local replica that answers for every host (demo and tests); its captures are marked as such, and "
        "never go into an archive that holds others.",
        WEB_URL)
    legacy_tls: str = setting(
        "", "Ids of the sources whose servers need old TLS versions, ciphers or renegotiation, separated by spaces; "
        "their certificates are verified all the same.", ONE_LINE)
    ca_files: str = setting(
        "", "Certificate authorities that are trusted besides the system's: for each source a PEM file; with * instead "
        "of the id for every source.", CA_FILES)

    def __post_init__(self) -> None:
        pairs = [each.split("=", 1) for each in self.ca_files.split()]
        _check_ids("GONGBAO_LEGACY_TLS", self.legacy_tls.split())
        _check_ids("GONGBAO_CA_FILES", [name for name, _ in pairs if name != EVERY_SOURCE])
        for _, path in pairs:
            _check_certificates(path)

    def tls(self, source: str) -> TlsOptions:
        """The TLS options of requests to the source with this id."""
        pairs = [each.split("=", 1) for each in self.ca_files.split()]
        return TlsOptions(legacy=source in self.legacy_tls.split(),
                          ca_files=tuple(path for name, path in pairs if name in (source, EVERY_SOURCE)))


def _check_ids(variable: str, names: list[str]) -> None:
    if not names:
        return
    from crawler.source import all_sources  # not at the top: it imports every source file

    known = [each.id for each in all_sources()]
    for name in names:
        if name not in known:
            raise SettingError(f"{variable} names {name!r}, which is no source; known are {', '.join(known)}")


def _check_certificates(path: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(cafile=path)
    except ssl.SSLError:
        raise SettingError(f"GONGBAO_CA_FILES: {path} holds no certificate in PEM form") from None
    except OSError as error:
        raise SettingError(f"GONGBAO_CA_FILES: {path} cannot be read: {error.strerror}") from None


def _user_agent(contact: str) -> str:
    """The User-Agent header, with the contact of the person or organization that runs the crawler."""
    return f"Mozilla/5.0 (compatible; {BOT_NAME}/{version('gongbao')}; +{contact})"


def network(settings: CrawlerSettings, source_delay: float = 0.0) -> dict[str, Any]:
    """Scrapy's settings for requests to a source: user agent, timeout and delays.

    The replica is asked without delays, unless the setting `delay` is given.
    """
    delay = max(POLITE_DELAY if settings.delay is None else settings.delay, source_delay)
    polite = {
        "USER_AGENT": _user_agent(settings.contact),
        "DOWNLOAD_TIMEOUT": settings.timeout,
        "DOWNLOAD_DELAY": delay,
        "AUTOTHROTTLE_START_DELAY": delay,
    }
    if not settings.via:
        return polite
    handler = "crawler.spiders.replica_handler.ReplicaHandler"
    through = polite | {"AUTOTHROTTLE_ENABLED": False, "DOWNLOAD_HANDLERS": {"http": handler, "https": handler}}
    if settings.delay:
        return through | {"DOWNLOAD_DELAY": settings.delay}
    return through | {"DOWNLOAD_DELAY": 0, "CONCURRENT_REQUESTS": 16, "CONCURRENT_REQUESTS_PER_DOMAIN": 8}
