"""A host whose Retry-After exceeds GONGBAO_PATIENCE, or whose name does not resolve, is left for the next run."""

import asyncio

import pytest
from scrapy import Request
from scrapy.exceptions import CannotResolveHostError
from scrapy.http import Response
from scrapy.utils.test import get_crawler

import crawler.settings
from archive.db.store import Store
from archive.urls import urlkey
from crawler.middlewares import ArchiveMiddleware, DeferredRequest, RetryAfterMiddleware, page_of
from crawler.settings import CrawlerSettings
from crawler.source import source
from crawler.spiders.loader import spider_class
from crawler.spiders.run import CrawlJob, Display, Options, SourceRun
from demo.faults import Fault
from demo.replica import Replica
from demo.samples import load_releases
from support.archive import NOW
from support.crawl import Archived, crawl, requested_urls, sentences

LATER = "Fri, 31 Dec 2999 23:59:59 GMT"
RELEASES = tuple(each for each in load_releases() if each.source in ("mofcom_en", "camce") and not each.clone_of)
WANTED = {urlkey(each.url): each.url for each in RELEASES if each.source == "mofcom_en"}
URL = "https://english.mofcom.gov.cn/News/SignificantNews/art/2025/art_1.html"


@pytest.mark.parametrize(("status", "wait"), [(429, "3600"), (503, LATER)])
def test_the_rest_of_a_host_that_asks_for_too_much_patience_is_left_for_the_next_run(tmp_path, status, wait):
    with Replica(RELEASES) as replica:
        replica.set_faults({url: Fault(status=status, headers=(("Retry-After", wait),)) for url in WANTED.values()})
        done = crawl(tmp_path, replica, "mofcom_en", "camce", settings={"GONGBAO_PATIENCE": "5"})
        refused = [url for url in requested_urls(replica) if urlkey(url) in WANTED]
        replica.set_faults({})
        again = crawl(tmp_path, replica, "mofcom_en", settings={"GONGBAO_REVISIT": "0"})
    first, other, second = Archived.read(tmp_path).rows["runs"]
    first, other = sorted((first, other), key=lambda row: row.source, reverse=True)
    assert (done.returncode, first.verdict, other.verdict) == (4, "short", "healthy")
    assert len(refused) == len(set(refused)) == first.counts["waiting"]  # under way when the first refusal came
    assert first.counts["postponed"] > 0
    assert (first.counts["complete"], first.counts.get("retries")) == (0, None)
    assert len([each for each in sentences(first) if "asks to wait" in each]) == 1
    assert not [each for each in sentences(first) if "DeferredRequest" in each]
    assert (again.returncode, second.counts["articles"]) == (0, len(WANTED))


def test_nothing_is_asked_of_a_host_whose_robots_txt_asks_for_too_much_patience(tmp_path):
    with Replica(RELEASES) as replica:
        unavailable = Fault(status=503, headers=(("Retry-After", "3600"),))
        replica.set_faults({"http://www.camce.com.cn/robots.txt": unavailable})
        done = crawl(tmp_path, replica, "camce", settings={"GONGBAO_PATIENCE": "5"})
        assert requested_urls(replica) == []
    run = Archived.read(tmp_path).run_of("camce")
    assert (run.verdict, run.counts["complete"]) == ("failed", 0)
    assert sentences(run) == [
        "no list page could be read", "www.camce.com.cn asks to wait 3600 s (HTTP 503), longer than GONGBAO_PATIENCE; "
        "the rest of it is left for the next run"]
    assert "3 postponed" in done.stderr


@pytest.fixture
def patience():
    """The middleware of a crawl that waits for ten seconds at most."""
    made = get_crawler(spider_class(source("mofcom_en")), {"RETRY_HTTP_CODES": crawler.settings.RETRY_HTTP_CODES})
    with Store.in_memory() as store:
        job = CrawlJob(CrawlerSettings(patience=10), Display(), Options(dry_run=True), store=store, clock=lambda: NOW)
        made.spider = made._create_spider(run=SourceRun(job, source("mofcom_en")))
        yield RetryAfterMiddleware.from_crawler(made)


def ask(patience, url):
    asyncio.run(patience.process_request(Request(url)))


def answer(patience, status, wait, url=URL):
    return patience.process_response(Request(url), Response(url, status, {"Retry-After": wait}))


def notes(patience):
    return [str(each) for each in patience.crawler.spider.run.notes]


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("wait", ["11", "Sat, 21 Nov 2026 12:00:11 GMT", "Saturday, 21-Nov-26 12:00:11 GMT"])
def test_a_host_is_left_whichever_way_it_asks_for_too_much(patience, status, wait):
    assert answer(patience, status, wait).status == status
    with pytest.raises(DeferredRequest):
        ask(patience, URL.replace("art_1", "art_2"))
    ask(patience, "https://www.mofcom.gov.cn/")
    assert len(notes(patience)) == 1
    assert "asks to wait 11 s" in notes(patience)[0]


@pytest.mark.parametrize("wait", ["10", "Sat, 21 Nov 2026 12:00:10 GMT"])
def test_a_host_that_asks_for_as_much_patience_as_there_is_is_asked_again(patience, wait):
    assert isinstance(answer(patience, 503, wait), Request)
    assert notes(patience) == []


def test_a_host_that_was_left_is_not_asked_again_by_what_was_under_way(patience):
    answer(patience, 503, "11")
    assert answer(patience, 503, "").status == 503
    assert len(notes(patience)) == 1


def fail(patience, times):
    """The same page, whose host's name leads nowhere, asked for so often."""
    request = Request(URL)
    for _ in range(times):
        request = patience.process_exception(request, CannotResolveHostError("DNS lookup failed"))
    return request


def test_a_host_that_cannot_be_found_is_tried_and_then_left_with_one_line(patience):
    assert isinstance(fail(patience, 2), Request)
    with pytest.raises(DeferredRequest):
        fail(patience, 3)
    with pytest.raises(DeferredRequest):
        ask(patience, URL)
    assert notes(patience) == [
        "english.mofcom.gov.cn cannot be found (DNS); check the network here, then run the crawl again"]


def test_a_host_that_answered_before_is_not_left_when_its_name_fails_for_a_moment(patience):
    answer(patience, 200, "")
    assert fail(patience, 3) is None
    ask(patience, URL)
    assert notes(patience) == []


def test_a_page_is_parsed_once_for_each_response(patience):
    archive, request = ArchiveMiddleware(patience.crawler), Request(URL)
    pages = []
    for text in ("<p>first</p>", "<p>second</p>"):  # of a retry, which has a copy of the meta
        archive.process_response(request, Response(URL, 200, body=text.encode()))
        pages += [page_of(request), page_of(request)]
        request = request.copy()
    assert [each.text for each in pages] == ["<p>first</p>"] * 2 + ["<p>second</p>"] * 2
    assert pages[0] is pages[1]
