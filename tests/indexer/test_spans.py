"""Spans merged and texts cut into fragments: nothing of the text is lost, nothing else is marked."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from indexer.text.spans import cut_fragments, merge_spans, occurrences

PLACES = st.integers(0, 30)
SPANS = st.lists(st.tuples(PLACES, PLACES).map(sorted).map(tuple).filter(lambda each: each[0] < each[1]), max_size=8)


def covered(spans):
    return {at for start, end in spans for at in range(start, end)}


@given(SPANS)
def test_merged_spans_cover_the_same_and_do_not_touch(spans):
    merged = merge_spans(spans)
    assert covered(merged) == covered(spans)
    assert all(one[1] < other[0] for one, other in pairwise(merged))


@given(st.text(max_size=30), SPANS, PLACES, PLACES)
def test_fragments_are_the_text_marked_where_spans_cover_it(text, spans, start, end):
    fragments = cut_fragments(text, merge_spans(spans), start, min(end, len(text)))
    assert "".join(each.text for each in fragments) == text[start:end]
    assert all(each.text for each in fragments)
    marks = [each.marked for each in fragments for _ in each.text]
    assert marks == [at in covered(spans) for at in range(start, min(end, len(text)))]
    assert all(one.marked != other.marked for one, other in pairwise(fragments))


def test_a_whole_text_without_spans_is_one_fragment():
    assert [tuple(each) for each in cut_fragments("商务部", [])] == [("商务部", False)]
    assert cut_fragments("", []) == []


@given(st.text("ab", max_size=12), st.text("ab", max_size=3))
def test_occurrences_are_those_that_split_finds(text, words):
    spans = occurrences(text, words)
    assert [text[start:end] for start, end in spans] == [words] * len(spans)
    assert len(spans) == (text.count(words) if words else 0)
