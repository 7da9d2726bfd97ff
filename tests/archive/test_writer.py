"""Captures come back byte for byte, are on disk before they are in the store, and can be read by other tools."""

import gzip
import os
import subprocess
import sys
import zlib
from contextlib import closing
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
from archive.warc.random_access import http_message, load_record, stream_body
from support.archive import HTML, NOW, Archive, after, exchange, load_capture, release_url
from support.warc_records import record, write_warc

PAGE = "<h1>公报</h1>".encode()


def records_of(archive):
    path = next((archive.data / "warc").rglob("*.warc.gz*"))
    return list(read_warc(path))


def zipped(body, encoding):
    return {"gzip": gzip.compress, "deflate": zlib.compress, "br": brotli.compress}[encoding](body)


def encoded(encoding):
    return [*HTML, (b"Content-Encoding", encoding.encode())]


def test_a_kept_capture_comes_back_from_its_row(archive):
    with archive.writer() as writer:
        given = writer.keep(exchange(body=PAGE))
    row = archive.rows("captures")[0]
    assert load_capture(archive.data, row) == given
    assert (given.url, given.body, given.fetched_at, given.status) == (release_url(), PAGE, NOW, 200)
    assert given.content_type == "text/html; charset=utf-8"


def test_the_row_says_what_and_where(archive):
    headers = [*HTML, (b"ETag", b'"7"'), (b"Last-Modified", b"Fri, 20 Nov 2026 08:00:00 GMT")]
    with archive.writer("replica") as writer:
        writer.keep(exchange(body=PAGE, headers=headers))
    row = archive.rows("captures")[0]
    assert (row.kind, row.status, row.provenance) == ("response", 200, "replica")
    assert row.fetched_at == "2026-11-21T12:00:00Z"
    assert (row.length, row.etag, row.last_modified) == (len(PAGE), '"7"', "Fri, 20 Nov 2026 08:00:00 GMT")
    assert row.digest.startswith("sha256:")
    assert row.warc_file.startswith("warc/2026/11/gongbao-20261121120000-")
    assert row.warc_file.endswith(".warc.gz")
    assert load_record(archive.data, row).record_id == row.record_id


def test_the_page_knows_its_source_and_when_it_was_first_seen(archive):
    with archive.writer() as writer:
        writer.keep(exchange(at=after(hours=2)))
        writer.keep(exchange(at=NOW))
        writer.keep(exchange("http://elsewhere.example/robots.txt"))
        writer.keep(exchange("http://elsewhere.example/unit", source="mofcom_zh"))
    found = [(row.source, row.first_seen) for row in archive.rows("pages")]
    noon = "2026-11-21T12:00:00Z"
    assert found == [("mofcom_en", noon), (None, noon), ("mofcom_zh", noon)]


def test_requests_are_kept_with_their_bodies_and_tied_to_their_answers(archive):
    sent = [(b"User-Agent", b"Gongbao"), (b"Content-Type", b"application/json")]
    with archive.writer() as writer:
        writer.keep(exchange("http://a.cn/unit?x=公", method="POST", request_headers=sent, request_body=b'{"page":2}'))
    info, response, request = records_of(archive)
    assert request.block == (b"POST /unit?x=%E5%85%AC HTTP/1.1\r\nHost: a.cn\r\nUser-Agent: Gongbao\r\n"
                             b'Content-Type: application/json\r\n\r\n{"page":2}')
    assert request.field("WARC-Concurrent-To") == response.field("WARC-Record-ID")
    assert info.field("WARC-Record-ID") == response.field("WARC-Warcinfo-ID") == request.field("WARC-Warcinfo-ID")


def test_the_file_says_who_wrote_it_and_what_it_holds(archive):
    with archive.writer("replica") as writer:
        writer.keep(exchange(ip_address="192.0.2.7"))
    info, response, _ = records_of(archive)
    said = info.block.decode()
    assert "provenance: replica\r\n" in said
    assert "header names are as the HTTP library gives them" in said
    assert "transfer encodings (chunks) were removed" in said
    assert response.field("WARC-IP-Address") == "192.0.2.7"


