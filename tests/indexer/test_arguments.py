"""Search arguments and queries: both ways, and every fault reported."""

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from indexer.query.arguments import (
    MOST_PROBLEMS,
    MOST_VALUES,
    ArgumentError,
    SearchArguments,
    page_beyond_last,
    parse_date_range,
    read_search,
    typed_search,
    without_unknown,
)
from indexer.query.model import FacetTerm, Sort

KNOWN = {"topic": ("anti-dumping", "tariffs"), "org": ("cccme", "mofcom", "wto"), "source": ("camce", "mofcom_en"),
         "place": ("california", "georgia-state", "shandong"), "type": ("announcement", "speech"), "lang": ("en", "zh")}


def read(*pairs):
    return read_search(MultiDict(pairs), KNOWN)


def problems(*pairs):
    with pytest.raises(ArgumentError) as caught:
        read(*pairs)
    return [each.parameter for each in caught.value.problems]


def test_arguments_become_a_query():
    _, query = read(("q", '关税 -"trade war"'), ("topic", "anti-dumping"), ("org", "mofcom"), ("org", "wto"),
                    ("source", "camce"), ("lang", "zh"), ("from", "2019-02"), ("to", "2020"), ("sort", "oldest"))
    assert [(each.text, each.phrase, each.excluded) for each in query.clauses] == [
        ("关税", False, False), ("trade war", True, True)]
    assert query.filters.organizations == ("mofcom", "wto")
    assert (query.filters.topics, query.filters.sources, query.filters.languages) == (
        ("anti-dumping",), ("camce",), ("zh",))
    assert (query.filters.first_day, query.filters.last_day) == (date(2019, 2, 1), date(2020, 12, 31))
    assert query.sort is Sort.OLDEST


def test_words_are_sorted_by_relevance_and_their_absence_by_date():
    assert read(("q", "tea"))[1].sort is Sort.RELEVANCE
    assert read()[1].sort is Sort.NEWEST


def test_empty_arguments_of_a_form_mean_nothing():
    assert read(("q", " "), ("from", ""), ("to", ""), ("topic", ""))[0] == SearchArguments()


@pytest.mark.parametrize(("typed", "first", "last"), [
    ("2019", date(2019, 1, 1), date(2019, 12, 31)), ("2020-02", date(2020, 2, 1), date(2020, 2, 29)),
    ("2019/5/7", date(2019, 5, 7), date(2019, 5, 7)), ("2019年5月", date(2019, 5, 1), date(2019, 5, 31)),
    ("2019年5月17日", date(2019, 5, 17), date(2019, 5, 17)), ("２０１９", date(2019, 1, 1), date(2019, 12, 31))])
def test_a_date_is_a_span(typed, first, last):
    assert parse_date_range(typed) == (first, last)


@pytest.mark.parametrize("typed", ["19", "2019-13", "2019-02-30", "0000", "yesterday", "2019-05-17T10", "2019-"])
def test_what_is_no_date_is_refused_where_it_stands(typed):
    if typed != "2019-":
        assert problems(("from", typed)) == ["from"]
        assert problems(("to", typed)) == ["to"]


@pytest.mark.parametrize(("pairs", "wrong"), [
    ([("from", "2020"), ("to", "2019")], ["from"]), ([("sort", "best")], ["sort"]), ([("page", "0")], ["page"]),
    ([("page", "-1")], ["page"]), ([("page", "two")], ["page"]), ([("page", "9" * 5000)], ["page"]),
    ([("topic", "no-such")], ["topic"]), ([("org", "no-such")], ["org"]), ([("source", "x")], ["source"]),
    ([("lang", "fr")], ["lang"]), ([("q", "x" * 2001)], ["q"]), ([("q", "?!")], ["q"]),
    ([("q", " ".join(f"w{number}" for number in range(65)))], ["q"]), ([("q", "a"), ("q", "b")], ["q"]),
    ([("limit", "100")], ["limit"]), ([("", "")], [""]), ([("ui", "en"), ("ui", "zh")], ["ui"])])
def test_each_slip_is_named(pairs, wrong):
    assert problems(*pairs) == wrong


