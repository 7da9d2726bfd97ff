"""A capture that the database refuses is set aside with its reason; it blocks no other, and can be tried again."""

import pytest
from click.testing import CliRunner
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

import gongbao
from archive.answers import Outcome, State
from archive.db.frontier import Naming, known_releases, name_releases
from archive.db.tables import quarantine
from archive.db.warc_files import count_rejects
from archive.errors import StoreError
from archive.ingest.catalog import Catalog, known_records
from archive.ingest.file_catalog import Catalogued, catalogue_files
from archive.ingest.importer import Importer
from archive.ingest.keep import ArchiveWriter
from archive.ingest.recover import retry_rejects
from archive.ingest.reread import reread
from archive.messages import message
from archive.urls import urlkey
from crawler.commands.import_ import import_captures
from crawler.reader import SourceReader
from support.archive import NOW, READER, Archive, FunctionReader, after, exchange, read_as_title, release_url
from support.databases import end_connections
from support.refusal import Refusal
from support.warc_records import record, response_record, save_page, write_warc


@pytest.fixture
def refusal(archive):
    return Refusal(archive)


def urls(archive, table="captures"):
    return [row.url for row in archive.rows(table)]


def left_open(archive, *numbers):
    """The open file of a process that died before its first flush."""
    writer = archive.writer()
    for number in numbers:
        writer.keep(exchange(release_url(number)))
    writer._file.out.close()


def test_of_a_batch_only_the_refused_capture_is_set_aside(archive, refusal):
    refusal.start("captures", release_url(2))
    with archive.writer() as writer:
        for number in (1, 2, 3):
            writer.keep(exchange(release_url(number)))
    assert urls(archive) == [release_url(1), release_url(3)]
    [reject] = archive.rows("rejects")
    assert (reject.url, reject.fetched_at) == (release_url(2), "2026-11-21T12:00:00Z")
    assert reject.reason.code == "row_refused"
    assert "refusal" in str(reject.reason)
    assert archive.counts()["articles"] == 2


def test_the_worker_process_sets_aside_too(archive, refusal, monkeypatch):
    monkeypatch.setattr("archive.ingest.keep.BATCH", 4)
    refusal.start("captures", release_url(6))
    catalog = Catalog(archive.store, SourceReader())
    with ArchiveWriter.open(archive.settings, catalog, "crawl", lambda: NOW, parallel=True) as writer:
        for number in range(12):
            writer.keep(exchange(release_url(number)))
    assert urls(archive) == [release_url(number) for number in range(12) if number != 6]
    assert urls(archive, "rejects") == [release_url(6)]


def test_recovery_goes_past_a_refused_capture(archive, refusal):
    left_open(archive, 1, 2, 3)
    refusal.start("captures", release_url(2))
    archive.writer().close()
    assert urls(archive) == [release_url(1), release_url(3)]
    assert urls(archive, "rejects") == [release_url(2)]
    assert [name.endswith(".warc.gz") for name in archive.files()] == [True]


def test_recovery_of_refused_captures_alone_keeps_their_file(archive, refusal):
    left_open(archive, 1)
    refusal.start("captures", release_url(1))
    archive.writer().close()
    assert [name.endswith(".warc.gz") for name in archive.files()] == [True]
    assert archive.files().keys() == {row.warc_file for row in archive.rows("rejects")}


def test_an_article_that_is_refused_is_quarantined_and_its_capture_stored(archive, refusal):
    refusal.start("articles", "odd")
    with archive.writer() as writer:
        for number, title in enumerate((b"one", b"odd", b"two")):
            writer.keep(exchange(release_url(number), title))
    assert len(urls(archive)) == 3
    assert [row.title for row in archive.rows("articles")] == ["one", "two"]
    [row] = archive.rows("quarantine")
    assert "refusal" in str(row.reason)
    assert archive.rows("rejects") == []


def test_an_article_that_is_refused_does_not_stop_reading_again(archive, refusal):
    with archive.writer() as writer:
        for number, title in enumerate((b"one", b"odd", b"two")):
            writer.keep(exchange(release_url(number), title))
    refusal.start("articles", "odd")
    newer, faults = FunctionReader(2), []
    assert reread(Catalog(archive.store, newer), archive.data, faults.append) == 3
    assert [(row.title, row.reader) for row in archive.rows("articles")] == [("one", 2), ("two", 2)]
    assert [row.reader for row in archive.rows("quarantine")] == [2]
    assert faults == []


def test_one_that_is_refused_no_longer_is_stored_and_read(archive, refusal):
    refusal.start("captures", release_url(2))
    with archive.writer() as writer:
        writer.keep(exchange(release_url(2), b"said"))
    refusal.stop("captures")
    assert retry_rejects(archive.data, Catalog(archive.store, READER), pytest.fail) == 1
    assert urls(archive) == [release_url(2)]
    assert [row.title for row in archive.rows("articles")] == ["said"]
    assert [row.provenance for row in archive.rows("captures")] == ["crawl"]
    assert archive.rows("rejects") == []