def test_a_header_is_kept_byte_for_byte(archive):
    odd = [(b"x-odd", "文件".encode("gbk")), (b"X-Line", b"a\r\nb")]
    with archive.writer() as writer:
        writer.keep(exchange(headers=odd))
    block = load_record(archive.data, archive.rows("captures")[0]).block
    assert block.startswith(b"HTTP/1.1 200 OK\r\nx-odd: " + "文件".encode("gbk") + b"\r\nX-Line: a  b\r\n\r\n")


@pytest.mark.parametrize("url", [
    "http://english.mofcom.gov.cn/公报/2026年.html",
    "http://english.mofcom.gov.cn/a?q=" + "長" * 20_000,
    "http://例子.中国/a",
    "http://a.cn:8080/%E5%85%AC;x?y=1&y=2",
])
def test_an_address_survives(archive, url):
    with archive.writer() as writer:
        writer.keep(exchange(url))
    row = archive.rows("captures")[0]
    assert row.url == url
    assert load_record(archive.data, row).field("WARC-Target-URI") == url


def test_white_space_in_an_address_is_escaped(archive):
    with archive.writer() as writer:
        assert writer.keep(exchange("http://a.cn/公 报\n")).url == "http://a.cn/公%20报%0A"
    assert load_record(archive.data, archive.rows("captures")[0]).field("WARC-Target-URI") == "http://a.cn/公%20报%0A"


@given(st.text(max_size=60))
def test_no_address_breaks_out_of_its_field(text):
    assert len(target_uri(text).split()) <= 1


@pytest.mark.parametrize("url", ["about:blank", "http://[broken/", "http:///nowhere", "no address"])
def test_what_is_no_address_is_refused_before_anything_is_written(archive, url):
    with archive.writer() as writer:
        with pytest.raises(ImportFault, match="no"):
            writer.keep(exchange(url))
        assert writer.pending() == []
    assert archive.files() == {}


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br"])
def test_content_encodings_are_kept_as_sent_and_taken_off_for_readers(archive, encoding):
    sent = zipped(PAGE, encoding)
    with archive.writer() as writer:
        assert writer.keep(exchange(body=sent, headers=encoded(encoding))).body == PAGE
    row = archive.rows("captures")[0]
    assert http_message(load_record(archive.data, row)).body == sent
    assert load_capture(archive.data, row).body == PAGE
    assert archive.rows("articles")[0].title == PAGE.decode()


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br"])
def test_a_cut_body_is_kept_and_quarantined_with_the_reason(archive, encoding):
    sent = zipped(PAGE * 50, encoding)[:-5]
    with archive.writer() as writer:
        assert writer.keep(exchange(body=sent, headers=encoded(encoding))).body == b""
    row = archive.rows("captures")[0]
    assert http_message(load_record(archive.data, row)).body == sent
    assert f"the {encoding} body is cut" in str(archive.rows("quarantine")[0].reason)
    assert archive.rows("articles") == []
    with pytest.raises(BodyError, match="is cut"):
        load_capture(archive.data, row)


@pytest.mark.parametrize(("body", "encoding", "reason"), [
    (gzip.compress(PAGE, mtime=0)[:12] + b"\0" * 9, "gzip", "the gzip body is damaged"),
    (b"\xff\xff\xff", "deflate", "the deflate body is damaged"),
    (b"\xff\xff\xff", "br", "the br body is damaged"),
    (PAGE, "made-up", "the content encoding 'made-up' is not known"),
    (gzip.compress(bytes(65 << 20), mtime=0), "gzip", "unpacks to more than 64 MB"),
])
def test_a_body_that_cannot_be_decoded_is_quarantined(archive, body, encoding, reason):
    with archive.writer() as writer:
        writer.keep(exchange(body=body, headers=encoded(encoding)))
    assert reason in str(archive.rows("quarantine")[0].reason)


@given(st.binary(max_size=80), st.sampled_from(["gzip", "deflate", "br", "zstd", "gzip, br", "x"]))
def test_keeping_never_fails_because_of_a_body(tmp_path_factory, body, encoding):
    with Archive.open(tmp_path_factory.mktemp("any")) as archive:
        with archive.writer() as writer:
            writer.keep(exchange(body=body, headers=encoded(encoding)))
        assert http_message(load_record(archive.data, archive.rows("captures")[0])).body == body


