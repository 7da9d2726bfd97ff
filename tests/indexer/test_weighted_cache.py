"""Caches bounded by weight, and those of queries among them."""

import pytest

from indexer.engines.embedded.compile import compile_query
from indexer.query.model import Filters
from indexer.query.parser import parse
from indexer.query.plan import CACHED_CHARACTERS, plan
from indexer.query.weighted_cache import WeightedCache, weighted_cache


@pytest.fixture
def made():
    return []


@pytest.fixture
def cached(made):
    @weighted_cache(100, len)
    def double(text):
        made.append(text)
        return text * 2

    return double


def test_a_value_is_made_once(cached, made):
    assert [cached("ab"), cached("ab")] == ["abab", "abab"]
    assert made == ["ab"]


def test_the_values_used_last_are_kept_up_to_the_weight(cached, made):
    for text in "abcdefghijkl":
        cached(text * 9)
        cached("a" * 9)
    made.clear()
    cached("a" * 9)
    cached("b" * 9)
    assert made == ["b" * 9]


def test_what_is_heavier_than_a_tenth_is_not_kept(cached, made):
    for _ in range(2):
        cached("long" * 5)
    assert len(made) == 2


def test_a_cleared_cache_makes_values_again(cached, made):
    cached("a")
    cached.cache_clear()
    cached("a")
    assert made == ["a", "a"]


def test_weights_are_given_back():
    cache = WeightedCache(10)
    for number in range(1000):
        cache.get(number, lambda number=number: number, lambda _: 1)
    last = [cache.get(number, lambda: None, lambda _: 1) for number in range(990, 1000)]
    assert last == [*range(990, 1000)]


@pytest.mark.parametrize("function", [plan, lambda clauses: compile_query(plan.__wrapped__(clauses), Filters())],
                         ids=["plan", "compiled query"])
def test_a_long_query_is_not_kept_and_a_short_one_is(function):
    """1,024 kept queries of 2,000 characters took 1.6 GB."""
    for text, kept in (("关税", True), ("国" * (CACHED_CHARACTERS // 10 + 1), False)):
        clauses = parse(text)
        assert (function(clauses) is function(clauses)) == kept


def test_the_characters_of_all_kept_queries_are_bounded():
    first = parse("关税 贸易")
    kept = plan(first)
    for number in range(CACHED_CHARACTERS // 100):
        plan(parse(f"{number} " + "国" * 100))
    assert plan(first) is not kept
