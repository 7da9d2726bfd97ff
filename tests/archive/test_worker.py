"""Catalog worker process: the same rows as with one process, and nothing lost when either dies."""

import os
import select
import signal
import subprocess
import sys
from contextlib import suppress

import pytest

from archive.errors import StoreError
from archive.ingest.catalog import Catalog
from archive.ingest.keep import ArchiveWriter
from archive.warc.parser import read_warc
from crawler.reader import SourceReader
from crawler.spiders.run import open_crawl
from support.archive import NOW, Archive, after, exchange, release_url
from support.house import ROOT

PAGE = "<html><head><title>no release</title></head><body><p>nothing to read here</p></body></html>"

OWNER = """
import sys, pathlib
sys.path[:0] = sys.argv[2:]
from archive.ingest import keep as module
from archive.ingest.catalog import Catalog
from crawler.reader import SourceReader
from support.archive import Archive, exchange, release_url
module.BATCH = 4
with Archive.open(pathlib.Path(sys.argv[1])) as archive:
    catalog = Catalog(archive.store, SourceReader())
    writer = module.ArchiveWriter.open(archive.settings, catalog, "crawl", parallel=True)
    number = 0
    while True:
        writer.keep(exchange(release_url(number)))
        number += 1
        if writer._worker and writer._worker.pending:
            print(writer._worker._process.pid, flush=True)
"""


@pytest.fixture
def archive(archive, monkeypatch):
    monkeypatch.setattr("archive.ingest.keep.BATCH", 4)
    return archive


def parallel(archive):
    catalog = Catalog(archive.store, SourceReader())
    return ArchiveWriter.open(archive.settings, catalog, "crawl", lambda: NOW, parallel=True)


def keep(writer, numbers):
    for number in numbers:
        writer.keep(exchange(release_url(number), PAGE.encode(), at=after(seconds=number)))


def handed_over(writer):
    """Keep captures until the worker has a batch; the worker."""
    keep(writer, range(4))
    assert writer._worker._pipe.poll(60)
    keep(writer, range(4, 8))
    assert len(writer._worker.pending) == 4
    return writer._worker


def contents(archive):
    differ = {"id", "record_id", "warc_file", "warc_offset", "warc_length"}
    captures = [{name: value for name, value in row._mapping.items() if name not in differ}
                for row in archive.rows("captures")]
    return captures, [tuple(row) for name in ("articles", "quarantine", "revisions") for row in archive.rows(name)]


def test_the_rows_are_those_that_one_process_writes(archive, tmp_path, new_database):
    writer = parallel(archive)
    handed_over(writer)
    keep(writer, range(8, 30))
    writer.close()
    with Archive.open(tmp_path / "alone" / "data", database=new_database()) as alone:
        with ArchiveWriter.open(alone.settings, Catalog(alone.store, SourceReader()), "crawl", lambda: NOW) as one:
            keep(one, range(30))
        assert contents(archive) == contents(alone)
        assert archive.counts()["captures"] == archive.counts()["quarantine"] == 30


def test_a_flush_waits_for_the_worker(archive):
    writer = parallel(archive)
    handed_over(writer)
    writer.flush()
    assert archive.counts()["captures"] == 8
    assert writer.pending() == []
    writer.close()


def test_a_batch_on_its_way_is_known_to_not_modified_answers(archive):
    writer = parallel(archive)
    handed_over(writer)
    writer.keep(exchange(release_url(5), b"", status=304, at=after(hours=1)))
    writer.close()
    original, revisit = archive.rows("captures")[5], archive.rows("captures")[-1]
    assert (revisit.kind, revisit.repeats) == ("revisit", original.id)


def test_ctrl_c_is_the_owner_s_alone_from_the_worker_s_first_moment_on(archive, capfd):
    writer = parallel(archive)
    keep(writer, range(4))  # the worker was started this moment, and has not loaded anything
    os.kill(writer._worker._process.pid, signal.SIGINT)
    assert writer._worker._pipe.poll(60)
    assert writer._worker.is_idle()
    writer.close()
    assert "KeyboardInterrupt" not in capfd.readouterr().err


@pytest.mark.parametrize("step", [
    "archive.ingest.worker.CatalogWorker.submit", "archive.ingest.worker.CatalogWorker.drain",
    "archive.ingest.catalog.Catalog.add", "archive.ingest.keep.decode_exchange"])
def test_an_interrupt_at_any_step_loses_nothing_that_is_in_the_file(archive, monkeypatch, step):
    with monkeypatch.context() as patched, suppress(KeyboardInterrupt), parallel(archive) as writer:
        keep(writer, range(4))
        assert writer._worker._pipe.poll(60)
        patched.setattr(step, interrupted)
        keep(writer, range(4, 8))
        writer.flush()
    [file] = [name for name in archive.files() if name.endswith(".open")]
    parallel(archive).close()
    kept = len([each for each in read_warc(archive.data / file.removesuffix(".open")) if each.kind == "response"])
    assert archive.counts()["captures"] == kept >= 5


def interrupted(*_):
    raise KeyboardInterrupt


def test_an_interrupted_crawl_leaves_its_file_to_the_next_one(archive):
    with suppress(KeyboardInterrupt), open_crawl(archive.settings) as job:
        job.archive.keep(exchange())
        interrupted()
    assert [name for name in archive.files() if name.endswith(".open")]
    with open_crawl(archive.settings):
        pass
    assert archive.counts()["captures"] == 1


@pytest.mark.parametrize("before", ["its batch", "the next batch"])
def test_a_worker_that_dies_costs_nothing(archive, before):
    writer = parallel(archive)
    keep(writer, range(4))
    worker = writer._worker
    assert worker._pipe.poll(60)
    if before == "its batch":
        assert worker.is_idle()
    else:
        keep(writer, range(4, 8))
    os.kill(worker._process.pid, signal.SIGKILL)
    worker._process.join()
    keep(writer, range(8, 20))
    writer.close()
    assert archive.counts()["captures"] == len(set(archive.rows("captures"))) == (16 if before == "its batch" else 20)
    assert not any(name.endswith(".open") for name in archive.files())


def test_what_the_worker_cannot_write_is_tried_again_here(archive, monkeypatch):
    writer = parallel(archive)
    handed_over(writer).drain()
    failing = writer._worker
    failing.pending, failing._has_replied = [*writer._pending], True
    monkeypatch.setattr(writer.catalog, "add", fails)
    writer.keep(exchange(release_url(50)))
    with pytest.raises(StoreError, match="the disk is full"):
        writer.flush()
    monkeypatch.undo()
    writer.close()
    assert release_url(50) in [row.url for row in archive.rows("captures")]


def fails(_batch):
    raise StoreError("the disk is full")


def test_a_worker_ends_when_its_owner_is_killed(archive):
    command = [sys.executable, "-c", OWNER, str(archive.data), str(ROOT), str(ROOT / "tests")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as owner:
        worker = int(owner.stdout.readline())
        gone = os.pidfd_open(worker)
        owner.send_signal(signal.SIGKILL)
    assert ended(gone)
    parallel(archive).close()
    urls = [row.url for row in archive.rows("captures")]
    assert len(urls) == len(set(urls)) >= 8
    assert urls == [release_url(number) for number in range(len(urls))]


def ended(process):
    """True if a process ends within a minute."""
    found, _, _ = select.select([process], [], [], 60)
    os.close(process)
    return bool(found)
