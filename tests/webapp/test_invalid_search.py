"""Searches that are refused: each fault is named, and the form keeps what is right."""

from html import unescape

import pytest

from indexer.errors import TooCostlyError
from support.engines import FaultyEngine
from support.pages import text, tree


def test_every_slip_gets_a_sentence_and_the_form_keeps_what_was_typed(client):
    page = tree(client.get("/search?q=tea&from=yesterday&to=2019&topic=zz&org=mofcom&sort=newest"), 400)
    assert len(page.cssselect(".problems li")) == 2
    form = {each.get("name"): each.get("value") for each in page.cssselect("form input")}
    assert form == {"q": "tea", "from": "yesterday", "to": "2019", "org": "mofcom", "sort": "newest"}
    assert [text(each) for each in page.cssselect("a.chip")] == ["Organization Ministry of Commerce – Remove ×"]


def test_what_does_not_exist_is_said_and_never_carried_on(client):
    page = tree(client.get("/search?q=tea&topic=zz&topic=anti-dumping&lang=fr&sort=best&page=0"), 400)
    assert len(page.cssselect(".problems li")) == 4
    form = [(each.get("name"), each.get("value")) for each in page.cssselect("form input") if each.get("value")]
    assert form == [("q", "tea"), ("topic", "anti-dumping")]
    assert client.get("/search", query_string=form).status_code == 200


def test_everything_that_does_not_exist_is_left_out_by_one_link(client):
    page = tree(client.get("/search?q=tea&topic=zz&topic=anti-dumping&sort=best&page=0&limit=5"), 400)
    [link] = page.cssselect(".banner a")
    assert (text(link), link.get("href")) == (
        "Search without what does not exist", "/search?q=tea&topic=anti-dumping")
    assert client.get(link.get("href")).status_code == 200


def test_a_page_after_the_last_leads_to_the_first(client):
    [link] = tree(client.get("/search?q=report&page=9"), 400).cssselect(".banner a")
    assert (text(link), link.get("href")) == ("First page", "/search?q=report")


def test_what_is_wrong_in_a_field_is_corrected_there(client):
    assert tree(client.get("/search?q=tea&from=soon&topic=zz"), 400).cssselect(".banner a") == []


@pytest.mark.parametrize(("address", "names"), [
    ("/search?q=tea&from=soon", {"from"}), ("/search?from=soon&to=later&q=?!", {"q", "from", "to"}),
    ("/search?from=2020&to=2019", {"from"}), ("/search?q=tea&from=a&from=b", {"from"}),
    ("/search?q=tea&topic=zz", set())])
def test_a_field_with_an_error_is_named_and_refers_to_it(client, address, names):
    page = tree(client.get(address), 400)
    fields = {each.get("name"): each for each in page.cssselect("form [aria-invalid=true]")}
    assert set(fields) == names
    for name, field in fields.items():
        [error] = page.cssselect(f"#{field.get('aria-describedby').split()[0]}")
        assert text(error).startswith({"q": "Words:", "from": "From:", "to": "To:"}[name])


def test_a_field_without_an_error_refers_to_its_hint_alone(client):
    page = tree(client.get("/search?q=tea"))
    assert [each.get("aria-describedby") for each in page.cssselect("#from, #to, #q")] == [
        None, "dates-help", "dates-help"]


@pytest.mark.parametrize("form", ["", ".json", ".atom", ".rss"])
@pytest.mark.parametrize(("name", "hint"), [
    ("limit", "those are"), ("format", "those are"), ("topics", "did you mean “topic”"),
    ("organisation", "did you mean “org”"), ("Q", "did you mean “q”")])
def test_an_argument_of_another_name_is_refused_by_name(client, form, name, hint):
    response = client.get(f"/search{form}?q=tea&{name}=100")
    said = unescape(response.text)
    assert response.status_code == 400
    assert f"“{name}” is not a parameter of a search; {hint}" in said
    assert "topic, org, place, type, source, lang, all, q, from, to, mentions, alone, sort, page, ui" in said


