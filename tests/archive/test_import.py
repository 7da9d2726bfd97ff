"""Import of WARC files and saved pages: complete, repeatable, with a reason for each record that is left out."""

import gzip
import io
from contextlib import suppress
from itertools import count

import pytest
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from archive.ingest.catalog import Catalog
from archive.ingest.importer import Importer
from archive.ingest.inputs import warcs_in
from archive.warc.parser import Record, read_warc
from archive.warc.random_access import http_message, load_record
from archive.warc.writer import write_all
from support.archive import Archive, after, exchange, load_capture, release_url
from support.warc_records import FIRST_ID, http_response, record, response_record, save_page, write_warc


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "saved"
    made.mkdir()
    return made


def copies(archive, kind):
    return [each for path in sorted(archive.data.rglob("*.warc.gz")) for each in read_warc(path)
            if isinstance(each, Record) and each.kind == kind]


def listed(folder, *rows, head="file,url,fetched_at"):
    (folder / "index.csv").write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return folder


def test_a_foreign_capture_keeps_its_id_its_time_its_fields_and_its_bytes(archive, tmp_path):
    block = http_response(b"<h1>old</h1>", b"X-Odd: \xb9\xab\r\nETag: \"1\"\r\n")
    old = record("response", release_url(), block, fields=[("WARC-IP-Address", "192.0.2.1")])
    path = write_warc(tmp_path / "old.warc.gz", old)
    assert archive.import_files(path) == ((1, 0), [])
    row = archive.rows("captures")[0]
    assert row.record_id == "urn:uuid:00000000-0000-4000-8000-000000000001"
    assert (row.fetched_at, row.status, row.etag) == ("2020-05-17T10:30:00Z", 200, '"1"')
    assert (row.kind, row.provenance) == ("response", "import old.warc.gz")
    copied = load_record(archive.data, row)
    assert copied.block == block
    assert copied.field("WARC-Date") == "2020-05-17T10:30:00Z"
    assert copied.field("WARC-IP-Address") == "192.0.2.1"
    assert archive.rows("articles")[0].title == "<h1>old</h1>"


def test_importing_twice_changes_nothing(archive, tmp_path, folder):
    asked = record("request", release_url(1), b"GET / HTTP/1.1\r\n\r\n", number=9,
                   fields=[("WARC-Concurrent-To", FIRST_ID)])
    path = write_warc(tmp_path / "a.warc.gz", asked,
                      *(response_record(number=number) for number in (1, 2)))
    listed(folder, f"{save_page(folder, 'a.html')},{release_url(3)},2025-09-27T14:39:31+08:00",
           f"{save_page(folder, 'b.html')},{release_url(4)},")
    assert archive.import_files(path, folder) == ((4, 0), [])
    before = (archive.counts(), archive.files())
    assert archive.import_files(path, folder, clock=lambda: after(days=400)) == ((0, 4), [])
    assert (archive.counts(), archive.files()) == before


def test_one_file_given_twice_comes_in_once(archive, tmp_path):
    path = write_warc(tmp_path / "a.warc.gz", response_record())
    assert archive.import_files(path, path) == ((1, 1), [])


def test_a_warc_of_ours_comes_into_another_archive_and_is_known_at_home(archive, tmp_path, new_database):
    with archive.writer("replica") as writer:
        writer.keep(exchange(request_body=b"x=1", method="POST"))
    assert archive.import_files(archive.data / "warc") == ((0, 1), [])
    with Archive.open(tmp_path / "other" / "data", database=new_database()) as other:
        assert other.import_files(archive.data / "warc") == ((1, 0), [])
        assert [row.provenance for row in other.rows("captures")] == ["replica"]
        assert len(copies(other, "request")) == 1
        assert other.rows("captures")[0].record_id == archive.rows("captures")[0].record_id


@pytest.mark.parametrize("order", ["request first", "response first", "response names it"])
def test_requests_come_with_their_response_whatever_their_order(archive, tmp_path, order):
    ids = [f"<urn:uuid:00000000-0000-4000-8000-{number:012}>" for number in (1, 2)]
    names_response = [("WARC-Concurrent-To", ids[0])] if order != "response names it" else []
    asked = record("request", release_url(), b"POST /x HTTP/1.1\r\n\r\na=1", number=2, fields=names_response)
    answered = response_record(fields=[("WARC-Concurrent-To", ids[1])] if order == "response names it" else [])
    stray = record("request", release_url(5), b"GET /y HTTP/1.1\r\n\r\n", number=7)
    pair = [answered, asked] if order == "response first" else [asked, answered]
    archive.import_files(write_warc(tmp_path / "a.warc.gz", stray, *pair))
    [copied] = copies(archive, "request")
    assert copied.block == b"POST /x HTTP/1.1\r\n\r\na=1"
    assert archive.counts()["captures"] == 1


