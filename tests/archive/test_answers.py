"""Judged answers, the states that follow from them, and the schedule of requests."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.answers import (
    BACK_OFF,
    DAILY,
    GONE_CHECK,
    SETTLED,
    Answer,
    Asked,
    Entry,
    Outcome,
    Schedule,
    State,
    advance,
    imported,
    judge,
)
from archive.messages import MESSAGES, message
from archive.records import Unreadable
from support.archive import an_article

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOURS = timedelta(hours=1)
LISTED = Entry(NOW, due_at=NOW)


def asked(outcome: Outcome, *, days: float = 0, day: date | None = None, is_retry: bool = False) -> Asked:
    return Asked(NOW + timedelta(days=days), outcome, day, is_retry)


def after(*steps: Asked, entry: Entry = LISTED, schedule: Schedule = DAILY) -> Entry:
    for each in steps:
        entry = advance(entry, each, schedule)
    return entry


@pytest.mark.parametrize(("status", "outcome"), [
    (202, "challenge"), (204, "empty"), (206, "partial"), (302, "redirected"), (304, "unchanged"), (401, "forbidden"),
    (403, "forbidden"), (404, "missing"), (410, "missing"), (412, "challenge"), (429, "busy"), (451, "forbidden"),
    (500, "server_error"), (503, "server_error"), (521, "challenge"), (418, "unexpected"), (299, "unexpected")])
def test_a_status_has_a_named_outcome(status, outcome):
    assert judge(Answer(status)) == outcome


@pytest.mark.parametrize(("code", "outcome"), [
    ("missing_page", "missing"), ("body_empty", "empty"), ("nothing_to_read", "unavailable"), ("ssi_error", "unavailable"),
    ("redirect_only", "redirected"), ("text_cut", "damaged"), ("body_cut", "damaged"), ("no_title", "unreadable"),
    ("mojibake", "unreadable")])
def test_a_page_without_an_article_has_a_named_outcome(code, outcome):
    assert code in MESSAGES
    assert judge(Answer(200, Unreadable(message(code)))) == outcome


def test_an_article_is_read_and_a_saved_page_needs_no_status():
    assert judge(Answer(200, an_article())) == judge(Answer(None, an_article())) == Outcome.READ


def test_a_redirect_to_a_release_is_told_from_one_to_elsewhere():
    assert judge(Answer(301, moved=True)) == Outcome.MOVED
    assert judge(Answer(301, leaves=True)) == Outcome.OTHER_HOST


@given(st.integers(100, 999))
def test_no_status_but_that_of_a_whole_page_counts_as_read(status):
    assert (judge(Answer(status, None)) in (Outcome.READ, Outcome.UNREADABLE)) is (status == 200)
    assert judge(Answer(status, None)) is not Outcome.READ


@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_has_its_sentence(outcome):
    assert f"outcome_{outcome}" in MESSAGES


def test_a_recent_release_is_due_again_after_a_day_and_an_old_one_never():
    recent, old = asked(Outcome.READ, day=date(2026, 10, 22)), asked(Outcome.READ, day=date(2026, 10, 21))
    assert after(recent).due_at == NOW + 20 * HOURS
    assert after(old).due_at is None


def test_an_undated_release_is_as_old_as_its_first_listing():
    first = Entry(NOW - timedelta(days=40))
    assert after(asked(Outcome.READ), entry=first).due_at is None
    assert after(asked(Outcome.READ)).due_at is not None


def test_failures_wait_longer_and_longer_and_never_longer_than_a_revisit():
    entry, waits = LISTED, []
    for number in range(8):
        entry = after(asked(Outcome.SERVER_ERROR, days=number), entry=entry)
        assert entry.due_at and entry.asked_at
        waits.append(entry.due_at - entry.asked_at)
    assert waits == sorted(waits)
    assert waits[:4] == list(BACK_OFF[:4])
    assert waits[-1] == 20 * HOURS
    assert (entry.state, entry.attempts) == (State.WAITING, 8)


def test_retries_of_one_run_are_one_attempt():
    entry = after(asked(Outcome.SERVER_ERROR), asked(Outcome.SERVER_ERROR, is_retry=True))
    assert entry.attempts == 1


def test_a_reading_ends_the_failures():
    entry = after(asked(Outcome.TIMED_OUT), asked(Outcome.FORBIDDEN), asked(Outcome.READ))
    assert (entry.state, entry.attempts, entry.outcome) == (State.READ, 0, Outcome.READ)


def test_gone_needs_two_answers_on_different_days_in_beijing():
    # 12:00 UTC is 20:00 in Beijing: four hours later it is the next day there
    once, same_day, next_day = (asked(Outcome.MISSING, days=days) for days in (0, 0.1, 0.2))
    assert after(once, same_day).state is State.WAITING
    gone = after(once, next_day)
    assert (gone.state, gone.missing_since) == (State.GONE, NOW)
    assert gone.due_at == next_day.at + GONE_CHECK


def test_an_answer_in_between_makes_a_page_not_gone():
    entry = after(asked(Outcome.MISSING), asked(Outcome.SERVER_ERROR, days=1), asked(Outcome.MISSING, days=2))
    assert entry.state is State.WAITING


def test_a_page_that_was_read_goes_too_and_comes_back():
    gone = after(asked(Outcome.READ), asked(Outcome.MISSING, days=1), asked(Outcome.MISSING, days=2))
    assert gone.state is State.GONE
    back = after(asked(Outcome.READ, days=40), entry=gone)
    assert (back.state, back.missing_since) == (State.READ, None)


def test_a_release_that_was_read_stays_read_whatever_is_sent_later():
    for outcome in Outcome:
        if outcome is not Outcome.MOVED:
            assert after(asked(Outcome.READ), asked(outcome, days=1)).state is State.READ, outcome


def test_an_answer_that_says_unchanged_proves_nothing_of_a_page_that_was_never_read():
    entry = after(asked(Outcome.UNCHANGED))
    assert (entry.state, entry.attempts, entry.due_at) == (State.WAITING, 1, NOW)


def test_an_alias_is_asked_for_rarely():
    alias = after(asked(Outcome.MOVED))
    assert (alias.state, alias.due_at) == (State.ALIAS, NOW + GONE_CHECK)


def test_a_page_that_cannot_be_read_waits_for_days():
    entry = after(asked(Outcome.UNREADABLE), asked(Outcome.UNREADABLE, days=1))
    assert (entry.state, entry.due_at) == (State.UNREADABLE, NOW + timedelta(days=3))


def test_lost_is_what_waits_for_a_week_in_spite_of_three_requests():
    failing = after(*[asked(Outcome.TIMED_OUT, days=days) for days in (0, 1, 2)])
    assert not failing.is_lost(NOW + timedelta(days=6.9))
    assert failing.is_lost(NOW + timedelta(days=7))
    assert not after(asked(Outcome.TIMED_OUT)).is_lost(NOW + timedelta(days=30))


def test_an_import_sets_the_state_and_never_the_schedule():
    waiting = after(asked(Outcome.FORBIDDEN))
    read = imported(waiting, Outcome.READ)
    assert (read.state, read.due_at, read.attempts) == (State.READ, waiting.due_at, waiting.attempts)
    assert imported(waiting, Outcome.MISSING) == waiting


@given(st.lists(st.tuples(st.sampled_from(Outcome), st.floats(0.01, 40)), max_size=12))
def test_whatever_is_answered_a_release_that_is_not_read_is_due_again(steps):
    entry, at = LISTED, NOW
    for outcome, days in steps:
        at += timedelta(days=days)
        entry = advance(entry, Asked(at, outcome), DAILY)
        assert entry.state is State.READ or entry.due_at is not None
        assert entry.due_at is None or entry.due_at <= at + GONE_CHECK
        assert entry.attempts or outcome in (Outcome.READ, Outcome.UNCHANGED, Outcome.MOVED)
    assert entry.state is not State.READ or Outcome.READ in [outcome for outcome, _ in steps]


def test_without_a_wait_between_requests_everything_is_due_at_once():
    at_once = Schedule(timedelta(0))
    for outcome in set(Outcome) - set(SETTLED):
        assert after(asked(outcome), asked(outcome), schedule=at_once).due_at == NOW
