"""Read an article from a page: try the layouts of its source in order; exact, or a PageFault."""

import re
from collections.abc import Iterable

from archive.messages import Message, message
from archive.records import Article, Attachment
from archive.text import language
from archive.urls import urlkey
from crawler.errors import PageFault
from crawler.extract.attachments import attachments_of
from crawler.extract.body import Content
from crawler.extract.error_pages import ends_open, is_cut_off, is_list, is_notice, notice
from crawler.extract.fields import Field, FieldMatch
from crawler.extract.mojibake import mojibake
from crawler.extract.page import Page
from crawler.source import Layout, Source

_SHORTEST_BODY = 4
# Two layouts that read a title set its blanks and marks each in its way.
_NO_WORD = re.compile(r"[\W_]+")
# A text may begin with its title, or with a summary or picture and its title.
_ABOVE = 3


def read_article(page: Page, source: Source) -> Article:
    """The article that a page of the source shows; raises PageFault with what was tried."""
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
            titles.add(_NO_WORD.sub("", title))
            article = _read(page, source, layout, title)
        except PageFault as fault:
            reasons.append(fault.reason)
            faults.append(f"{layout.name}: {fault.reason}")
            faults += [f"{layout.name}: {each}" for each in fault.tried if each not in str(fault.reason)]
            continue
        # What one layout finds in the title's or the text's place no other layout makes better.
        if len(titles) > 1:
            raise PageFault(message("layouts_disagree", text=title[:60]), tried=tuple(faults))
        _refuse_what_is_no_text(article)
        return article
    raise PageFault(notice(page) or reasons[0], tried=tuple(faults))


def _read(page: Page, source: Source, layout: Layout, title: str) -> Article:
    content = layout.body(page)
    if content is None:
        raise PageFault(message("no_body"), tried=("body",))
    if is_cut_off(page, content):
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
    elements = [*content.elements, *(page.select(layout.files) if layout.files else [])]
    return attachments_of(page, elements)


def _without_disclaimer(paragraphs: Iterable[str], title: str) -> list[str]:
    """The paragraphs without MOFCOM's disclaimer, which republishers copy, and without the title on top."""
    kept = [text for text in paragraphs if not _is_disclaimer(text)]
    above = [text for text in kept[:_ABOVE] if text != title]
    kept = [*above, *kept[_ABOVE:]] or kept
    if not kept:
        raise PageFault(message("body_empty"), tried=("body",))
    return kept


def _is_disclaimer(text: str) -> bool:
    """(All information published on this website is authentic in Chinese. English is provided for reference only.)"""
    return text.strip("()（） ").startswith("All information published ") and "authentic in Chinese" in text


def _refuse_what_is_no_text(article: Article) -> None:
    if is_notice(article.title, article.body):
        raise PageFault(message("nothing_to_read"), tried=("title", "body"))
    garbled = mojibake(article.title) or mojibake(article.body)
    if garbled:
        raise PageFault(message("mojibake", text=garbled), tried=("charset",))


def _open_end(page: Page, content: Content) -> list[Message]:
    if not ends_open(page, content):
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
