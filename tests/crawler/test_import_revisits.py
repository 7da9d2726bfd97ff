"""Imported revisits: each repeats the capture that it names, and says what that page said."""

import gzip
import hashlib

import pytest

from archive.ingest.from_warc import capture_of
from archive.ingest.readings import read
from archive.warc.reader import load_record
from warc_tools import FIRST, answer, bring, record, release, room, warc

REVISIT = "http://netpreserve.org/warc/1.0/revisit/identical-payload-digest"


@pytest.fixture
def here(tmp_path):
    with room(tmp_path) as opened:
        yield opened


def revisit(number, *fields, url="", date="2021-01-01T00:00:00Z"):
    return record("revisit", url or release(), b"HTTP/1.1 200 OK\r\nX: y\r\n\r\n", number=number, date=date,
                  fields=[("WARC-Profile", REVISIT), *fields])


DIGEST = ("WARC-Payload-Digest", "sha1:" + hashlib.sha1(b"<h1>one</h1>").hexdigest())  # noqa: S324


@pytest.mark.parametrize("fields", [
    [("WARC-Refers-To", FIRST)],
    [("WARC-Refers-To-Target-URI", release()), ("WARC-Refers-To-Date", "2020-05-17T10:30:00Z")],
    [DIGEST],
], ids=["by id", "by address and time", "by digest"])
def test_a_revisit_repeats_what_it_names_even_if_that_comes_later(here, tmp_path, fields):
    again = warc(tmp_path / "again.warc.gz", revisit(2, *fields))
    assert bring(here, again) == ((1, 0), [])
    assert here.rows("captures")[0].repeats is None
    bring(here, warc(tmp_path / "first.warc.gz", record("response", release(), answer(), fields=[DIGEST])))
    loose, first = here.rows("captures")
    assert loose.repeats == first.id
    assert load_record(here.data, loose).block == b"HTTP/1.1 200 OK\r\nX: y\r\n\r\n"
    assert here.counts()["articles"] == here.counts()["revisions"] == 1


def test_a_page_that_returns_to_an_older_text_has_a_revision_for_it(here, tmp_path):
    path = warc(tmp_path / "a.warc.gz", record("response", release(), answer(b"one"), number=1, date="2020-01-01"),
                record("response", release(), answer(b"two"), number=2, date="2020-02-01"),
                revisit(3, ("WARC-Refers-To", FIRST), date="2020-03-01"))
    bring(here, path)
    assert [row.captured_at[:7] for row in here.rows("revisions")] == ["2020-01", "2020-02", "2020-03"]


def test_a_revisit_at_another_address_is_read_as_that_page(here, tmp_path):
    path = warc(tmp_path / "a.warc.gz", record("response", release(1), answer(), number=1),
                revisit(2, ("WARC-Refers-To", FIRST), url=release(2)))
    bring(here, path)
    assert [row.facts["url"] for row in here.rows("articles")] == [release(1), release(2)]
    assert here.counts()["revisions"] == 2


def test_revisits_are_read_one_body_at_a_time_while_nobody_else_waits_for_the_store(here, tmp_path, monkeypatch):
    steps = []

    def loaded(record):
        steps.append(("loaded", here.store.engine.pool.checkedout()))
        return capture_of(record)

    def reads(reader, capture):
        steps.append(("read", capture.url))
        return read(reader, capture)

    path = warc(tmp_path / "a.warc.gz", record("response", release(1), answer(), number=1),
                *(revisit(number, ("WARC-Refers-To", FIRST), url=release(number)) for number in (2, 3)))
    monkeypatch.setattr("archive.ingest.from_warc.capture_of", loaded)
    monkeypatch.setattr("archive.ingest.catalog.read", reads)
    bring(here, path)
    assert steps == [("read", release(1)),
                     ("loaded", 0), ("read", release(2)), ("loaded", 0), ("read", release(3))]


def test_a_revisit_of_a_damaged_capture_is_told_and_followed_once_the_file_is_restored(here, tmp_path):
    bring(here, warc(tmp_path / "first.warc.gz", record("response", release(1), answer(), number=1)))
    [file] = here.data.rglob("*.warc.gz")
    whole, [row] = file.read_bytes(), here.rows("captures")
    file.write_bytes(whole[:row.warc_offset + 20] + bytes(len(whole) - row.warc_offset - 20))
    again = warc(tmp_path / "again.warc.gz", revisit(2, ("WARC-Refers-To", FIRST), url=release(2)),
                 record("response", release(3), answer(), number=3))
    done, [fault] = bring(here, again)
    assert done == (2, 0)
    assert f"{file} at offset {row.warc_offset} is damaged" in fault
    assert release(2) in fault
    assert [row.facts["url"] for row in here.rows("articles")] == [release(1), release(3)]
    assert here.rows("captures")[1].repeats is None
    file.write_bytes(whole)
    assert bring(here, again) == ((0, 2), [])
    assert here.rows("captures")[1].repeats == row.id
    assert {row.facts["url"] for row in here.rows("articles")} == {release(1), release(2), release(3)}


def test_a_revisit_of_a_body_that_does_not_unpack_is_quarantined_with_the_reason(here, tmp_path):
    cut = answer(gzip.compress(b"<h1>one</h1>")[:-4], b"Content-Type: text/html\r\nContent-Encoding: gzip\r\n")
    path = warc(tmp_path / "a.warc.gz", record("response", release(1), cut, number=1),
                revisit(2, ("WARC-Refers-To", FIRST), url=release(2)))
    assert bring(here, path) == ((2, 0), [])
    first, second = here.rows("quarantine")
    assert "gzip body is cut" in str(first.reason)
    assert first.reason == second.reason


@pytest.mark.parametrize("step", [
    "archive.ingest.catalog.Catalog.replace_readings", "archive.ingest.revisits.update_revisions"])
def test_a_revisit_that_was_cut_off_is_tied_and_read_once_by_the_next_import(here, tmp_path, monkeypatch, step):
    path = warc(tmp_path / "a.warc.gz", record("response", release(1), answer(), number=1),
                revisit(2, ("WARC-Refers-To", FIRST), url=release(2)))
    with monkeypatch.context() as cut:
        cut.setattr(step, _interrupted)
        with pytest.raises(KeyboardInterrupt):
            bring(here, path)
    assert bring(here, path) == ((0, 2), [])
    assert [row.repeats for row in here.rows("captures")] == [None, 1]
    assert [row.facts["url"] for row in here.rows("articles")] == [release(1), release(2)]


def _interrupted(*_):
    raise KeyboardInterrupt
