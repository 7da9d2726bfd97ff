"""Every answer is bounded by its request: it grows with it, never with its square."""

import pytest
from lxml import html

from indexer.query.arguments import MOST_PROBLEMS, MOST_VALUES
from indexer.vocabulary.loader import load
from webapp.search.results import FEWEST_LINKS, LINK_CHARACTERS

FORMS = ("", ".json", ".atom", ".rss")
FACETS = ("topic", "org", "source", "lang")
LINKS_OF_A_PAGE = 60  # of those that carry a search of any length
LONG = ("关税" * 10 + " ") * 60
NAMES = [("org", each) for each in load().organizations] + [("topic", each) for each in load().topics]


def asked(client, pairs, form=""):
    """The status and size of an answer, and the size of its request."""
    response = client.get(f"/search{form}", query_string=pairs)
    return response.status_code, len(response.data), len(response.request.query_string)


@pytest.fixture
def least(client):
    """The size of the page of an empty search by format."""
    return {form: len(client.get(f"/search{form}").data) for form in FORMS}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("facet", FACETS)
@pytest.mark.parametrize("count", [100, 1500])
def test_values_that_do_not_exist_make_no_large_page(client, facet, count, form):
    status, size, request = asked(client, [(facet, f"none{number}") for number in range(count)], form)
    assert (status, size < 12_000 + request) == (400, True)  # the link to the other language has the request once


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("pairs", [
    [(f"name{number}", "x") for number in range(1500)], [("q", "x" * 20_000)], [("q", "关税" * 5000)],
    [("from", "x" * 20_000), ("to", "y" * 20_000)], [("sort", "x" * 20_000)], [("page", "9" * 20_000)],
    [("topic", "x" * 20_000)], [("x" * 20_000, "")], [("q", "x" * 9000), ("q", "y" * 9000)]],
    ids=["names", "words", "chinese", "dates", "sort", "page", "value", "name", "twice"])
def test_a_refusal_is_about_as_large_as_what_it_refuses(client, pairs, form):
    status, size, request = asked(client, pairs, form)
    assert status == 400
    assert size < 30_000 + request


def test_the_first_faults_are_reported(client):
    pairs = [(f"name{number}", "x") for number in range(100)]
    assert len(client.get("/search.json", query_string=pairs).get_json()["error"]["problems"]) == MOST_PROBLEMS
    page = html.fromstring(client.get("/search", query_string=pairs).text)
    assert len(page.cssselect(".problems li")) == MOST_PROBLEMS


def test_more_values_than_a_facet_takes_are_refused(client):
    known = [("org", each) for each in load().organizations]
    assert len(known) > MOST_VALUES
    error = client.get("/search.json", query_string=known).get_json()["error"]
    assert error["message"] == f"“org” has {len(known)} values; at most {MOST_VALUES} can be given at once."
    assert client.get("/search.json", query_string=known[:MOST_VALUES]).status_code == 200


@pytest.mark.parametrize("words", ["", LONG, "t" * 2000])
def test_a_search_page_has_fewer_links_the_longer_they_are(client, least, words):
    pairs = [("q", words)] * bool(words) + NAMES[:MOST_VALUES] + NAMES[-40:]
    status, size, request = asked(client, pairs)
    assert status == 200
    assert size < least[""] + LINKS_OF_A_PAGE * request + 10 * LINK_CHARACTERS


def test_twice_the_values_make_at_most_twice_the_page(client):
    sizes = [asked(client, [("q", "关税" * 400), *NAMES[:count]])[1] for count in (20, 40)]
    assert sizes[1] < 2 * sizes[0]


@pytest.mark.parametrize("form", FORMS[1:])
def test_feeds_and_json_repeat_a_search_a_few_times(client, least, form):
    status, size, request = asked(client, [("q", LONG), *NAMES[:MOST_VALUES]], form)
    assert status == 200
    assert size < least[form] + 6 * request


def test_a_short_search_has_all_its_links(client):
    page = html.fromstring(client.get("/search?q=report&org=mofcom").text)
    assert len(page.cssselect("a.chip")) == 2
    assert all(each.get("href") for each in page.cssselect(".timeline tbody a"))


def test_a_long_search_shows_its_timeline_without_links(client):
    page = html.fromstring(client.get("/search", query_string=[("q", "-" + "关税" * 700)]).text)
    assert len(page.cssselect(".timeline tbody tr")) > FEWEST_LINKS
    assert not page.cssselect(".timeline a")
