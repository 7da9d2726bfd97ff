"""Contract of every engine: its test file subclasses `EngineContract` and gives it an `engine` fixture.

Queries are made by the query parser.
"""

import string
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.engines.base import Checkpoint
from indexer.errors import DocumentRefusedError, UnavailableError
from indexer.query.model import FACETS, Clause, Query, Sort
from indexer.query.parser import parse
from indexer.text.tokens import runs
from support.engine_cases import (
    MANY,
    ONE_ENGINE,
    contains_phrase,
    day,
    doc,
    draw_part,
    ids,
    mixed_text,
    put,
    search,
)
from support.engine_facets import FacetContract


def quoted(engine, text):
    return engine.search(Query((Clause(text, phrase=True),)), limit=MANY)


class MatchingContract:
    """Queries and the documents they find."""

    def test_a_notice_is_found_by_its_number(self, engine):
        notice = doc("a1", "现将有关事项公告如下。", "公布出口管制决定", number="商务部 海关总署公告2025年第91号")
        put(engine, notice, doc("a2", "公告"))
        assert ids(engine, "公告2025年第91号") == ["a1"]
        assert ids(engine, '"第91号"') == ["a1"]

    @pytest.mark.parametrize(("body", "query"), [
        ("国务院新闻办公室今天上午举行新闻发布会请财政部副部长介绍有关情况", "财政部"),
        ("國務院新聞辦公室請商務部介紹對華投資", "商务部 对华投资"),
        ("隨著經濟發展，瞭解夥伴關係，答覆乾燥", '"随着经济发展" "了解伙伴" "答复干燥"'),
        ("商务部介绍了解伙伴", "瞭解夥伴"),
        ("ＷＴＯ　２０２５年", "wto 2025"),
        ("WTO 2025年", "ＷＴＯ　２０２５年"),
        ("Café in Île-de-France", "cafe ile"),
        ("cafe\u0301 society", '"café society"'),
        ("naïve cafe", "naive café"),
        ("The ministries announced policies", "ministry policy"),
        ("The Ministry's view, China’s trade", "ministry's china"),
        ("COVID-19 measures", "covid-19"),
        ("U.S. imports of 1,234.5 tons", '"U.S. imports" 1,234.5'),
        ("商务部公告2025年第53号关于WTO规则", "第53号 2025年第53号公告"),
        ("中华人民共和国商务部", "华"),
        ("第一是华", "华"),
        ("华", '"华"'),
        ("中国的出口和管制措施", "出口管制"),
        ("한국 무역 и торговля", "торговля 무역"),
        ("the “Belt and Road” plan", "“belt and road”"),
        ("商务部关于《公告》的说明", "《公告》 「关于」"),
        ("中\u200b国\ufeff经\u00ad济", "中国经济"),
        ("ministry", "MINISTRY"),
        ("1" * 300 + " end", "1" * 300),
    ])
    def test_finds(self, engine, body, query):
        put(engine, doc("a", body), doc("b", "nothing to see 无关内容"))
        assert ids(engine, query) == ["a"]

    @pytest.mark.parametrize(("body", "query"), [
        ("经济贸易", "贸经"),
        ("公告，关于", '"告关"'),
        ("trade and policy", '"trade policy"'),
        ("trade policy", '"policy trade"'),
        ("import duties", '"imports duties"'),
        ("COVID 20 and 19 others", "covid-19"),
        ("trade policy", "trade missing"),
        ("trade policy", "trade -policy"),
        ("出口管制", '出口 -"口管"'),
        ("中国", "中国 －国"),
    ])
    def test_does_not_find(self, engine, body, query):
        put(engine, doc("a", body))
        assert ids(engine, query) == []

    def test_the_title_is_searched_and_counts_more(self, engine):
        put(engine, doc("a", "tariff rules are long " * 3), doc("b", "rules " * 12, title="Tariff"), doc("c", "rules"))
        assert ids(engine, "tariff") == ["b", "a"]

    def test_words_may_stand_in_title_and_body_but_a_phrase_in_one(self, engine):
        put(engine, doc("a", "policy", title="trade"))
        assert ids(engine, "trade policy") == ["a"]
        assert ids(engine, '"trade policy"') == []

    def test_only_exclusions_leave_all_the_rest(self, engine):
        put(engine, doc("a", "汽车 cars"), doc("b", "稀土"), doc("c", ""))
        assert sorted(ids(engine, '-"汽车"')) == ["b", "c"]
        assert sorted(ids(engine, "-汽车 -稀土")) == ["c"]

    def test_nothing_asked_finds_everything_newest_first(self, engine):
        put(engine, day("a", date(2020, 1, 1)), day("b", date(2021, 1, 1)), doc("c"))
        page = search(engine)
        assert [(each.id, each.score) for each in page.hits] == [("b", None), ("a", None), ("c", None)]

    def test_a_whole_run_ranks_before_its_words_apart(self, engine):
        put(engine, doc("a", "出口很多，管制也很多，措施不少"), doc("b", "关于出口管制措施的公告和其他内容"))
        assert ids(engine, "出口管制措施") == ["b", "a"]

    def test_quoted_text_may_begin_and_end_inside_words_where_nothing_else_is_found(self, engine):
        put(engine, doc("a", "The Minister of Commerce met"), doc("b", "The Minister met Commercial firms"))
        page = quoted(engine, "inister of Commerc")
        assert ([each.id for each in page.hits], page.widened) == (["a"], True)

    def test_whole_words_are_not_widened(self, engine):
        put(engine, doc("a", "port"), doc("b", "export"))
        page = quoted(engine, "port")
        assert ([each.id for each in page.hits], page.widened) == (["a"], False)

    def test_nothing_found_is_not_widened(self, engine):
        put(engine, doc("a", "port"))
        assert (quoted(engine, "zz").total, quoted(engine, "zz").widened) == (0, False)

    def test_only_the_quotation_that_finds_nothing_is_widened(self, engine):
        put(engine, doc("a", "port of export"), doc("b", "transport of exporters"), doc("c", "imports"))
        assert ids(engine, '"xport" "port"') == ["a"]

    def test_many_words_with_the_same_edge_are_not_too_many(self, engine):
        words = [f"q{one}{two}ing" for one in string.ascii_lowercase for two in string.ascii_lowercase]
        put(engine, doc("a", f"{' '.join(words)} of {' '.join(reversed(words))}"), doc("b", "doing of things"))
        assert [each.id for each in quoted(engine, "zzing of qz").hits] == ["a"]
        assert "a" in [each.id for each in quoted(engine, "zing of qz").hits]

    @ONE_ENGINE
    @given(data=st.data())
    def test_any_substring_finds_its_document(self, engine, data):
        """Whole-word matches equal those of brute force; a widened search finds at least the drawn document."""
        texts = data.draw(st.lists(st.tuples(mixed_text(), mixed_text()), min_size=1, max_size=4))
        documents = [doc(f"d{at + 1}", body, title) for at, (title, body) in enumerate(texts)]
        put(engine, *documents, gone=[f"d{at}" for at in range(len(texts) + 1, 6)])
        for _ in range(6):
            chosen = data.draw(st.sampled_from(documents))
            part = draw_part(data, data.draw(st.sampled_from([chosen.title, chosen.body])))
            if len("".join(runs(part))) < 2:
                continue
            page = quoted(engine, part)
            found = {each.id for each in page.hits}
            whole = {each.id for each in documents if contains_phrase(each, part)}
            assert page.widened == (not whole), part
            assert found == whole if whole else chosen.id in found, part


