"""The walk through a list: which page comes next, what is known ground, and what proves the end."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.db.listings import ListMemory
from archive.messages import message
from crawler.spiders.list_walk import MAX_LIST_PAGES, ListPage, ListWalk

NOW = datetime(2026, 11, 21, 4, tzinfo=UTC)  # noon in Beijing
CAUSE = message("answered_status", status=500)


class PagedList:
    """A list of releases, newest first, and what was named of it so far. Lists do not name their page count."""

    def __init__(self, releases: Iterable[str] = (), *, rows: int = 3, counted: bool = True) -> None:
        self.releases = list(releases)
        self.rows = rows
        self.counted = counted
        self.named: dict[str, datetime] = {}
        self.memory = ListMemory()

    @property
    def page_count(self) -> int:
        return max(1, -(-len(self.releases) // self.rows))

    def page(self, number: int, at: datetime) -> ListPage:
        shown = self.releases[(number - 1) * self.rows:number * self.rows]
        for each in shown:
            self.named.setdefault(each, at)
        return ListPage(number, {each: self.named[each] for each in shown}, at,
                        self.page_count if self.counted else None, bool(shown))

    def walk(self, days: float, broken: Iterable[int] = (), *, killed_after: int = 0) -> tuple[ListWalk, list[int]]:
        """One run, so many days later: the walk and the pages that it asked for, those that failed too."""
        at = NOW + timedelta(days=days)
        walk, number, asked = ListWalk(self.memory, at), 1, []
        while number is not None:
            asked.append(number)
            if number in set(broken):
                walk.fail(number, CAUSE)
                number = None
            else:
                number = walk.read(self.page(number, at))
            self.memory = walk.memory
            if killed_after == len(asked):
                break
        return walk, asked


def names(count: int, start: int = 0) -> list[str]:
    return [f"r{number}" for number in range(start + count - 1, start - 1, -1)]


def test_the_first_run_reads_to_the_end_and_the_next_one_the_first_page():
    site = PagedList(names(10))
    first, asked = site.walk(0)
    assert (first.complete, first.memory.end, asked) == (True, "pager", [1, 2, 3, 4])
    again, asked = site.walk(1)
    assert (again.complete, asked) == (True, [1])


def test_new_releases_are_read_down_to_known_ground():
    site = PagedList(names(10))
    site.walk(0)
    site.releases[:0] = names(4, 10)
    walk, asked = site.walk(1)
    assert (walk.complete, asked) == (True, [1, 2, 3])
    assert set(site.named) == set(site.releases)


def test_a_list_is_read_to_its_end_again_after_thirty_days():
    site = PagedList(names(10))
    site.walk(0)
    site.walk(29)
    assert site.walk(30)[1] == [1, 2, 3, 4]
    assert site.walk(31)[1] == [1]


def test_a_list_that_broke_off_goes_on_one_page_before():
    site = PagedList(names(21))
    walk, _ = site.walk(0, broken=[5])
    assert (walk.complete, walk.fault, walk.memory.position) == (False, CAUSE, 4)
    walk, asked = site.walk(1)
    assert (walk.complete, asked, walk.memory.fault) == (True, [1, 4, 5, 6, 7], None)


def test_a_run_that_was_killed_goes_on_where_it_stopped():
    site = PagedList(names(21))
    site.walk(0, killed_after=5)
    assert site.walk(1)[1] == [1, 5, 6, 7]


def test_a_list_that_broke_off_reads_what_is_new_first():
    site = PagedList(names(21))
    site.walk(0, broken=[5])
    site.releases[:0] = names(4, 21)
    assert site.walk(1)[1] == [1, 2, 3, 4, 5, 6, 7, 8, 9]
    assert set(site.named) == set(site.releases)


def test_a_fault_among_what_is_new_loses_neither_that_nor_the_rest():
    site = PagedList(names(30))
    site.walk(0, broken=[8])
    site.releases[:0] = names(9, 30)
    walk, _ = site.walk(1, broken=[2])
    assert (walk.memory.position, walk.complete) == (7, False)
    site.walk(2)
    assert set(site.named) == set(site.releases)


def test_since_when_a_list_fails_is_remembered():
    site = PagedList(names(9))
    site.walk(0, broken=[1])
    assert site.walk(1, broken=[1])[0].memory.failing_since == NOW
    assert site.walk(2)[0].memory.failing_since is None


def test_a_list_that_became_shorter_ends_where_it_ends():
    site = PagedList(names(30))
    site.walk(0, broken=[9])
    del site.releases[12:]
    walk, asked = site.walk(1)
    assert (walk.complete, asked[-1]) == (True, 4)


def test_a_list_that_shows_an_older_state_has_not_ended_there():
    site = PagedList(names(30))
    site.walk(0)
    site.releases, whole = site.releases[-6:], site.releases
    walk, _ = site.walk(31)
    assert not walk.complete
    assert walk.fault == message("list_shrank", count=2, before=10)
    site.releases = whole
    assert site.walk(31.1)[0].complete


def test_a_list_that_stays_shorter_for_a_day_is_shorter():
    site = PagedList(names(30))
    site.walk(0)
    del site.releases[6:]
    assert not site.walk(31)[0].complete
    walk, _ = site.walk(32)
    assert (walk.complete, walk.memory.page_count) == (True, 2)


def test_without_a_page_count_the_end_needs_two_answers_on_different_days():
    site = PagedList(names(9), counted=False)
    first, asked = site.walk(0)
    assert (first.complete, asked) == (False, [1, 2, 3, 4])
    assert not site.walk(0.3)[0].complete
    walk, asked = site.walk(1)
    assert (walk.complete, walk.memory.end, asked) == (True, "missing_twice", [1, 3, 4])
    assert site.walk(2)[1] == [1]


def test_a_page_that_is_there_again_was_no_end():
    site = PagedList(names(12), counted=False)
    at = NOW + timedelta(days=0)
    walk = ListWalk(site.memory, at)
    assert walk.read(site.page(1, at)) == 2
    walk.missing(2, message("answered_status", status=404))
    site.memory = walk.memory
    assert site.memory.end_seen_at == at
    walk, _ = site.walk(1)
    assert not walk.complete  # the page behind the last one is missing for the first time
    assert set(site.named) == set(site.releases)


@pytest.mark.parametrize("fault", ["empty", "repeats", "missing"])
def test_a_page_that_the_list_says_it_has_is_no_end_however_often_it_is_missing(fault):
    site = PagedList(names(21))
    for day in range(3):
        at = NOW + timedelta(days=day)
        walk = ListWalk(site.memory, at)
        number = walk.read(site.page(1, at))
        while number is not None and number < 5:
            number = walk.read(site.page(number, at))
        if fault == "missing":
            walk.missing(5, CAUSE)
        else:
            shown = {} if fault == "empty" else site.page(4 if day else 1, at).named
            walk.read(ListPage(5, shown, at, 7, bool(shown)))
        site.memory = walk.memory
        assert not walk.complete
    assert site.walk(3)[0].complete


def test_a_page_of_entries_that_are_no_releases_is_read_on():
    walk = ListWalk(ListMemory(), NOW)
    assert walk.read(ListPage(1, {}, NOW, 3)) == 2


def test_an_empty_list_has_been_read():
    walk = ListWalk(ListMemory(), NOW)
    walk.read(ListPage(1, {}, NOW, 1, has_entries=False))
    assert (walk.complete, walk.memory.end) == (True, "empty")


def test_a_list_of_one_page_without_a_known_release_may_have_a_gap():
    site = PagedList(names(3))
    assert not site.walk(0)[0].has_gap
    site.releases = names(3, 2)
    assert not site.walk(1)[0].has_gap
    site.releases = names(3, 9)
    assert site.walk(2)[0].has_gap
    assert not site.walk(3)[0].has_gap


def test_a_list_that_was_empty_has_no_gap():
    site = PagedList()
    site.walk(0)
    site.releases = names(2)
    assert not site.walk(1)[0].has_gap


def test_the_end_of_a_home_page_is_unknown():
    walk = ListWalk(ListMemory(), NOW, has_end=False)
    walk.read(ListPage(1, {"a": NOW}, NOW, 1))
    assert (walk.complete, walk.memory.end) == (True, "unknown")


def test_a_list_without_end_is_left_for_the_next_run():
    site = PagedList(names(3 * MAX_LIST_PAGES + 9), counted=False)
    walk, asked = site.walk(0)
    assert (walk.complete, asked[-1], walk.memory.position) == (False, MAX_LIST_PAGES, MAX_LIST_PAGES)


def test_an_end_that_lies_in_the_future_is_not_believed():
    site = PagedList(names(9))
    site.walk(400)
    assert site.walk(0)[1] == [1, 2, 3]


@given(st.lists(st.tuples(st.integers(0, 8), st.sets(st.integers(1, 8), max_size=2), st.integers(0, 4)), max_size=8),
       st.booleans())
def test_whatever_breaks_a_list_that_is_called_complete_was_named_whole(days, counted):
    site, count = PagedList(names(14), counted=counted), 14
    for day, (new, broken, killed_after) in enumerate(days):
        site.releases[:0] = names(new, count)
        count += new
        walk, _ = site.walk(day, broken, killed_after=killed_after)
        if walk.complete:
            assert set(site.releases) == set(site.named)
    site.walk(len(days))
    assert site.walk(len(days) + 1)[0].complete
    assert set(site.releases) == set(site.named)
