"""Source locks: the run of a dead process is closed, the run of a living one is left alone."""

import errno
import os
import subprocess
import sys

import pytest

from archive.errors import BusyError
from archive.messages import message
from crawler.errors import DataFolderError
from crawler.source import source
from crawler.spiders import process
from crawler.spiders.health import Health
from crawler.spiders.lock import SourceLock, close_dead_runs
from crawler.spiders.run import CrawlJob, Display, SourceRun
from demo.faults import Fault
from demo.replica import Replica
from demo.samples import load_releases
from support.archive import NOW, Archive, after
from support.crawl import COMMAND, Archived, crawl, environment, requested_urls, sentences
from support.house import ROOT

RELEASES = tuple(each for each in load_releases() if each.source == "camce")


ENDED = str(message("run_died"))


@pytest.fixture
def archive(tmp_path, database):
    with Archive.open(tmp_path / "data") as made:
        yield made


def verdicts(data):
    return [(row.source, row.verdict, sentences(row)) for row in Archived.read(data).rows["runs"]]


def test_the_run_of_a_killed_crawl_is_closed_by_the_next_one(tmp_path):
    stuck = Fault(action="hang", times=1)
    with Replica(RELEASES) as replica:
        replica.set_faults({RELEASES[3].url: stuck})
        command = [*COMMAND, "crawl", "--no-index", "camce"]
        with subprocess.Popen(command, env=environment(tmp_path, replica), stderr=subprocess.DEVNULL) as killed:
            assert stuck.triggered.wait(timeout=20)
            killed.kill()
        assert verdicts(tmp_path) == [("camce", "running", [])]
        assert crawl(tmp_path, replica, "camce").returncode == 0
    assert verdicts(tmp_path) == [("camce", "failed", [ENDED]), ("camce", "healthy", [])]


def test_a_source_that_another_crawl_is_asking_is_left_to_it(archive):
    run = SourceRun(CrawlJob(archive.settings, Display(), store=archive.store), source("camce"))
    with Replica(load_releases()) as replica:
        done = crawl(archive.data, replica, "camce", "made_in_china")
        assert [url for url in requested_urls(replica) if "camce" in url] == []
    assert "! camce: short\n    another crawl of camce is running" in done.stderr
    assert "camce: started" not in done.stderr
    assert done.returncode == 4
    assert [row[:2] for row in verdicts(archive.data)] == [("camce", "running"), ("made_in_china", "healthy")]
    run.fail(message("run_not_started"))


@pytest.mark.parametrize(("variable", "said"), [
    ("", "another crawl of camce is running; this one skipped the source"),
    ("GONGBAO_DELAY", "GONGBAO_DELAY='never' is refused: it has to be a number")])
def test_scrapy_itself_ends_with_a_sentence_where_it_cannot_begin(archive, variable, said):
    claim = SourceLock.take(archive.data, "camce")
    with Replica(()) as replica:
        around = {**environment(archive.data, replica), **({variable: "never"} if variable else {})}
        done = subprocess.run([sys.executable, "-m", "scrapy", "crawl", "camce"], cwd=ROOT, env=around, text=True,
                              capture_output=True, check=False, timeout=60)
        assert requested_urls(replica) == []
    assert (done.returncode, done.stderr.splitlines()[-1]) == (1, f"gongbao: {said}")
    assert "Traceback" not in done.stderr
    assert list(archive.data.rglob("*.open")) == []
    claim.close()


def test_only_runs_whose_process_is_gone_are_closed(archive):
    for name in ("camce", "mofcom_en"):
        archive.store.start_run(name, NOW, live=True)
    claim = SourceLock.take(archive.data, "camce")
    close_dead_runs(archive.data, archive.store, lambda: after(hours=1))
    assert verdicts(archive.data) == [("camce", "running", []), ("mofcom_en", "failed", [ENDED])]
    claim.close()
    close_dead_runs(archive.data, archive.store, lambda: after(hours=2))
    assert verdicts(archive.data)[0] == ("camce", "failed", [ENDED])


def test_a_source_is_claimed_once_at_a_time(archive):
    claim = SourceLock.take(archive.data, "camce")
    with pytest.raises(BusyError, match="another crawl of camce is running"):
        SourceLock.take(archive.data, "camce")
    SourceLock.take(archive.data, "mofcom_en").close()
    claim.close()
    SourceLock.take(archive.data, "camce").close()
    assert (archive.data / "crawling" / "camce.lock").exists()


def test_a_claim_that_cannot_be_written_down_is_told(archive):
    (archive.data / "crawling").write_text("a file where the folder should be")
    with pytest.raises(DataFolderError, match=r"crawling/camce\.lock cannot be created and locked: File exists"):
        SourceLock.take(archive.data, "camce")


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOSYS])
def test_a_file_system_without_locks_is_told(archive, monkeypatch, number):
    def refuse(_file, _how):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("fcntl.flock", refuse)
    with pytest.raises(DataFolderError, match=f"cannot be created and locked: {os.strerror(number)}"):
        SourceLock.take(archive.data, "camce")


class Idle:
    """A Scrapy process that starts nothing."""

    def __init__(self, _settings):
        pass

    def crawl(self, _spider, *, run):
        pass

    def start(self):
        pass


def test_a_run_whose_spider_never_started_is_closed(archive, monkeypatch):
    monkeypatch.setattr(process, "AsyncCrawlerProcess", Idle)
    job = CrawlJob(archive.settings, Display(), store=archive.store, clock=lambda: NOW)
    process.run_spiders(job, [source("camce")])
    health = Health("failed", (message("run_not_started"),))
    assert job.healths == {"camce": health}
    assert verdicts(archive.data) == [("camce", "failed", [str(each) for each in health.reasons])]
