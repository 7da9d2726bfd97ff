"""Full disks, killed processes, torn tails: nothing that was flushed is lost, and no record is half written."""

import errno
import os
import shutil
import signal
import subprocess
import sys

import pytest
from sqlalchemy import delete

from archive.db.tables import frontier
from archive.errors import StoreError, WarcError
from archive.warc.parser import Record, read_warc
from support.archive import NOW, TABLES, Archive, exchange, load_capture, release_url
from support.house import ROOT
from support.warc_records import FullDisk, response_record, write_warc

# Keeps releases until it is killed; prints how many were kept after each flush.
KEEPER = """
import sys, pathlib
sys.path[:0] = sys.argv[2:]
from support.archive import Archive, exchange, release_url
with Archive.open(pathlib.Path(sys.argv[1])) as archive, archive.writer() as writer:
    number = 0
    while True:
        writer.keep(exchange(release_url(number), b"<h1>%d</h1>" % number + b"x" * 5000))
        number += 1
        if number % 7 == 0:
            writer.flush()
            print(number, flush=True)
"""


@pytest.fixture
def full_disk(monkeypatch):
    """New WARC files are on a disk whose free bytes the test sets."""
    made = []

    def open_new(path):
        made.append(FullDisk(path, "x"))
        made[-1].room = 100_000
        return made[-1]

    monkeypatch.setattr("archive.warc.writer.open_new", open_new)
    return made


def left_open(archive, *numbers):
    """The open file of a process that died before its first flush: records, and no rows."""
    writer = archive.writer()
    for number in numbers:
        writer.keep(exchange(release_url(number), b"<h1>%d</h1>" % number))
    writer._file.out.close()  # the lock goes, as it does with the process
    return writer._file.path


def titles(archive):
    return [row.title for row in archive.rows("articles")]


def test_a_full_disk_tears_no_record(archive, full_disk):
    writer = archive.writer()
    writer.keep(exchange(release_url(1)))
    whole = writer._file.size
    full_disk[0].room = 300
    with pytest.raises(WarcError, match=r"gongbao-.*\.open cannot be written: No space left.*free some space"):
        writer.keep(exchange(release_url(2)))
    assert writer._file.path.stat().st_size == whole
    full_disk[0].room = 100_000
    writer.keep(exchange(release_url(3)))
    writer.close()
    assert [row.url for row in archive.rows("captures")] == [release_url(1), release_url(3)]
    assert all(isinstance(each, Record) for path in archive.data.rglob("*.warc.gz") for each in read_warc(path))


@pytest.mark.parametrize("free", range(0, 1500, 250))
def test_a_disk_that_fills_anywhere_leaves_an_archive_that_works(archive, full_disk, free):
    writer = archive.writer()
    writer.keep(exchange(release_url(0)))
    full_disk[0].room = free
    with pytest.raises(WarcError, match="No space left"):
        keep_many(writer)
    writer.close()
    with archive.writer() as again:
        again.keep(exchange(release_url(99)))
    assert archive.rows("captures")[-1].url == release_url(99)
    assert all(load_capture(archive.data, row).body == b"<h1>one</h1>" for row in archive.rows("captures"))


def test_a_disk_that_is_full_from_the_start_leaves_no_empty_file(archive, monkeypatch):
    monkeypatch.setattr("archive.warc.writer.open_new", lambda path: FullDisk(path, "x"))
    with archive.writer() as writer, pytest.raises(WarcError, match="No space left"):
        writer.keep(exchange(release_url(0)))
    assert [each for each in (archive.data / "warc").rglob("*") if each.is_file()] == []


def keep_many(writer):
    for number in range(1, 10):
        writer.keep(exchange(release_url(number)))


def test_a_file_that_cannot_be_mended_takes_nothing_more_and_is_repaired_later(archive, full_disk, monkeypatch):
    writer = archive.writer()
    writer.keep(exchange(release_url(1)))
    full_disk[0].room = 100
    with monkeypatch.context() as patch:
        patch.setattr("archive.warc.writer.os.ftruncate", fails(errno.EIO))
        with pytest.raises(WarcError, match="No space left"):
            writer.keep(exchange(release_url(2)))
    with pytest.raises(WarcError, match="run the command again, which repairs it"):
        writer.keep(exchange(release_url(3)))
    with pytest.raises(WarcError, match="repairs it"):
        writer.close()
    assert archive.counts()["captures"] == 0
    archive.writer().close()
    assert titles(archive) == ["<h1>one</h1>"]
    assert [name.endswith(".gz") for name in archive.files()] == [True]


