"""Disks fill, processes are killed, tails are torn: nothing that was flushed is lost, and nothing is half there."""

import errno
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import delete

from archive.errors import StoreError, WarcError
from archive.warc.parser import Record, read_warc
from warc_tools import NOON, TABLES, FullDisk, exchange, load, release, room

ROOT = Path(__file__).parent.parent.parent

# Keeps releases for ever; says each one that a flush has made durable.
KEEPER = """
import sys, pathlib
sys.path[:0] = sys.argv[2:]
from warc_tools import exchange, release, room
with room(pathlib.Path(sys.argv[1])) as here, here.archive() as archive:
    number = 0
    while True:
        archive.keep(exchange(release(number), b"<h1>%d</h1>" % number + b"x" * 5000))
        number += 1
        if number % 7 == 0:
            archive.flush()
            print(number, flush=True)
"""


@pytest.fixture
def here(tmp_path):
    with room(tmp_path) as opened:
        yield opened


@pytest.fixture
def full_disk(monkeypatch):
    """Files are made on a disk whose room the test sets."""
    made = []

    def open_new(path):
        made.append(FullDisk(path, "x"))
        made[-1].room = 100_000
        return made[-1]

    monkeypatch.setattr("archive.warc.writer.open_new", open_new)
    return made


def left_open(here, *numbers):
    """What a process leaves that dies before its first flush: a file, and no row."""
    archive = here.archive()
    for number in numbers:
        archive.keep(exchange(release(number), b"<h1>%d</h1>" % number))
    archive._file.out.close()  # the lock goes, as it does with the process
    return archive._file.path


def titles(here):
    return [row.title for row in here.rows("articles")]


def test_a_full_disk_tears_no_record(here, full_disk):
    archive = here.archive()
    archive.keep(exchange(release(1)))
    whole = archive._file.size
    full_disk[0].room = 300
    with pytest.raises(WarcError, match=r"gongbao-.*\.open cannot be written: No space left.*free some space"):
        archive.keep(exchange(release(2)))
    assert archive._file.path.stat().st_size == whole
    full_disk[0].room = 100_000
    archive.keep(exchange(release(3)))
    archive.close()
    assert [row.url for row in here.rows("captures")] == [release(1), release(3)]
    assert all(isinstance(each, Record) for path in here.data.rglob("*.warc.gz") for each in read_warc(path))


@pytest.mark.parametrize("free", range(0, 1500, 250))
def test_a_disk_that_fills_anywhere_leaves_an_archive_that_works(here, full_disk, free):
    archive = here.archive()
    archive.keep(exchange(release(0)))
    full_disk[0].room = free
    with pytest.raises(WarcError, match="No space left"):
        keep_many(archive)
    archive.close()
    with here.archive() as again:
        again.keep(exchange(release(99)))
    assert here.rows("captures")[-1].url == release(99)
    assert all(load(here.data, row).body == b"<h1>one</h1>" for row in here.rows("captures"))


def test_a_disk_that_is_full_from_the_start_leaves_no_empty_file(here, monkeypatch):
    monkeypatch.setattr("archive.warc.writer.open_new", lambda path: FullDisk(path, "x"))
    with here.archive() as archive, pytest.raises(WarcError, match="No space left"):
        archive.keep(exchange(release(0)))
    assert [each for each in (here.data / "warc").rglob("*") if each.is_file()] == []


def keep_many(archive):
    for number in range(1, 10):
        archive.keep(exchange(release(number)))


def test_a_file_that_cannot_be_mended_takes_nothing_more_and_is_repaired_later(here, full_disk, monkeypatch):
    archive = here.archive()
    archive.keep(exchange(release(1)))
    full_disk[0].room = 100
    with monkeypatch.context() as patch:
        patch.setattr("archive.warc.writer.os.ftruncate", fails(errno.EIO))
        with pytest.raises(WarcError, match="No space left"):
            archive.keep(exchange(release(2)))
    with pytest.raises(WarcError, match="run the command again, which repairs it"):
        archive.keep(exchange(release(3)))
    with pytest.raises(WarcError, match="repairs it"):
        archive.close()
    assert here.counts()["captures"] == 0
    here.archive().close()
    assert titles(here) == ["<h1>one</h1>"]
    assert [name.endswith(".gz") for name in here.files()] == [True]


