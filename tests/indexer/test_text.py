"""Folding keeps lengths, the fast way gives what the plain one gives, and phrases are found wherever they stand."""

import json
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.text import build_fold_table
from indexer.text.fold import FOLD_TABLE_FILE, IGNORED, fold, fold_table
from indexer.text.segment import segment
from indexer.text.stems import MAX_TOKEN, SpellingCache, StemCache, reversed_word, stem, stem_cache
from indexer.text.tokens import Analysis, analyse, han_tokens, is_han_run, phrase_tokens, runs, spelling_terms

ANYTHING = st.one_of(
    st.text(st.characters(), max_size=60),
    st.lists(st.sampled_from(["商务", "公", "Trade", "policies", "53", "é", "e\u0301", " ", "，", "ＷＴＯ", "瞭",
             "\u200b", "İ", "ß",
                              "\ud800", "𠀀", "ﬁ", "_", "'"]), max_size=150).map("".join))
EVERY = "".join(map(chr, range(0x110000)))


@given(ANYTHING)
def test_folding_keeps_the_length_and_folds_nothing_further(text):
    assert len(fold(text)) == len(text)
    assert fold(fold(text)) == fold(text)


def test_folding_by_dictionary_and_by_array_agree_on_every_character():
    folded = fold(EVERY)
    assert folded == EVERY.translate(fold_table().changed)
    assert fold(folded) == folded
    assert "".join(map(fold, EVERY[:0x3400])) == folded[:0x3400]


def test_the_mapping_that_is_kept_is_the_one_that_is_made():
    kept = json.loads(FOLD_TABLE_FILE.read_text("ascii"))
    if kept["unicode"] != unicodedata.unidata_version:
        pytest.skip(f"made with Unicode {kept['unicode']}, this Python knows {unicodedata.unidata_version}")
    assert dict(zip(kept["from"], kept["to"], strict=True)) == build_fold_table.fold_pairs()


@pytest.mark.parametrize(("text", "folded"), [
    ("ＷＴＯ　２０２５", "wto 2025"), ("Café Ñandú Ærø", "cafe nandu ærø"), ("e\u0301", "e" + IGNORED), ("İı", "iı"),
    ("ΟΔΟΣ ς", "οδοσ σ"), ("Ёлка", "елка"), ("が", "が"), ("①㎡", "1㎡"), ("國務院瞭解夥伴", "国务院了解伙伴"),
    ("乾燥 乾隆 隨著 著作", "干燥 干隆 随着 着作"), ("臺灣颱風檯面", "台湾台风台面"), ("⺠⻔", "民门"), ("豈", "岂"),
    ("", ""),
    ("“x”", "“x”"), ("\ud800A", "\ud800a"),
])
def test_folds(text, folded):
    assert fold(text) == folded


def analyse_plainly(text):
    """Reference implementation of `analyse`, one run at a time."""
    found = runs(text)
    stream = [token for run in found for token in (han_tokens(run) if is_han_run(run) else [stem_cache()[run]])]
    return Analysis(" ".join(stream), [run for run in found if not is_han_run(run)])


@given(ANYTHING)
def test_the_fast_way_gives_the_same_tokens(text):
    assert analyse(text) == analyse_plainly(text)


@given(st.text(st.characters(), min_size=190, max_size=450))
def test_the_fast_way_gives_the_same_tokens_for_longer_texts(text):
    assert analyse(text) == analyse_plainly(text)


@given(ANYTHING)
def test_no_token_holds_a_blank_or_is_too_long(text):
    made = analyse(text)
    tokens = made.stream.split(" ") if made.stream else []
    assert all(token and len(token) <= MAX_TOKEN and not re.search(r"\s", token) for token in tokens)
    assert spelling_terms(made.words).split() == spelling_terms(made.words).split(" ") or not made.words


