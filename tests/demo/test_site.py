"""The replica answers as the sites would: forms, conditions, encodings, soft 404s, the unit API's moods, faults."""

import http.client
import json
from collections.abc import Iterator, Mapping
from contextlib import closing
from urllib.parse import quote, urlsplit

import pytest

from crawler.source import all_sources
from demo.faults import Fault
from demo.pages import unit_api
from demo.replica import Replica
from demo.samples import load_releases

SHELL = "https://www.mofcom.gov.cn/xwfb/rcxwfb/index.html"


@pytest.fixture(scope="module")
def replica() -> Iterator[Replica]:
    with Replica(load_releases()) as running:
        yield running


def ask(replica: Replica, url: str, headers: Mapping[str, str] | None = None) -> http.client.HTTPResponse:
    """The answer to one request in absolute form; its body is read into `.data`."""
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
def test_every_release_has_a_page_that_says_what_it_is(replica, release):
    answer = ask(replica, release.url)
    assert answer.status == 200
    assert "RECONSTRUCTION" in text(answer)
    assert "Sample" in text(answer) or "示例" in text(answer)


@pytest.mark.parametrize("source", all_sources(), ids=lambda each: each.id)
def test_every_list_page_that_a_source_names_is_there(replica, source):
    for listing in source.listings:
        answer = ask(replica, listing.url)
        assert answer.status in (200, 301), listing.url
        assert "404 Error" not in text(answer)
        assert "不存在" not in text(answer)


def test_an_unchanged_page_is_answered_304(replica):
    url = load_releases()[0].url
    first = ask(replica, url)
    again = ask(replica, url, {"If-None-Match": first.headers["ETag"]})
    since = ask(replica, url, {"If-Modified-Since": first.headers["Last-Modified"]})
    assert (first.status, again.status, since.status) == (200, 304, 304)


def test_gzip_only_where_it_is_accepted(replica):
    assert ask(replica, SHELL, {"Accept-Encoding": "gzip"}).headers["Content-Encoding"] == "gzip"
    assert ask(replica, SHELL).headers["Content-Encoding"] is None


def test_a_missing_page_is_a_soft_404(replica):
    chinese = ask(replica, "https://www.mofcom.gov.cn/nowhere.html")
    english = ask(replica, "https://english.mofcom.gov.cn/nowhere.html")
    assert (chinese.status, english.status) == (200, 200)
    assert "抱歉，您访问的页面不存在！" in text(chinese)
    assert "404 Error" in text(english)


def _unit(replica: Replica, tag: str, page: int = 1) -> dict[str, object]:
    column = f"{urlsplit(SHELL).hostname}/xwfb/rcxwfb/"
    asked = f'parseType=bulidstatic&webId={unit_api.WEB_ID}&tplSetId={unit_api.SET_ID}&pageType=column&tagId={tag}'
    more = "" if page == 1 else "&paramJson=" + quote(json.dumps({"pageNo": page, "pageSize": unit_api.ROWS}))
    url = f"https://www.mofcom.gov.cn{unit_api.PATH}?{asked}&pageId={unit_api.page_id(column)}{more}"
    return dict(json.loads(text(ask(replica, url))))


def test_the_unit_api_lists_the_column_and_fails_softly_for_a_tag_in_gbk(replica):
    utf8, gbk = quote(unit_api.TAG), quote(unit_api.TAG.encode("gbk"))
    assert "txtList_01" in _unit(replica, utf8)["data"]["html"]  # type: ignore[index]
    assert _unit(replica, gbk) == {"success": False, "data": {}}


def test_faults_strike_as_often_as_they_say():
    url = SHELL
    fault = Fault(status=503, headers=(("Retry-After", "1"),), times=1)
    with Replica(load_releases(), {url: fault}) as replica:
        first, second = ask(replica, url), ask(replica, url)
        assert (first.status, first.headers["Retry-After"], second.status) == (503, "1", 200)
        assert [each.status for each in replica.requests] == [503, 200]


@pytest.mark.parametrize(("fault", "error"), [
    (Fault(action="reset"), ConnectionResetError),
    (Fault(action="cut"), http.client.IncompleteRead),
])
def test_connections_break_as_asked(fault, error):
    with Replica(load_releases(), {SHELL: fault}) as replica, pytest.raises(error):
        ask(replica, SHELL)
