"""Article of a page, read with the first layout of its source that fits; PageFault if it cannot be read for certain."""

from collections.abc import Iterable, Iterator
from urllib.parse import parse_qs, unquote, urlsplit

from lxml.etree import _Element as Element

from archive.messages import Message, message
from archive.records import Article, Attachment
from archive.text import language
from archive.urls import is_file, urlkey
from crawler.errors import PageFault
from crawler.extract.body import Content
from crawler.extract.error_pages import is_error_text, is_list, is_truncated, may_be_truncated
from crawler.extract.fields import Field, FieldMatch
from crawler.extract.mojibake import mojibake
from crawler.extract.named_page import other_release
from crawler.extract.no_article import no_article_reason
from crawler.extract.page import Page
from crawler.extract.visible_text import NON_WORD, texts_of, tidy
from crawler.source import Layout, Source

_SHORTEST_BODY = 4
# A body may repeat the title in one of its first lines, below a summary or a picture.
_TITLE_LINES = 3


def read_article(page: Page, source: Source) -> Article:
    """Article of a page, by the first layout that reads it. Raises PageFault with the faults of every layout tried."""
    other = other_release(page, source)
    if other:
        raise PageFault(message("names_other_page", url=other), tried=("canonical", "og:url", "meta Url"))
    layouts = source.layouts_for(page)
    if not layouts:
        raise PageFault(message("no_layout", source=source.id, file=f"crawler/sources/{source.id}.py"),
                        tried=tuple(layout.name for layout in source.layouts))
    faults: list[str] = []
    reasons: list[Message] = []
    titles: set[str] = set()
    for layout in layouts:
        try:
            title = _title(layout.title(page))
            titles.add(NON_WORD.sub("", title))  # layouts may differ in white space and punctuation
            article = _read(page, source, layout, title)
        except PageFault as fault:
            reasons.append(fault.reason)
            faults.append(f"{layout.name}: {fault.reason}")
            faults += [f"{layout.name}: {each}" for each in fault.tried if each not in str(fault.reason)]
            continue
        # A layout that failed after it read another title may be the right one: neither is certain.
        if len(titles) > 1:
            raise PageFault(message("layouts_disagree", text=title[:60]), tried=tuple(faults))
        _check_text(article)
        return article
    raise PageFault(no_article_reason(page, source) or reasons[0], tried=tuple(faults))


def _read(page: Page, source: Source, layout: Layout, title: str) -> Article:
    content = layout.body(page)
    if content is None:
        raise PageFault(message("no_body"), tried=("body",))
    if is_truncated(page, content):
        raise PageFault(message("text_cut"), tried=("body",))
    if is_list(page, content):
        raise PageFault(message("text_is_list"), tried=("body",))
    body = "\n".join(_without_disclaimer(content.paragraphs, title))
    attached = _attachments(page, layout, content)
    if len(body) < _SHORTEST_BODY and not attached:
        raise PageFault(message("body_too_short", count=len(body)), tried=("body",))
    clone_of = source.original_of(page.url)
    return Article(
        source=source.id, url=page.url, urlkey=urlkey(page.url), layout=layout.name, title=title, body=body,
        language=language(body), published=layout.published(page), source_label=_text(layout.source_label, page),
        author=_text(layout.author, page), number=_text(layout.number, page), category=_text(layout.category, page),
        attachments=attached, counterpart=_text(layout.counterpart, page), clone_of=clone_of,
        cites=_cited(layout.cites, page),
        defects=(*page.defects, *_open_end(page, content), *_defects(title, body, clone_of)))


def _title(found: FieldMatch | None) -> str:
    if found is None or not found.text:
        raise PageFault(message("no_title"), tried=("title",))
    return found.text


def _text(field: Field | None, page: Page) -> str | None:
    found = field(page) if field else None
    return found.text or None if found else None


def _cited(field: Field | None, page: Page) -> tuple[str, ...]:
    text = _text(field, page)
    return (text,) if text else ()


def _attachments(page: Page, layout: Layout, content: Content) -> tuple[Attachment, ...]:
    """Files linked in the body and in the layout's `files` elements, in order, each URL once with its first name."""
    found: dict[str, Attachment] = {}
    for each in _attachments_in(page, [*content.elements, *(page.select(layout.files) if layout.files else [])]):
        found.setdefault(each.url, each)
    return tuple(found.values())


def _attachments_in(page: Page, elements: Iterable[Element]) -> Iterator[Attachment]:
    for element in elements:
        for link in element.iter("a"):
            url = page.absolute(link.get("href") or "")
            if url and is_file(url):
                name = tidy(" ".join(texts_of(link))) or tidy(link.get("title") or "") or _file_name(url)
                yield Attachment(url, name)


def _file_name(url: str) -> str:
    """File name in a URL, for a link without a text: its `fileName` parameter, or else the end of its path."""
    parts = urlsplit(url)
    given = parse_qs(parts.query).get("fileName")
    return given[0] if given else unquote(parts.path.rsplit("/", 1)[-1])


def _without_disclaimer(paragraphs: Iterable[str], title: str) -> list[str]:
    """The paragraphs without MOFCOM's disclaimer, which republishers copy, and without the title on top."""
    kept = [text for text in paragraphs if not _is_disclaimer(text)]
    above = [text for text in kept[:_TITLE_LINES] if text != title]
    kept = [*above, *kept[_TITLE_LINES:]] or kept
    if not kept:
        raise PageFault(message("body_empty"), tried=("body",))
    return kept


def _is_disclaimer(text: str) -> bool:
    """True for "(All information published on this website is authentic in Chinese. English is provided for …)"."""
    return text.strip("()（） ").startswith("All information published ") and "authentic in Chinese" in text


def _check_text(article: Article) -> None:
    if is_error_text(article.title, article.body):
        raise PageFault(message("nothing_to_read"), tried=("title", "body"))
    garbled = mojibake(article.title) or mojibake(article.body)
    if garbled:
        raise PageFault(message("mojibake", text=garbled), tried=("charset",))


def _open_end(page: Page, content: Content) -> list[Message]:
    if not may_be_truncated(page, content):
        return []
    return [message("open_end")]


def _defects(title: str, body: str, clone_of: str | None) -> list[Message]:
    defects = []
    for code, text in (("stray_bytes_in_title", title), ("stray_bytes_in_body", body)):
        if "\ufffd" in text:
            defects.append(message(code, count=text.count("\ufffd"), offset=text.index("\ufffd")))
    if clone_of:
        defects.append(message("clone", url=clone_of))
    return defects
