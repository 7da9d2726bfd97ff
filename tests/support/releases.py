"""A small archive made for these tests: real WARC files and a real store, with releases written for them."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import insert

from archive.db.store import Store
from archive.db.tables import runs
from archive.ingest.catalog import Catalog
from archive.ingest.keep import ArchiveWriter
from archive.records import UNDATED, Article, Attachment, Defect, Evidence, Stamp, Unreadable
from archive.urls import page_id, urlkey
from archive.warc.http import Exchange
from crawler.settings import CrawlerSettings
from indexer.documents.document import to_document
from indexer.documents.update import update_documents
from indexer.store import documents_by_id, last_rev
from indexer.vocabulary.loader import load
from warc_tools import FunctionReader

NOON = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
MOFCOM_ZH = "https://www.mofcom.gov.cn/zcfb/art/2025/art_"
MOFCOM_EN = "https://english.mofcom.gov.cn/News/SignificantNews/art/2025/art_"
LINKS = "https://www.mofcom.gov.cn/list/links.html"
LINKED = b"""<!DOCTYPE html><title>Links</title><a id=near href=near.html>1</a>
<a id=root href="/root" target="_self">2</a> <a id=top target='_top' href='//english.mofcom.gov.cn/top'>3</a>
<a id=script href="javascript:alert(1)">4</a>"""
CAMCE = "/en/enNews/enGN/202009/t20200922_253777.htm"


def address(base, number):
    return f"{base}{number:032x}.html"


def day(text, place="meta PubDate"):
    return Stamp(text, "day", (Evidence(text, place),))


def article(url, source, title, body, **more):
    more = {"language": "en", "layout": "test", "published": UNDATED, **more}
    return Article(source=source, url=url, urlkey=urlkey(url), title=title, body=body, **more)


NOTICE = article(
    address(MOFCOM_ZH, 1), "mofcom_zh", "公布对石墨烯样品实施出口许可证管理",
    "商务部决定,对石墨烯样品实施出口许可证管理。\n本公告自发布之日起执行。",
    language="zh", number="商务部公告2025年第99号", source_label="外贸司", author="wms", category="对外贸易管理",
    published=Stamp("2025-09-26T17:34+08:00", "minute", (
        Evidence("2025-09-26 17:34", "meta PubDate"), Evidence("2025-09-26 16:56", "section.article-tool"))),
    attachments=(Attachment("https://www.mofcom.gov.cn/files/list.pdf", "清单.pdf"),),
    counterpart=address(MOFCOM_EN, 1), defects=(Defect("charset", "declared gb2312, read as gb18030"),))
ENGLISH = article(
    address(MOFCOM_EN, 1), "mofcom_en", "Export licences for graphene samples",
    "The Ministry of Commerce (MOFCOM) decided to license exports of graphene samples.\nMOFCOM will answer questions.",
    published=day("2025-09-27"), counterpart=NOTICE.url)
HOSTILE = article(
    address(MOFCOM_EN, 2), "mofcom_en", "<script>alert('title')</script> & \"anti-dumping\" tea",
    "<img src=x onerror=alert(1)> An anti-dumping case about tea.\x0b\nSecond </p> paragraph.",
    published=day("2019-05-17"))
MONTH = article("http://resources.made-in-china.com/article/policy-opinion/rELnPWBAoxDt/A-Visit/", "made_in_china",
                "A delegation visits", "Enterprises visited, as the ministry told.",
                published=Stamp("2015-10", "month", (Evidence("201510", "address of the cited source"),)))
UNDATED_ONE = article("https://www.ccdp-me.com/en/news/88606e4a-0138-4e62-8aeb-f59ce059c447", "ccdp_me",
                      "Invitation to a forum", "To all enterprises: come to the forum.",
                      published=Stamp(None, "unknown", (Evidence("", "label 'Release Date:'"),)))
ORIGINAL = article(f"http://www.camce.com.cn{CAMCE}", "camce", "Cooperation signed in Chongqing", "SINOMACH signed.",
                   published=day("2020-09-22", "address"))
CLONE = article(f"https://www.sino-chart.com{CAMCE}", "camce", "Cooperation signed in Chongqing", "SINOMACH signed.",
                published=day("2020-09-22", "address"), clone_of=ORIGINAL.url)
RELEASES = (NOTICE, ENGLISH, HOSTILE, MONTH, UNDATED_ONE, ORIGINAL, CLONE)


def many(count):
    """Plain releases, one a week back from 2024, none of them about graphene."""
    start = datetime(2024, 12, 30, tzinfo=UTC)
    return [article(address(MOFCOM_EN, 100 + number), "mofcom_en", f"Weekly report {number}",
                    f"Report {number} about trade in soybeans.",
                    published=day((start - timedelta(weeks=number)).date().isoformat())) for number in range(count)]


@dataclass
class Room:
    """One archive on disk and what was put into it; `engine` holds its documents."""

    settings: CrawlerSettings
    engine: object
    ids: dict[str, str] = field(default_factory=dict)


def exchange(url, body, *, content_type="text/html; charset=utf-8", status=200, at=NOON):
    return Exchange(url, at, status, "OK", [(b"Content-Type", content_type.encode()), (b"ETag", b'"1"')], body)


def page(one):
    return f"<html><body><h1>{one.language}</h1><script>alert(1)</script><p>kept page 商务部</p></body></html>".encode()


def fill(folder, engine, releases, *, provenance="crawl", more=()):
    """An archive of the releases and of further exchanges, read by a reader that knows them, and indexed."""
    settings = CrawlerSettings(data=folder)
    known = {each.url: each for each in releases}
    reader = FunctionReader(1, lambda capture: known.get(capture.url, Unreadable("no title was found", ("h1",))))
    with Store.open(settings, clock=lambda: NOON) as store:
        with ArchiveWriter.open(settings, Catalog(store, reader), provenance, lambda: NOON) as archive:
            for each in [*(exchange(one.url, page(one)) for one in releases), *more]:
                archive.keep(each)
                archive.flush()
        with store.begin() as connection:
            connection.execute(insert(runs), run_rows())
        update_documents(store, load(), NOON)
        index(store, engine)
    return Room(settings, engine, {name: page_id(one.urlkey) for name, one in NAMED.items()})


def run_rows():
    common = {"started_at": "2026-11-20T02:00:00Z", "finished_at": "2026-11-20T02:05:00Z", "counts": {}}
    return [{**common, "source": "mofcom_zh", "verdict": "healthy", "live": True, "reasons": []},
            {**common, "source": "mofcom_zh", "verdict": "short", "live": True, "reasons": ["3 articles, 10 expected"]},
            {**common, "source": "camce", "verdict": "healthy", "live": False, "reasons": []}]


def index(store, engine):
    from fake_engine import upto

    with store.read() as connection:
        ids = [row[0] for row in connection.exec_driver_sql("SELECT id FROM documents")]
        found = documents_by_id(connection, ids).values()
        engine.write([to_document(each) for each in found], [], replace(upto(0), rev=last_rev(connection)))


NAMED = {"notice": NOTICE, "english": ENGLISH, "hostile": HOSTILE, "month": MONTH, "undated": UNDATED_ONE,
         "original": ORIGINAL, "clone": CLONE}
