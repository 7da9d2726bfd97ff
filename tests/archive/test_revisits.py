"""Imported revisit records: each refers to a capture and is read with its body."""

import gzip
import hashlib

import pytest

from archive.ingest.from_warc import capture_of
from archive.ingest.readings import read
from archive.warc.random_access import load_record
from support.archive import release_url
from support.warc_records import FIRST_ID, http_response, record, response_record, write_warc

REVISIT = "http://netpreserve.org/warc/1.0/revisit/identical-payload-digest"


def revisit(number, *fields, url="", date="2021-01-01T00:00:00Z"):
    return record("revisit", url or release_url(), b"HTTP/1.1 200 OK\r\nX: y\r\n\r\n", number=number, date=date,
                  fields=[("WARC-Profile", REVISIT), *fields])


DIGEST = ("WARC-Payload-Digest", "sha1:" + hashlib.sha1(b"<h1>one</h1>").hexdigest())  # noqa: S324


@pytest.mark.parametrize("fields", [
    [("WARC-Refers-To", FIRST_ID)],
    [("WARC-Refers-To-Target-URI", release_url()), ("WARC-Refers-To-Date", "2020-05-17T10:30:00Z")],
    [DIGEST],
], ids=["by id", "by address and time", "by digest"])
def test_a_revisit_repeats_what_it_names_even_if_that_comes_later(archive, tmp_path, fields):
    again = write_warc(tmp_path / "again.warc.gz", revisit(2, *fields))
    assert archive.import_files(again) == ((1, 0), [])
    assert archive.rows("captures")[0].repeats is None
    archive.import_files(write_warc(tmp_path / "first.warc.gz", response_record(fields=[DIGEST])))
    loose, first = archive.rows("captures")
    assert loose.repeats == first.id
    assert load_record(archive.data, loose).block == b"HTTP/1.1 200 OK\r\nX: y\r\n\r\n"
    assert archive.counts()["articles"] == archive.counts()["revisions"] == 1


def test_a_page_that_returns_to_an_older_text_has_a_revision_for_it(archive, tmp_path):
    path = write_warc(tmp_path / "a.warc.gz", response_record(b"one", date="2020-01-01"),
                      response_record(b"two", url=release_url(), number=2, date="2020-02-01"),
                      revisit(3, ("WARC-Refers-To", FIRST_ID), date="2020-03-01"))
    archive.import_files(path)
    assert [row.captured_at[:7] for row in archive.rows("revisions")] == ["2020-01", "2020-02", "2020-03"]


def test_a_revisit_at_another_address_is_read_as_that_page(archive, tmp_path):
    path = write_warc(tmp_path / "a.warc.gz", response_record(),
                      revisit(2, ("WARC-Refers-To", FIRST_ID), url=release_url(2)))
    archive.import_files(path)
    assert [row.facts["url"] for row in archive.rows("articles")] == [release_url(1), release_url(2)]
    assert archive.counts()["revisions"] == 2


def test_revisits_are_read_one_body_at_a_time_while_nobody_else_waits_for_the_store(archive, tmp_path, monkeypatch):
    steps = []

    def loaded(record):
        steps.append(("loaded", archive.store.engine.pool.checkedout()))
        return capture_of(record)

    def reads(reader, capture):
        steps.append(("read", capture.url))
        return read(reader, capture)

    path = write_warc(tmp_path / "a.warc.gz", response_record(),
                      *(revisit(number, ("WARC-Refers-To", FIRST_ID), url=release_url(number)) for number in (2, 3)))
    monkeypatch.setattr("archive.ingest.from_warc.capture_of", loaded)
    monkeypatch.setattr("archive.ingest.catalog.read", reads)
    archive.import_files(path)
    assert steps == [("read", release_url(1)),
                     ("loaded", 0), ("read", release_url(2)), ("loaded", 0), ("read", release_url(3))]


def test_a_revisit_of_a_damaged_capture_is_told_and_followed_once_the_file_is_restored(archive, tmp_path):
    archive.import_files(write_warc(tmp_path / "first.warc.gz", response_record()))
    [file] = archive.data.rglob("*.warc.gz")
    whole, [row] = file.read_bytes(), archive.rows("captures")
    file.write_bytes(whole[:row.warc_offset + 20] + bytes(len(whole) - row.warc_offset - 20))
    again = write_warc(tmp_path / "again.warc.gz", revisit(2, ("WARC-Refers-To", FIRST_ID), url=release_url(2)),
                       response_record(number=3))
    done, [fault] = archive.import_files(again)
    assert done == (2, 0)
    assert f"{file} at offset {row.warc_offset} is damaged" in fault
    assert release_url(2) in fault
    assert [row.facts["url"] for row in archive.rows("articles")] == [release_url(1), release_url(3)]
    assert archive.rows("captures")[1].repeats is None
    file.write_bytes(whole)
    assert archive.import_files(again) == ((0, 2), [])
    assert archive.rows("captures")[1].repeats == row.id
    assert {row.facts["url"] for row in archive.rows("articles")} == {release_url(1), release_url(2), release_url(3)}


def test_a_revisit_of_a_body_that_does_not_unpack_is_quarantined_with_the_reason(archive, tmp_path):
    cut = http_response(gzip.compress(b"<h1>one</h1>")[:-4], b"Content-Type: text/html\r\nContent-Encoding: gzip\r\n")
    path = write_warc(tmp_path / "a.warc.gz", record("response", release_url(1), cut, number=1),
                      revisit(2, ("WARC-Refers-To", FIRST_ID), url=release_url(2)))
    assert archive.import_files(path) == ((2, 0), [])
    first, second = archive.rows("quarantine")
    assert "gzip body is cut" in str(first.reason)
    assert first.reason == second.reason


@pytest.mark.parametrize("step", [
    "archive.ingest.catalog.Catalog.replace_readings", "archive.ingest.revisits.update_revisions"])
def test_a_revisit_that_was_cut_off_is_tied_and_read_once_by_the_next_import(archive, tmp_path, monkeypatch, step):
    path = write_warc(tmp_path / "a.warc.gz", response_record(),
                      revisit(2, ("WARC-Refers-To", FIRST_ID), url=release_url(2)))
    with monkeypatch.context() as cut:
        cut.setattr(step, _interrupted)
        with pytest.raises(KeyboardInterrupt):
            archive.import_files(path)
    assert archive.import_files(path) == ((0, 2), [])
    assert [row.repeats for row in archive.rows("captures")] == [None, 1]
    assert [row.facts["url"] for row in archive.rows("articles")] == [release_url(1), release_url(2)]


def _interrupted(*_):
    raise KeyboardInterrupt
