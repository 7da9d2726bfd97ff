"""What is kept comes back byte for byte, is on disk before it is in the store, and other tools can read it."""

import gzip
import os
import subprocess
import sys
import zlib
from datetime import timedelta

import brotli
import pytest
from fastwarc.warc import ArchiveIterator, WarcRecordType
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from archive.db.tables import captures
from archive.errors import ImportFault, WarcError
from archive.warc.builder import target_uri
from archive.warc.coding import BodyError
from archive.warc.http import Exchange
from archive.warc.parser import read_warc
from archive.warc.reader import http_message, load_record
from warc_tools import HTML, NOON, after, exchange, load, release, room

PAGE = "<h1>公报</h1>".encode()


@pytest.fixture
def here(tmp_path):
    with room(tmp_path) as opened:
        yield opened


def records_of(here):
    path = next((here.data / "warc").rglob("*.warc.gz*"))
    return list(read_warc(path))


def zipped(body, encoding):
    return {"gzip": gzip.compress, "deflate": zlib.compress, "br": brotli.compress}[encoding](body)


def encoded(encoding):
    return [*HTML, (b"Content-Encoding", encoding.encode())]


def test_a_kept_capture_comes_back_from_its_row(here):
    with here.archive() as archive:
        given = archive.keep(exchange(body=PAGE))
    row = here.rows("captures")[0]
    assert load(here.data, row) == given
    assert (given.url, given.body, given.fetched_at, given.status) == (release(), PAGE, NOON, 200)
    assert given.content_type == "text/html; charset=utf-8"


def test_the_row_says_what_and_where(here):
    headers = [*HTML, (b"ETag", b'"7"'), (b"Last-Modified", b"Fri, 20 Nov 2026 08:00:00 GMT")]
    with here.archive("replica") as archive:
        archive.keep(exchange(body=PAGE, headers=headers))
    row = here.rows("captures")[0]
    assert (row.kind, row.status, row.provenance) == ("response", 200, "replica")
    assert row.fetched_at == "2026-11-21T12:00:00Z"
    assert (row.length, row.etag, row.last_modified) == (len(PAGE), '"7"', "Fri, 20 Nov 2026 08:00:00 GMT")
    assert row.digest.startswith("sha256:")
    assert row.warc_file.startswith("warc/2026/11/gongbao-20261121120000-")
    assert row.warc_file.endswith(".warc.gz")
    assert load_record(here.data, row).record_id == row.record_id


def test_the_page_knows_its_source_and_when_it_was_first_seen(here):
    with here.archive() as archive:
        archive.keep(exchange(at=after(hours=2)))
        archive.keep(exchange(at=NOON))
        archive.keep(exchange("http://elsewhere.example/robots.txt"))
        archive.keep(exchange("http://elsewhere.example/unit", source="mofcom_zh"))
    found = [(row.source, row.first_seen) for row in here.rows("pages")]
    noon = "2026-11-21T12:00:00Z"
    assert found == [("mofcom_en", noon), (None, noon), ("mofcom_zh", noon)]


def test_requests_are_kept_with_their_bodies_and_tied_to_their_answers(here):
    sent = [(b"User-Agent", b"Gongbao"), (b"Content-Type", b"application/json")]
    with here.archive() as archive:
        archive.keep(exchange("http://a.cn/unit?x=公", method="POST", request_headers=sent, request_body=b'{"page":2}'))
    info, response, request = records_of(here)
    assert request.block == (b"POST /unit?x=%E5%85%AC HTTP/1.1\r\nHost: a.cn\r\nUser-Agent: Gongbao\r\n"
                             b'Content-Type: application/json\r\n\r\n{"page":2}')
    assert request.field("WARC-Concurrent-To") == response.field("WARC-Record-ID")
    assert info.field("WARC-Record-ID") == response.field("WARC-Warcinfo-ID") == request.field("WARC-Warcinfo-ID")


def test_the_file_says_who_wrote_it_and_what_it_holds(here):
    with here.archive("replica") as archive:
        archive.keep(exchange(ip_address="192.0.2.7"))
    info, response, _ = records_of(here)
    said = info.block.decode()
    assert "provenance: replica\r\n" in said
    assert "header names are as the HTTP library gives them" in said
    assert "transfer encodings (chunks) were removed" in said
    assert response.field("WARC-IP-Address") == "192.0.2.7"


def test_a_header_is_kept_byte_for_byte(here):
    odd = [(b"x-odd", "文件".encode("gbk")), (b"X-Line", b"a\r\nb")]
    with here.archive() as archive:
        archive.keep(exchange(headers=odd))
    block = load_record(here.data, here.rows("captures")[0]).block
    assert block.startswith(b"HTTP/1.1 200 OK\r\nx-odd: " + "文件".encode("gbk") + b"\r\nX-Line: a  b\r\n\r\n")


