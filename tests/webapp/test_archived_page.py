"""Kept pages: ours around them, theirs in a sandbox."""

import pytest
from lxml import html
from sqlalchemy import select

from crawler.store import Store
from crawler.tables import captures
from reading_room import NOTICE, page


@pytest.fixture(scope="module")
def numbers(room):
    """The captures of the archive by address; of an address captured twice, both."""
    with Store.open(room.settings, readonly=True) as store, store.read() as connection:
        found = {}
        for url, number in connection.execute(select(captures.c.url, captures.c.id).order_by(captures.c.id)):
            found.setdefault(url, []).append(number)
    return found


def ending(numbers, part):
    return next(found[-1] for url, found in numbers.items() if url.endswith(part))


def test_the_page_around_says_what_is_shown(client, numbers):
    shown = html.fromstring(client.get(f"/archived/{numbers[NOTICE.url][0]}").text)
    said = " ".join(shown.text_content().split())
    assert NOTICE.url in said
    assert "21 November 2026 12:00 Beijing time" in said
    assert "fetched from the site by this archive" in said
    assert "sha" in said
    frame = shown.cssselect("iframe")[0]
    assert frame.get("sandbox") == ""
    assert frame.get("src") == f"/archived/{numbers[NOTICE.url][0]}/page"


def test_the_kept_page_comes_byte_for_byte_in_a_sandbox(client, numbers):
    response = client.get(f"/archived/{numbers[NOTICE.url][0]}/page")
    assert response.data == page(NOTICE)
    policy = response.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox; default-src 'none'")
    assert "allow" not in policy
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"


def test_the_charset_is_the_one_that_reads_the_bytes(client, numbers):
    response = client.get(f"/archived/{ending(numbers, '4d.html')}/page")
    assert response.headers["Content-Type"] == "text/html; charset=gb18030"
    assert "商务部的一个网页" in response.data.decode("gb18030")


def test_anything_but_text_is_a_download(client, numbers):
    number = ending(numbers, ".pdf")
    assert "iframe" not in client.get(f"/archived/{number}").text
    response = client.get(f"/archived/{number}/page")
    assert response.headers["Content-Type"] == "application/octet-stream"
    assert response.headers["Content-Disposition"].startswith("attachment")
    assert response.data == b"%PDF-1.7 bytes"


def test_plain_text_is_shown(client, numbers):
    response = client.get(f"/archived/{ending(numbers, 'robots.txt')}/page")
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert response.data == b"User-agent: *"


def test_not_modified_shows_the_capture_it_repeats(client, numbers):
    full, repeat = numbers[NOTICE.url]
    assert client.get(f"/archived/{repeat}/page").data == page(NOTICE)
    shown = html.fromstring(client.get(f"/archived/{repeat}").text)
    assert "not modified" in shown.text_content()
    assert [each.get("href") for each in shown.cssselect("dd a")][1] == f"/archived/{full}"


@pytest.mark.parametrize("address", ["/archived/99999", "/archived/99999/page", "/archived/x", "/archived/-1"])
def test_an_unknown_capture_is_not_found(client, address):
    assert client.get(address).status_code == 404


def test_a_lost_file_is_told(room, serve, numbers, tmp_path):
    (tmp_path / "gongbao.sqlite").write_bytes((room.settings.data / "gongbao.sqlite").read_bytes())
    client = serve(data=tmp_path)
    assert client.get(f"/archived/{numbers[NOTICE.url][0]}").status_code == 200
    response = client.get(f"/archived/{numbers[NOTICE.url][0]}/page")
    assert response.status_code == 500
    assert "This capture cannot be read" in response.text
    assert ".warc.gz" in response.text
