"""The frontier in the store: naming, states that follow from captures, imports, re-reading, and what is due."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from archive.answers import Asked, Outcome, Schedule, State
from archive.db.frontier import (
    Naming,
    due_pages,
    known_releases,
    mark_doubtful_times,
    name_releases,
    record_failure,
)
from archive.db.source_status import frontier_counts
from archive.db.tables import NEWEST_FIRST, captures, frontier
from archive.ingest.catalog import Catalog
from archive.ingest.reread import reread
from archive.messages import message
from archive.records import Unreadable
from archive.urls import urlkey
from support.archive import NOW, Archive, FunctionReader, after, an_article, exchange, read_as_title, release_url

DAY = timedelta(hours=20)


def name(archive, *numbers, at=NOW):
    urls = {urlkey(release_url(each)): release_url(each) for each in numbers}
    with archive.store.begin() as connection:
        return [*name_releases(connection, Naming("mofcom_en", None, at), urls).values()]


def entry(archive, number=1):
    with archive.store.read() as connection:
        return known_releases(connection, [urlkey(release_url(number))])[urlkey(release_url(number))].entry


def keep(archive, *exchanges, reader=read_as_title):
    with archive.writer(reader=FunctionReader(1, reader)) as writer:
        for each in exchanges:
            writer.keep(each)


def due(archive, at=NOW, revisit=DAY):
    with archive.store.read() as connection:
        return due_pages(connection, "mofcom_en", at, revisit)


def test_a_release_is_a_row_before_it_is_asked_for(archive):
    [first] = name(archive, 1)
    assert (first.is_new, first.entry.state, first.entry.due_at) == (True, State.WAITING, NOW)
    [again] = name(archive, 1, at=after(days=3))
    assert (again.is_new, again.entry.listed_at) == (False, NOW)


def test_what_was_captured_before_a_list_named_it_is_read_and_still_asked_for(archive):
    keep(archive, exchange(release_url(1)))
    with archive.store.begin() as connection:
        connection.execute(frontier.delete())
    [found] = name(archive, 1)
    assert (found.entry.state, found.entry.due_at) == (State.READ, NOW)


def test_the_state_is_written_with_the_captures_row(archive):
    name(archive, 1, 2, 3, 4)
    keep(archive, exchange(release_url(1)), exchange(release_url(2), status=404), exchange(release_url(3), status=202),
         exchange(release_url(4)), reader=lambda capture: read_as_title(capture) if capture.url != release_url(4)
         else Unreadable(message("no_title")))
    found = [entry(archive, number) for number in (1, 2, 3, 4)]
    assert [(each.state, each.outcome) for each in found] == [
        (State.READ, Outcome.READ), (State.WAITING, Outcome.MISSING), (State.WAITING, Outcome.CHALLENGE),
        (State.UNREADABLE, Outcome.UNREADABLE)]


def test_retries_of_a_request_are_one_attempt(archive):
    name(archive, 1)
    keep(archive, exchange(status=503), exchange(status=503, is_retry=True), exchange(status=503, is_retry=True))
    assert entry(archive).attempts == 1


def test_a_capture_of_a_release_that_no_list_named_enters_it(archive):
    keep(archive, exchange(release_url(5)))
    assert entry(archive, 5).state is State.READ


def test_a_redirect_to_another_release_is_an_alias_and_enters_the_other(archive):
    [alias] = name(archive, 1)
    keep(archive, exchange(release_url(1), b"", status=301, headers=[(b"Location", release_url(2).encode())]))
    with archive.store.read() as connection:
        row = connection.execute(select(frontier).where(frontier.c.page_id == alias.page_id)).one()
        target = known_releases(connection, [urlkey(release_url(2))])[urlkey(release_url(2))]
    assert (row.state, row.alias_of, target.entry.state) == ("alias", target.page_id, State.WAITING)


def test_a_redirect_to_itself_says_nothing(archive):
    name(archive, 1)
    secure = release_url(1).replace("http:", "https:").encode()
    keep(archive, exchange(release_url(1), b"", status=301, headers=[(b"Location", secure)]))
    assert entry(archive).outcome is None


@pytest.mark.parametrize(("target", "outcome"), [
    ("http://english.mofcom.gov.cn/", Outcome.REDIRECTED), ("http://elsewhere.example/", Outcome.OTHER_HOST)])
def test_a_redirect_to_no_release_leaves_it_waiting(archive, target, outcome):
    name(archive, 1)
    keep(archive, exchange(release_url(1), b"", status=302, headers=[(b"Location", target.encode())]))
    assert (entry(archive).state, entry(archive).outcome) == (State.WAITING, outcome)


OWN = "http://english.mofcom.gov.cn:{}/article/newsrelease/press/201908/20190802886623.shtml"


@pytest.mark.parametrize("target", ["http://[x/a", OWN.format(99999), OWN.format("x"), "javascript:void(0)"])
def test_a_redirect_to_no_address_leads_nowhere(archive, target):
    name(archive, 1, 2, 3)
    keep(archive, exchange(release_url(1), b"", status=302, headers=[(b"Location", target.encode())]),
         exchange(release_url(2), b"<script>"), exchange(release_url(3)), reader=lambda capture: (
             Unreadable(message("redirect_only", url=target)) if b"script" in capture.body else read_as_title(capture)))
    assert [(entry(archive, each).state, entry(archive, each).outcome) for each in (1, 2, 3)] == [
        (State.WAITING, Outcome.REDIRECTED), (State.WAITING, Outcome.REDIRECTED), (State.READ, Outcome.READ)]
    assert len(archive.rows("pages")) == 3


def test_an_import_sets_the_state_and_not_the_schedule(archive, tmp_path, new_database):
    name(archive, 1)
    with Archive.open(tmp_path / "other", database=new_database()) as other:
        keep(other, exchange(release_url(1), at=after(days=-40)))
        files = list((other.data / "warc").rglob("*.warc.gz"))
        archive.import_files(*files)
    found = entry(archive)
    assert (found.state, found.due_at, found.asked_at) == (State.READ, NOW, None)


def test_reading_again_makes_states_follow(archive):
    name(archive, 1)
    keep(archive, exchange(), reader=lambda _: Unreadable(message("no_title")))
    assert entry(archive).state is State.UNREADABLE
    reread(Catalog(archive.store, FunctionReader(2, read_as_title)), archive.data, pytest.fail)
    assert entry(archive).state is State.READ
    reread(Catalog(archive.store, FunctionReader(3, lambda _: Unreadable(message("no_title")))), archive.data,
           pytest.fail)
    assert (entry(archive).state, bool(due(archive))) == (State.UNREADABLE, True)


def test_a_page_that_differs_by_tracking_parameters_is_an_alias_and_keeps_its_id(archive):
    shared = f"{release_url(1)}?utm_source=wechat"
    with archive.store.begin() as connection:  # as an earlier version named it
        name_releases(connection, Naming("mofcom_en", None, NOW), {urlkey(shared): shared})
    [one] = name(archive, 1)
    reread(Catalog(archive.store, FunctionReader(2, read_as_title)), archive.data, pytest.fail)
    with archive.store.read() as connection:
        states = {row.page_id: (row.state, row.alias_of) for row in connection.execute(select(frontier))}
        duplicate = known_releases(connection, [urlkey(shared)])[urlkey(shared)].page_id
    assert states == {duplicate: ("alias", one.page_id), one.page_id: ("waiting", None)}


def test_what_was_never_read_is_due_first_and_what_is_read_later(archive):
    one, two, three = name(archive, 1, 2, 3)
    keep(archive, exchange(release_url(1)))
    assert due(archive) == [two.page_id, three.page_id]
    assert due(archive, after(hours=21)) == [two.page_id, three.page_id, one.page_id]


def test_a_shorter_wait_holds_for_what_was_asked_for_under_a_longer_one(archive):
    [one] = name(archive, 1)
    keep(archive, exchange())
    assert due(archive, after(hours=2)) == []
    assert due(archive, after(hours=2), timedelta(hours=1)) == [one.page_id]


def test_a_page_whose_last_capture_lies_in_the_future_is_due(archive):
    [one] = name(archive, 1)
    keep(archive, exchange(at=after(days=700)))
    assert due(archive, after(days=1)) == [one.page_id]


def test_a_capture_of_the_future_is_marked_and_hides_no_later_one(archive):
    [one] = name(archive, 1, at=after(days=-60))
    keep(archive, exchange(at=after(days=700)), reader=lambda _: an_article(1, title="of a wrong clock"))
    assert mark_doubtful_times(archive.store, after(days=1)) == 1
    assert mark_doubtful_times(archive.store, after(days=2)) == 0
    assert due(archive, after(days=1)) == [one.page_id]
    keep(archive, exchange(at=after(days=1)), reader=lambda _: an_article(1, title="of today"))
    with archive.store.read() as connection:
        newest = connection.execute(select(captures.c.fetched_at).order_by(*NEWEST_FIRST)).first()
    assert newest.fetched_at == "2026-11-22T12:00:00Z"
    assert due(archive, after(days=3)) == []


def test_an_old_release_is_not_asked_for_again(archive):
    name(archive, 1, at=after(days=-60))
    keep(archive, exchange())
    assert entry(archive).due_at is None
    assert due(archive, after(days=400)) == []


def test_an_answer_that_says_unchanged_takes_the_day_of_the_article(archive):
    name(archive, 1, at=after(days=-60))
    keep(archive, exchange(), reader=lambda _: an_article(1))  # of 2020
    keep(archive, exchange(status=304, at=after(days=1), body=b""))
    assert (entry(archive).outcome, entry(archive).due_at) == (Outcome.UNCHANGED, None)


def test_numbers_by_state_and_cause(archive):
    one, two, *_ = name(archive, 1, 2, 3, 4)
    keep(archive, exchange(release_url(4)))
    with archive.store.begin() as connection:
        for days in range(3):
            record_failure(connection, one.page_id, Asked(after(days=days), Outcome.REFUSED), Schedule())
        record_failure(connection, two.page_id, Asked(NOW, Outcome.MISSING), Schedule())
    with archive.store.read() as connection:
        early, late = (frontier_counts(connection, "mofcom_en", after(days=days)) for days in (3, 8))
    assert (early.named, early.read, early.waiting, early.failing, early.lost) == (4, 1, 3, 1, 0)
    assert (late.failing, late.lost) == (0, 1)
    assert early.outcomes == {"refused": 1, "missing": 1, None: 1}
    assert early.oldest_waiting == "2026-11-21T12:00:00Z"