@pytest.mark.parametrize("url", [
    "http://english.mofcom.gov.cn/公报/2026年.html",
    "http://english.mofcom.gov.cn/a?q=" + "長" * 20_000,
    "http://例子.中国/a",
    "http://a.cn:8080/%E5%85%AC;x?y=1&y=2",
])
def test_an_address_survives(here, url):
    with here.archive() as archive:
        archive.keep(exchange(url))
    row = here.rows("captures")[0]
    assert row.url == url
    assert load_record(here.data, row).field("WARC-Target-URI") == url


def test_white_space_in_an_address_is_escaped(here):
    with here.archive() as archive:
        assert archive.keep(exchange("http://a.cn/公 报\n")).url == "http://a.cn/公%20报%0A"
    assert load_record(here.data, here.rows("captures")[0]).field("WARC-Target-URI") == "http://a.cn/公%20报%0A"


@given(st.text(max_size=60))
def test_no_address_breaks_out_of_its_field(text):
    assert len(target_uri(text).split()) <= 1


@pytest.mark.parametrize("url", ["about:blank", "http://[broken/", "http:///nowhere", "no address"])
def test_what_is_no_address_is_refused_before_anything_is_written(here, url):
    with here.archive() as archive:
        with pytest.raises(ImportFault, match="no"):
            archive.keep(exchange(url))
        assert archive.pending() == []
    assert here.files() == {}


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br"])
def test_content_encodings_are_kept_as_sent_and_taken_off_for_readers(here, encoding):
    sent = zipped(PAGE, encoding)
    with here.archive() as archive:
        assert archive.keep(exchange(body=sent, headers=encoded(encoding))).body == PAGE
    row = here.rows("captures")[0]
    assert http_message(load_record(here.data, row)).body == sent
    assert load(here.data, row).body == PAGE
    assert here.rows("articles")[0].title == PAGE.decode()


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br"])
def test_a_cut_body_is_kept_and_quarantined_with_the_reason(here, encoding):
    sent = zipped(PAGE * 50, encoding)[:-5]
    with here.archive() as archive:
        assert archive.keep(exchange(body=sent, headers=encoded(encoding))).body == b""
    row = here.rows("captures")[0]
    assert http_message(load_record(here.data, row)).body == sent
    assert f"the {encoding} body is cut" in str(here.rows("quarantine")[0].reason)
    assert here.rows("articles") == []
    with pytest.raises(BodyError, match="is cut"):
        load(here.data, row)


@pytest.mark.parametrize(("body", "encoding", "reason"), [
    (gzip.compress(PAGE, mtime=0)[:12] + b"\0" * 9, "gzip", "the gzip body is damaged"),
    (b"\xff\xff\xff", "deflate", "the deflate body is damaged"),
    (b"\xff\xff\xff", "br", "the br body is damaged"),
    (PAGE, "made-up", "the content encoding 'made-up' is not known"),
    (gzip.compress(bytes(65 << 20), mtime=0), "gzip", "unpacks to more than 64 MB"),
])
def test_a_body_that_cannot_be_decoded_is_quarantined(here, body, encoding, reason):
    with here.archive() as archive:
        archive.keep(exchange(body=body, headers=encoded(encoding)))
    assert reason in str(here.rows("quarantine")[0].reason)


@given(st.binary(max_size=80), st.sampled_from(["gzip", "deflate", "br", "zstd", "gzip, br", "x"]))
def test_keeping_never_fails_because_of_a_body(tmp_path_factory, body, encoding):
    with room(tmp_path_factory.mktemp("any")) as here:
        with here.archive() as archive:
            archive.keep(exchange(body=body, headers=encoded(encoding)))
        assert http_message(load_record(here.data, here.rows("captures")[0])).body == body


def test_not_modified_is_a_revisit_of_the_newest_full_answer(here):
    with here.archive() as archive:
        archive.keep(exchange(at=NOON))
        archive.flush()
        archive.keep(exchange(body=b"<h1>two</h1>", at=after(days=1)))
        archive.keep(exchange(body=b"", at=after(days=2), status=304))
    first, second, revisit = here.rows("captures")
    assert (revisit.kind, revisit.status, revisit.repeats, revisit.digest) == ("revisit", 304, second.id, second.digest)
    kept = load_record(here.data, revisit)
    assert kept.field("WARC-Profile").endswith("/server-not-modified")
    assert kept.field("WARC-Refers-To") == f"<{second.record_id}>"
    assert kept.field("WARC-Refers-To-Date") == second.fetched_at
    assert first.repeats is None
    assert here.counts()["articles"] == 2


def test_not_modified_without_anything_kept_is_an_answer_like_others(here):
    with here.archive() as archive:
        archive.keep(exchange(status=304, body=b""))
    assert [(row.kind, row.repeats) for row in here.rows("captures")] == [("response", None)]


def test_two_captures_of_one_second_are_both_kept(here):
    with here.archive() as archive:
        archive.keep(exchange(at=NOON))
        archive.keep(exchange(at=NOON + timedelta(milliseconds=300)))
    assert [row.fetched_at for row in here.rows("captures")] == ["2026-11-21T12:00:00Z"] * 2