def test_what_warcio_writes_comes_in(archive, tmp_path):
    path = tmp_path / "warcio.warc.gz"
    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=True)
        headers = StatusAndHeaders("200 OK", [("Content-Type", "text/html")], protocol="HTTP/1.0")
        made = writer.create_warc_record(release_url(), "response", payload=io.BytesIO(b"<h1>w</h1>"),
                                         http_headers=headers)
        writer.write_record(made)
        made.raw_stream.close()
    assert archive.import_files(path) == ((1, 0), [])
    assert archive.rows("articles")[0].title == "<h1>w</h1>"
    assert load_record(archive.data, archive.rows("captures")[0]).field("WARC-Payload-Digest").startswith("sha1:")


def test_chunks_and_encodings_are_kept_and_taken_off_for_readers(archive, tmp_path):
    packed = gzip.compress(b"<h1>packed</h1>")
    chunks = b"%x\r\n%b\r\n0\r\n\r\n" % (len(packed), packed)
    head = b"Transfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n"
    archive.import_files(write_warc(tmp_path / "a.warc.gz", response_record(chunks, head)))
    row = archive.rows("captures")[0]
    assert http_message(load_record(archive.data, row)).body == chunks
    assert load_capture(archive.data, row).body == b"<h1>packed</h1>"


@pytest.mark.parametrize(("head", "fields", "reason"), [
    (b"", [("WARC-Truncated", "length")], "the archived response is cut off (length)"),
    (b"Content-Length: 900\r\n", [], "the archived response is cut off after 12 of 900 bytes"),
])
def test_half_a_page_is_kept_and_not_read(archive, tmp_path, head, fields, reason):
    archive.import_files(write_warc(tmp_path / "a.warc.gz", response_record(head=head, fields=fields)))
    assert archive.counts() == {"pages": 1, "captures": 1, "articles": 0, "quarantine": 1, "revisions": 0}
    assert str(archive.rows("quarantine")[0].reason) == reason


@pytest.mark.parametrize("head", [b"Content-Length: 12\r\n", b"Content-Length: 5\r\n", b"Content-Length: x\r\n",
                                  b"Transfer-Encoding: chunked\r\n", b"Content-Encoding: gzip\r\n"])
def test_heads_that_other_tools_leave_behind_do_no_harm(archive, tmp_path, head):
    archive.import_files(write_warc(tmp_path / "a.warc.gz", response_record(head=head)))
    assert archive.counts()["articles"] == 1


def test_other_records_and_schemes_are_passed_over_in_silence(archive, tmp_path):
    path = write_warc(tmp_path / "a.warc.gz",
                      record("metadata", release_url(), b"fetchTimeMs: 3", number=1),
                      record("response", "dns:english.mofcom.gov.cn", b"20200517103000\n", number=2),
                      record("resource", "urn:pageinfo:http://a.cn/", b"{}", number=3),
                      record("conversion", release_url(), b"text", number=4))
    assert archive.import_files(path) == ((0, 0), [])
    assert archive.files() == {}


def test_resources_have_no_status_and_their_own_type(archive, tmp_path):
    typed = [("Content-Type", "text/html; charset=gbk")]
    made = record("resource", release_url(), "<h1>公报</h1>".encode("gbk")).replace(
        b"Content-Type: application/http; msgtype=resource", f"{typed[0][0]}: {typed[0][1]}".encode())
    archive.import_files(write_warc(tmp_path / "a.warc.gz", made))
    row = archive.rows("captures")[0]
    assert (row.kind, row.status, row.content_type) == ("resource", None, "text/html; charset=gbk")
    assert load_capture(archive.data, row).body == "<h1>公报</h1>".encode("gbk")


def test_a_wrong_payload_digest_is_put_right_and_a_wrong_block_digest_is_a_fault(archive, tmp_path):
    wrong = "sha1:" + "A" * 32
    path = write_warc(tmp_path / "a.warc.gz",
                      response_record(fields=[("WARC-Payload-Digest", wrong)]),
                      response_record(number=2, fields=[("WARC-Block-Digest", wrong)]))
    done, [fault] = archive.import_files(path)
    assert done == (1, 0)
    assert "a.warc.gz at offset" in fault
    assert "its WARC-Block-Digest does not fit" in fault
    row = archive.rows("captures")[0]
    assert load_record(archive.data, row).field("WARC-Payload-Digest") == row.digest