def streamed(archive):
    with closing(stream_body(archive.data, archive.rows("captures")[0])) as stream:
        body = b"".join(stream)
    assert stream.length == len(body)
    return stream.message, body


@given(st.binary(max_size=80) | st.just(b"HTTP/1.1 200 OK\r\n\r\n") | st.binary(min_size=1, max_size=9).map(
    lambda each: each * 20_000))
def test_a_streamed_body_is_the_one_that_is_loaded(tmp_path_factory, body):
    with Archive.open(tmp_path_factory.mktemp("any")) as archive:
        with archive.writer() as writer:
            writer.keep(exchange(body=body, headers=encoded("gzip")))
        message, found = streamed(archive)
    assert found == body
    assert (message.status, message.header("content-encoding")) == (200, "gzip")


@pytest.mark.parametrize("body", [b"<h1>one</h1>", b"HTTP/1.1 200 OK\r\n\r\nno header", b""])
def test_a_saved_page_is_streamed_without_a_header(archive, tmp_path, body):
    archive.import_files(write_warc(tmp_path / "a.warc.gz", record("resource", release_url(), body)))
    message, found = streamed(archive)
    assert (message.status, message.headers, found) == (None, (), body)


def test_a_stream_that_breaks_off_is_an_error(archive):
    with archive.writer() as writer:
        writer.keep(exchange(body=os.urandom(200_000)))
    row = archive.rows("captures")[0]
    path = archive.data / row.warc_file
    path.write_bytes(path.read_bytes()[:row.warc_offset + 100_000])
    with closing(stream_body(archive.data, row)) as stream, pytest.raises(WarcError, match="is damaged"):
        list(stream)


def test_not_modified_is_a_revisit_of_the_newest_full_answer(archive):
    with archive.writer() as writer:
        writer.keep(exchange(at=NOW))
        writer.flush()
        writer.keep(exchange(body=b"<h1>two</h1>", at=after(days=1)))
        writer.keep(exchange(body=b"", at=after(days=2), status=304))
    first, second, revisit = archive.rows("captures")
    assert (revisit.kind, revisit.status, revisit.repeats, revisit.digest) == ("revisit", 304, second.id, second.digest)
    kept = load_record(archive.data, revisit)
    assert kept.field("WARC-Profile").endswith("/server-not-modified")
    assert kept.field("WARC-Refers-To") == f"<{second.record_id}>"
    assert kept.field("WARC-Refers-To-Date") == second.fetched_at
    assert first.repeats is None
    assert archive.counts()["articles"] == 2


def test_not_modified_without_anything_kept_is_an_answer_like_others(archive):
    with archive.writer() as writer:
        writer.keep(exchange(status=304, body=b""))
    assert [(row.kind, row.repeats) for row in archive.rows("captures")] == [("response", None)]


def test_two_captures_of_one_second_are_both_kept(archive):
    with archive.writer() as writer:
        writer.keep(exchange(at=NOW))
        writer.keep(exchange(at=NOW + timedelta(milliseconds=300)))
    assert [row.fetched_at for row in archive.rows("captures")] == ["2026-11-21T12:00:00Z"] * 2


def test_nothing_is_in_the_store_before_it_is_on_disk(archive, monkeypatch):
    seen = []
    monkeypatch.setattr("archive.warc.writer.os.fsync", lambda _number: seen.append(archive.counts()["captures"]))
    with archive.writer() as writer:
        writer.keep(exchange())
        seen.clear()
        writer.flush()
        assert seen == [0]
        assert archive.counts()["captures"] == 1


def test_captures_are_flushed_together(archive):
    with archive.writer() as writer:
        for number in range(63):
            writer.keep(exchange(release_url(number)))
        assert archive.counts()["captures"] == 0
        writer.keep(exchange(release_url(63)))
        assert archive.counts() == {"pages": 64, "captures": 64, "articles": 64, "quarantine": 0, "revisions": 64}


def test_a_second_after_the_last_flush_the_next_capture_is_flushed(archive):
    time = [NOW]
    with archive.writer(clock=lambda: time[0]) as writer:
        writer.keep(exchange(release_url(1)))
        time[0] = after(seconds=1)
        writer.keep(exchange(release_url(2)))
        assert archive.counts()["captures"] == 0
        time[0] = after(seconds=1.1)
        writer.keep(exchange(release_url(3)))
        assert archive.counts()["captures"] == 3