def test_one_that_is_still_refused_stays_one_reject(archive, refusal):
    refusal.start("captures", release_url(2))
    with archive.writer() as writer:
        writer.keep(exchange(release_url(2)))
    assert retry_rejects(archive.data, Catalog(archive.store, READER), pytest.fail) == 0
    assert urls(archive, "rejects") == [release_url(2)]


def test_the_file_of_one_at_its_end_is_catalogued_to_the_end(archive, refusal):
    refusal.start("captures", release_url(2))
    with archive.writer() as writer:
        for number in (1, 2):
            writer.keep(exchange(release_url(number)))
    [reject], [file] = archive.rows("rejects"), archive.rows("warc_files")
    assert file.size == reject.warc_offset + reject.warc_length


def test_one_that_is_stored_later_does_not_move_the_end_of_its_file(archive, refusal, tmp_path):
    refusal.start("captures", release_url(1))
    with archive.writer() as writer:
        writer.keep(exchange(release_url(1)))
        warc = write_warc(tmp_path / "a.warc.gz", response_record(number=2))
        Importer(archive.settings, archive.store, writer, pytest.fail).import_path(warc)
    refusal.stop("captures")
    before = archive.rows("warc_files")
    assert before[0].provenance == "import a.warc.gz"
    assert retry_rejects(archive.data, Catalog(archive.store, READER), pytest.fail) == 1
    assert archive.rows("warc_files") == before
    assert catalogue_files(archive.data, Catalog(archive.store, READER), pytest.fail) == Catalogued()


def test_a_revisit_is_linked_to_the_one_that_it_repeats_once_that_is_stored(archive, refusal, tmp_path):
    refusal.start("captures", release_url(1))
    again = record("revisit", release_url(2), b"HTTP/1.1 200 OK\r\nX: y\r\n\r\n", number=2, fields=[
        ("WARC-Profile", "http://netpreserve.org/warc/1.0/revisit/identical-payload-digest"),
        ("WARC-Refers-To", "<urn:uuid:00000000-0000-4000-8000-000000000001>")])
    archive.import_files(write_warc(tmp_path / "a.warc.gz", response_record(number=1), again))
    refusal.stop("captures")
    assert [row.repeats for row in archive.rows("captures")] == [None]
    assert retry_rejects(archive.data, Catalog(archive.store, READER), pytest.fail) == 1
    revisit, original = archive.rows("captures")
    assert revisit.repeats == original.id
    assert len(archive.rows("articles")) == 2


def test_one_whose_file_is_missing_stays_and_is_reported(archive, refusal):
    refusal.start("captures", release_url(2))
    with archive.writer() as writer:
        writer.keep(exchange(release_url(2)))
    next((archive.data / "warc").rglob("*.warc.gz")).unlink()
    faults = []
    assert retry_rejects(archive.data, Catalog(archive.store, READER), faults.append) == 0
    assert "is missing; restore it" in str(faults[0])
    assert urls(archive, "rejects") == [release_url(2)]


@pytest.fixture
def run(archive, monkeypatch):
    monkeypatch.setenv("GONGBAO_DATA", str(archive.data))
    monkeypatch.setattr("crawler.reader.read_capture", read_as_title)

    def running(command, *arguments):
        done = CliRunner().invoke(command, [str(each) for each in arguments], catch_exceptions=False)
        return done.exit_code, done.stdout, done.stderr

    return running


def test_an_import_does_the_rest_and_says_what_was_set_aside(refusal, run, tmp_path):
    refusal.start("captures", release_url(2))
    path = write_warc(tmp_path / "a.warc.gz", *(response_record(number=number) for number in (1, 2, 3)))
    code, out, err = run(import_captures, path)
    assert (code, out) == (1, "3 captures new, 0 known, 0 faults\nof the new: 2 read\n")
    assert err.startswith("gongbao: set aside: 1 × the database refuses it: ")
    assert err.endswith("; their records are kept, and `gongbao index` tries them again\n")


def test_importing_it_again_changes_nothing(archive, refusal, run, tmp_path):
    refusal.start("captures", release_url(2))
    path, page = write_warc(tmp_path / "a.warc.gz", response_record(number=2)), tmp_path / save_page(tmp_path, "a.html")
    for _ in range(2):
        run(import_captures, path)
        run(import_captures, page, "--url", release_url(2), "--fetched-at", "2025-09-27")
        before = archive.files()
    code, out, _ = run(import_captures, path)
    assert (code, out) == (0, "0 captures new, 1 known, 0 faults\n")
    assert archive.files() == before
    assert len(archive.rows("rejects")) == 2