def test_what_cannot_be_brought_to_disk_is_not_in_the_store(here, monkeypatch):
    archive = here.archive()
    archive.keep(exchange())
    with monkeypatch.context() as patch:
        patch.setattr("archive.warc.writer.os.fsync", fails(errno.EIO))
        with pytest.raises(WarcError, match="cannot be brought to disk: Input/output error"):
            archive.flush()
    assert here.counts()["captures"] == 0
    with pytest.raises(WarcError):
        archive.close()
    here.archive().close()
    assert here.counts()["captures"] == 1


def test_a_folder_that_takes_no_file_is_named(here):
    (here.data / "warc").write_text("in the way")
    archive = here.archive()
    with pytest.raises(WarcError, match=r"warc/2026/11 cannot be made: .*; check space and rights"):
        archive.keep(exchange())


def test_when_the_store_cannot_be_written_the_file_waits_for_its_repair(here, monkeypatch):
    archive = here.archive()
    archive.keep(exchange())
    with monkeypatch.context() as patch:
        patch.setattr("archive.ingest.catalog.insert", fails(StoreError("the disk is full")))
        with pytest.raises(StoreError):
            archive.close()
    assert [name.endswith(".open") for name in here.files()] == [True]
    assert here.counts() == dict.fromkeys(here.counts(), 0)
    here.archive().close()
    assert titles(here) == ["<h1>one</h1>"]


def test_a_flush_that_failed_can_be_repeated(here, monkeypatch):
    with here.archive() as archive:
        archive.keep(exchange())
        with monkeypatch.context() as patch:
            patch.setattr("archive.ingest.catalog.write_readings", fails(StoreError("locked")))
            with pytest.raises(StoreError):
                archive.flush()
        assert here.counts() == dict.fromkeys(here.counts(), 0)
    assert here.counts()["articles"] == 1


def fails(error):
    def failing(*_arguments, **_named):
        raise error if isinstance(error, Exception) else OSError(error, os.strerror(error))

    return failing


def test_records_that_no_flush_reached_are_catalogued_and_read(here):
    left_open(here, 1, 2)
    here.archive("another provenance").close()
    assert titles(here) == ["<h1>1</h1>", "<h1>2</h1>"]
    assert [row.provenance for row in here.rows("captures")] == ["crawl"] * 2
    assert [name.endswith(".warc.gz") for name in here.files()] == [True]


def test_a_recovered_row_is_the_row_that_a_flush_would_have_made(here, tmp_path):
    headers = [(b"Content-Type", b"text/html"), (b"ETag", b'"1"'), (b"Last-Modified", b"x")]
    archive = here.archive()
    archive.keep(exchange(headers=headers))
    archive.flush()
    archive.keep(exchange(status=304, body=b"", headers=headers))
    archive.keep(exchange("http://a.cn/公 报", b"1"))
    archive._file.out.close()
    lost, here_rows = shutil.copytree(here.data / "warc", tmp_path / "lost" / "data" / "warc"), archive.pending()
    archive.catalog.add(archive._pending)
    with room(tmp_path / "lost") as other:
        assert lost.exists()
        other.archive().close()
        assert [tuple(row)[1:] for row in other.rows("captures")] == [tuple(row)[1:] for row in here.rows("captures")]
    assert len(here_rows) == 2


