"""Marks stand where the search matched, in the text as it was published."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from indexer.query import highlight
from indexer.query.highlight import ELLIPSIS, Highlighter, Match
from indexer.query.model import Clause, Query
from indexer.query.parser import parse


def highlighter(query):
    return Highlighter(Query(parse(query)))


def shown(pieces):
    return "".join(f"[{each.text}]" if each.marked else each.text for each in pieces)


@pytest.mark.parametrize(("query", "text", "marked"), [
    ("policy", "Trade POLICIES and policymakers", "Trade [POLICIES] and policymakers"),
    ("trade", "Trading, trader", "[Trading], trader"),
    ('"trade policy"', "a trade  policy, trade policies", "a [trade  policy], trade policies"),
    ('"belt and road"', "the “Belt and Road”", "the “[Belt and Road]”"),
    ("对华投资", "對華投資與投資", "[對華投資]與[投資]"),
    ("出口管制措施", "出口的管制", "[出口]的[管制]"),
    ("第53号", "公告2025年第53号公告 53", "公告2025年[第53号]公告 53"),
    ("wto", "ＷＴＯ改革", "[ＷＴＯ]改革"),
    ("cafe", "Cafe\u0301s, Café", "[Cafe\u0301s], [Café]"),
    ("中国", "中\u200b国经济", "[中\u200b国]经济"),
    ("华", "中华", "中[华]"),
    ("trade -policy", "trade policy", "[trade] policy"),
    ("covid-19", "COVID-19 and COVID 19, covid", "[COVID-19] and [COVID 19], covid"),
    ('"inister of Commerc"', "Minister of Commerce", "M[inister of Commerc]e"),
    ('"port"', "export of port", "export of [port]"),
    ("nothing", "<b>some</b> text", "<b>some</b> text"),
    ("", "text", "text"),
    ("a.*", "a.* b", "[a].* b"),
    ("trade trade", "trade", "[trade]"),
    ("word", "", ""),
])
def test_marks(query, text, marked):
    assert shown(highlighter(query).title(text)) == marked


TEXT = st.text(st.one_of(st.sampled_from("trade policy 关税公告。.!\n ，\u0301\u200bﬁİ"), st.characters()),
               max_size=200)


@example("000000000000?0", "", 13)  # a blank is set between a full stop and the ellipsis
@given(TEXT, st.text("trade policy关税公告\"- \u0301", max_size=12), st.integers(10, 120))
def test_pieces_are_the_original_text(text, query, length):
    clauses = tuple(Clause(each, phrase) for phrase in (False, True) for each in [query, *query.split()])
    made = Highlighter(Query(clauses))
    assert "".join(each.text for each in made.title(text)) == text
    parts = re.split(f" ?{ELLIPSIS}", "".join(each.text for each in made.excerpt(text.replace(ELLIPSIS, ""), length)))
    assert all(part in text.replace(ELLIPSIS, "") for part in parts)
    assert all(each.text for each in made.title(text))


LONG = ("First sentence about nothing. " * 20 + "Here the tariff stands. " + "More of nothing follows. " * 20
        + "A quota at last. " * 3)
LONG_ZH = ("这里没有什么可以看的内容。" * 20 + "关于关税的一句话在这里。" + "后面还有许多别的内容。" * 20
           + "配额在最后。")


def test_the_excerpt_is_the_passage_with_the_words():
    made = shown(highlighter("tariff").excerpt(LONG))
    assert made.startswith(f"{ELLIPSIS}Here the [tariff] stands. More")
    assert made.endswith(f"follows. {ELLIPSIS}")
    assert 120 <= len(made) <= 260


def test_words_far_apart_give_two_passages():
    made = shown(highlighter("tariff quota").excerpt(LONG))
    assert "[tariff]" in made
    assert "[quota]" in made
    assert made.count(ELLIPSIS) >= 2
    assert len(made) <= 280


def test_chinese_passages_begin_and_end_with_sentences():
    made = shown(highlighter("关税 配额").excerpt(LONG_ZH))
    assert "关于[关税]的一句话在这里。" in made
    assert made.endswith("[配额]在最后。")


def test_without_a_match_the_excerpt_is_the_beginning():
    assert shown(highlighter("zzz").excerpt("Short text. \n")) == "Short text."
    made = shown(highlighter("zzz").excerpt(LONG))
    assert made.startswith("First sentence")
    assert made.endswith(f"nothing. {ELLIPSIS}")


def test_a_text_without_any_border_is_cut_all_the_same():
    made = highlighter("zzz").excerpt("长" * 5000)
    assert [len(each.text) for each in made] == [240, 1]


def test_a_word_is_not_cut():
    text = "aa bb " * 200
    made = shown(highlighter("zzz").excerpt(text, 100))
    assert set(made.rstrip(ELLIPSIS).split()) == {"aa", "bb"}


def densest_by_force(matches, length):
    """Every window tried, one by one."""
    best, best_score = [], (0, 0)
    for at, match in enumerate(matches):
        window = [each for each in matches[at:] if each.end <= match.start + length] or [match]
        score = (len({each.term for each in window}), len(window))
        if score > best_score:
            best, best_score = window, score
    return best


MATCHES = st.lists(st.builds(
    lambda start, size, term: Match(start, start + size, term), st.integers(0, 60), st.integers(1, 25),
    st.integers(0, 3)), min_size=1, max_size=25)


@given(MATCHES, st.integers(1, 40))
def test_the_densest_window_is_the_one_that_trying_all_of_them_finds(matches, length):
    matches.sort(key=lambda each: (each.start, -each.end))
    assert highlight._densest(matches, length) == densest_by_force(matches, length)


@pytest.mark.parametrize("query", ["贸", "贸易 关税", '"trade"', "trade"])
def test_a_text_of_nothing_but_matches_is_marked_up_to_a_limit(query):
    text = "贸易关税 trade " * 20_000
    assert 0 < len(highlighter(query).matches(text)) <= highlight.MOST_MATCHES
    assert len("".join(each.text for each in highlighter(query).excerpt(text))) < 1000


def test_a_query_of_very_many_terms_marks_each_of_them():
    words = [f"w{number}" for number in range(60)]
    matches = highlighter(" ".join(words)).matches(" ".join(words * 500))
    assert {each.term for each in matches} == set(range(60))
    assert len(matches) <= highlight.MOST_MATCHES


def test_what_comes_very_late_in_a_text_is_not_marked():
    end = highlight.MOST_CHARACTERS
    text = "x" * end + " trade"
    assert highlighter("trade").matches(text) == []
    assert highlighter("trade").matches(text[6:]) == [Match(end - 5, end, 0)]


def test_an_excerpt_of_a_very_long_match_shows_its_beginning():
    text = f"trade{'!' * 100_000}policy"
    excerpt = "".join(each.text for each in highlighter('"trade policy"').excerpt(text))
    assert excerpt.startswith("trade!!!")
    assert len(excerpt) < 2000
