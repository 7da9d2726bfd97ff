"""The replica responds as the sites do: pages, conditional requests, gzip, soft 404s, the unit API; and faults."""

import http.client
import json
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from urllib.parse import quote, urlsplit

import pytest

from archive.times import beijing_day, utc_now
from demo.errors import DemoError
from demo.faults import Fault
from demo.pages import unit_api
from demo.replica import Replica, builders
from demo.samples import load_releases, sampled_sources

SHELL = "https://www.mofcom.gov.cn/xwfb/rcxwfb/index.html"


@pytest.fixture(scope="module")
def replica() -> Iterator[Replica]:
    with Replica(load_releases()) as running:
        yield running


def fetch(replica: Replica, url: str, headers: Mapping[str, str] | None = None) -> http.client.HTTPResponse:
    """The response to one request in absolute form; its body is read into `.data`."""
    parts = urlsplit(replica.url)
    sent = {"X-Forwarded-Proto": urlsplit(url).scheme, **(headers or {})}
    with closing(http.client.HTTPConnection(parts.hostname or "", parts.port)) as connection:
        connection.request("GET", url.replace("https://", "http://", 1), headers=sent)
        with connection.getresponse() as response:
            response.data = response.read()  # type: ignore[attr-defined]
            return response


def text(response: http.client.HTTPResponse) -> str:
    body: bytes = response.data  # type: ignore[attr-defined]
    return body.decode(response.headers.get_content_charset() or "utf-8")


@pytest.mark.parametrize("release", load_releases(), ids=lambda each: each.id)
def test_every_release_has_a_page_marked_as_a_reconstruction_and_a_sample(replica, release):
    response = fetch(replica, release.url)
    assert response.status == 200
    assert "RECONSTRUCTION" in text(response)
    assert "Sample" in text(response) or "示例" in text(response)


@pytest.mark.parametrize("source", sampled_sources(), ids=lambda each: each.id)
def test_every_listing_of_a_source_has_a_page(replica, source):
    for listing in source.listings_on(beijing_day(utc_now())):
        response = fetch(replica, listing.url)
        assert response.status in (200, 301), listing.url
        assert "404 Error" not in text(response)
        assert "不存在" not in text(response)


def test_sources_with_samples_are_those_with_builders():
    assert list(builders()) == [each.id for each in sampled_sources()]


def test_samples_of_a_source_without_a_builder_are_refused():
    [first, *_] = load_releases()
    with pytest.raises(DemoError, match=r"new has sample releases, but no pages; add demo/pages/new\.py"):
        Replica([replace(first, source="new")])


def test_an_unchanged_page_is_answered_304(replica):
    url = load_releases()[0].url
    first = fetch(replica, url)
    again = fetch(replica, url, {"If-None-Match": first.headers["ETag"]})
    since = fetch(replica, url, {"If-Modified-Since": first.headers["Last-Modified"]})
    assert (first.status, again.status, since.status) == (200, 304, 304)


def test_gzip_only_where_it_is_accepted(replica):
    assert fetch(replica, SHELL, {"Accept-Encoding": "gzip"}).headers["Content-Encoding"] == "gzip"
    assert fetch(replica, SHELL).headers["Content-Encoding"] is None


def test_a_missing_page_is_a_soft_404(replica):
    chinese = fetch(replica, "https://www.mofcom.gov.cn/nowhere.html")
    english = fetch(replica, "https://english.mofcom.gov.cn/nowhere.html")
    assert (chinese.status, english.status) == (200, 200)
    assert "抱歉，您访问的页面不存在！" in text(chinese)
    assert "404 Error" in text(english)


def _unit(replica: Replica, tag: str, page: int = 1) -> dict[str, object]:
    column = f"{urlsplit(SHELL).hostname}/xwfb/rcxwfb/"
    asked = f'parseType=bulidstatic&webId={unit_api.WEB_ID}&tplSetId={unit_api.SET_ID}&pageType=column&tagId={tag}'
    more = "" if page == 1 else "&paramJson=" + quote(json.dumps({"pageNo": page, "pageSize": unit_api.ROWS}))
    url = f"https://www.mofcom.gov.cn{unit_api.PATH}?{asked}&pageId={unit_api.page_id(column)}{more}"
    return dict(json.loads(text(fetch(replica, url))))


def test_the_unit_api_lists_the_column_and_fails_softly_for_a_tag_in_gbk(replica):
    utf8, gbk = quote(unit_api.TAG), quote(unit_api.TAG.encode("gbk"))
    assert "txtList_01" in _unit(replica, utf8)["data"]["html"]  # type: ignore[index]
    assert _unit(replica, gbk) == {"success": False, "data": {}}


def test_a_fault_is_triggered_the_given_number_of_times():
    url = SHELL
    fault = Fault(status=503, headers=(("Retry-After", "1"),), times=1)
    with Replica(load_releases(), {url: fault}) as replica:
        first, second = fetch(replica, url), fetch(replica, url)
        assert (first.status, first.headers["Retry-After"], second.status) == (503, "1", 200)
        assert [each.status for each in replica.requests] == [503, 200]


@pytest.mark.parametrize(("fault", "error"), [
    (Fault(action="reset"), ConnectionResetError),
    (Fault(action="cut"), http.client.IncompleteRead),
])
def test_a_fault_breaks_the_connection(fault, error):
    with Replica(load_releases(), {SHELL: fault}) as replica, pytest.raises(error):
        fetch(replica, SHELL)
