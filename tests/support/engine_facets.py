"""Contract of every engine for facets: mentions, families, joins, terms, counts. Part of `EngineContract`."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.query.model import FacetTerm, Filters, Query
from indexer.query.parser import parse
from support.engine_cases import (
    FIELDS,
    MANY,
    ONE_ENGINE,
    collections,
    doc,
    ids,
    matches_filters,
    matches_text,
    put,
    search,
    some_filters,
    values_of,
)


class FacetContract:
    """Facets: which values a release has, how they are joined and counted."""

    def test_mentions_are_asked_for(self, engine):
        put(engine, doc("a", topics=("t1",), organizations=("o1",), type="speech"),
            doc("b", mentioned_topics=("t1", "t2"), mentioned_organizations=("o1",)))
        assert ids(engine, "", topics=("t1",)) == ["a"]
        assert sorted(ids(engine, "", topics=("t1",), mentions=True)) == ["a", "b"]
        assert sorted(ids(engine, "", organizations=("o1",), mentions=True)) == ["a", "b"]
        assert ids(engine, "", types=("speech",)) == ["a"]
        about, mentioned = (engine.search(Query(filters=Filters(mentions=each)), facets=True).facets
                            for each in (False, True))
        assert (about["topic"], about["org"], about["type"]) == ((("t1", 1),), (("o1", 1),), (("speech", 1),))
        assert (mentioned["topic"], mentioned["org"]) == ((("t1", 2), ("t2", 1)), (("o1", 2),))

    def test_a_place_is_a_facet_with_mentions(self, engine):
        put(engine, doc("a", places=("california", "united-states")), doc("b", mentioned_places=("california",)))
        assert ids(engine, "", places=("california",)) == ["a"]
        assert sorted(ids(engine, "", places=("california",), mentions=True)) == ["a", "b"]
        assert engine.search(Query(), facets=True).facets["place"] == (("california", 1), ("united-states", 1))

    def test_an_organization_includes_its_companies_unless_it_is_meant_alone(self, engine):
        put(engine, doc("a", organizations=("group",)),
            doc("b", organizations=("company",), parent_organizations=("group",)),
            doc("c", mentioned_organizations=("company",), mentioned_parent_organizations=("group",)))
        assert sorted(ids(engine, "", organizations=("group",))) == ["a", "b"]
        assert ids(engine, "", organizations=("group",), alone=True) == ["a"]
        assert sorted(ids(engine, "", organizations=("group",), mentions=True)) == ["a", "b", "c"]
        assert ids(engine, "", organizations=("group",), mentions=True, alone=True) == ["a"]
        families, alone = (engine.search(Query(filters=Filters(alone=each)), facets=True).facets["org"]
                           for each in (False, True))
        assert (families, alone) == ((("group", 2), ("company", 1)), (("company", 1), ("group", 1)))

    def test_all_values_of_a_facet_can_be_asked_for(self, engine):
        put(engine, doc("a", topics=("t1", "t2", "t3")), doc("b", topics=("t1",)), doc("c", topics=("t2", "t3")))
        both = Filters(topics=("t1", "t2"), all_of=("topic",))
        assert sorted(ids(engine, "", topics=("t1", "t2"))) == ["a", "b", "c"]
        page = engine.search(Query(filters=both), facets=True)
        assert [each.id for each in page.hits] == ["a"]
        assert page.facets["topic"] == (("t1", 1), ("t2", 1), ("t3", 1))
        assert sorted(ids(engine, "", topics=("t1",), all_of=("topic", "place"))) == ["a", "b"]

    def test_facet_terms_must_all_hold_and_narrow_their_own_facet(self, engine):
        put(engine, doc("a", "tea", topics=("t1", "t2")), doc("b", "tea", topics=("t1",)), doc("c", "tea"))
        assert ids(engine, "tea", terms=(FacetTerm("topic", "t1"), FacetTerm("topic", "t2"))) == ["a"]
        assert ids(engine, "tea", terms=(FacetTerm("topic", "t1", excluded=True),)) == ["c"]
        assert sorted(ids(engine, "", terms=(FacetTerm("topic", "t2", excluded=True),))) == ["b", "c"]
        page = engine.search(Query(filters=Filters(terms=(FacetTerm("topic", "t2"),))), facets=True)
        assert page.facets["topic"] == (("t1", 1), ("t2", 1))
        scores = {each.id: each.score for each in search(engine, "tea").hits}
        assert search(engine, "tea", terms=(FacetTerm("topic", "t1"),)).hits[0].score == pytest.approx(scores["a"])

    def test_facets_are_ordered_by_count_then_value(self, engine):
        put(engine, *(doc(f"d{at}", source=source) for at, source in enumerate("bcaab", 1)))
        assert engine.search(Query(), facets=True).facets["source"] == (("a", 2), ("b", 2), ("c", 1))

    @settings(ONE_ENGINE, max_examples=15)
    @given(data=st.data())
    def test_facets_are_exact_and_disjunctive(self, engine, data):
        documents = data.draw(collections())
        put(engine, *documents, gone=[f"d{at}" for at in range(len(documents) + 1, 14)])
        for _ in range(5):
            filters = data.draw(some_filters())
            text = data.draw(st.sampled_from(["", "trade", "贸易", "-trade"]))
            page = engine.search(Query(parse(text), filters), limit=MANY, facets=True)
            wanted = [each for each in documents if matches_text(each, text)]
            assert {each.id for each in page.hits} == {each.id for each in wanted if matches_filters(each, filters)}
            for facet, name in FIELDS.items():
                others = filters if facet in filters.all_of else replace(filters, **{name: ()})
                rest = [each for each in wanted if matches_filters(each, others)]
                counted = Counter(value for each in rest for value in set(values_of(each, name, filters)))
                assert page.facets[facet] == tuple(sorted(counted.items(), key=lambda each: (-each[1], each[0])))
