"""Download handler for https with the TLS options of the source: legacy servers, private certificate authorities."""

from typing import Any, cast

from OpenSSL.crypto import X509StoreFlags
from OpenSSL.SSL import Context
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.crawler import Crawler
from twisted.internet._sslverify import OpenSSLCipher, OpenSSLDefaultPaths
from twisted.internet.ssl import TLSVersion, optionsForClientTLS
from twisted.web.client import BrowserLikePolicyForHTTPS
from twisted.web.iweb import IPolicyForHTTPS

from crawler.settings import TlsOptions
from crawler.spiders.run import SourceRun

# Every cipher that authenticates the server and encrypts, however weak; level 0 allows small keys and SHA-1.
LEGACY_CIPHERS = "ALL:!aNULL:!eNULL:@SECLEVEL=0"
OP_LEGACY_SERVER_CONNECT = 0x4  # of OpenSSL; in Python's ssl only since 3.12


class TlsHandler(HTTP11DownloadHandler):
    """Download handler: Scrapy's TLS settings, unless the source has options of its own; certificates are verified."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        run = cast(SourceRun | None, getattr(crawler.spider, "run", None))  # None in `scrapy shell` on another site
        options = run.job.settings.tls(run.source.id) if run else TlsOptions()
        if options != TlsOptions():
            # Scrapy has deprecated its setting for this, and refers to a handler of one's own.
            self._contextFactory = cast(IPolicyForHTTPS, TlsPolicy(options))


class TlsPolicy(BrowserLikePolicyForHTTPS):
    """TLS policy of Twisted's agent that verifies certificate and host name, with the options of a source."""

    def __init__(self, options: TlsOptions) -> None:
        super().__init__(_TrustRoot(options))  # type: ignore[no-untyped-call]
        self._extra: dict[str, Any] = {}
        if options.legacy:
            self._extra = {"insecurelyLowerMinimumTo": TLSVersion.TLSv1_0, "acceptableCiphers": _LegacyCiphers()}

    def creatorForNetloc(self, hostname: bytes, port: int) -> Any:  # noqa: ARG002, N802
        """The creator of connections to a host."""
        return optionsForClientTLS(hostname.decode("ascii"), self._trustRoot, extraCertificateOptions=self._extra)


class _TrustRoot(OpenSSLDefaultPaths):
    """The system's authorities and those of the options; also sets what only the context has a place for."""

    def __init__(self, options: TlsOptions) -> None:
        self._options = options

    def _addCACertsToContext(self, context: Context) -> None:  # noqa: N802
        super()._addCACertsToContext(context)  # type: ignore[no-untyped-call]
        for path in self._options.ca_files:
            context.load_verify_locations(path)
        store = context.get_cert_store()
        if self._options.ca_files and store:
            # The file may hold an intermediate authority without its root.
            store.set_flags(X509StoreFlags.PARTIAL_CHAIN)
        if self._options.legacy:
            context.set_options(OP_LEGACY_SERVER_CONNECT)


class _LegacyCiphers:
    """Twisted's IAcceptableCiphers; a cipher string in place of names, because only it can set the security level."""

    def selectCiphers(self, _available: tuple[OpenSSLCipher, ...]) -> tuple[OpenSSLCipher, ...]:  # noqa: N802
        return (OpenSSLCipher(LEGACY_CIPHERS),)
