"""The vocabulary shipped is complete, and what is wrong in a file is refused by name."""

import shutil

import pytest
import yaml

from crawler.source import all_sources
from indexer.errors import VocabularyError
from indexer.query.arguments import FORMER_TOPICS
from indexer.text.fold import is_han
from indexer.vocabulary.entry import LANGUAGES, Site, is_acronym, normalize_text
from indexer.vocabulary.loader import FILES, FOLDER, load

GOOD = {"id": "a-body", "kind": "ministry", "name": {"en": "A Body", "zh": "某机构"}}


@pytest.fixture
def folder(tmp_path):
    """A vocabulary folder with empty files beside exclusions."""
    for name in FILES:
        (tmp_path / name).write_text("[]", encoding="utf-8")
    rules = yaml.safe_dump({"lists": {"words": ["x"]}, "kinds": {}})
    (tmp_path / "exclusions.yaml").write_text(rules, encoding="utf-8")
    return tmp_path


def refused(folder, *entries, file="topics.yaml"):
    (folder / file).write_text(yaml.safe_dump(list(entries), allow_unicode=True), encoding="utf-8")
    with pytest.raises(VocabularyError) as caught:
        load(folder)
    assert file in str(caught.value)
    return str(caught.value)


def test_there_are_enough_entries():
    vocabulary = load()
    assert len(vocabulary.organizations) >= 75
    assert len(vocabulary.topics) >= 40


@pytest.mark.parametrize("kind", ["organizations", "topics"])
def test_every_entry_has_names_and_aliases_in_both_languages(kind):
    for entry in getattr(load(), kind).values():
        assert set(entry.name) == set(entry.aliases) == set(LANGUAGES)
        assert all(entry.aliases[language][0] == entry.name[language] for language in LANGUAGES)
        assert normalize_text(entry.name["zh"]) != normalize_text(entry.name["en"])


@pytest.mark.parametrize("name", list(load().topics))
def test_every_topic_says_in_both_languages_what_belongs_under_it(name):
    scope = load().topics[name].scope
    assert set(scope) == set(LANGUAGES), "add a scope to the topic"
    assert scope["en"].endswith(".")
    assert scope["zh"].endswith("。")
    assert is_han(scope["zh"][-2])


@pytest.mark.parametrize("name", list(load().types))
def test_every_kind_of_release_says_in_both_languages_what_belongs_under_it(name):
    kind = load().types[name]
    assert set(kind.scope) == set(kind.name) == set(LANGUAGES)
    assert kind.scope["en"].endswith(".")
    assert kind.scope["zh"].endswith("。")


def test_kinds_of_release_that_were_topics_are_no_topics_any_more():
    assert set(FORMER_TOPICS) <= set(load().types)
    assert not set(load().types) & set(load().topics)


def test_the_site_of_every_source_is_one_of_its_organization():
    for each in all_sources():
        if each.organization and not each.republisher:
            assert {load().site(host).organization for host in each.hosts} == {each.organization}, each.id


def test_a_host_below_a_site_is_its_organization_s_and_others_are_none():
    assert load().site("mofcom.gov.cn") == load().site("somebody.mofcom.gov.cn") == Site("mofcom")
    assert load().site("cnus.cccme.org.cn") == Site("cccme", "province-state")
    assert load().site("notmofcom.gov.cn") == Site()


def test_every_source_names_an_organization_of_the_vocabulary_or_none():
    named = {each.organization for each in all_sources()} - {None}
    assert named <= set(load().organizations)


@pytest.mark.parametrize(("text", "expected"), [
    ("MOFCOM", True), ("EU", True), ("G20", True), ("SINOMACH-HE", True), ("Sinomach", False), ("A", False),
    ("301", False), ("商务部", False), ("Canton Fair", False)])
def test_an_acronym_is_written_in_capitals_alone(text, expected):
    assert is_acronym(text) is expected


def test_plain_text_keeps_its_length():
    text = "The People’s Used–Car Bank – 中國人民銀行—ＰＢＯＣ"
    assert normalize_text(text) == "the people's used car bank - 中国人民银行-pboc"
    assert len(normalize_text(text)) == len(text)


def test_ancestors_go_up_to_the_top():
    assert load().ancestors("organizations", "mofcom-foreign-trade") == ("mofcom",)
    assert load().ancestors("topics", "province-state") == ("china-us",)


def test_an_id_given_twice_is_refused(folder):
    assert "a-body" in refused(folder, GOOD, GOOD)


def test_an_alias_of_two_entries_is_refused_by_both_names(folder):
    other = {**GOOD, "id": "other", "name": {"en": "Other", "zh": "其他"}, "aliases": {"zh": ["某機構"]}}
    message = refused(folder, GOOD, other)
    assert "other" in message
    assert "a-body" in message


