"""Readings in the store: which captures are read, how an article is replaced, when a page has a revision."""

from dataclasses import replace

from archive.ingest.readings import Reading, write_readings
from archive.records import Capture
from support.archive import NOW, FunctionReader, after, exchange, load_capture, read_as_title, release_url

PAGE = "<h1>公报</h1>".encode()


def test_only_full_answers_at_article_addresses_are_read(archive):
    with archive.writer() as writer:
        writer.keep(exchange(release_url(1), status=302))
        writer.keep(exchange(release_url(1), status=404))
        writer.keep(exchange("http://english.mofcom.gov.cn/"))
        writer.keep(exchange("http://elsewhere.example/a.html"))
        writer.keep(exchange("https://www.sino-chart.com/en/enNews/enGN/202009/t20200922_253777.htm"))
    assert archive.counts() == {"pages": 4, "captures": 5, "articles": 1, "quarantine": 0, "revisions": 1}


def test_a_reader_that_fails_costs_no_capture(archive, caplog):
    def fails(capture):
        raise RecursionError("too deep")

    with archive.writer(reader=FunctionReader(1, fails)) as writer:
        writer.keep(exchange(release_url(1)))
        writer.keep(exchange("http://english.mofcom.gov.cn/"))
    assert archive.counts()["captures"] == 2
    assert str(archive.rows("quarantine")[0].reason) == "the reader failed: RecursionError: too deep"
    assert "the reader failed on" in caplog.text


def test_a_source_that_says_something_else_makes_a_revision(archive):
    with archive.writer() as writer:
        for hour, body in enumerate([b"one", b"one", b"two", b"one"]):
            writer.keep(exchange(body=body, at=after(hours=hour)))
    assert [row.captured_at[11:13] for row in archive.rows("revisions")] == ["12", "14", "15"]


def test_an_older_capture_that_comes_later_puts_the_revisions_right(archive):
    with archive.writer() as writer:
        for hour, body in [(2, b"one"), (3, b"two"), (4, b"two")]:
            writer.keep(exchange(body=body, at=after(hours=hour)))
    before = archive.rows("revisions")
    with archive.writer() as writer:
        writer.keep(exchange(body=b"one", at=after(hours=1)))
    assert [row.captured_at[11:13] for row in archive.rows("revisions")] == ["15", "13"]
    assert before[1] in archive.rows("revisions")
    with archive.writer() as writer:
        writer.keep(exchange(body=b"zero", at=after(hours=0)))
    assert sorted(row.captured_at[11:13] for row in archive.rows("revisions")) == ["12", "13", "15"]


def test_a_better_reader_makes_no_revision(archive):
    with archive.writer() as writer:
        writer.keep(exchange(body=b"one", at=NOW))
    better = FunctionReader(2, lambda capture: replace(read_as_title(capture), author="A"))
    with archive.writer(reader=better) as writer:
        writer.keep(exchange(body=b"one", at=after(hours=1)))
    assert [row.reader for row in archive.rows("articles")] == [1, 2]
    assert len(archive.rows("revisions")) == 1


def test_an_article_that_is_read_again_keeps_its_id(archive):
    with archive.writer() as writer:
        writer.keep(exchange(body=b"one"))
    row, capture = archive.rows("articles")[0], archive.rows("captures")[0]
    again = Reading(capture.id, capture.page_id, "mofcom_en", 2, read_as_title(load_capture(archive.data, capture)))
    with archive.store.begin() as connection:
        write_readings(connection, [again])
    [newer] = archive.rows("articles")
    assert (newer.id, newer.reader, newer.title) == (row.id, 2, "one")


def test_an_article_takes_its_capture_out_of_quarantine(archive):
    with archive.writer() as writer:
        writer.keep(exchange(body=b"unreadable"))
    capture = archive.rows("captures")[0]
    kept = archive.rows("quarantine")[0]
    assert (kept.source, kept.reader, str(kept.reason), kept.tried) == ("mofcom_en", 1, "no title was found", ["h1"])
    with archive.store.begin() as connection:
        readable = read_as_title(Capture(release_url(), b"readable now", NOW))
        write_readings(connection, [Reading(capture.id, capture.page_id, "mofcom_en", 2, readable)])
    assert archive.counts()["quarantine"] == 0
    assert archive.counts()["articles"] == 1


def test_facts_are_the_article_without_title_and_body(archive):
    with archive.writer() as writer:
        writer.keep(exchange(body=b"one"))
    row = archive.rows("articles")[0]
    article = read_as_title(load_capture(archive.data, archive.rows("captures")[0]))
    assert article.from_dict({**row.facts, "title": row.title, "body": row.body}) == article
    assert row.content_hash == article.content_hash()