def test_a_row_can_be_loaded_while_its_file_is_open_and_afterwards(archive):
    with archive.writer() as writer:
        writer.keep(exchange())
        writer.flush()
        assert [name.endswith(".warc.gz.open") for name in archive.files()] == [True]
        row = archive.rows("captures")[0]
        assert load_capture(archive.data, row).body == b"<h1>one</h1>"
    assert [name.endswith(".warc.gz") for name in archive.files()] == [True]
    assert load_capture(archive.data, row).body == b"<h1>one</h1>"


def test_a_full_file_is_followed_by_another(archive, monkeypatch):
    monkeypatch.setattr("archive.ingest.keep.MAX_FILE_SIZE", 500)
    with archive.writer() as writer:
        for number in range(3):
            writer.keep(exchange(release_url(number)))
        assert len(archive.files()) == 3
    urls = [load_capture(archive.data, row).url for row in archive.rows("captures")]
    assert urls == [release_url(number) for number in range(3)]


def test_an_archive_that_keeps_nothing_makes_no_file(archive):
    with archive.writer():
        pass
    assert archive.files() == {}


def test_a_missing_or_damaged_file_is_named(archive):
    with archive.writer() as writer:
        writer.keep(exchange())
    row = archive.rows("captures")[0]
    path = archive.data / row.warc_file
    kept = path.read_bytes()
    path.write_bytes(kept[:row.warc_offset + 20] + b"\0\0\0\0" + kept[row.warc_offset + 24:])
    with pytest.raises(WarcError, match=r"warc\.gz at offset \d+ is damaged.*restore"):
        load_capture(archive.data, row)
    path.unlink()
    with pytest.raises(WarcError, match=r"warc\.gz is missing; restore"):
        load_capture(archive.data, row)


def varied(archive):
    """An archive with every kind of record that the crawler writes."""
    with archive.writer() as writer:
        writer.keep(exchange(release_url(1), PAGE * 300))
        writer.keep(exchange(release_url(2), gzip.compress(PAGE), headers=encoded("gzip")))
        writer.keep(exchange(release_url(3), b"", status=302, headers=[(b"Location", b"/x")]))
        writer.keep(exchange("http://a.cn/公报", "公报".encode("gb18030"), headers=[(b"X", "公".encode("gbk"))]))
        writer.keep(exchange("http://a.cn/unit", b"{}", method="POST", request_body=b"page=1"))
        writer.keep(exchange(release_url(1), b"", status=304))
        writer.keep(Exchange("https://a.cn/", NOW, 200, "", [], b""))
    return next(iter((archive.data / "warc").rglob("*.warc.gz")))


def test_warcio_verifies_every_record(archive):
    path = varied(archive)
    done = subprocess.run([os.path.join(os.path.dirname(sys.executable), "warcio"), "check", "-v", path],
                          capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("digest pass") == 14  # the one revisit is not checked
    assert "no digest" not in done.stdout


def test_fastwarc_reads_and_verifies_every_record(archive):
    with varied(archive).open("rb") as file:
        found = [(each.headers["WARC-Target-URI"], each.verify_block_digest()) for each in
                 ArchiveIterator(file, parse_http=False, record_types=WarcRecordType.response)]
    assert found == [(url, True) for url in
                     (release_url(1), release_url(2), release_url(3), "http://a.cn/公报", "http://a.cn/unit", "https://a.cn/")]


def test_each_record_is_a_gzip_member_at_the_place_that_the_row_says(archive):
    varied(archive)
    for row in archive.rows("captures"):
        kept = (archive.data / row.warc_file).read_bytes()[row.warc_offset:row.warc_offset + row.warc_length]
        assert gzip.decompress(kept).startswith(b"WARC/1.1\r\nWARC-Type: " + row.kind.encode())


def test_the_store_can_be_asked_for_a_capture_by_its_record_id(archive):
    varied(archive)
    with archive.store.read() as connection:
        ids = connection.scalars(select(captures.c.record_id)).all()
    assert len(set(ids)) == len(ids) == 7