@pytest.mark.parametrize(("change", "said"), [
    ({"name": {"en": "A Body"}}, "both languages"),
    ({"name": {"en": "A Body", "zh": ""}}, "empty"),
    ({"aliases": {"zh": ["部"]}}, "too short"),
    ({"aliases": {"en": ["us"]}}, "too short"),
    ({"aliases": {"fr": ["ministère"]}}, "en and zh"),
    ({"aliases": {"en": [301]}}, "quotes"),
    ({"aliases": {"en": "one"}}, "not a list"),
    ({"kind": None}, "kind"),
    ({"id": "A Body"}, "a-z"),
    ({"parent": "nobody"}, "nobody"),
    ({"parent": "a-body"}, "circle"),
    ({"alias": {}}, "unknown keys alias"),
    ({"unless": {"beside": ["x"]}}, "before, after and within"),
    ({"unless": {"before": ["("]}}, "no regular expression"),
    ({"unless": {"before": ["{nobody}"]}}, "nobody"),
    ({"beside": ["nobody"]}, "beside names no entry: nobody"),
    ({"short": {"fr": ["x"]}}, "'short' may have the languages en and zh"),
    ({"short": {"zh": "某"}}, "not a list"),
    ({"short": {"zh": ["部"]}}, "too short"),
    ({"scope": {"en": "What belongs here."}}, "both languages"),
    ({"title": ["("]}, "no regular expression"),
    ({"other_side": "us"}, "list of texts"),
    ({"sites": [1]}, "quotes"),
])
def test_a_wrong_entry_is_refused_with_what_is_wrong(folder, change, said):
    assert said in refused(folder, {**GOOD, **change})


KIND = {"id": "memo", "name": {"en": "Memos", "zh": "备忘"}, "scope": {"en": "Memos.", "zh": "备忘。"},
        "title": ["memo"]}


@pytest.mark.parametrize(("change", "said"), [
    ({"name": {"en": "Memos"}}, "both languages"), ({"scope": None}, "both languages"),
    ({"title": ["("]}, "expression"),
    ({"titles": []}, "unknown keys titles"), ({"id": None}, "no id")])
def test_a_wrong_kind_of_release_is_refused_with_what_is_wrong(folder, change, said):
    assert said in refused(folder, {**KIND, **change}, file="types.yaml")


def test_a_kind_of_release_given_twice_or_without_title_is_refused(folder):
    assert "memo" in refused(folder, KIND, KIND, file="types.yaml")
    assert "'title' is missing" in refused(
        folder, {name: each for name, each in KIND.items() if name != "title"}, file="types.yaml")


def test_a_short_form_may_belong_to_two_entries_and_to_the_name_of_one(folder):
    entries = [{**GOOD, "id": name, "name": {"en": f"Body {name}", "zh": f"机构{name}"}, "short": {"zh": ["某方"]}}
               for name in ("a", "b")]
    named = {**GOOD, "id": "c", "name": {"en": "C Body", "zh": "某方"}}
    (folder / "places.yaml").write_text(yaml.safe_dump([*entries, named], allow_unicode=True), encoding="utf-8")
    assert [each.short for each in load(folder).places.values()] == [{"某方"}, {"某方"}, frozenset()]


def test_two_letters_are_an_alias_where_the_case_is_asked_for(folder):
    entry = {**GOOD, "aliases": {"en": [{"text": "Ab", "ambiguous": True}, "EU"]}}
    (folder / "topics.yaml").write_text(yaml.safe_dump([entry]), encoding="utf-8")
    assert load(folder).topics["a-body"].exact == {"Ab", "EU"}


def test_another_text_of_a_file_is_another_digest(folder, tmp_path):
    copy = tmp_path / "copy"
    copy.mkdir()
    for name in FILES:
        shutil.copy(folder / name, copy / name)
    (copy / "topics.yaml").write_text(yaml.safe_dump([GOOD]), encoding="utf-8")
    assert load(copy).digest != load(folder).digest
    assert load(FOLDER).digest == load().digest


def test_an_entry_without_id_is_refused(folder):
    assert "has no id" in refused(folder, {"kind": "x"})


def test_a_file_that_is_no_list_is_refused(folder):
    (folder / "topics.yaml").write_text("{a: b}", encoding="utf-8")
    with pytest.raises(VocabularyError, match=r"topics\.yaml: expected a list"):
        load(folder)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_source_is_called_like_an_organization(language):
    """Both stand beside each other as filters, with different counts."""
    organizations = {each.name[language] for each in load().organizations.values()}
    assert organizations.isdisjoint(each.name[language] for each in all_sources())