def test_nothing_is_in_the_store_before_it_is_on_disk(here, monkeypatch):
    seen = []
    monkeypatch.setattr("archive.warc.writer.os.fsync", lambda _number: seen.append(here.counts()["captures"]))
    with here.archive() as archive:
        archive.keep(exchange())
        seen.clear()
        archive.flush()
        assert seen == [0]
        assert here.counts()["captures"] == 1


def test_captures_are_flushed_together(here):
    with here.archive() as archive:
        for number in range(63):
            archive.keep(exchange(release(number)))
        assert here.counts()["captures"] == 0
        archive.keep(exchange(release(63)))
        assert here.counts() == {"pages": 64, "captures": 64, "articles": 64, "quarantine": 0, "revisions": 64}


def test_a_second_after_the_last_flush_the_next_capture_is_flushed(here):
    time = [NOON]
    with here.archive(clock=lambda: time[0]) as archive:
        archive.keep(exchange(release(1)))
        time[0] = after(seconds=1)
        archive.keep(exchange(release(2)))
        assert here.counts()["captures"] == 0
        time[0] = after(seconds=1.1)
        archive.keep(exchange(release(3)))
        assert here.counts()["captures"] == 3


def test_a_row_can_be_loaded_while_its_file_is_open_and_afterwards(here):
    with here.archive() as archive:
        archive.keep(exchange())
        archive.flush()
        assert [name.endswith(".warc.gz.open") for name in here.files()] == [True]
        row = here.rows("captures")[0]
        assert load(here.data, row).body == b"<h1>one</h1>"
    assert [name.endswith(".warc.gz") for name in here.files()] == [True]
    assert load(here.data, row).body == b"<h1>one</h1>"


def test_a_full_file_is_followed_by_another(here, monkeypatch):
    monkeypatch.setattr("archive.ingest.keep.MAX_FILE_SIZE", 500)
    with here.archive() as archive:
        for number in range(3):
            archive.keep(exchange(release(number)))
        assert len(here.files()) == 3
    assert [load(here.data, row).url for row in here.rows("captures")] == [release(number) for number in range(3)]


def test_an_archive_that_keeps_nothing_makes_no_file(here):
    with here.archive():
        pass
    assert here.files() == {}


def test_a_missing_or_damaged_file_is_named(here):
    with here.archive() as archive:
        archive.keep(exchange())
    row = here.rows("captures")[0]
    path = here.data / row.warc_file
    kept = path.read_bytes()
    path.write_bytes(kept[:row.warc_offset + 20] + b"\0\0\0\0" + kept[row.warc_offset + 24:])
    with pytest.raises(WarcError, match=r"warc\.gz at offset \d+ is damaged.*restore"):
        load(here.data, row)
    path.unlink()
    with pytest.raises(WarcError, match=r"warc\.gz is missing; restore"):
        load(here.data, row)


def varied(here):
    """An archive with every kind of record that the crawler writes."""
    with here.archive() as archive:
        archive.keep(exchange(release(1), PAGE * 300))
        archive.keep(exchange(release(2), gzip.compress(PAGE), headers=encoded("gzip")))
        archive.keep(exchange(release(3), b"", status=302, headers=[(b"Location", b"/x")]))
        archive.keep(exchange("http://a.cn/公报", "公报".encode("gb18030"), headers=[(b"X", "公".encode("gbk"))]))
        archive.keep(exchange("http://a.cn/unit", b"{}", method="POST", request_body=b"page=1"))
        archive.keep(exchange(release(1), b"", status=304))
        archive.keep(Exchange("https://a.cn/", NOON, 200, "", [], b""))
    return next(iter((here.data / "warc").rglob("*.warc.gz")))


def test_warcio_verifies_every_record(here):
    path = varied(here)
    done = subprocess.run([os.path.join(os.path.dirname(sys.executable), "warcio"), "check", "-v", path],
                          capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("digest pass") == 14  # the one revisit is not checked
    assert "no digest" not in done.stdout


def test_fastwarc_reads_and_verifies_every_record(here):
    with varied(here).open("rb") as file:
        found = [(each.headers["WARC-Target-URI"], each.verify_block_digest()) for each in
                 ArchiveIterator(file, parse_http=False, record_types=WarcRecordType.response)]
    assert found == [(url, True) for url in
                     (release(1), release(2), release(3), "http://a.cn/公报", "http://a.cn/unit", "https://a.cn/")]


def test_each_record_is_a_gzip_member_at_the_place_that_the_row_says(here):
    varied(here)
    for row in here.rows("captures"):
        kept = (here.data / row.warc_file).read_bytes()[row.warc_offset:row.warc_offset + row.warc_length]
        assert gzip.decompress(kept).startswith(b"WARC/1.1\r\nWARC-Type: " + row.kind.encode())


def test_the_store_can_be_asked_for_a_capture_by_its_record_id(here):
    varied(here)
    with here.store.read() as connection:
        ids = connection.scalars(select(captures.c.record_id)).all()
    assert len(set(ids)) == len(ids) == 7
