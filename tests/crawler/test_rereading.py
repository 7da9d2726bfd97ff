"""A better reader goes through the whole archive once: nothing of an older one is left, and nobody edited anything."""

import pytest
from sqlalchemy import update

from archive.db.tables import captures, pages
from archive.ingest import reread as reread_module
from archive.ingest.catalog import Catalog
from archive.ingest.importer import Importer
from archive.ingest.reread import reread
from archive.messages import message
from archive.records import Unreadable
from warc_tools import FunctionReader, after, answer, exchange, reads, record, release, room, warc

HOME = "http://english.mofcom.gov.cn/"


def better(capture):
    """Reads what `reads` reads, marked, and also what that one could not."""
    found = reads(capture)
    if isinstance(found, Unreadable):
        return reads(type(capture)(capture.url, b"mended", capture.fetched_at))
    return reads(type(capture)(capture.url, b"better " + capture.body, capture.fetched_at))


@pytest.fixture
def here(tmp_path):
    with room(tmp_path) as opened:
        yield opened


def read_again(here, reader=better, version=2, tell=None):
    faults = []
    catalog = Catalog(here.store, FunctionReader(version, reader))
    return reread(catalog, here.data, tell or faults.append), [str(each) for each in faults]


def titles(here):
    return {row.title for row in here.rows("articles")}


def keep(here, *bodies, first=1):
    with here.archive() as archive:
        for number, body in enumerate(bodies, first):
            archive.keep(exchange(release(number), body))


def test_articles_and_quarantine_of_an_older_reader_are_replaced(here):
    keep(here, b"one", b"unreadable")
    assert read_again(here) == (2, [])
    assert titles(here) == {"better one", "mended"}
    assert {row.reader for row in here.rows("articles")} == {2}
    assert here.counts()["quarantine"] == 0


def test_what_a_better_reader_refuses_goes_into_quarantine(here):
    keep(here, b"one")
    read_again(here, lambda _: Unreadable(message("text", text="a menu, not a release"), ("h1",)))
    assert here.counts()["articles"] == 0
    assert [(str(row.reason), row.reader) for row in here.rows("quarantine")] == [("a menu, not a release", 2)]


def test_the_second_time_nothing_is_read(here):
    keep(here, b"one")
    read_again(here)
    assert read_again(here, lambda _: pytest.fail("read once more")) == (0, [])


def test_articles_of_a_newer_reader_stay(here):
    keep(here, b"one")
    read_again(here, version=3)
    assert read_again(here, lambda _: pytest.fail("read by an older one"), version=2) == (0, [])


def test_a_better_reader_is_no_revision(here):
    with here.archive() as archive:
        for hour, body in enumerate([b"one", b"one", b"two"]):
            archive.keep(exchange(body=body, at=after(hours=hour)))
    before = [row.captured_at for row in here.rows("revisions")]
    read_again(here)
    assert [row.captured_at for row in here.rows("revisions")] == before
    assert len(before) == 2


@pytest.mark.parametrize("survives", range(4))
def test_a_pass_that_was_cut_off_goes_on_where_it_was(here, monkeypatch, survives):
    monkeypatch.setattr(reread_module, "PAGES", 1)
    keep(here, b"one", b"two", b"three", b"four")
    count = 0

    def killed(capture):
        nonlocal count
        count += 1
        if count > survives:
            raise KeyboardInterrupt
        return better(capture)

    with pytest.raises(KeyboardInterrupt):
        read_again(here, killed)
    assert here.counts()["articles"] == 4
    assert read_again(here) == (4 - survives, [])
    assert titles(here) == {"better one", "better two", "better three", "better four"}


def test_a_capture_that_cannot_be_loaded_keeps_what_was_read_of_it_until_its_file_is_back(here):
    keep(here, b"one")
    with here.archive(clock=lambda: after(days=1)) as archive:
        archive.keep(exchange(release(2), b"two"))
    lost = here.data / here.rows("captures")[0].warc_file
    lost.rename(lost.with_name("elsewhere"))
    again, faults = read_again(here)
    assert (again, titles(here)) == (1, {"one", "better two"})
    assert faults == [f"{lost} is missing; restore it from a backup"]
    lost.with_name("elsewhere").rename(lost)
    assert read_again(here) == (1, [])
    assert titles(here) == {"better one", "better two"}


def test_a_capture_that_no_source_claimed_is_read_once_one_does(here):
    with here.archive() as archive:
        archive.keep(exchange(HOME, b"home"))
    with here.store.begin() as connection:  # as if the source had another form of articles then, and other hosts
        connection.execute(update(captures).values(url=release(7)))
        connection.execute(update(pages).values(url=release(7), source=None))
    assert read_again(here, version=1) == (1, [])
    assert [row.url for row in here.rows("pages")] == [release(7)]
    assert [row.source for row in here.rows("pages")] == ["mofcom_en"]
    assert titles(here) == {"better home"}


def test_what_no_longer_has_the_form_of_an_article_is_none(here):
    keep(here, b"one", b"unreadable")
    with here.store.begin() as connection:
        connection.execute(update(captures).values(url=HOME))
    read_again(here)
    assert here.counts() == {"pages": 2, "captures": 2, "articles": 0, "quarantine": 0, "revisions": 0}


def test_a_damaged_body_stays_in_quarantine(here):
    with here.archive() as archive:
        archive.keep(exchange(body=b"\x1f\x8bnot gzip", headers=[(b"Content-Encoding", b"gzip")]))
    reason = here.rows("quarantine")[0].reason
    assert read_again(here) == (1, [])
    assert [(row.reason, row.reader) for row in here.rows("quarantine")] == [(reason, 2)]


def test_a_revisit_at_another_address_is_read_again_as_what_it_repeats(here):
    refers = (("WARC-Refers-To", "<urn:uuid:00000000-0000-4000-8000-000000000001>"),
              ("WARC-Profile", "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"))
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"
    file = warc(here.data.parent / "theirs.warc.gz", record("response", release(1), answer(b"one")),
                record("revisit", release(2), head, number=2, date="2020-05-18T10:30:00Z", fields=refers))
    with here.archive("import") as archive:
        Importer(here.settings, here.store, archive, lambda fault: pytest.fail(str(fault))).import_warc(file)
    assert len(here.rows("articles")) == 2
    assert read_again(here) == (2, [])
    assert {(row.title, row.facts["url"]) for row in here.rows("articles")} == {
        ("better one", release(1)), ("better one", release(2))}