def test_index_tries_again_and_says_so(refusal, run, tmp_path):
    refusal.start("captures", release_url(2))
    run(import_captures, write_warc(tmp_path / "a.warc.gz", response_record(number=2)))
    code, out, err = run(gongbao.main, "index")
    assert (code, out) == (0, "0 new, 0 changed, 0 gone, rev 0\n")
    assert err.startswith("gongbao: set aside: 1 × the database refuses it: ")
    refusal.stop("captures")
    assert run(gongbao.main, "index") == (
        0, "1 capture that had been set aside stored\n1 new, 0 changed, 0 gone, rev 1\n", "")


def test_reasons_are_counted(archive, refusal):
    refusal.start("captures", "/202005")
    with archive.writer() as writer:
        for number in (1, 2):
            writer.keep(exchange(release_url(number)))
    with archive.store.read() as connection:
        [(reason, number)] = count_rejects(connection)
        assert (reason.code, number) == ("row_refused", 2)
        assert count_rejects(connection, after=archive.rows("rejects")[-1].id) == []


def test_a_release_whose_capture_is_set_aside_is_asked_for_again_later(archive, refusal):
    naming, url = Naming("mofcom_en", None, NOW), release_url(2)
    with archive.store.begin() as connection:
        name_releases(connection, naming, {urlkey(url): url})
    refusal.start("captures", url)
    with archive.writer() as writer:
        writer.keep(exchange(url, at=after(minutes=1)))
    with archive.store.read() as connection:
        entry = known_releases(connection, [urlkey(url)])[urlkey(url)].entry
    assert (entry.state, entry.outcome, entry.attempts) == (State.WAITING, Outcome.FAILED, 1)
    assert entry.asked_at == after(minutes=1)


def test_two_addresses_with_one_hash_do_not_share_a_page(archive, monkeypatch):
    for module in ("archive.db.store", "archive.db.pages"):
        monkeypatch.setattr(f"{module}.page_id", lambda _key: "0" * 16)
    with archive.writer() as writer:
        writer.keep(exchange("http://a.cn/1"))
        writer.keep(exchange("http://a.cn/2"))
    assert urls(archive) == ["http://a.cn/1"]
    assert urls(archive, "rejects") == ["http://a.cn/2"]


# --- the database itself fails


def test_a_full_disk_sets_nothing_aside(archive, monkeypatch):
    def fails(*_args):
        error = DBAPIError("INSERT", {}, OSError("could not extend file: No space left on device"))
        error.orig.sqlstate = "53100"
        raise error

    writer = archive.writer()
    writer.keep(exchange())
    with monkeypatch.context() as patch:
        patch.setattr("archive.ingest.catalog._insert_captures", fails)
        with pytest.raises(StoreError, match="free some space"):
            writer.flush()
    assert archive.rows("rejects") == []
    writer.close()
    assert urls(archive) == [release_url()]


@pytest.mark.parametrize("new_database", ["sqlite"], indirect=True)
def test_a_file_that_cannot_grow_sets_nothing_aside(archive):
    writer = archive.writer()
    writer.keep(exchange(body=b"<h1>" + b"x" * 100_000))
    with archive.store.read() as connection:
        pages = connection.execute(text("PRAGMA page_count")).scalar()
        connection.execute(text(f"PRAGMA max_page_count={pages}"))
    with pytest.raises(StoreError, match="database or disk is full; free some space"):
        writer.flush()
    with archive.store.read() as connection:
        connection.execute(text("PRAGMA max_page_count=100000"))
    assert archive.rows("rejects") == []
    writer.close()
    assert urls(archive) == [release_url()]


def test_a_locked_database_sets_nothing_aside(archive, monkeypatch):
    monkeypatch.setattr("archive.db.dialects.LOCK_TIMEOUT", 0.01)
    with Archive.open(archive.data) as hasty:
        writer = hasty.writer()
        writer.keep(exchange())
        with archive.store.begin(), pytest.raises(StoreError, match="another process is writing"):
            writer.flush()
        assert hasty.rows("rejects") == []
        writer.close()
    assert urls(archive) == [release_url()]


@pytest.mark.parametrize("new_database", ["postgresql"], indirect=True)
def test_a_server_that_stops_sets_nothing_aside(archive, monkeypatch):
    def stopped(*arguments):
        end_connections(archive.settings.database)
        return known_records(*arguments)

    writer = archive.writer()
    writer.keep(exchange())
    with monkeypatch.context() as patch:
        patch.setattr("archive.ingest.catalog.known_records", stopped)
        with pytest.raises(StoreError, match="its server was stopped or is starting"):
            writer.flush()
    assert archive.rows("rejects") == []
    writer.close()
    assert urls(archive) == [release_url()]


def test_the_reason_of_a_quarantine_that_the_database_gave_is_a_message(archive, refusal):
    refusal.start("articles", "odd")
    with archive.writer() as writer:
        writer.keep(exchange(body=b"odd"))
    with archive.store.read() as connection:
        reason = connection.execute(select(quarantine.c.reason)).scalar_one()
    assert str(reason).startswith(str(message("row_refused", error="")))
