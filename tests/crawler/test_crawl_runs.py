"""Which run still goes on: one that its process left behind is closed, one that another process is at is left alone."""

import errno
import subprocess
import sys

import pytest

from archive.errors import BusyError, WarcError
from crawl_tools import COMMAND, Archived, asked, crawl, environment
from crawler.commands.display import NullDisplay
from crawler.source import source
from crawler.spiders import process
from crawler.spiders.health import Health
from crawler.spiders.history import SourceHistory
from crawler.spiders.lock import ENDED, SourceLock, close_dead_runs
from crawler.spiders.run import Job, Run
from demo.faults import Fault
from demo.replica import Replica
from demo.samples import load_releases
from house import ROOT
from warc_tools import NOON, after, room

RELEASES = tuple(each for each in load_releases() if each.source == "camce")


@pytest.fixture
def here(tmp_path):
    with room(tmp_path) as made:
        yield made


def verdicts(data):
    return [(row.source, row.verdict, row.reasons) for row in Archived.read(data).rows["runs"]]


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


def test_a_source_that_another_crawl_is_asking_is_left_to_it(here):
    run = Run(Job(here.settings, NullDisplay(), store=here.store), source("camce"))
    with Replica(load_releases()) as replica:
        done = crawl(here.data, replica, "camce", "made_in_china")
        assert [url for url in asked(replica) if "camce" in url] == []
    assert "! camce: short\n    another crawl is asking camce already" in done.stderr
    assert "camce: started" not in done.stderr
    assert done.returncode == 4
    assert [row[:2] for row in verdicts(here.data)] == [("camce", "running"), ("made_in_china", "healthy")]
    run.fail("enough")


@pytest.mark.parametrize(("variable", "said"), [
    ("", "another crawl is asking camce already; it is left to that one"),
    ("GONGBAO_DELAY", "GONGBAO_DELAY='never' is refused: it has to be a number")])
def test_scrapy_itself_ends_with_a_sentence_where_it_cannot_begin(here, variable, said):
    claim = SourceLock.take(here.data, "camce")
    with Replica(()) as replica:
        around = {**environment(here.data, replica), **({variable: "never"} if variable else {})}
        done = subprocess.run([sys.executable, "-m", "scrapy", "crawl", "camce"], cwd=ROOT, env=around, text=True,
                              capture_output=True, check=False, timeout=60)
        assert asked(replica) == []
    assert (done.returncode, done.stderr.splitlines()[-1]) == (1, f"gongbao: {said}")
    assert "Traceback" not in done.stderr
    assert list(here.data.rglob("*.open")) == []
    claim.close()


def test_only_runs_whose_process_is_gone_are_closed(here):
    for name in ("camce", "mofcom_en"):
        here.store.start_run(name, NOON, live=True)
    claim = SourceLock.take(here.data, "camce")
    close_dead_runs(here.data, here.store, lambda: after(hours=1))
    assert verdicts(here.data) == [("camce", "running", []), ("mofcom_en", "failed", [ENDED])]
    claim.close()
    close_dead_runs(here.data, here.store, lambda: after(hours=2))
    assert verdicts(here.data)[0] == ("camce", "failed", [ENDED])


def test_after_a_run_that_was_killed_no_known_release_ends_the_paging(here):
    healthy = here.store.start_run("camce", NOON, live=True)
    here.store.finish_run(healthy, NOON, "healthy", counts={"complete": 1})
    memory = SourceHistory(here.store, "camce")
    here.store.start_run("camce", after(hours=6), live=True)
    assert memory.was_complete()
    close_dead_runs(here.data, here.store, lambda: after(hours=12))
    assert not memory.was_complete()


def test_a_source_is_claimed_once_at_a_time(here):
    claim = SourceLock.take(here.data, "camce")
    with pytest.raises(BusyError, match="another crawl is asking camce"):
        SourceLock.take(here.data, "camce")
    SourceLock.take(here.data, "mofcom_en").close()
    claim.close()
    SourceLock.take(here.data, "camce").close()


def test_a_claim_that_cannot_be_written_down_is_told(here):
    (here.data / "crawling").write_text("a file where the folder should be")
    with pytest.raises(WarcError, match=r"crawling/camce\.lock cannot be made and locked: File exists"):
        SourceLock.take(here.data, "camce")


def test_a_file_system_without_locks_is_told(here, monkeypatch):
    def refuse(_file, _how):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", refuse)
    with pytest.raises(WarcError, match=r"cannot be made and locked: No locks available"):
        SourceLock.take(here.data, "camce")


class Idle:
    """A Scrapy process that starts nothing."""

    def __init__(self, _settings):
        pass

    def crawl(self, _spider, *, run):
        pass

    def start(self):
        pass


def test_a_run_whose_spider_never_started_is_closed(here, monkeypatch):
    monkeypatch.setattr(process, "AsyncCrawlerProcess", Idle)
    job = Job(here.settings, NullDisplay(), store=here.store, clock=lambda: NOON)
    process.run_spiders(job, [source("camce")])
    health = Health("failed", ("it did not start: the crawl was stopped, or the log says why",))
    assert job.healths == {"camce": health}
    assert verdicts(here.data) == [("camce", "failed", list(health.reasons))]
