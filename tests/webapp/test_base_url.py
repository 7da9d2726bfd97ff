"""A site behind a proxy: absolute URLs start with the public base URL."""

import json

import pytest
from lxml import etree, html

from webapp.settings import RESERVED_PATHS

PUBLIC = "https://archive.example.org:8443/gongbao/"


@pytest.fixture
def behind(serve, data):
    return serve(data=data, address=PUBLIC)


def absolute(client, path):
    """The site's own addresses in a feed and in JSON."""
    feed = etree.fromstring(client.get(f"{path}.atom?q=石墨烯").data)
    answer = client.get(f"{path}.json?q=石墨烯").get_json()
    found = feed.xpath("//a:link[not(@rel='via')]/@href", namespaces={"a": "http://www.w3.org/2005/Atom"})
    return [*found, *(each["article"] for each in answer["results"])]


def test_without_it_the_address_that_was_asked_for_counts(client):
    found = absolute(client, "/search")
    assert len(found) == 4
    assert all(each.startswith("http://localhost/") for each in found)


@pytest.mark.parametrize("path", ["/gongbao/search", "/search"], ids=["prefix passed on", "prefix taken off"])
def test_feeds_and_json_name_the_public_address(behind, path):
    found = absolute(behind, path)
    assert len(found) == 4
    assert all(each.startswith(PUBLIC) for each in found)


def test_every_link_of_a_page_keeps_the_prefix(behind):
    for path in ("/gongbao", "/gongbao/", "/", "/gongbao/search?q=report", "/gongbao/nothing", "/gongbao/status"):
        page = html.fromstring(behind.get(path).text)
        own = [each for each in page.xpath("//@href | //@action | //@src") if not each.startswith("#")]
        assert len(own) > 5
        assert all(each.startswith("/gongbao/") for each in own), path


def test_the_cookie_is_for_this_site_alone(behind):
    cookie = behind.get("/gongbao/?ui=zh").headers["Set-Cookie"]
    assert "Path=/gongbao;" in cookie
    assert "Secure" in cookie


def test_a_longer_word_is_not_the_prefix(behind):
    assert behind.get("/gongbaos/search").status_code == 404


def test_entries_keep_their_ids(behind, client):
    names = {"a": "http://www.w3.org/2005/Atom"}
    here, there = (etree.fromstring(each.get("/search.atom").data).xpath("//a:id/text()", namespaces=names)
                   for each in (client, behind))
    assert here == there


def test_errors_have_no_other_address(behind):
    assert "localhost" not in json.dumps(behind.get("/gongbao/search.json?from=soon").get_json())
    assert "localhost" not in behind.get("/gongbao/nothing").text


def test_the_paths_that_no_prefix_may_be_are_all_the_site_has(app):
    first = {str(rule).strip("/").partition("/")[0].partition(".")[0] for rule in app.url_map.iter_rules()} - {""}
    assert first == RESERVED_PATHS