class OrderContract:
    """Filters, dates, facets, orders and pages."""

    def test_filters_narrow_and_values_of_one_field_are_alternatives(self, engine):
        put(engine, doc("a", "x", source="s1", language="zh", topics=("t1", "t2"), organizations=("o1",)),
            doc("b", "x", source="s2", topics=("t2",)), doc("c", "x", source="s3", organizations=("o1", "o2")))
        assert sorted(ids(engine, "x", sources=("s1", "s3"))) == ["a", "c"]
        assert sorted(ids(engine, "", topics=("t2",))) == ["a", "b"]
        assert ids(engine, "", topics=("t2",), organizations=("o1",)) == ["a"]
        assert ids(engine, "", languages=("zh",)) == ["a"]
        assert ids(engine, "", languages=("fr",)) == []

    def test_filters_do_not_change_scores(self, engine):
        put(engine, doc("a", "x y"), doc("b", "x", source="s2"))
        scores = {each.id: each.score for each in search(engine, "x").hits}
        assert search(engine, "x", sources=("s2",)).hits[0].score == pytest.approx(scores["b"])

    @pytest.mark.parametrize(("first", "last", "found"), [
        (date(2024, 5, 17), date(2024, 5, 17), ["a", "y"]),
        (date(2024, 5, 18), None, ["b", "y"]),
        (None, date(2024, 5, 16), ["y"]),
        (date(2025, 1, 1), None, ["b"]),
        (date(2024, 12, 31), date(2024, 12, 31), ["y"]),
        (None, date(2023, 12, 31), []),
        (date(1, 1, 1), date(9999, 12, 31), ["a", "b", "y"]),
    ])
    def test_a_date_filter_finds_spans_that_overlap_it_and_nothing_undated(self, engine, first, last, found):
        put(engine, day("a", date(2024, 5, 17)), day("b", date(2025, 2, 1)),
            day("y", date(2024, 1, 1), date(2024, 12, 31)), doc("u", "trade"))
        assert sorted(ids(engine, "", first_day=first, last_day=last)) == found

    def test_months_and_undated_add_up_to_the_total(self, engine):
        put(engine, day("a", date(2024, 5, 17)), day("b", date(2024, 5, 1)), day("c", date(2023, 12, 31)),
            day("y", date(2024, 1, 1), date(2024, 12, 31)), doc("u"), doc("v"))
        page = engine.search(Query(), facets=True)
        assert page.months == ((202312, 1), (202400, 1), (202405, 2))
        assert page.undated == 2

    def test_orders_by_date_put_the_undated_last(self, engine):
        put(engine, doc("u1"), day("a2", date(2024, 5, 1), minute=600), day("b3", date(2024, 5, 1)), doc("v4"),
            day("c5", date(2020, 1, 1)), day("y6", date(2024, 1, 1), date(2024, 12, 31)), day("e7", date(2024, 5, 1)))
        assert ids(engine, "", Sort.NEWEST) == ["a2", "e7", "b3", "y6", "c5", "v4", "u1"]
        assert ids(engine, "", Sort.OLDEST) == ["c5", "y6", "b3", "e7", "a2", "u1", "v4"]
        assert ids(engine, "", Sort.ADDED) == ["e7", "y6", "c5", "v4", "b3", "a2", "u1"]

    def test_by_relevance_a_copy_comes_after_every_original(self, engine):
        put(engine, doc("a1", "tariff " * 30, "Tariff", original=False), doc("c3", "Tariff", original=False),
            doc("b2", "tariff among many other words " * 9), doc("d4", "nothing"), doc("e5", "tariff"))
        assert ids(engine, "tariff") == ["e5", "b2", "a1", "c3"]
        assert ids(engine, "tariff", languages=("en",)) == ["e5", "b2", "a1", "c3"]
        assert ids(engine, '"ariff amon"') == ["b2"]
        assert engine.search(Query(parse("tariff")), facets=True).facets["source"] == (("mofcom_en", 4),)

    def test_by_date_a_copy_comes_after_the_original_of_the_same_minute(self, engine):
        put(engine, day("a1", date(2024, 5, 1), minute=600), day("b2", date(2024, 5, 1), minute=600, original=False),
            day("c3", date(2024, 5, 2), original=False), doc("u4", "trade"), doc("v5", "trade", original=False))
        assert ids(engine, "", Sort.NEWEST) == ["c3", "a1", "b2", "u4", "v5"]
        assert ids(engine, "", Sort.OLDEST) == ["a1", "b2", "c3", "u4", "v5"]

    @pytest.mark.parametrize("sort", Sort)
    def test_pages_show_every_document_once(self, engine, sort):
        put(engine, *(doc(f"d{at}", "trade " * (at % 3 + 1)) for at in range(1, 24)))
        query, seen = Query(parse("trade"), sort=sort), []
        for offset in range(0, 30, 5):
            page = engine.search(query, limit=5, offset=offset)
            assert page.total == 23
            seen += [each.id for each in page.hits]
        assert sorted(seen) == sorted(f"d{at}" for at in range(1, 24))

    @pytest.mark.parametrize("sort", Sort)
    @pytest.mark.parametrize(("limit", "offset"), [(0, 0), (0, 5), (5, 3), (5, 10**9), (5, 2**70), (10**9, 0)])
    def test_windows_of_any_size_are_answered(self, engine, sort, limit, offset):
        put(engine, doc("a", "trade"), doc("b", "trade"), doc("c", "trade"))
        page = engine.search(Query(parse("trade"), sort=sort), limit=limit, offset=offset)
        assert (page.total, len(page.hits)) == (3, 3 if limit > 5 else 0)

    def test_a_window_cannot_be_negative(self, engine):
        with pytest.raises(ValueError, match="negative"):
            engine.search(Query(), limit=-1)

    def test_an_empty_index_answers(self, engine):
        page = engine.search(Query(parse("trade")), facets=True)
        assert (page.total, page.hits, page.months, page.undated) == (0, (), (), 0)
        assert dict(page.facets) == dict.fromkeys(FACETS, ())
        assert (engine.count(), search(engine).total) == (0, 0)