def test_what_cannot_be_brought_to_disk_is_not_in_the_store(archive, monkeypatch):
    writer = archive.writer()
    writer.keep(exchange())
    with monkeypatch.context() as patch:
        patch.setattr("archive.warc.writer.os.fsync", fails(errno.EIO))
        with pytest.raises(WarcError, match="cannot be flushed to disk: Input/output error"):
            writer.flush()
    assert archive.counts()["captures"] == 0
    with pytest.raises(WarcError):
        writer.close()
    archive.writer().close()
    assert archive.counts()["captures"] == 1


def test_a_folder_that_takes_no_file_is_named(archive):
    (archive.data / "warc").write_text("in the way")
    writer = archive.writer()
    with pytest.raises(WarcError, match=r"warc/2026/11 cannot be made: .*; check space and permissions"):
        writer.keep(exchange())


def test_when_the_store_cannot_be_written_the_file_waits_for_its_repair(archive, monkeypatch):
    writer = archive.writer()
    writer.keep(exchange())
    with monkeypatch.context() as patch:
        patch.setattr("archive.ingest.catalog.insert", fails(StoreError("the disk is full")))
        with pytest.raises(StoreError):
            writer.close()
    assert [name.endswith(".open") for name in archive.files()] == [True]
    assert archive.counts() == dict.fromkeys(archive.counts(), 0)
    archive.writer().close()
    assert titles(archive) == ["<h1>one</h1>"]


def test_a_flush_that_failed_can_be_repeated(archive, monkeypatch):
    with archive.writer() as writer:
        writer.keep(exchange())
        with monkeypatch.context() as patch:
            patch.setattr("archive.ingest.catalog.write_readings", fails(StoreError("locked")))
            with pytest.raises(StoreError):
                writer.flush()
        assert archive.counts() == dict.fromkeys(archive.counts(), 0)
    assert archive.counts()["articles"] == 1


def fails(error):
    def failing(*_arguments, **_named):
        raise error if isinstance(error, Exception) else OSError(error, os.strerror(error))

    return failing


def test_records_that_no_flush_reached_are_catalogued_and_read(archive):
    left_open(archive, 1, 2)
    archive.writer("another provenance").close()
    assert titles(archive) == ["<h1>1</h1>", "<h1>2</h1>"]
    assert [row.provenance for row in archive.rows("captures")] == ["crawl"] * 2
    assert [name.endswith(".warc.gz") for name in archive.files()] == [True]


def test_a_recovered_row_is_the_row_that_a_flush_would_have_made(archive, tmp_path, new_database):
    headers = [(b"Content-Type", b"text/html"), (b"ETag", b'"1"'), (b"Last-Modified", b"x")]
    writer = archive.writer()
    writer.keep(exchange(headers=headers))
    writer.flush()
    writer.keep(exchange(status=304, body=b"", headers=headers))
    writer.keep(exchange("http://a.cn/公 报", b"1"))
    writer._file.out.close()
    lost, here_rows = shutil.copytree(archive.data / "warc", tmp_path / "lost" / "data" / "warc"), writer.pending()
    writer.catalog.add(writer._pending)
    with Archive.open(tmp_path / "lost" / "data", database=new_database()) as other:
        assert lost.exists()
        other.writer().close()
        recovered, written = ([tuple(row)[1:] for row in each.rows("captures")] for each in (other, archive))
        assert recovered == written
    assert len(here_rows) == 2


def test_a_tail_torn_at_any_byte_costs_its_own_record_only(archive):
    path = left_open(archive, 1, 2)
    kept = path.read_bytes()
    *_, last, request = read_warc(path)
    # The database has no part in where a file is cut: on PostgreSQL every 16th byte is enough.
    step = 1 if archive.store.engine.dialect.name == "sqlite" else 16
    tail = (*range(last.offset, request.offset - 1, step), *range(request.offset - 1, request.offset + 2))
    for end in (*tail, *range(request.offset + 2, len(kept), 50), len(kept)):
        path.write_bytes(kept[:end])
        archive.writer().close()
        assert titles(archive) == ["<h1>1</h1>", "<h1>2</h1>"][:1 if end < request.offset else 2]
        whole = max(each for each in (last.offset, request.offset, len(kept)) if each <= end)
        assert archive.files() == {path.relative_to(archive.data).as_posix().removesuffix(".open"): kept[:whole]}
        forget(archive)


