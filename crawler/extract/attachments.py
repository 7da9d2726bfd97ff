"""The files that an article links to."""

import re
from collections.abc import Iterable, Iterator
from urllib.parse import parse_qs, unquote, urlsplit

from lxml.etree import _Element as Element

from crawler.extract.article import Attachment
from crawler.extract.lines import texts_of, tidy
from crawler.extract.page import Page

# …/201510/20151001.pdf · …/名单.DOCX?x=1
_EXTENSION = re.compile(r"\.(?:pdf|docx?|xlsx?|pptx?|zip|rar|7z|wps|et|ofd|csv|txt|rtf)$", re.IGNORECASE)
# /api-gateway/jpaas-web-server/front/document/download?fileUrl=…&fileName=….pdf
_DOWNLOAD = re.compile(r"/document/download$|/upload/uploadfile/", re.IGNORECASE)


def attachments_of(page: Page, elements: Iterable[Element]) -> tuple[Attachment, ...]:
    """The files linked from the elements, in order, each address once."""
    found: dict[str, Attachment] = {}
    for each in _files(page, elements):
        found.setdefault(each.url, each)
    return tuple(found.values())


def _files(page: Page, elements: Iterable[Element]) -> Iterator[Attachment]:
    for element in elements:
        for link in element.iter("a"):
            url = page.absolute(link.get("href") or "")
            if url and is_file(url):
                name = tidy(" ".join(texts_of(link))) or tidy(link.get("title") or "") or _name_in(url)
                yield Attachment(url, name)


def is_file(url: str) -> bool:
    """Whether an address leads to a file, with or without an extension in its path.

    >>> is_file("https://www.mofcom.gov.cn/front/document/download?fileUrl=a&fileName=b.pdf"), is_file("http://[abc.pdf")
    (True, False)
    """
    try:
        path = urlsplit(url).path
    except ValueError:
        return False
    return bool(_EXTENSION.search(path) or _DOWNLOAD.search(path))


def _name_in(url: str) -> str:
    """The file name that the address holds, where the page shows none."""
    parts = urlsplit(url)
    given = parse_qs(parts.query).get("fileName")
    return given[0] if given else unquote(parts.path.rsplit("/", 1)[-1])
