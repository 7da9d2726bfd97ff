"""What captures say, in the store: which are read, how readings replace each other, when a page has changed."""

from dataclasses import replace

import pytest

from archive.ingest.readings import Reading, write_readings
from archive.records import Capture
from warc_tools import NOON, FunctionReader, after, exchange, load, reads, release, room

PAGE = "<h1>公报</h1>".encode()


@pytest.fixture
def here(tmp_path):
    with room(tmp_path) as opened:
        yield opened


def test_only_full_answers_at_article_addresses_are_read(here):
    with here.archive() as archive:
        archive.keep(exchange(release(1), status=302))
        archive.keep(exchange(release(1), status=404))
        archive.keep(exchange("http://english.mofcom.gov.cn/"))
        archive.keep(exchange("http://elsewhere.example/a.html"))
        archive.keep(exchange("https://www.sino-chart.com/en/enNews/enGN/202009/t20200922_253777.htm"))
    assert here.counts() == {"pages": 4, "captures": 5, "articles": 1, "quarantine": 0, "revisions": 1}


def test_a_reader_that_fails_costs_no_capture(here, caplog):
    def fails(capture):
        raise RecursionError("too deep")

    with here.archive(reader=FunctionReader(1, fails)) as archive:
        archive.keep(exchange(release(1)))
        archive.keep(exchange("http://english.mofcom.gov.cn/"))
    assert here.counts()["captures"] == 2
    assert here.rows("quarantine")[0].reason == "the reader failed: RecursionError: too deep"
    assert "the reader failed on" in caplog.text


def test_a_source_that_says_something_else_makes_a_revision(here):
    with here.archive() as archive:
        for hour, body in enumerate([b"one", b"one", b"two", b"one"]):
            archive.keep(exchange(body=body, at=after(hours=hour)))
    assert [row.captured_at[11:13] for row in here.rows("revisions")] == ["12", "14", "15"]


def test_an_older_capture_that_comes_later_puts_the_revisions_right(here):
    with here.archive() as archive:
        for hour, body in [(2, b"one"), (3, b"two"), (4, b"two")]:
            archive.keep(exchange(body=body, at=after(hours=hour)))
    before = here.rows("revisions")
    with here.archive() as archive:
        archive.keep(exchange(body=b"one", at=after(hours=1)))
    assert [row.captured_at[11:13] for row in here.rows("revisions")] == ["15", "13"]
    assert before[1] in here.rows("revisions")
    with here.archive() as archive:
        archive.keep(exchange(body=b"zero", at=after(hours=0)))
    assert sorted(row.captured_at[11:13] for row in here.rows("revisions")) == ["12", "13", "15"]


def test_a_better_reader_makes_no_revision(here):
    with here.archive() as archive:
        archive.keep(exchange(body=b"one", at=NOON))
    better = FunctionReader(2, lambda capture: replace(reads(capture), author="A"))
    with here.archive(reader=better) as archive:
        archive.keep(exchange(body=b"one", at=after(hours=1)))
    assert [row.reader for row in here.rows("articles")] == [1, 2]
    assert len(here.rows("revisions")) == 1


def test_reading_again_replaces_the_article_by_one_with_a_higher_id(here):
    with here.archive() as archive:
        archive.keep(exchange(body=b"one"))
    row, capture = here.rows("articles")[0], here.rows("captures")[0]
    again = Reading(capture.id, capture.page_id, "mofcom_en", 2, reads(load(here.data, capture)))
    with here.store.begin() as connection:
        write_readings(connection, [again])
    [newer] = here.rows("articles")
    assert newer.id > row.id
    assert (newer.reader, newer.title) == (2, "one")


def test_an_article_takes_its_capture_out_of_quarantine(here):
    with here.archive() as archive:
        archive.keep(exchange(body=b"unreadable"))
    capture = here.rows("captures")[0]
    kept = here.rows("quarantine")[0]
    assert (kept.source, kept.reader, kept.reason, kept.tried) == ("mofcom_en", 1, "no title was found", ["h1"])
    with here.store.begin() as connection:
        readable = reads(Capture(release(), b"readable now", NOON))
        write_readings(connection, [Reading(capture.id, capture.page_id, "mofcom_en", 2, readable)])
    assert here.counts()["quarantine"] == 0
    assert here.counts()["articles"] == 1


def test_facts_are_the_article_without_title_and_body(here):
    with here.archive() as archive:
        archive.keep(exchange(body=b"one"))
    row = here.rows("articles")[0]
    article = reads(load(here.data, here.rows("captures")[0]))
    assert article.from_dict({**row.facts, "title": row.title, "body": row.body}) == article
    assert row.content_hash == article.content_hash()