def test_a_tail_torn_at_any_byte_costs_its_own_record_only(here):
    path = left_open(here, 1, 2)
    kept = path.read_bytes()
    *_, last, request = read_warc(path)
    for end in (*range(last.offset, request.offset + 2), *range(request.offset, len(kept), 50), len(kept)):
        path.write_bytes(kept[:end])
        here.archive().close()
        assert titles(here) == ["<h1>1</h1>", "<h1>2</h1>"][:1 if end < request.offset else 2]
        whole = max(each for each in (last.offset, request.offset, len(kept)) if each <= end)
        assert here.files() == {path.relative_to(here.data).as_posix().removesuffix(".open"): kept[:whole]}
        forget(here)


def forget(here):
    """Empty the archive, which is faster than making another one."""
    with here.store.begin() as connection:
        for name in ("articles", "quarantine", "revisions", "captures", "pages"):
            connection.execute(delete(TABLES[name]))
    for path in here.data.rglob("*.warc.gz"):
        path.unlink()


def test_a_file_in_which_nothing_was_kept_is_removed(here):
    path = left_open(here, 1)
    info = next(read_warc(path))
    for size in (0, 10, info.length, info.length + 50):
        path.with_suffix(".open").write_bytes(b"")
        path.write_bytes(path.read_bytes()[:size])
        here.archive().close()
        assert here.files() == {}
        path = left_open(here, 1)


def test_a_damaged_record_in_the_middle_keeps_those_after_it(here, caplog):
    path = left_open(here, 1, 2, 3)
    second = [each for each in read_warc(path) if each.kind == "response"][1]
    with path.open("r+b") as file:
        file.seek(second.offset + 30)
        file.write(b"\xff" * 20)
    here.archive().close()
    assert titles(here) == ["<h1>1</h1>", "<h1>3</h1>"]
    assert f"at offset {second.offset}" in caplog.text


def test_repairing_twice_changes_nothing(here):
    left_open(here, 1)
    here.archive().close()
    before = (here.counts(), here.files())
    here.archive().close()
    assert (here.counts(), here.files()) == before


def test_the_file_of_a_living_archive_is_left_alone(here):
    with here.archive() as one:
        one.keep(exchange(release(1)))
        with here.archive() as two:
            two.keep(exchange(release(2)))
            assert len(here.files()) == 2
        assert sorted(name.endswith(".open") for name in here.files()) == [False, True]
        one.keep(exchange(release(3)))
    assert sorted(titles(here)) == ["<h1>one</h1>"] * 3
    assert {row.url for row in here.rows("captures")} == {release(1), release(2), release(3)}


def keeper(folder):
    return subprocess.Popen([sys.executable, "-c", KEEPER, str(folder), str(ROOT), str(ROOT / "tests")],
                            stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("flushes", [1, 3, 20])
def test_a_killed_process_loses_nothing_that_it_flushed(here, tmp_path, flushes):
    with keeper(tmp_path) as process:
        said = [int(process.stdout.readline()) for _ in range(flushes)][-1]
        process.send_signal(signal.SIGKILL)
    here.archive().close()
    rows = here.rows("captures")
    assert len(rows) >= said
    assert [row.url for row in rows] == [release(number) for number in range(len(rows))]
    assert all(load(here.data, row).body == b"<h1>%d</h1>" % number + b"x" * 5000 for number, row in enumerate(rows))
    assert len(titles(here)) == len(rows)
    assert not any(name.endswith(".open") for name in here.files())


def test_a_living_process_is_left_alone_and_both_write(here, tmp_path):
    with keeper(tmp_path) as process:
        process.stdout.readline()
        with here.archive() as archive:
            archive.keep(exchange("http://a.cn/other"))
        assert sum(name.endswith(".open") for name in here.files()) == 1
        process.stdout.readline()
        process.send_signal(signal.SIGKILL)
    here.archive().close()
    urls = [row.url for row in here.rows("captures")]
    assert "http://a.cn/other" in urls
    assert len(urls) == len(set(urls)) >= 8
    assert NOON.isoformat()[:10] == here.rows("captures")[0].fetched_at[:10]
