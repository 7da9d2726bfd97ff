"""Tests of `bench/harness.py` with known times."""

import json
from itertools import chain, cycle, repeat
from types import ModuleType, SimpleNamespace

import pytest

from support.house import load_script


@pytest.fixture(scope="module")
def harness() -> ModuleType:
    module = load_script("harness")
    # The times are given, and a collection takes long in a process that holds thousands of tests.
    module.gc = SimpleNamespace(collect=lambda: 0)
    return module


def takes(*times):
    """Work that reports these seconds, one for each round, over and over."""
    answers = cycle(times)
    return lambda: next(answers)


def test_at_least_is_how_many_times_as_fast(harness):
    result = harness.compare("read", takes(0.01), takes(0.06), harness.at_least(5))
    assert (result.ratio, result.target, result.bound, result.met) == (6.0, 5, "at least", True)


def test_at_most_is_how_many_times_as_long(harness):
    result = harness.compare("search", takes(0.12), takes(0.10), harness.at_most(1.1))
    assert (result.ratio, result.bound, result.met) == (1.2, "at most", False)


def test_plus_ms_allows_milliseconds_on_top(harness):
    result = harness.compare("page", takes(0.0085), takes(0.006), harness.plus_ms(3))
    assert (result.target, result.met) == (1.5, True)
    assert not harness.compare("page", takes(0.0095), takes(0.006), harness.plus_ms(3)).met


def test_warm_up_is_not_counted_and_one_slow_round_does_not_decide(harness):
    warm_up_then_outlier = chain([100.0], [9.0], repeat(0.01))
    result = harness.compare("read", lambda: next(warm_up_then_outlier), takes(0.05), harness.at_least(5), rounds=5)
    assert result.ratio == 5.0
    assert result.ratio_low < 0.01


def test_the_first_turn_alternates(harness):
    order = []
    harness.compare("x", lambda: order.append("o"), lambda: order.append("t"), harness.at_least(1), rounds=4)
    assert "".join(order[2:]) == "ottoottoott"[:8]


def test_work_without_own_seconds_is_timed(harness):
    assert 0 < harness.seconds(lambda: None) < 1


def test_the_report_is_one_line_of_json_at_the_end(harness, capsys):
    harness.report(harness.compare("read", takes(1.0), takes(6.0), harness.at_least(5)), pages=3)
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert last["name"] == "read"
    assert (last["ratio"], last["target"], last["met"], last["pages"]) == (6.0, 5, True, 3)
