"""The bench of tagging: its arithmetic, and the bars on the labels beside the checkout."""

import importlib
import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BARS = {"topics": (0.82, 0.78), "organizations": (0.82, 0.84)}


@pytest.fixture(scope="module")
def bench():
    """The module bench/tagging.py."""
    sys.path.insert(0, str(ROOT / "bench"))
    try:
        return importlib.import_module("tagging")
    finally:
        sys.path.remove(str(ROOT / "bench"))


def label(**more):
    return {"ref": "x", "lang": "en", "title": "", "primary": [], "secondary": [], "passing": [], "orgs_actor": [],
            "orgs_passing": [], **more}


@pytest.fixture
def scored(bench):
    """The scores of one text with one label."""
    def score(title, body="", **more):
        text = bench.LabelledText(label(**more), title, body)
        return bench.summary(bench.scores([text], bench.Tagger(bench.load())), "all")
    return score


def test_an_ancestor_of_a_label_is_not_false_and_not_asked_for(scored):
    found = scored("Anti-dumping duties", primary=["anti-dumping"])["topics"]
    assert (found["precision_about"], found["recall_about"]) == (1.0, 1.0)


def test_a_tag_without_label_is_false_and_a_label_without_tag_is_missed(scored):
    found = scored("Tariffs on steel", primary=["tariffs", "retail"])["topics"]
    assert (found["precision_about"], found["recall_about"]) == (0.5, 0.5)


def test_secondary_labels_count_for_any_alone(scored):
    found = scored("Tariffs on steel", primary=["tariffs"], secondary=["steel"])["topics"]
    assert (found["precision_about"], found["precision_any"]) == (0.5, 1.0)


def test_passing_labels_are_false(scored):
    assert scored("Tariffs", passing=["tariffs"])["topics"]["precision_any"] == 0.0


def test_a_kind_of_release_counts_as_the_topic_that_it_was(scored):
    found = scored("Announcement No. 3 of 2031", primary=["announcement"])["topics"]
    assert (found["precision_about"], found["recall_about"]) == (1.0, 1.0)


def test_organizations_are_compared_with_actors(scored):
    found = scored("MOFCOM and the EU meet", orgs_actor=["mofcom"], orgs_passing=["eu"])["organizations"]
    assert (found["precision_about"], found["recall_about"]) == (0.5, 1.0)


def test_a_topic_that_the_labels_name_in_words_is_not_false(scored):
    assert scored("Trade friction", missing_topics="trade war / trade friction")["topics"]["precision_about"] == 1.0


def test_page_furniture_is_cut_off(bench, tmp_path):
    text = {"url": "x", "title": "T", "lang": "en", "text": "Menu tariffs\nHome\nOn Monday we met.\nMore: rare earths"}
    (tmp_path / "pages.jsonl").write_text(json.dumps(text) + "\n", encoding="utf-8")
    one = label(where="texts/pages.jsonl", line=1, begin="On Monday", end="More:")
    [found] = bench.labelled_texts([one], [tmp_path])
    assert found.body == "On Monday we met.\n"


def test_the_last_line_is_one_line_of_json(bench, tmp_path, capsys, monkeypatch):
    page = {"title": "Tariffs", "text": "Tariffs fell."}
    one = label(where="texts/pages.jsonl", line=1, primary=["tariffs"])
    labels = tmp_path / "labels.jsonl"
    for path, data in ((tmp_path / "pages.jsonl", page), (labels, one)):
        path.write_text(json.dumps(data) + "\n", encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["tagging.py", "--labels", str(labels), "--texts", str(tmp_path), "--errors"])
    bench.main()
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert last["topics"] == {"precision_about": 1.0, "recall_about": 1.0, "precision_any": 1.0, "recall_any": 1.0}
    assert set(last["organizations"]) == set(last["topics"])


def test_the_bars_hold_on_the_labels_beside_the_checkout(bench, shared):
    folder = shared / "corpus"
    labels = bench.read_labels(folder / "topic_labels.jsonl")
    texts = bench.labelled_texts(labels, [shared / "texts", folder])
    found = bench.summary(bench.scores(texts, bench.Tagger(bench.load())), "all")
    for group, (precision, recall) in BARS.items():
        assert found[group]["precision_about"] >= precision, found
        assert found[group]["recall_about"] >= recall, found
