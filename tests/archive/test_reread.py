"""Re-reading the archive with a newer reader: every article is replaced once, and no revision is made."""

import pytest
from sqlalchemy import update

from archive.db.tables import captures, pages
from archive.ingest import reread as reread_module
from archive.ingest.catalog import Catalog
from archive.ingest.importer import Importer
from archive.ingest.reread import reread
from archive.messages import message
from archive.records import Unreadable
from support.archive import FunctionReader, after, exchange, read_as_title, release_url
from support.warc_records import record, response_record, write_warc

HOME = "http://english.mofcom.gov.cn/"


def better(capture):
    """A newer reader: prefixes titles with "better", and reads what `read_as_title` refuses."""
    found = read_as_title(capture)
    if isinstance(found, Unreadable):
        return read_as_title(type(capture)(capture.url, b"mended", capture.fetched_at))
    return read_as_title(type(capture)(capture.url, b"better " + capture.body, capture.fetched_at))


def read_again(archive, reader=better, version=2, tell=None):
    faults = []
    catalog = Catalog(archive.store, FunctionReader(version, reader))
    return reread(catalog, archive.data, tell or faults.append), [str(each) for each in faults]


def titles(archive):
    return {row.title for row in archive.rows("articles")}


def keep(archive, *bodies, first=1):
    with archive.writer() as writer:
        for number, body in enumerate(bodies, first):
            writer.keep(exchange(release_url(number), body))


def test_articles_and_quarantine_of_an_older_reader_are_replaced(archive):
    keep(archive, b"one", b"unreadable")
    assert read_again(archive) == (2, [])
    assert titles(archive) == {"better one", "mended"}
    assert {row.reader for row in archive.rows("articles")} == {2}
    assert archive.counts()["quarantine"] == 0


def test_what_a_better_reader_refuses_goes_into_quarantine(archive):
    keep(archive, b"one")
    read_again(archive, lambda _: Unreadable(message("text", text="a menu, not a release"), ("h1",)))
    assert archive.counts()["articles"] == 0
    assert [(str(row.reason), row.reader) for row in archive.rows("quarantine")] == [("a menu, not a release", 2)]


def test_the_second_time_nothing_is_read(archive):
    keep(archive, b"one")
    read_again(archive)
    assert read_again(archive, lambda _: pytest.fail("read once more")) == (0, [])


def test_articles_of_a_newer_reader_stay(archive):
    keep(archive, b"one")
    read_again(archive, version=3)
    assert read_again(archive, lambda _: pytest.fail("read by an older one"), version=2) == (0, [])


def test_a_better_reader_is_no_revision(archive):
    with archive.writer() as writer:
        for hour, body in enumerate([b"one", b"one", b"two"]):
            writer.keep(exchange(body=body, at=after(hours=hour)))
    before = [row.captured_at for row in archive.rows("revisions")]
    read_again(archive)
    assert [row.captured_at for row in archive.rows("revisions")] == before
    assert len(before) == 2


@pytest.mark.parametrize("survives", range(4))
def test_a_pass_that_was_cut_off_goes_on_where_it_was(archive, monkeypatch, survives):
    monkeypatch.setattr(reread_module, "PAGES", 1)
    keep(archive, b"one", b"two", b"three", b"four")
    count = 0

    def killed(capture):
        nonlocal count
        count += 1
        if count > survives:
            raise KeyboardInterrupt
        return better(capture)

    with pytest.raises(KeyboardInterrupt):
        read_again(archive, killed)
    assert archive.counts()["articles"] == 4
    assert read_again(archive) == (4 - survives, [])
    assert titles(archive) == {"better one", "better two", "better three", "better four"}


def test_a_capture_that_cannot_be_loaded_keeps_what_was_read_of_it_until_its_file_is_back(archive):
    keep(archive, b"one")
    with archive.writer(clock=lambda: after(days=1)) as writer:
        writer.keep(exchange(release_url(2), b"two"))
    lost = archive.data / archive.rows("captures")[0].warc_file
    lost.rename(lost.with_name("elsewhere"))
    again, faults = read_again(archive)
    assert (again, titles(archive)) == (1, {"one", "better two"})
    assert faults == [f"{lost} is missing; restore it from a backup"]
    lost.with_name("elsewhere").rename(lost)
    assert read_again(archive) == (1, [])
    assert titles(archive) == {"better one", "better two"}


def test_a_capture_that_no_source_claimed_is_read_once_one_does(archive):
    with archive.writer() as writer:
        writer.keep(exchange(HOME, b"home"))
    with archive.store.begin() as connection:  # as if the source had another form of articles then, and other hosts
        connection.execute(update(captures).values(url=release_url(7)))
        connection.execute(update(pages).values(url=release_url(7), source=None))
    assert read_again(archive, version=1) == (1, [])
    assert [row.url for row in archive.rows("pages")] == [release_url(7)]
    assert [row.source for row in archive.rows("pages")] == ["mofcom_en"]
    assert titles(archive) == {"better home"}


def test_what_no_longer_has_the_form_of_an_article_is_none(archive):
    keep(archive, b"one", b"unreadable")
    with archive.store.begin() as connection:
        connection.execute(update(captures).values(url=HOME))
    read_again(archive)
    assert archive.counts() == {"pages": 2, "captures": 2, "articles": 0, "quarantine": 0, "revisions": 0}


def test_a_damaged_body_stays_in_quarantine(archive):
    with archive.writer() as writer:
        writer.keep(exchange(body=b"\x1f\x8bnot gzip", headers=[(b"Content-Encoding", b"gzip")]))
    reason = archive.rows("quarantine")[0].reason
    assert read_again(archive) == (1, [])
    assert [(row.reason, row.reader) for row in archive.rows("quarantine")] == [(reason, 2)]


def test_a_revisit_at_another_address_is_read_again_as_what_it_repeats(archive):
    refers = (("WARC-Refers-To", "<urn:uuid:00000000-0000-4000-8000-000000000001>"),
              ("WARC-Profile", "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"))
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"
    file = write_warc(archive.data.parent / "theirs.warc.gz", response_record(b"one"),
                      record("revisit", release_url(2), head, number=2, date="2020-05-18T10:30:00Z", fields=refers))
    with archive.writer("import") as writer:
        Importer(archive.settings, archive.store, writer, lambda fault: pytest.fail(str(fault))).import_warc(file)
    assert len(archive.rows("articles")) == 2
    assert read_again(archive) == (2, [])
    assert {(row.title, row.facts["url"]) for row in archive.rows("articles")} == {
        ("better one", release_url(1)), ("better one", release_url(2))}