@pytest.mark.parametrize(("old", "new", "reason"), [
    (b"2020-05-17T10:30:00Z", b"yesterday", "the WARC-Date 'yesterday' is not a time"),
    (b"http://english.mofcom.gov.cn/", b"http://[english/", "is not an address"),
    (b"http://english.mofcom.gov.cn/", b"http:///", "is not an http"),
    (b"HTTP/1.1 200 OK", b"ICY 200 it is OK"[:15], "holds no HTTP response"),
])
def test_an_unusable_record_is_a_fault_at_its_place(archive, tmp_path, old, new, reason):
    spoilt = response_record().replace(old, new)
    path = write_warc(tmp_path / "a.warc.gz", spoilt, response_record(number=2))
    done, [fault] = archive.import_files(path)
    assert done == (1, 0)
    assert fault.startswith(f"{path} at offset 0: ")
    assert reason in fault


@pytest.mark.parametrize("date", ["2020", "2020-05", "2020-05-17", "2020-05-17T10:30:00.123456789Z"])
def test_warc_dates_come_in_every_precision(archive, tmp_path, date):
    archive.import_files(write_warc(tmp_path / "a.warc.gz", response_record(date=date)))
    row = archive.rows("captures")[0]
    assert row.fetched_at.startswith(date[:10])
    assert len(row.fetched_at) == 20
    assert load_record(archive.data, row).field("WARC-Date") == date


def test_records_without_an_id_are_known_by_page_digest_and_time(archive, tmp_path):
    bare = [response_record(date=f"2020-05-17T10:30:0{second}Z").replace(
        b"WARC-Record-ID: <urn:uuid:00000000-0000-4000-8000-000000000001>\r\n", b"") for second in (1, 1, 2)]
    path = write_warc(tmp_path / "a.warc.gz", *bare)
    assert archive.import_files(path) == ((2, 1), [])
    assert archive.import_files(path) == ((0, 3), [])
    assert all(row.record_id.startswith("urn:uuid:") for row in archive.rows("captures"))


def test_an_id_used_for_two_captures_is_a_fault(archive, tmp_path):
    path = write_warc(tmp_path / "a.warc.gz", *(response_record(url=release_url(number)) for number in (1, 2)))
    done, [fault] = archive.import_files(path)
    assert done == (1, 0)
    assert "is that of another capture" in fault


@pytest.mark.parametrize("dies_at", range(1, 5))
def test_wherever_an_import_dies_the_next_one_brings_every_request(archive, tmp_path, monkeypatch, dies_at):
    both = [each for number in (1, 3) for each in (
        response_record(number=number),
        record("request", release_url(number), b"GET / HTTP/1.1\r\n\r\n", number=number + 1,
               fields=[("WARC-Concurrent-To", f"<urn:uuid:00000000-0000-4000-8000-{number:012}>")]))]
    path = write_warc(tmp_path / "a.warc.gz", *both)
    with monkeypatch.context() as cut:
        cut.setattr("archive.ingest.keep.BATCH", 1)
        cut.setattr("archive.warc.writer.write_all", _dying(write_all, dies_at))
        cut.setattr("archive.ingest.catalog.Catalog.add", _dying(Catalog.add, dies_at))
        with suppress(KeyboardInterrupt):
            archive.import_files(path)
    archive.import_files(path)
    for kind, numbers in (("response", (1, 3)), ("request", (2, 4))):
        assert {each.record_id for each in copies(archive, kind)} == {
            f"urn:uuid:00000000-0000-4000-8000-{number:012}" for number in numbers}


def _dying(function, last):
    """The function; from call `last` on it raises KeyboardInterrupt instead."""
    calls = count(1)

    def call(*arguments):
        if next(calls) >= last:
            raise KeyboardInterrupt
        return function(*arguments)

    return call


def test_an_older_capture_that_is_imported_later_takes_its_place_in_time(archive, tmp_path):
    with archive.writer() as writer:
        writer.keep(exchange(body=b"new"))
    archive.import_files(write_warc(tmp_path / "a.warc.gz", response_record(b"old")))
    assert sorted(row.captured_at for row in archive.rows("revisions")) == [
        "2020-05-17T10:30:00Z", "2026-11-21T12:00:00Z"]
    assert archive.rows("pages")[0].first_seen == "2020-05-17T10:30:00Z"


