"""`gongbao status` and the status of sources that it and the site show."""

from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner

from archive.answers import Asked, Outcome, Schedule
from archive.db.frontier import Naming, name_releases, record_failure
from archive.db.source_status import SILENT_FOR, short_for_days, short_sources, silent_sources, source_runs
from archive.messages import message
from archive.times import iso, utc_now
from crawler.commands.status import status
from crawler.spiders.lock import SourceLock, close_dead_runs
from support.archive import Archive, an_article, release_url

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def archive(tmp_path):
    with Archive.open(tmp_path) as found:
        yield found


def run(archive, verdict, *, days, source="mofcom_en", reasons=(), **counts):
    at = NOW + timedelta(days=days)
    number = archive.store.start_run(source, at, live=True)
    if verdict != "running":
        archive.store.finish_run(number, at, verdict, reasons, counts=counts)


def run_now(archive, verdict, *, ago=timedelta(), **counts):
    """A run by the clock of this machine, which the command reads."""
    run(archive, verdict, days=(utc_now() - NOW - ago) / timedelta(days=1), **counts)


def name(archive, count, *, failures=0):
    urls = {str(number): release_url(number) for number in range(count)}
    with archive.store.begin() as connection:
        named = name_releases(connection, Naming("mofcom_en", None, NOW - timedelta(days=10)), urls)
        for each in range(failures):
            record_failure(connection, named["0"].page_id, Asked(NOW + timedelta(days=each), Outcome.TIMED_OUT),
                           Schedule())


def short(archive):
    with archive.store.read() as connection:
        return short_sources(connection)


def test_a_source_is_short_since_the_first_run_after_its_last_healthy_one(archive):
    for verdict, days in (("short", -9), ("healthy", -5), ("short", -4), ("failed", -1), ("running", 0)):
        run(archive, verdict, days=days)
    run(archive, "healthy", days=0, source="camce")
    assert short(archive) == {"mofcom_en": iso(NOW - timedelta(days=4))}


def test_a_limited_run_neither_ends_that_time_nor_begins_it(archive):
    for verdict, days in (("healthy", -9), ("limited", -8), ("short", -5), ("limited", -4)):
        run(archive, verdict, days=days)
    assert short(archive) == {"mofcom_en": iso(NOW - timedelta(days=5))}


def test_a_source_that_was_never_healthy_is_short_since_its_first_run(archive):
    run(archive, "failed", days=-3)
    assert short(archive) == {"mofcom_en": iso(NOW - timedelta(days=3))}


def test_only_days_of_it_are_told_on_the_front_page(archive):
    run(archive, "short", days=-1)
    run(archive, "short", days=-2, source="camce")
    with archive.store.read() as connection:
        assert set(short_for_days(connection, NOW)) == {"camce"}


def test_ten_runs_are_kept_in_view(archive):
    for days in range(12):
        run(archive, "healthy", days=days)
    with archive.store.read() as connection:
        found = source_runs(connection, archive.data, "mofcom_en", NOW).runs
    assert [each.started_at for each in found] == [iso(NOW + timedelta(days=11 - number)) for number in range(10)]


def invoke(archive, monkeypatch, *words):
    monkeypatch.setenv("GONGBAO_DATA", str(archive.data))
    return CliRunner().invoke(status, words)


def test_the_command_tells_what_waits_and_why(archive, monkeypatch):
    name(archive, 3, failures=3)
    run(archive, "short", days=0, reasons=(message("no_list_read"),), requested=3)
    result = invoke(archive, monkeypatch)
    assert result.exit_code == 4
    assert result.stdout.splitlines() == [
        "mofcom_en", "  0 releases in the archive, 0 captures in quarantine",
        "  3 named, 0 read, 3 waiting, 1 lost", "  waiting since 2026-11-11 12:00 UTC",
        "  waiting: 2 × not asked for yet; the next crawl asks for them",
        "  waiting: 1 × the server did not answer in time",
        "  short since 2026-11-21 12:00 UTC", "  2026-11-21 12:00 UTC, 0 s  short: 3 requested",
        "      no list page could be read"]


def test_a_healthy_source_ends_with_0(archive, monkeypatch):
    run_now(archive, "healthy", lists=2, articles=5)
    result = invoke(archive, monkeypatch, "mofcom_en")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1].endswith("UTC, 0 s  healthy: 2 list pages, 5 articles")


def alarms(archive, source="mofcom_en"):
    with archive.store.read() as connection:
        return [str(each) for each in source_runs(connection, archive.data, source, NOW).alarms]


def test_a_run_whose_process_died_is_told_until_the_next_crawl_closes_it(archive):
    run(archive, "running", days=0)
    assert alarms(archive) == ["did not end: its process died"]
    close_dead_runs(archive.data, archive.store, lambda: NOW)
    assert alarms(archive) == []


def test_a_run_whose_process_lives_is_running_however_long(archive):
    run(archive, "running", days=-9)
    lock = SourceLock.take(archive.data, "mofcom_en")
    assert alarms(archive) == []
    lock.close()
    assert alarms(archive) == ["did not end: its process died", "last run 9 days ago"]


@pytest.mark.parametrize(("days", "told"), [(2, []), (3, ["last run 3 days ago"]), (60, ["last run 60 days ago"])])
def test_a_source_that_is_crawled_no_more_is_told(archive, days, told):
    run(archive, "healthy", days=-days)
    assert alarms(archive) == told
    with archive.store.read() as connection:
        assert silent_sources(connection, archive.data, NOW) == (
            {"mofcom_en": iso(NOW - timedelta(days=days))} if told else {})


def test_a_source_that_was_only_imported_is_not_expected_to_be_crawled(archive):
    archive.capture(an_article(1))
    with archive.store.read() as connection:
        assert silent_sources(connection, archive.data, NOW + timedelta(days=99)) == {}


@pytest.mark.parametrize("verdict", ["running", "healthy"])
def test_an_alarm_ends_the_command_with_4_and_names_the_next_crawl(archive, monkeypatch, verdict):
    run_now(archive, verdict, ago=SILENT_FOR)
    result = invoke(archive, monkeypatch)
    assert result.exit_code == 4
    assert "  last run 3 days ago; run `gongbao crawl mofcom_en`" in result.stdout.splitlines()
    assert ("  did not end: its process died; run `gongbao crawl mofcom_en`" in result.stdout) == (verdict == "running")
    assert ("UTC  did not end" in result.stdout) == (verdict == "running")


def test_a_source_that_was_never_crawled_is_refused_by_name(archive, monkeypatch):
    result = invoke(archive, monkeypatch, "nowhere")
    assert result.exit_code == 2
    assert "nowhere: not crawled into" in result.stderr