@pytest.mark.parametrize(("text", "stream"), [
    ("公告第53号：Trade policies", "公 公告 告第 第 53 号 trade polici"),
    ("公", "公"), ("公，告", "公 告"), ("公告", "公 公告 告"), ("々〇", "々 々〇 〇"), ("𠀀𠀁", "𠀀 𠀀𠀁 𠀁"),
    ("U.S. COVID-19's 1,234.5", "u s covid 19 s 1 234 5"), ("China’s state-owned", "china s state own"),
    ("cafe\u0301s", "cafe"), ("中\u200b国", "中 中国 国"), ("a_b", "a b"), ("5G网络v2", "5g 网 网络 络 v2"),
    ("カナ漢字", "カナ 汉 汉字 字"),
    ("1" * 300, "1" * 255 + " " + "1" * 45), ("， 。", ""), ("", ""),
])
def test_tokens(text, stream):
    assert analyse(text).stream == stream


@given(ANYTHING, st.data())
def test_a_phrase_stands_in_the_stream_of_every_text_around_it(text, data):
    """Cut anywhere in Chinese, between words elsewhere: the phrase's tokens follow one another in the text's."""
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    part = text[start:end]
    found = runs(part)
    whole = runs(text)
    if not found or [len(each) > MAX_TOKEN for each in found].count(True):
        return
    if (not is_han_run(found[0]) and found[0] not in whole) or (not is_han_run(found[-1]) and found[-1] not in whole):
        return  # an edge cuts a word
    wanted, tokens = phrase_tokens(found), analyse(text).stream.split(" ")
    if len(found) == 1 and len(found[0]) == 1 and is_han_run(found[0]):
        assert any(token.startswith(found[0]) for token in tokens if len(token) <= 2)
    elif _edges_are_whole(text, start, end):
        assert any(tokens[at:at + len(wanted)] == wanted for at in range(len(tokens)))


def _edges_are_whole(text, start, end):
    """True where no word extends across either end of the part."""
    folded = fold(text)
    left, right = folded[:start].rstrip(IGNORED)[-1:], folded[end:].lstrip(IGNORED)[:1]
    part = folded[start:end].replace(IGNORED, "")
    return not (_one_word(left + part[:1]) or _one_word(part[-1:] + right))


def _one_word(pair):
    found = runs(pair)
    return len(found) == 1 and len(found[0]) == 2 and not is_han_run(found[0])


def test_single_characters_at_the_edges_of_a_phrase():
    assert phrase_tokens(["告", "2025"]) == ["告", "2025"]
    assert phrase_tokens(["53", "号"]) == ["53", "号"]
    assert phrase_tokens(["公告", "53", "号文"]) == ["公告", "告", "53", "号", "号文"]
    assert phrase_tokens(["a", "公告", "b"]) == ["a", "公", "公告", "告", "b"]
    assert phrase_tokens(["a", "公", "b"]) == ["a", "公", "b"]
    assert han_tokens("公告", first=False, last=False) == ["公告"]


def test_stems_are_english_and_remembered():
    known = StemCache()
    assert [known[each] for each in ("policies", "policy", "2025", "naïve", "g20")] == ["polici", "polici", "2025",
            "naïve", "g20"]
    assert "policies" in known
    assert stem("trading") == stem("trade")


@given(st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=20))
def test_a_stem_is_never_empty(word):
    assert stem(word)


def test_spellings_are_kept_in_both_directions():
    assert SpellingCache()["trade"] == "trade _edart"
    assert reversed_word("abc") == "_cba"
    assert spelling_terms(["trade", "of", "trade"]) == "trade _edart of _fo"


@pytest.mark.parametrize(("run", "words"), [
    ("中国的出口管制措施", ["中国", "出口", "管制", "措施"]), ("不可靠实体清单", ["不可靠", "实体", "清单"]),
    ("的了", ["的了"]), ("华", ["华"]),
    ("商务部", ["商务部"]), ("李成钢", ["李成钢"]), ("税的中国", ["税", "中国"]), ("中国的税", ["中国", "税"]),
])
def test_queries_are_cut_into_words(run, words):
    assert segment(run).words == words


@given(st.text("商务部公告对华投资的了和第年月号税", min_size=1, max_size=12), st.booleans(), st.booleans())
def test_every_word_of_a_run_stands_in_it(run, after, before):
    parts = segment(run, after_number=after, before_number=before)
    at = 0
    for each in [parts.head, *parts.words, parts.tail]:
        assert run.find(each, at) >= at
        at = run.find(each, at) + len(each)
    assert parts.words or parts.head or parts.tail