def test_all_slips_are_named_at_once_and_what_was_typed_is_kept():
    with pytest.raises(ArgumentError) as caught:
        read(("q", "tea"), ("from", "soon"), ("to", "2019"), ("sort", "best"), ("org", "mofcom"), ("org", "no-such"))
    assert sorted(each.parameter for each in caught.value.problems) == ["from", "org", "sort"]
    assert problems(("q", "?!"), ("sort", "best")) == ["sort", "q"]
    kept = caught.value.search
    assert (kept.q, kept.since, kept.until, kept.org) == ("tea", "soon", "2019", ("mofcom", "no-such"))


def test_a_query_error_says_where():
    with pytest.raises(ArgumentError) as caught:
        read(("q", "  ?!"))
    assert caught.value.problems[0].offset == 0
    assert "no letter" in str(caught.value.problems[0].message)


@pytest.mark.parametrize(("pairs", "code"), [
    ([("from", "2020"), ("to", "2019")], "dates_reversed"), ([("from", "soon")], "invalid_date"),
    ([("sort", "best")], "unknown_sort"), ([("page", "0")], "invalid_page"), ([("lang", "fr")], "unknown_lang"),
    ([("topic", "x")], "unknown_topic"), ([("org", "x")], "unknown_org"), ([("source", "x")], "unknown_source"),
    ([("org", "mofcm")], "similar_org"), ([("topic", "anti-dumpin")], "similar_topic"), ([("ui", "fr")], "unknown_ui"),
    ([("source", "mofcom_zn")], "similar_source"),
    ([("q", "x" * 2001)], "query_too_long"), ([("q", "?!")], "no_searchable_text"),
    ([("q", "a " * 65)], "too_many_clauses"), ([("q", "a"), ("q", "b")], "repeated"),
    ([("limit", "1")], "no_such_parameter"), ([("topics", "x")], "no_such_parameter_near")])
def test_a_problem_is_a_code_with_an_english_sentence(pairs, code):
    with pytest.raises(ArgumentError) as caught:
        read(*pairs)
    [problem] = caught.value.problems
    assert problem.message.code == code
    assert "%(" not in str(problem.message)
    assert str(problem.message) in str(caught.value)


@pytest.mark.parametrize("name", ["utm_source", "utm_id", "fbclid", "gclid", "msclkid", "spm", "isappinstalled"])
def test_what_tracks_readers_is_no_argument(name):
    search, _ = read(("q", "tea"), (name, "x"), (name, "y"))
    assert search.pairs() == [("q", "tea")]


def test_the_first_problems_are_reported_and_no_more_values_kept_than_a_facet_takes():
    with pytest.raises(ArgumentError) as caught:
        read(*((facet, f"none{number}") for facet in ("topic", "org") for number in range(500)))
    assert [each.message.code for each in caught.value.problems] == [
        "too_many_values", "too_many_values", *["unknown_topic"] * (MOST_PROBLEMS - 2)]
    assert (len(caught.value.search.topic), len(caught.value.search.org)) == (MOST_VALUES, MOST_VALUES)


def test_what_is_kept_of_an_invalid_search_is_valid_or_short():
    long = SearchArguments("x" * 9000, org=("no-such", "mofcom"), since="y" * 9000, sort="best")
    kept = without_unknown(long, KNOWN)
    assert (len(kept.q), kept.org, len(kept.since), kept.sort) == (2000, ("mofcom",), 80, "")


def test_a_page_after_the_last_is_an_error_of_its_own():
    error = page_beyond_last(SearchArguments(page=9), 3)
    assert [(each.parameter, each.typed, str(each.message)) for each in error.problems] == [
        ("page", "9", "There is no page 9; the last one is 3.")]


def test_a_query_that_is_too_long_has_no_offset():
    with pytest.raises(ArgumentError) as caught:
        read(("q", "x" * 2001))
    assert caught.value.problems[0].offset is None


def test_toggling_twice_changes_nothing_but_the_page():
    search, _ = read(("q", "tea"), ("org", "mofcom"), ("page", "3"))
    back = search.toggled("org", "mofcom").toggled("org", "mofcom")
    assert search.toggled("org", "wto").toggled("org", "wto") == back
    assert search.toggled("org", "wto").page == 1


def chosen(field):
    return st.lists(st.sampled_from(sorted(KNOWN[field])), unique=True, max_size=3).map(tuple)