def test_a_folder_of_saved_pages(archive, folder):
    listed(folder, f"{save_page(folder, '公 报.html')},{release_url(1)},2025-09-27T14:39:31+08:00",
           f"{save_page(folder, 'b.htm', b'<h1>b</h1>')},{release_url(2)},20250927063931",
           "", f"{save_page(folder, 'c.bin', b'%PDF-1.7')},{release_url(3)},")
    assert archive.import_files(folder) == ((3, 0), [])
    first, second, third = archive.rows("captures")
    assert (first.kind, first.status, first.content_type) == ("resource", None, "text/html")
    assert first.fetched_at == second.fetched_at == "2025-09-27T06:39:31Z"
    assert first.provenance == "import saved/index.csv"
    assert (third.fetched_at, third.provenance) == ("2026-11-21T12:00:00Z", "import saved/index.csv (time of import)")
    assert load_capture(archive.data, first).body == b"<h1>saved</h1>"
    assert archive.counts()["articles"] == 3


def test_each_bad_row_is_told_with_its_line_and_the_rest_is_read(archive, folder):
    large = folder / "large.html"
    with large.open("wb") as file:
        file.truncate((64 << 20) + 1)
    name = save_page(folder, "a.html")
    listed(folder, f"gone.html,{release_url(1)},", f"{name},not an address,", f"{name},{release_url(1)},yesterday",
           f"{name},{release_url(1)}", f"../{name},{release_url(1)},", f",{release_url(1)},",
           f"large.html,{release_url(1)},", f'"{name}\n",{release_url(1)},', f"{name},{release_url(9)},2025-09-27",
           f"{'long' * 99},{release_url(1)},", f"{name},{release_url(1)},2026-11-21T12:00:01")
    done, faults = archive.import_files(folder)
    assert done == (1, 0)
    assert [fault.partition(" line ")[2].partition(":")[0] for fault in faults] == [*"2345678", "10", "12", "13"]
    for fault, reason in zip(faults, ("gone.html is missing", "not an http(s) address", "'yesterday' is not a time",
                                      "2 cells", "names no file in the folder", "names no file in the folder",
                                      "more than the 64 MB", "control characters", "long is missing",
                                      "it is not 2026-11-21T12:00:01Z yet"), strict=True):
        assert reason in fault


def test_a_row_that_is_not_utf8_spoils_itself_only(archive, folder):
    name = save_page(folder, "a.html")
    (folder / "index.csv").write_bytes(b"\xef\xbb\xbffile,url,fetched_at\n" + "公报.html,http://a.cn/,\n".encode("gbk")
                                       + f"{name},{release_url()},\n".encode())
    done, [fault] = archive.import_files(folder)
    assert done == (1, 0)
    assert "index.csv line 2: the row is not UTF-8 text" in fault


def test_an_index_without_its_columns_and_a_folder_without_anything_are_told(archive, folder, tmp_path):
    (tmp_path / "empty").mkdir()
    _, [fault, other] = archive.import_files(listed(folder, head="name,address"), tmp_path / "empty")
    assert "index.csv line 1: the first line must name the columns file,url; missing: file" in fault
    assert "holds neither an index.csv (file,url) nor WARC files" in other
    (folder / "index.csv").write_bytes(b"")
    assert archive.import_files(folder) == ((0, 0), [fault])


def test_a_file_is_shown_as_done_when_its_last_record_is(archive, tmp_path):
    path, shown = write_warc(tmp_path / "a.warc.gz", *(response_record(number=each) for each in (1, 2))), []
    with archive.writer("import") as writer:
        importer = Importer(archive.settings, archive.store, writer, shown.append,
                            lambda _, offset: shown.append(offset))
        importer.import_path(path)
    assert len(shown) == 2
    assert shown[-1] == path.stat().st_size


def test_what_cannot_be_looked_at_is_a_fault_and_the_rest_is_read(archive, folder, tmp_path):
    shut = tmp_path / ("long" * 99)
    path = write_warc(tmp_path / "a.warc.gz", response_record())
    fault = f"{shut} cannot be read: File name too long; check the path and its permissions"
    assert archive.import_files(shut, path) == ((1, 0), [fault])
    found = [str(each) for each in warcs_in(shut)]
    assert found == [f"{shut} cannot be read: File name too long; check its permissions"]


@pytest.mark.parametrize(("ahead", "summary"), [({"hours": 23}, (1, 0)), ({"hours": 25}, (0, 1))])
def test_a_capture_of_the_future_is_refused_by_its_time(archive, tmp_path, new_database, ahead, summary):
    with Archive.open(tmp_path / "other", database=new_database()) as other, other.writer() as writer:
        writer.keep(exchange(at=after(**ahead)))
    (new, _), faults = archive.import_files(*(other.data / "warc").rglob("*.warc.gz"))
    assert (new, len(faults)) == summary
    assert all("it is not 2026-11-22T13:00:00Z yet" in each for each in faults)
