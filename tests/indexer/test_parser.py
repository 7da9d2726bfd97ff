"""Query parser: text to clauses, or QueryError with an offset."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.errors import QueryError
from indexer.query.parser import MOST_CHARACTERS, MOST_CLAUSES, ParsedQuery, TypedTerm, parse, parse_query
from indexer.query.plan import PartialPhrase, plan, word_groups
from indexer.text.tokens import runs


def read(text):
    """Clauses in short: a minus before what is excluded, quotes around what is a phrase."""
    return [("-" if each.excluded else "") + (f'"{each.text}"' if each.phrase else each.text) for each in parse(text)]


@pytest.mark.parametrize(("text", "clauses"), [
    ("", []), (" \u3000\n", []),
    ("trade policy", ["trade", "policy"]),
    ("关税　政策", ["关税", "政策"]),
    ('"trade war" 关税', ['"trade war"', "关税"]),
    ("“trade war” ＂关税＂ 「公告」 『通知』", ['"trade war"', '"关税"', '"公告"', '"通知"']),
    ("《公告》", ["《公告》"]),
    ("-cars －汽车 −x", ["-cars", "-汽车", "-x"]),
    ('-"motor cars" trade', ['-"motor cars"', "trade"]),
    ("COVID-19 state-owned", ["COVID-19", "state-owned"]),
    ('"never closed', ['"never closed"']),
    ('“open "and', ['"open "', "and"]),
    ("商务部“一带一路”建议", ["商务部", '"一带一路"', "建议"]),
    ("trade - policy", ["trade", "policy"]),
    ("trade ... ，", ["trade"]),
    ('"" trade', ["trade"]),
    ("--x", ["-x"]),
    ("「a」b『c", ["\"a\"", "b", '"c"']),
    ("tariffs AND (x OR y)", ["tariffs", "AND", "(x", "OR", "y)"]),
    ("https://a.cn ratio 3:4 note:this", ["https://a.cn", "ratio", "3:4", "note:this"]),
    ("topic: tariffs 主题： x", ["topic:", "tariffs", "主题：", "x"]),
    ('"place:california"', ['"place:california"']), ("subtopic:x", ["subtopic:x"]),
    ('place:california tea -org:wto 地点：加州', ["tea"]), ('place:"Los Angeles" tea', ["tea"]),
])
def test_reads(text, clauses):
    assert read(text) == clauses


@pytest.mark.parametrize(("text", "place"), [
    ("...", 0), ("  “” -", 2), ("a" * (MOST_CHARACTERS + 1), MOST_CHARACTERS),
    ("a " * (MOST_CLAUSES + 1), 2 * MOST_CLAUSES),
])
def test_refuses_with_the_place_and_what_to_do(text, place):
    with pytest.raises(QueryError) as refused:
        parse(text)
    assert refused.value.offset == place
    assert str(refused.value).endswith(".")


@pytest.mark.parametrize(("text", "terms"), [
    ("place:california", [("place", "california", False)]), ("tea -place:加州", [("place", "加州", True)]),
    ("地点：加利福尼亚 机构:商务部", [("place", "加利福尼亚", False), ("org", "商务部", False)]),
    ('PLACE:"Los Angeles"', [("place", "Los Angeles", False)]), ("lang:zh主题", [("lang", "zh主题", False)]),
    ('place:"" tea', []), ("place:? tea", []),
])
def test_reads_facet_terms(text, terms):
    assert [(each.facet, each.value, each.excluded) for each in parse_query(text).terms] == terms


def test_a_facet_term_alone_is_a_query_and_has_its_place():
    assert parse_query("  -topic:tariffs") == ParsedQuery((), (TypedTerm("topic", "tariffs", True, 2),))
    with pytest.raises(QueryError):
        parse_query("place:x " * (MOST_CLAUSES + 1))


def test_the_most_is_still_read():
    assert len(parse("a " * MOST_CLAUSES)) == MOST_CLAUSES
    assert len(parse("长" * MOST_CHARACTERS)) == 1


@given(st.one_of(st.text(), st.text('ab公 -－"“”「」『』＂.', max_size=40), st.text('place地点:： "x-', max_size=30)))
def test_any_text_is_read_or_refused_at_a_place_in_it(text):
    clauses, place = read_or_place(text)
    assert 0 <= place <= len(text)
    assert all(each.text in text and runs(each.text) for each in clauses)
    assert len(plan(clauses)) == len(clauses)
    assert clauses or place < len(text) or not text.strip()


def read_or_place(text):
    """The clauses, or the place of the error."""
    try:
        return parse(text), 0
    except QueryError as error:
        return (), error.offset


@pytest.mark.parametrize(("word", "groups"), [
    ("第53号", ["第 53 号"]), ("2025年第53号公告", ["2025 年", "第 53 号", "公告"]),
    ("WTO规则改革", ["wto", "规则", "改革"]),
    ("COVID-19", ["covid 19"]), ("U.S.-China关系", ["u s china", "关系"]), ("2025年度报告", ["2025", "年度报告"]),
    ("商务部公告2024年第46号", ["商务部", "公告", "2024 年", "第 46 号"]), ("公告，关于", ["公告", "关于"]),
    ("对A股", ["对 a 股"]),
])
def test_a_typed_word_is_what_belongs_together(word, groups):
    assert [" ".join(each) for each in word_groups(runs(word))] == groups


@given(st.text("公告第号年的对税a5, -", max_size=14))
def test_the_parts_of_a_word_stand_in_it_as_they_are(text):
    """Each group, without its punctuation, is a piece of the word: what is typed is found where it was copied from."""
    compact = "".join(runs(text))
    for group in word_groups(runs(text)):
        assert "".join(group) in compact


def test_a_quotation_asks_for_its_spelling_and_may_be_cut():
    [need] = plan(parse('"Trade policies"'))
    assert [each.tokens for each in need.phrases] == [("trade", "polici")]
    assert need.exact_words == ("trade", "policies")
    assert need.partial == PartialPhrase(suffix="trade", prefix="policies")


def test_chinese_edges_need_no_second_form():
    [one, other] = plan(parse('"关于公告" "关于WTO公告"'))
    assert one.partial is None
    assert other.partial is None


@pytest.mark.parametrize(("text", "partial"), [
    ('"x"', PartialPhrase(infix="x")), ('"x y z"', PartialPhrase(suffix="x", middle=("y",), prefix="z")),
    ('"公告x"', PartialPhrase(middle=("公告", "告"), prefix="x")),
    ('"x公告"', PartialPhrase(suffix="x", middle=("公", "公告"))),
    (f'"{"x" * 256}"', None),
])
def test_a_partial_phrase(text, partial):
    assert plan(parse(text))[0].partial == partial


def test_what_is_excluded_is_excluded_as_typed():
    [need] = plan(parse("-出口管制"))
    assert [each.tokens for each in need.phrases] == [("出口", "口管", "管制")]