def forget(archive):
    """Empty the archive, which is faster than making another one."""
    with archive.store.begin() as connection:
        connection.execute(delete(frontier))
        for name in ("articles", "quarantine", "revisions", "captures", "warc_files", "pages"):
            connection.execute(delete(TABLES[name]))
    for path in archive.data.rglob("*.warc.gz"):
        path.unlink()


def test_a_file_of_captures_that_cannot_be_catalogued_is_kept(archive):
    folder = archive.data / "warc"
    folder.mkdir()
    path = write_warc(folder / "a.warc.gz", response_record(url="http://[broken/"))
    bytes_sent = path.read_bytes()
    path.rename(folder / "a.warc.gz.open")
    archive.writer().close()
    assert archive.files() == {"warc/a.warc.gz": bytes_sent}


def test_a_file_in_which_nothing_was_kept_is_removed(archive):
    path = left_open(archive, 1)
    info = next(read_warc(path))
    for size in (0, 10, info.length, info.length + 50):
        path.with_suffix(".open").write_bytes(b"")
        path.write_bytes(path.read_bytes()[:size])
        archive.writer().close()
        assert archive.files() == {}
        path = left_open(archive, 1)


def test_a_damaged_record_in_the_middle_keeps_those_after_it(archive, caplog):
    path = left_open(archive, 1, 2, 3)
    second = [each for each in read_warc(path) if each.kind == "response"][1]
    with path.open("r+b") as file:
        file.seek(second.offset + 30)
        file.write(b"\xff" * 20)
    archive.writer().close()
    assert titles(archive) == ["<h1>1</h1>", "<h1>3</h1>"]
    assert f"at offset {second.offset}" in caplog.text


def test_repairing_twice_changes_nothing(archive):
    left_open(archive, 1)
    archive.writer().close()
    before = (archive.counts(), archive.files())
    archive.writer().close()
    assert (archive.counts(), archive.files()) == before


def test_the_file_of_a_living_archive_is_left_alone(archive):
    with archive.writer() as one:
        one.keep(exchange(release_url(1)))
        with archive.writer() as two:
            two.keep(exchange(release_url(2)))
            assert len(archive.files()) == 2
        assert sorted(name.endswith(".open") for name in archive.files()) == [False, True]
        one.keep(exchange(release_url(3)))
    assert sorted(titles(archive)) == ["<h1>one</h1>"] * 3
    assert {row.url for row in archive.rows("captures")} == {release_url(1), release_url(2), release_url(3)}


def keeper(folder):
    return subprocess.Popen([sys.executable, "-c", KEEPER, str(folder), str(ROOT), str(ROOT / "tests")],
                            stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("flushes", [1, 3, 20])
def test_a_killed_process_loses_nothing_that_it_flushed(archive, flushes):
    with keeper(archive.data) as process:
        said = [int(process.stdout.readline()) for _ in range(flushes)][-1]
        process.send_signal(signal.SIGKILL)
    archive.writer().close()
    rows = archive.rows("captures")
    assert len(rows) >= said
    assert [row.url for row in rows] == [release_url(number) for number in range(len(rows))]
    assert all(load_capture(archive.data, row).body == b"<h1>%d</h1>" % number + b"x" * 5000
               for number, row in enumerate(rows))
    assert len(titles(archive)) == len(rows)
    assert not any(name.endswith(".open") for name in archive.files())


def test_a_living_process_is_left_alone_and_both_write(archive):
    with keeper(archive.data) as process:
        process.stdout.readline()
        with archive.writer() as writer:
            writer.keep(exchange("http://a.cn/other"))
        assert sum(name.endswith(".open") for name in archive.files()) == 1
        process.stdout.readline()
        process.send_signal(signal.SIGKILL)
    archive.writer().close()
    urls = [row.url for row in archive.rows("captures")]
    assert "http://a.cn/other" in urls
    assert len(urls) == len(set(urls)) >= 8
    assert NOW.isoformat()[:10] == archive.rows("captures")[0].fetched_at[:10]
