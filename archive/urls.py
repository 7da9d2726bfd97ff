"""URLs: the key and the public id of a page, its host, links made absolute, gateway URLs unwrapped."""

import hashlib
import re
from functools import lru_cache
from urllib.parse import urljoin, urlsplit

from w3lib.url import canonicalize_url

from archive.text import storable

# http://big5.mofcom.gov.cn/gate/big5/english.mofcom.gov.cn/article/newsrelease/press/201908/20190802886623.shtml
_GATEWAY = re.compile(r"^https?://big5\.[^/]+/gate/(?:big5|gb)/(?P<inner>[^/?#]+.*)$", re.IGNORECASE)

# …/201510/20151001.pdf · …/名单.DOCX?x=1
_EXTENSION = re.compile(r"\.(?:pdf|docx?|xlsx?|pptx?|zip|rar|7z|wps|et|ofd|csv|txt|rtf)$", re.IGNORECASE)
# /api-gateway/jpaas-web-server/front/document/download?fileUrl=…&fileName=….pdf
_DOWNLOAD = re.compile(r"/document/download$|/upload/uploadfile/", re.IGNORECASE)


def unwrap(url: str) -> str:
    """The URL behind a character-conversion gateway; any other URL as it is.

    >>> unwrap("http://big5.mofcom.gov.cn/gate/big5/english.mofcom.gov.cn/article/a.shtml")
    'http://english.mofcom.gov.cn/article/a.shtml'
    """
    match = _GATEWAY.match(url.strip())
    return f"http://{match['inner']}" if match else url.strip()


@lru_cache(maxsize=4096)  # a crawl needs it at each step of the same URL
def host_of(url: str) -> str:
    """The host in lower case, without port or user; '' if there is none or the URL is malformed.

    >>> host_of("http://English.mofcom.gov.cn:80/a"), host_of("http://[abc")
    ('english.mofcom.gov.cn', '')
    """
    try:
        return (urlsplit(unwrap(url)).hostname or "").lower()
    except ValueError:
        return ""


@lru_cache(maxsize=4096)
def urlkey(url: str) -> str:
    """The key of a page: its canonical URL without scheme, default port and fragment, gateways unwrapped.

    A malformed URL (a port beyond 65535, an open bracket: pages hold such links) has the key ''.

    >>> urlkey("HTTP://English.mofcom.gov.cn:80/article/a.shtml#top"), urlkey("http://x.cn:99999/")
    ('english.mofcom.gov.cn/article/a.shtml', '')
    """
    try:
        parts = urlsplit(canonicalize_url(unwrap(url)))
        port = f":{parts.port}" if parts.port not in (None, 80, 443) else ""
    except ValueError:
        return ""
    query = f"?{parts.query}" if parts.query else ""
    return storable(f"{(parts.hostname or '').lower()}{port}{parts.path or '/'}{query}")


def absolute_url(base: str, link: str) -> str | None:
    """Absolute http(s) URL of a link or redirect; None for other schemes and malformed URLs, which any page may hold.

    >>> absolute_url("http://a.cn/b/", "./朱镕基.html"), absolute_url("http://a.cn/", "http://[x")
    ('http://a.cn/b/朱镕基.html', None)
    """
    try:
        url = urljoin(base, link.strip())
        parts = urlsplit(url)
    except ValueError:  # an open bracket
        return None
    return url if parts.scheme in ("http", "https") and parts.hostname and urlkey(url) else None


def page_id(key: str) -> str:
    """The public id of a page and of its document: 16 hex digits of the key's hash.

    >>> page_id("www.mofcom.gov.cn/朱镕基")
    '918148280e4d579e'
    """
    return hashlib.blake2b(storable(key).encode("utf-8"), digest_size=8).hexdigest()


def is_file(url: str) -> bool:
    """True for the URL of a file, with or without an extension in its path; False for a malformed URL.

    >>> is_file("https://www.mofcom.gov.cn/front/document/download?fileUrl=a&fileName=b.pdf"), is_file("http://[abc.pdf")
    (True, False)
    """
    try:
        path = urlsplit(url).path
    except ValueError:
        return False
    return bool(_EXTENSION.search(path) or _DOWNLOAD.search(path))