class WritingContract:
    """Writing: batches, checkpoints, replaced and refused documents."""

    def test_a_new_engine_has_no_checkpoint_and_no_documents(self, engine):
        assert engine.checkpoint() is None
        assert engine.count() == 0

    def test_the_checkpoint_moves_with_the_documents_and_is_none_itself(self, engine):
        engine.write([doc("a", "store checkpoint")], (), Checkpoint("0af3", 7, "77fe"))
        assert engine.checkpoint() == Checkpoint("0af3", 7, "77fe")
        engine.write((), (), Checkpoint("0af3", 9, "99fe"))
        assert engine.checkpoint() == Checkpoint("0af3", 9, "99fe")
        assert (engine.count(), search(engine).total, search(engine, "-zzz").total) == (1, 1, 1)
        assert search(engine, "0af3").total == search(engine, "99fe").total == 0

    def test_writing_again_replaces(self, engine):
        put(engine, doc("a", "old words"))
        put(engine, doc("a", "new words"), rev=2)
        assert (ids(engine, "old"), ids(engine, "new"), engine.count()) == ([], ["a"], 1)

    def test_the_last_of_one_batch_counts(self, engine):
        put(engine, doc("a", "first"), doc("a", "second"), doc("b", "x"))
        put(engine, doc("b", "first"), doc("b", "third"), rev=2)
        assert (ids(engine, "first"), ids(engine, "second"), ids(engine, "third")) == ([], ["a"], ["b"])

    def test_what_is_gone_is_not_found(self, engine):
        put(engine, doc("a", "x"), doc("b", "x"))
        put(engine, gone=["a", "never-there"], rev=2)
        assert (ids(engine, "x"), engine.count()) == (["b"], 1)

    def test_the_ids_that_it_holds(self, engine):
        put(engine, *(doc(f"d{at}", "tea") for at in range(3)))
        put(engine, gone=["d1"], rev=2)
        assert engine.held(["d0", "d1", "d2", "never-there", ""]) == {"d0", "d2"}
        assert engine.held([]) == set()

    def test_what_was_gone_may_come_back(self, engine):
        put(engine, doc("a", "x"))
        put(engine, gone=["a"], rev=2)
        put(engine, doc("a", "x"), rev=3)
        assert ids(engine, "x") == ["a"]

    @pytest.mark.parametrize("broken", [
        doc("b", seq=-1), doc("b", rev=-1), doc("b", seq=2**80), replace(doc("b"), id=""),
        replace(doc("b"), id="x" * 256), replace(doc("b"), id="\x00checkpoint"), replace(doc("b"), id="\ud800"),
        doc("b", body=None), doc("b", title=3), doc("b", source=""), doc("b", topics=("\udfff",)),
        doc("b", first_day=date(2024, 1, 1)),
        doc("b", minute=1440, first_day=date(2024, 1, 1), last_day=date(2024, 1, 1)),
        doc("b", first_day=date(2024, 1, 2), last_day=date(2024, 1, 1)), doc("b", seq="one"),
    ], ids=lambda each: None)
    def test_a_refused_document_is_named_with_the_reason_and_the_checkpoint_stays(self, engine, broken):
        put(engine, doc("a", "old"))
        with pytest.raises(DocumentRefusedError, match=r"^document ") as caught:
            put(engine, doc("a", "new"), broken, doc("c", "new"), rev=2)
        assert list(caught.value.refusals) == [broken.id]
        assert all(str(reason) for reason in caught.value.refusals.values())
        assert engine.checkpoint() == Checkpoint("store", 1)

    @pytest.mark.parametrize("broken", [doc("b", seq=-1), replace(doc("b"), id=""), replace(doc("b"), id="\ud800"),
                                        replace(doc("b"), id="\x00checkpoint")], ids=lambda each: None)
    def test_the_same_write_without_the_refused_document_succeeds_and_takes_its_old_text_out(self, engine, broken):
        put(engine, doc("a", "old"), doc("b", "old"))
        with pytest.raises(DocumentRefusedError):
            put(engine, doc("a", "new"), broken, doc("c", "new"), rev=2)
        put(engine, doc("a", "new"), doc("c", "new"), gone=["b", broken.id], rev=2)
        assert (ids(engine, "old"), sorted(ids(engine, "new"))) == ([], ["a", "c"])
        assert (engine.count(), engine.checkpoint()) == (2, Checkpoint("store", 2))

    def test_all_refused_documents_of_a_write_are_named_at_once(self, engine):
        with pytest.raises(DocumentRefusedError) as caught:
            put(engine, doc("a", source=""), doc("b"), doc("c", seq=-1))
        assert sorted(caught.value.refusals) == ["a", "c"]

    def test_an_error_of_whoever_gives_the_documents_passes_and_the_checkpoint_stays(self, engine):
        def documents():
            yield doc("a", "half")
            raise LookupError("the store is gone")

        with pytest.raises(LookupError):
            engine.write(documents(), (), Checkpoint("store", 5))
        assert engine.checkpoint() is None
        put(engine, doc("a", "again"), doc("b", "whole"))
        assert (ids(engine, "half"), ids(engine, "again"), ids(engine, "whole")) == ([], ["a"], ["b"])

    @pytest.mark.parametrize("text", [
        "\ud800 word \udfff", "a\x00word b", "\u2028word\u3000", "word" + "长" * 300_000, ""])
    def test_any_text_can_be_indexed(self, engine, text):
        put(engine, doc("a", text, title=text))
        assert ids(engine, "word") == (["a"] if "word" in runs(text) else [])
        assert engine.count() == 1

    def test_a_closed_engine_answers_no_more(self, engine):
        engine.close()
        engine.close()
        with pytest.raises(UnavailableError, match="closed"):
            engine.search(Query())
        with pytest.raises(UnavailableError, match="closed"):
            engine.write((), (), Checkpoint("store", 1))


class EngineContract(MatchingContract, OrderContract, FacetContract, WritingContract):
    """The whole contract."""
