"""The releases that the tests of the site show, and archives of them with their index."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from archive.messages import message
from archive.records import UNDATED, Article, Attachment, Capture, Evidence, Stamp, Unreadable
from archive.urls import page_id
from archive.warc.http import Exchange
from support.archive import Archive, FunctionReader, add_index, an_article, exchange, stamp

MOFCOM_ZH = "https://www.mofcom.gov.cn/zcfb/art/2025/art_"
MOFCOM_EN = "https://english.mofcom.gov.cn/News/SignificantNews/art/2025/art_"
LINKS = "https://www.mofcom.gov.cn/list/links.html"
LINKED = b"""<!DOCTYPE html><title>Links</title><a id=near href=near.html>1</a>
<a id=root href="/root" target="_self">2</a> <a id=top target='_top' href='//english.mofcom.gov.cn/top'>3</a>
<a id=script href="javascript:alert(1)">4</a>"""
CAMCE = "/en/enNews/enGN/202009/t20200922_253777.htm"


def article_url(base: str, number: int) -> str:
    """The URL of an article below MOFCOM_ZH or MOFCOM_EN."""
    return f"{base}{number:032x}.html"


def release(url: str, source: str, title: str, body: str, **fields: Any) -> Article:
    """A release of any source, undated where `published` is not given."""
    return an_article(url=url, source=source, title=title, body=body, **{"published": UNDATED, **fields})


NOTICE = release(
    article_url(MOFCOM_ZH, 1), "mofcom_zh", "公布对石墨烯样品实施出口许可证管理",
    "商务部决定,对石墨烯样品实施出口许可证管理。\n本公告自发布之日起执行。",
    language="zh", number="商务部公告2025年第99号", source_label="外贸司", author="wms", category="对外贸易管理",
    published=Stamp("2025-09-26T17:34+08:00", "minute", (
        Evidence("2025-09-26 17:34", message("meta", name="PubDate")),
        Evidence("2025-09-26 16:56", message("selector", selector="section.article-tool")))),
    attachments=(Attachment("https://www.mofcom.gov.cn/files/list.pdf", "清单.pdf"),),
    counterpart=article_url(MOFCOM_EN, 1), defects=(message("charset", declared="gb2312", read="gb18030"),))
ENGLISH = release(
    article_url(MOFCOM_EN, 1), "mofcom_en", "Export licences for graphene samples",
    "The Ministry of Commerce (MOFCOM) decided to license exports of graphene samples.\nMOFCOM will answer questions.",
    published=stamp("2025-09-27"), counterpart=NOTICE.url)
HOSTILE = release(
    article_url(MOFCOM_EN, 2), "mofcom_en", "<script>alert('title')</script> & \"anti-dumping\" tea",
    "<img src=x onerror=alert(1)> An anti-dumping case about tea.\x0b\nSecond </p> paragraph.",
    published=stamp("2019-05-17"))
MONTH = release("http://resources.made-in-china.com/article/policy-opinion/rELnPWBAoxDt/A-Visit/", "made_in_china",
                "A delegation visits", "Enterprises visited, as the ministry told.",
                published=Stamp("2015-10", "month", (
                    Evidence("201510", message("text", text="address of the cited source")),)))
UNDATED_ONE = release("https://www.ccdp-me.com/en/news/88606e4a-0138-4e62-8aeb-f59ce059c447", "ccdp_me",
                      "Invitation to a forum", "To all enterprises: come to the forum.",
                      published=Stamp(None, "unknown", (Evidence("", message("label", label="Release Date:")),)))
ORIGINAL = release(f"http://www.camce.com.cn{CAMCE}", "camce", "Cooperation signed in Chongqing", "SINOMACH signed.",
                   published=stamp("2020-09-22", message("page_url")))
CLONE = release(f"https://www.sino-chart.com{CAMCE}", "camce", "Cooperation signed in Chongqing", "SINOMACH signed.",
                published=stamp("2020-09-22", message("page_url")), clone_of=ORIGINAL.url)
RELEASES = (NOTICE, ENGLISH, HOSTILE, MONTH, UNDATED_ONE, ORIGINAL, CLONE)
IDS = {name: page_id(each.urlkey) for name, each in {
    "notice": NOTICE, "english": ENGLISH, "hostile": HOSTILE, "month": MONTH, "undated": UNDATED_ONE,
    "original": ORIGINAL, "clone": CLONE}.items()}


def weekly_reports(count: int) -> list[Article]:
    """Plain releases, one a week back from the end of 2024, none of them about graphene."""
    start = datetime(2024, 12, 30, tzinfo=UTC)
    return [release(article_url(MOFCOM_EN, 100 + number), "mofcom_en", f"Weekly report {number}",
                    f"Report {number} about trade in soybeans.",
                    published=stamp((start - timedelta(weeks=number)).date().isoformat())) for number in range(count)]


def page_of(article: Article) -> bytes:
    """The HTML page that is kept for an article."""
    return (f"<html><body><h1>{article.language}</h1><script>alert(1)</script><p>kept page 商务部</p></body></html>"
            ).encode()


def index_releases(folder: Path, releases: Iterable[Article], *, provenance: str = "crawl",
                   more: Iterable[Exchange] = ()) -> Path:
    """An archive of the pages of these releases and of more exchanges, with some runs, documents and index; its folder.

    The pages are read by looking up the article of their URL; other pages of release URLs go to the quarantine.
    """
    known = {each.url: each for each in releases}

    def read(capture: Capture) -> Article | Unreadable:
        return known.get(capture.url, Unreadable(message("no_title"), ("h1",)))

    with Archive.open(folder) as archive:
        with archive.writer(provenance, reader=FunctionReader(1, read)) as writer:
            for each in [*(exchange(url, page_of(one)) for url, one in known.items()), *more]:
                writer.keep(each)
                writer.flush()
        archive.add_run("mofcom_zh", "healthy")
        archive.add_run("mofcom_zh", "short", reasons=["3 articles, 10 expected"])
        archive.add_run("camce", "healthy", live=False)
        add_index(archive)
    return folder