@pytest.mark.parametrize("form", ["", ".json", ".atom", ".rss"])
def test_what_tracking_tools_append_to_links_is_ignored(client, form):
    address = f"/search{form}?q=tea&ui=en&utm_source=a&utm_campaign=b&fbclid=c&gclid=d&spm=e"
    response = client.get(address)
    assert response.status_code == 200
    assert "fbclid" not in response.text.replace("/search?q=tea&amp;utm_source", "").partition("<main")[2]


@pytest.mark.parametrize("name", ["q", "from", "to", "sort", "page", "ui"])
def test_an_argument_that_counts_once_is_refused_twice(client, name):
    response = client.get(f"/search?{name}=1&{name}=2")
    assert f"“{name}” is given more than once" in text(tree(response, 400))


def test_other_refusals_carry_on_no_unknown_value_either(client):
    page = tree(client.get("/nothing?q=tea&topic=zz&lang=en"), 404)
    assert {each.get("name"): each.get("value") for each in page.cssselect("form input")} == {"q": "tea", "lang": "en"}


def test_a_query_that_stops_making_sense_shows_where(client):
    page = tree(client.get("/search", query_string={"q": "?!"}), 400)
    assert text(page.cssselect(".typed mark")[0]) == "?!"


def test_the_word_beyond_the_limit_is_marked_whole(client):
    page = tree(client.get("/search", query_string={"q": " ".join(f"w{each}" for each in range(80))}), 400)
    assert page.cssselect(".typed mark")[0].text == "w64"


def test_where_nothing_is_left_nothing_is_to_be_corrected(client):
    assert "correct the rest" not in text(tree(client.get("/search?lang=fr"), 400))
    assert "correct the rest" in text(tree(client.get("/search?lang=fr&q=tea"), 400))


def test_the_sign_of_a_filter_stands_apart_from_its_name(client):
    [chip] = tree(client.get("/search?from=2020")).cssselect("a.chip")
    assert text(chip) == "From 2020 – Remove ×"


def test_chinese_text_has_chinese_punctuation(client):
    page = tree(client.get("/search?q=tea&from=soon&ui=zh"), 400)
    assert page.cssselect(".problems strong")[0].text.endswith("：")


def test_what_was_typed_is_given_with_an_argument_of_another_name(client):
    [problem] = client.get("/search.json?q=tea&limit=100").json["error"]["problems"]
    assert (problem["parameter"], problem["typed"]) == ("limit", "100")


@pytest.mark.parametrize("form", ["", ".json", ".atom", ".rss"])
def test_a_language_that_the_site_has_not_is_refused(client, form):
    response = client.get(f"/search{form}?q=tea&ui=fr")
    assert response.status_code == 400
    assert "“fr” is not a language of the site; take “en” or “zh”." in unescape(response.text)


NARROW = "This search asks too much of the search engine; narrow it: write whole words, and fewer in quotation marks."


@pytest.fixture
def refusing(serve, data, engine):
    """A client of a site whose engine refuses every search; and how often the engine was opened."""
    opened = []
    double = FaultyEngine(engine, TooCostlyError("a quotation is too long"))
    return serve(lambda: opened.append(1) or double, data=data), opened


def test_a_search_that_costs_too_much_is_answered_with_how_to_narrow_it(refusing):
    client, _ = refusing
    page = tree(client.get("/search?q=tea&topic=anti-dumping"), 400)
    assert [text(each) for each in page.cssselect(".problems li")] == [f"Words: {NARROW}"]
    form = [(each.get("name"), each.get("value")) for each in page.cssselect("form input") if each.get("value")]
    assert form == [("q", "tea"), ("topic", "anti-dumping")]
    assert client.get("/search.json?q=tea").json["error"]["message"] == NARROW


def test_a_search_that_costs_too_much_leaves_the_engine_open(refusing):
    client, opened = refusing
    for _ in range(3):
        assert client.get("/search?q=tea").status_code == 400
    assert len(opened) == 1
