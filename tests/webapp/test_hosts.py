"""Host names: loopback names on a loopback listener, the public address elsewhere, 400 for all others."""

import socket

import pytest
from lxml import html

from webapp.hosts import KnownHosts, links_notice
from webapp.settings import WebSettings

LOOPBACK = ("localhost", "LOCALHOST:8000", "127.0.0.1", "127.0.0.1:8000", "[::1]:8000", "localhost.")
MALFORMED = ("", " ", "a b", "a/b", "localhost:99999999", "localhost:x", "user@localhost", "[::1", "..", "a,localhost",
             "<script>")


def known(**settings):
    return KnownHosts.of(WebSettings(**settings))


@pytest.mark.parametrize("host", LOOPBACK)
@pytest.mark.parametrize("settings", [{}, {"host": "0.0.0.0"}, {"address": "https://archive.example.org/gongbao"}],  # noqa: S104
                         ids=["loopback", "open", "address"])
def test_loopback_names_are_always_known(host, settings):
    assert host in known(**settings)


@pytest.mark.parametrize("host", [*MALFORMED, "evil.example", "localhost.evil.example", "192.0.2.7"])
def test_on_a_loopback_listener_nothing_else_is_known(host):
    assert host not in known()


@pytest.mark.parametrize(("host", "good"), [
    ("archive.example.org", True), ("ARCHIVE.example.org:8443", True), ("archive.example.org.", True),
    ("evil.example", False), ("www.archive.example.org", False), ("192.0.2.7", False)])
def test_behind_a_proxy_the_public_address_is_known(host, good):
    assert (host in known(address="https://archive.example.org:8443/gongbao", host="0.0.0.0")) == good  # noqa: S104


@pytest.mark.parametrize("host", ["192.0.2.7:8000", "[2001:db8::1]:8000", socket.gethostname()])
def test_an_open_listener_without_address_knows_addresses_and_its_own_name(host):
    assert host in known(host="0.0.0.0")  # noqa: S104
    assert "evil.example" not in known(host="0.0.0.0")  # noqa: S104


def test_a_listener_on_one_address_knows_that_alone():
    assert "192.0.2.7:8000" in known(host="192.0.2.7")
    assert "192.0.2.8:8000" not in known(host="192.0.2.7")


@pytest.mark.parametrize(("settings", "said"), [
    ({}, ""), ({"host": "0.0.0.0", "address": "https://archive.example.org"}, ""),  # noqa: S104
    ({"host": "0.0.0.0"}, socket.gethostname()), ({"host": "192.0.2.7"}, "http://192.0.2.7")])  # noqa: S104
def test_an_open_listener_says_what_its_links_begin_with(settings, said):
    notice = links_notice(WebSettings(**settings))
    assert said in notice
    assert ("GONGBAO_ADDRESS" in notice) == bool(said)


@pytest.mark.parametrize("path", ["/", "/search?q=report", "/search.atom", "/search.json", "/static/style.css"])
@pytest.mark.parametrize("host", ["evil.example", "a b"])
def test_an_unknown_host_gets_400_everywhere_and_is_not_repeated(client, path, host):
    answer = client.get(path, headers={"Host": host})
    assert answer.status_code == 400
    assert host not in answer.text


def test_the_refusal_is_a_page_that_says_what_to_do(client):
    page = html.fromstring(client.get("/", headers={"Host": "evil.example"}).text)
    assert "GONGBAO_ADDRESS" in page.text_content()
    assert all(each.startswith(("/", "#")) for each in page.xpath("//@href | //@action"))


def test_behind_a_proxy_a_health_check_on_the_loopback_gets_the_public_links(serve, data):
    site = serve(data=data, address="https://archive.example.org")
    answer = site.get("/search.json?q=report", headers={"Host": "127.0.0.1:8000"})
    assert answer.get_json()["results"][0]["article"].startswith("https://archive.example.org/article/")
    assert site.get("/status", headers={"Host": "evil.example"}).status_code == 400
