"""Places are found where a person would find them: in both languages, by short forms in company, in no trap."""

from functools import cache
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from indexer.documents.document import Grade, Reason
from indexer.documents.tagging import Tagger
from indexer.vocabulary.entry import normalize_text
from indexer.vocabulary.loader import load

LABELLED = yaml.safe_load((Path(__file__).parent / "labelled_places.yaml").read_text(encoding="utf-8"))
PLACES = load().places
SHORT_FORMS = sorted({form for each in PLACES.values() for form in each.short})
PIECES = [*SHORT_FORMS, "法国", "Georgia", "Alabama", "美国", "山东", "巴西", "巴基斯坦", "德州", "，", "。", " ", "x"]


@cache
def tagger():
    return Tagger(load())


def tags(title, body=""):
    return {each.id: each for each in tagger().tags(title, body).places}


def grades(title, body=""):
    return {name: (each.grade, each.reason) for name, each in tags(title, body).items()}


@pytest.mark.parametrize("case", LABELLED, ids=lambda case: case["text"][:40])
def test_a_labelled_title_has_the_places_of_a_person(case):
    assert sorted(tags(case["text"])) == sorted(case["places"])


@pytest.mark.parametrize("name", PLACES)
def test_a_place_is_found_by_each_of_its_names(name):
    """In company, since short forms need it; other short forms of the same letters are not in the text."""
    entry = PLACES[name]
    for alias in entry.all_aliases():
        title = f"{alias}。{entry.name['en']}。{entry.name['zh']}" if alias in entry.short else alias
        assert name in tags(title), f"{alias!r} is not found: its exclusion or a longer name hides it"
        assert tags(title)[name].spans[0].start < len(alias), f"{alias!r} is not found: another name hides it"


@pytest.mark.parametrize("name", PLACES)
def test_a_place_lies_in_all_its_wholes(name):
    found = tags(PLACES[name].name["zh"])
    for whole in load().ancestors("places", name):
        assert found[whole].grade is Grade.ABOUT


def test_what_a_text_only_mentions_mentions_its_wholes():
    body = f"{'各方就合作交换意见。' * 40}代表团还到过萨克拉门托。"
    assert grades("会议举行", body) == {
        "sacramento": (Grade.MENTIONED, Reason.NAMED), "california": (Grade.MENTIONED, Reason.PART),
        "united-states": (Grade.MENTIONED, Reason.PART)}


@pytest.mark.parametrize(("title", "body", "place", "reason"), [
    ("California and trade", "Talks were held.", "california", Reason.TITLE),
    ("Talks held", f"Officials met in Sacramento on May 3. {'They spoke of trade. ' * 60}", "sacramento", Reason.LEAD),
    ("会谈举行", f"代表团在肯尼亚考察。{'各方交换意见。' * 80}", "kenya", Reason.LEAD),
    ("会谈举行", f"{'各方交换意见。' * 80}{'智利铜。' * 5}", "chile", Reason.REPEATED),
])
def test_a_place_in_title_or_first_sentence_or_often_is_what_the_release_is_about(title, body, place, reason):
    assert grades(title, body)[place] == (Grade.ABOUT, reason)


def test_nearly_every_release_names_china_which_tells_nothing():
    assert grades("会谈举行", f"我国企业参加会谈。{'各方交换意见。' * 80}")["china"] == (Grade.MENTIONED, Reason.NAMED)


def test_a_place_inside_the_name_of_an_organization_is_only_mentioned():
    named = grades("China Council for the Promotion of International Trade holds a fair")
    assert named["china"] == (Grade.MENTIONED, Reason.NAMED)


def test_a_country_acts_through_its_government():
    assert grades("美国商务部公布初裁结果")["united-states"] == (Grade.ABOUT, Reason.TITLE)


@pytest.mark.parametrize("dateline", [
    "北京11月3日电 各方交换意见。", "BEIJING, Nov. 3 (Xinhua) -- They met.", "Beijing (Xinhua) They met."])
def test_the_dateline_of_an_agency_is_no_place(dateline):
    assert tags("Talks", dateline) == {}


def test_traditional_characters_and_full_width_letters_are_folded():
    assert set(tags("蘭州與廈門，ＵＳＡ")) == {"lanzhou", "gansu", "xiamen", "fujian", "china", "united-states"}


@given(st.lists(st.sampled_from(PIECES), max_size=9))
def test_a_name_of_two_places_means_one_of_them_and_short_forms_have_company(pieces):
    title = "".join(pieces)
    spans, found = {}, tags(title)
    for name, tag in found.items():
        if tag.reason is Reason.PART:
            continue
        forms = {normalize_text(title[each.start:each.end]) for each in tag.spans}
        short = {normalize_text(each) for each in PLACES[name].short}
        assert forms <= {normalize_text(each) for each in PLACES[name].all_aliases()}
        parts = [each for each in found if name in load().ancestors("places", each)]
        assert forms - short or parts or PLACES[name].beside, f"{name} has nothing but {forms}"
        for each in tag.spans:
            assert spans.setdefault((each.start, each.end), name) == name


@given(st.sampled_from(sorted(PLACES)), st.sampled_from(["", " ", "。", "(", "“", "\n"]), st.text("。、 ", max_size=3))
def test_a_name_is_found_among_punctuation_at_its_place(name, before, after):
    alias = PLACES[name].name["zh"]
    [span] = tags("", f"{before}{alias}{after}")[name].spans
    assert (span.field, span.start, span.end) == ("body", len(before), len(before) + len(alias))