searches = st.builds(
    SearchArguments, q=st.text(max_size=30).map(str.strip), topic=chosen("topic"), org=chosen("org"),
    source=chosen("source"), lang=chosen("lang"), since=st.sampled_from(["", "2019", "2019-05"]),
    until=st.sampled_from(["", "2021-01-31"]),
    sort=st.sampled_from(["", *(each.value for each in Sort)]), page=st.integers(1, 999))


@settings(max_examples=60)
@given(searches)
def test_a_url_reads_as_the_search_it_was_written_for(search):
    clean = typed_search(MultiDict(search.pairs()))
    assert typed_search(MultiDict(clean.pairs())) == clean
    assert (clean.topic, clean.org, clean.since, clean.sort, clean.page) == (
        search.topic, search.org, search.since, search.sort, search.page)


@settings(max_examples=60)
@given(st.lists(st.tuples(
    st.sampled_from(["q", "from", "to", "sort", "page", "topic", "lang", "all", "alone", "place"]),
    st.text(max_size=20) | st.sampled_from(["place:加州", "1", "place", "california"]))))
def test_any_arguments_make_a_search_or_are_refused(pairs):
    with suppress(ArgumentError):
        search, _ = read(*pairs)
        assert read(*search.pairs())[0] == search


def test_kinds_of_release_that_were_topics_are_read_as_types():
    search, query = read(("topic", "announcement"), ("topic", "tariffs"), ("type", "speech"))
    assert (search.topic, search.type) == (("tariffs",), ("speech", "announcement"))
    assert (query.filters.topics, query.filters.types) == (("tariffs",), ("speech", "announcement"))


def test_places_families_and_joins_are_read_and_written_again():
    search, query = read(("place", "california"), ("place", "shandong"), ("all", "place"), ("all", "org"),
                         ("alone", "1"))
    assert (query.filters.places, query.filters.all_of) == (("california", "shandong"), ("place", "org"))
    assert query.filters.alone is True
    assert read(*search.pairs())[0] == search
    assert search.joined("org", by_all=False).all == search.without("all", "org").all == ("place",)
    assert search.without("alone", "1").alone == ""


@pytest.mark.parametrize("pair", [("alone", "yes"), ("all", "lang"), ("all", "zz"), ("place", "no-such")])
def test_what_no_place_family_or_join_means_is_refused_and_dropped(pair):
    assert problems(pair) == [pair[0]]
    assert without_unknown(typed_search(MultiDict([pair])), KNOWN) == SearchArguments()


@pytest.mark.parametrize(("typed", "terms"), [
    ("place:california", [FacetTerm("place", "california")]), ("place:加利福尼亞", [FacetTerm("place", "california")]),
    ("-机构:商务部 tea", [FacetTerm("org", "mofcom", excluded=True)]), ("lang:中文", [FacetTerm("lang", "zh")]),
    ("type:announcement", [FacetTerm("type", "announcement")]), ("source:camce", [FacetTerm("source", "camce")]),
    ('topic:"Anti-dumping" topic:关税', [FacetTerm("topic", "anti-dumping"), FacetTerm("topic", "tariffs")])])
def test_values_are_typed_by_id_or_by_any_name(typed, terms):
    search, query = read(("q", typed))
    assert list(query.filters.terms) == terms
    assert read(*search.pairs()) == (search, query)


@pytest.mark.parametrize(("typed", "code", "offset"), [
    ("tea place:calfornia", "no_such_value_near", 4), ("place:zzzzzz", "no_such_value", 0),
    ("place:texas", "no_such_value", 0), ("place:中巴", "no_such_value", 0)])
def test_a_typed_value_that_nothing_has_is_refused_where_it_stands(typed, code, offset):
    """Texas is no place of these values; 中巴 is a short form of two."""
    with pytest.raises(ArgumentError) as caught:
        read(("q", typed))
    [problem] = caught.value.problems
    assert (problem.parameter, problem.message.code, problem.offset) == ("q", code, offset)
    assert "place" in str(problem.message)


def test_mentions_are_counted_where_they_are_asked_for():
    assert read()[1].filters.mentions is False
    search, query = read(("mentions", "1"))
    assert query.filters.mentions is True
    assert ("mentions", "1") in search.pairs()


def test_another_value_of_mentions_is_refused():
    with pytest.raises(ArgumentError, match="mentions=1"):
        read(("mentions", "yes"))
