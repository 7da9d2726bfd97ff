"""Read an article from a page: try the layouts of its source in order; exact, or a PageFault."""

import re
from collections.abc import Iterable

from archive.records import Article, Attachment, Defect
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
        raise PageFault(f"no layout of {source.id} reads this address; add one to crawler/sources/{source.id}.py",
                        tried=tuple(layout.name for layout in source.layouts))
    faults: list[str] = []
    titles: set[str] = set()
    for layout in layouts:
        try:
            title = _found(layout.title(page), "title").text
            titles.add(_NO_WORD.sub("", title))
            article = _read(page, source, layout, title)
        except PageFault as fault:
            faults.append(f"{layout.name}: {fault.reason}")
            faults += [f"{layout.name}: {each}" for each in fault.tried if each not in fault.reason]
            continue
        # What one layout finds in the title's or the text's place no other layout makes better.
        if len(titles) > 1:
            raise PageFault(f"the layouts find different titles, the last {title[:60]!r}", tried=tuple(faults))
        _refuse_what_is_no_text(article)
        return article
    raise PageFault(notice(page) or faults[0].partition(": ")[2], tried=tuple(faults))


def _read(page: Page, source: Source, layout: Layout, title: str) -> Article:
    content = layout.body(page)
    if content is None:
        raise PageFault("no body was found", tried=("body",))
    if is_cut_off(page, content):
        raise PageFault("the page ends in the middle of its text: the rest is missing", tried=("body",))
    if is_list(page, content):
        raise PageFault("the text is a list of other pages", tried=("body",))
    body = "\n".join(_without_disclaimer(content.paragraphs, title))
    attached = _attachments(page, layout, content)
    if len(body) < _SHORTEST_BODY and not attached:
        raise PageFault(f"the body has only {len(body)} characters", tried=("body",))
    clone_of = source.original_of(page.url)
    return Article(
        source=source.id, url=page.url, urlkey=urlkey(page.url), layout=layout.name, title=title, body=body,
        language=language(body), published=layout.published(page), source_label=_text(layout.source_label, page),
        author=_text(layout.author, page), number=_text(layout.number, page), category=_text(layout.category, page),
        attachments=attached, counterpart=_text(layout.counterpart, page), clone_of=clone_of,
        cites=_cited(layout.cites, page),
        defects=(*page.defects, *_open_end(page, content), *_defects(title, body, clone_of)))


def _found(found: FieldMatch | None, name: str) -> FieldMatch:
    if found is None or not found.text:
        raise PageFault(f"no {name} was found", tried=(name,))
    return found


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
        raise PageFault("the body is empty", tried=("body",))
    return kept


def _is_disclaimer(text: str) -> bool:
    """(All information published on this website is authentic in Chinese. English is provided for reference only.)"""
    return text.strip("()（） ").startswith("All information published ") and "authentic in Chinese" in text


def _refuse_what_is_no_text(article: Article) -> None:
    if is_notice(article.title, article.body):
        raise PageFault("title and text only say that there is nothing to read (a missing page, a log-in, a failure "
                        "served as a normal one)", tried=("title", "body"))
    garbled = mojibake(article.title) or mojibake(article.body)
    if garbled:
        raise PageFault(f"the text is garbled ({garbled!r}): it was decoded with the wrong charset before it was sent",
                        tried=("charset",))


def _open_end(page: Page, content: Content) -> list[Defect]:
    if not ends_open(page, content):
        return []
    return [Defect("open end", "the page was never closed and ends where its text does: some of it may be missing")]


def _defects(title: str, body: str, clone_of: str | None) -> list[Defect]:
    defects = []
    for name, text in (("title", title), ("body", body)):
        marks = text.count("\ufffd")
        if marks:
            place = text.index("\ufffd")
            defects.append(Defect("unreadable bytes", f"{marks} in the {name}, the first at character {place}"))
    if clone_of:
        defects.append(Defect("clone", f"the host is not the source's own; it copies {clone_of}"))
    return defects
