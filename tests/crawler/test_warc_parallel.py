"""Full batches are read and catalogued by a second process: the same rows, and nothing lost when it dies."""

import os
import select
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from archive.errors import StoreError
from archive.ingest.catalog import Catalog
from archive.ingest.keep import ArchiveWriter
from archive.warc.parser import read_warc
from crawler.reader import SourceReader
from crawler.spiders.run import OpenJob
from warc_tools import NOON, after, exchange, release, room

ROOT = Path(__file__).parent.parent.parent
PAGE = "<html><head><title>no release</title></head><body><p>nothing to read here</p></body></html>"

OWNER = """
import sys, pathlib
sys.path[:0] = sys.argv[2:]
from archive.ingest import keep as module
from archive.ingest.catalog import Catalog
from crawler.reader import SourceReader
from warc_tools import exchange, release, room
module.BATCH = 4
with room(pathlib.Path(sys.argv[1])) as here:
    archive = module.ArchiveWriter.open(here.settings, Catalog(here.store, SourceReader()), "crawl", parallel=True)
    number = 0
    while True:
        archive.keep(exchange(release(number)))
        number += 1
        if archive._worker and archive._worker.pending:
            print(archive._worker._process.pid, flush=True)
"""


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.setattr("archive.ingest.keep.BATCH", 4)
    with room(tmp_path) as opened:
        yield opened


def parallel(here):
    return ArchiveWriter.open(here.settings, Catalog(here.store, SourceReader()), "crawl", lambda: NOON, parallel=True)


def keep(archive, numbers):
    for number in numbers:
        archive.keep(exchange(release(number), PAGE.encode(), at=after(seconds=number)))


def handed_over(archive):
    """Keep until the helper listens and has a batch."""
    keep(archive, range(4))
    assert archive._worker._pipe.poll(60)
    keep(archive, range(4, 8))
    assert len(archive._worker.pending) == 4
    return archive._worker


def contents(here):
    captures = [tuple(row)[2:-3] for row in here.rows("captures")]
    return captures, [tuple(row) for name in ("articles", "quarantine", "revisions") for row in here.rows(name)]


def test_the_rows_are_those_that_one_process_writes(here, tmp_path):
    archive = parallel(here)
    handed_over(archive)
    keep(archive, range(8, 30))
    archive.close()
    with room(tmp_path / "alone") as alone:
        with ArchiveWriter.open(alone.settings, Catalog(alone.store, SourceReader()), "crawl", lambda: NOON) as one:
            keep(one, range(30))
        assert contents(here) == contents(alone)
        assert here.counts()["captures"] == here.counts()["quarantine"] == 30


def test_a_flush_waits_for_the_helper(here):
    archive = parallel(here)
    handed_over(archive)
    archive.flush()
    assert here.counts()["captures"] == 8
    assert archive.pending() == []
    archive.close()


def test_a_batch_on_its_way_is_known_to_not_modified_answers(here):
    archive = parallel(here)
    handed_over(archive)
    archive.keep(exchange(release(5), b"", status=304, at=after(hours=1)))
    archive.close()
    original, revisit = here.rows("captures")[5], here.rows("captures")[-1]
    assert (revisit.kind, revisit.repeats) == ("revisit", original.id)


def test_ctrl_c_is_the_owner_s_alone_from_the_helper_s_first_moment_on(here, capfd):
    archive = parallel(here)
    keep(archive, range(4))  # the helper was made this moment, and has not loaded anything
    os.kill(archive._worker._process.pid, signal.SIGINT)
    assert archive._worker._pipe.poll(60)
    assert archive._worker.is_idle()
    archive.close()
    assert "KeyboardInterrupt" not in capfd.readouterr().err


@pytest.mark.parametrize("step", [
    "archive.ingest.worker.CatalogWorker.submit", "archive.ingest.worker.CatalogWorker.drain",
    "archive.ingest.catalog.Catalog.add", "archive.ingest.keep.decode_exchange"])
def test_an_interrupt_at_any_step_loses_nothing_that_is_in_the_file(here, monkeypatch, step):
    with monkeypatch.context() as patched, suppress(KeyboardInterrupt), parallel(here) as archive:
        keep(archive, range(4))
        assert archive._worker._pipe.poll(60)
        patched.setattr(step, interrupted)
        keep(archive, range(4, 8))
        archive.flush()
    [file] = [name for name in here.files() if name.endswith(".open")]
    parallel(here).close()
    kept = len([each for each in read_warc(here.data / file.removesuffix(".open")) if each.kind == "response"])
    assert here.counts()["captures"] == kept >= 5


def interrupted(*_):
    raise KeyboardInterrupt


def test_an_interrupted_crawl_leaves_its_file_to_the_next_one(here):
    with suppress(KeyboardInterrupt), OpenJob.open(here.settings) as crawl:
        crawl.job.archive.keep(exchange())
        interrupted()
    assert [name for name in here.files() if name.endswith(".open")]
    OpenJob.open(here.settings).close()
    assert here.counts()["captures"] == 1


@pytest.mark.parametrize("before", ["its batch", "the next batch"])
def test_a_helper_that_dies_costs_nothing(here, before):
    archive = parallel(here)
    keep(archive, range(4))
    helper = archive._worker
    assert helper._pipe.poll(60)
    if before == "its batch":
        assert helper.is_idle()
    else:
        keep(archive, range(4, 8))
    os.kill(helper._process.pid, signal.SIGKILL)
    helper._process.join()
    keep(archive, range(8, 20))
    archive.close()
    assert here.counts()["captures"] == len(set(here.rows("captures"))) == (16 if before == "its batch" else 20)
    assert not any(name.endswith(".open") for name in here.files())


def test_what_the_helper_cannot_write_is_tried_again_here(here, monkeypatch):
    archive = parallel(here)
    handed_over(archive).drain()
    failing = archive._worker
    failing.pending, failing._has_replied = [*archive._pending], True
    monkeypatch.setattr(archive.catalog, "add", fails)
    archive.keep(exchange(release(50)))
    with pytest.raises(StoreError, match="the disk is full"):
        archive.flush()
    monkeypatch.undo()
    archive.close()
    assert release(50) in [row.url for row in here.rows("captures")]


def fails(_batch):
    raise StoreError("the disk is full")


def test_a_helper_ends_when_its_owner_is_killed(here, tmp_path):
    command = [sys.executable, "-c", OWNER, str(tmp_path), str(ROOT), str(ROOT / "tests")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as owner:
        helper = int(owner.stdout.readline())
        gone = os.pidfd_open(helper)
        owner.send_signal(signal.SIGKILL)
    assert ended(gone)
    parallel(here).close()
    urls = [row.url for row in here.rows("captures")]
    assert len(urls) == len(set(urls)) >= 8
    assert urls == [release(number) for number in range(len(urls))]


def ended(process):
    """Whether a process ends within a minute."""
    found, _, _ = select.select([process], [], [], 60)
    os.close(process)
    return bool(found)
