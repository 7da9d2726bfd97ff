"""Pages of topics, organizations and places, their lists, and how searches use places, families and joins."""

import pytest

from indexer.errors import EngineError
from indexer.vocabulary.loader import load
from support.archive import stamp
from support.pages import arguments, text, tree
from support.releases import MOFCOM_EN, article_url, index_releases, release

RELEASES = (
    release(article_url(MOFCOM_EN, 1), "mofcom_en", "Tariff talks in Los Angeles", "Talks were held.",
            published=stamp("2024-05-03")),
    release(article_url(MOFCOM_EN, 2), "mofcom_en", "California and Shandong sign a plan", "They signed.",
            published=stamp("2025-06-04")),
    release(article_url(MOFCOM_EN, 3), "mofcom_en", "中工国际在肯尼亚签约", "双方签署了合同。", language="zh",
            published=stamp("2025-07-05")),
    release(article_url(MOFCOM_EN, 4), "mofcom_en", "国机集团召开会议", "会议讨论了工作。", language="zh",
            published=stamp("2026-01-02")),
    release(article_url(MOFCOM_EN, 5), "mofcom_en", "Meeting held", f"{'They spoke. ' * 60}One came from Kenya.",
            published=stamp("2026-02-03")),
)
LISTS = {"topic": "/topics", "org": "/organizations", "place": "/places"}
ENTRIES = ("/topic/tariffs", "/org/sinomach", "/place/united-states")


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    """The data folder of an archive of RELEASES."""
    return index_releases(tmp_path_factory.mktemp("places"), RELEASES)


@pytest.fixture
def site(serve, places):
    """A client of the site over RELEASES."""
    return serve(data=places, language="en")


def no_engine():
    raise EngineError("there is no index")


def titles(client, query):
    return {each["title"] for each in client.get(f"/search.json?{query}").get_json()["results"]}


def links(page):
    return {text(each): each.get("href") for each in page.cssselect("main a")}


class TestSearches:
    def test_a_place_includes_the_places_in_it(self, site):
        first, second = (each.title for each in RELEASES[:2])
        assert titles(site, "place=los-angeles") == {first}
        assert titles(site, "place=california") == titles(site, "place=united-states") == {first, second}
        counts = {each["value"]: each["count"] for each in site.get("/search.json").get_json()["facets"]["place"]}
        assert (counts["united-states"], counts["california"], counts["los-angeles"]) == (2, 2, 1)

    @pytest.mark.parametrize("query", [
        "place:california", "地点：加州", 'place:"Los Angeles" talks', "PLACE:加利福尼亚"])
    def test_a_place_is_typed_by_any_of_its_names(self, site, query):
        found = site.get("/search.json", query_string={"q": query}).get_json()
        assert RELEASES[0].title in {each["title"] for each in found["results"]}

    def test_a_typed_place_is_excluded_by_a_hyphen(self, site):
        found = site.get("/search.json", query_string={"q": "-place:加州"}).get_json()
        assert found["total"] == 3

    def test_a_name_that_nothing_has_is_an_error_with_the_nearest(self, site):
        error = site.get("/search.json", query_string={"q": "talks place:calfornia"}).get_json()["error"]
        assert error["problems"] == [{
            "parameter": "q", "typed": "talks place:calfornia", "offset": 6,
            "message": "“calfornia” names no place that the archive knows; did you mean california? Put it in "
                       "quotation marks to search the text for it."}]
        assert "没有" not in site.get("/search?q=place:zzzzzz&ui=zh").text.split("<main")[0]
        assert "不是本档案库所知的地点" in site.get("/search?q=place:zzzzzz&ui=zh").text

    def test_an_organization_includes_its_companies(self, site):
        assert titles(site, "org=sinomach") == {RELEASES[2].title, RELEASES[3].title}
        assert titles(site, "org=sinomach&alone=1") == {RELEASES[3].title}
        page = tree(site.get("/search?org=sinomach&q="))
        assert arguments(links(page)["Without these"]) == [("org", "sinomach"), ("alone", "1")]
        page = tree(site.get("/search?org=sinomach&alone=1"))
        assert arguments(links(page)["Count them with their companies and departments"]) == [("org", "sinomach")]
        assert [text(each) for each in page.cssselect("a.chip.alone .label")] == [
            "without their companies and departments"]

    def test_values_of_a_facet_are_joined_by_any_or_all(self, site):
        values = "place=california&place=shandong"
        assert len(titles(site, values)) == 2
        assert titles(site, f"{values}&all=place") == {RELEASES[1].title}
        page = tree(site.get(f"/search?{values}"))
        assert arguments(links(page)["all of them"])[-1] == ("all", "place")
        page = tree(site.get(f"/search?{values}&all=place&all=topic"))
        assert ("all", "place") not in arguments(links(page)["any of them"])
        assert [text(each) for each in page.cssselect("a.chip.all .label")] == ["Places", "Topics"]
        hidden = {(each.get("name"), each.get("value")) for each in page.cssselect("input[type=hidden]")}
        assert {("all", "place"), ("all", "topic"), ("place", "shandong")} <= hidden

    def test_json_tells_places_and_what_was_asked(self, site):
        found = site.get("/search.json?place=shandong&all=place&alone=1&mentions=1").get_json()
        assert (found["query"]["place"], found["query"]["all"]) == (["shandong"], ["place"])
        assert (found["query"]["alone"], found["query"]["mentions"]) == (True, True)
        assert found["results"][0]["places"] == ["california", "shandong", "united-states", "china"]
        kenya = site.get("/search.json?place=kenya&mentions=1").get_json()["results"]
        assert {each["title"]: each["mentioned"]["places"] for each in kenya}["Meeting held"] == ["kenya"]

    def test_a_feed_has_places_as_categories_and_one_id_for_every_order(self, site):
        one, other = (site.get(f"/search.atom?place=kenya&{each}").text for each in (
            "all=place&all=topic", "all=topic&all=place"))
        assert "Kenya" in one
        assert one.split("<id>")[1].split("</id>")[0] == other.split("<id>")[1].split("</id>")[0]


class TestEntry:
    def test_says_what_is_known_about_it(self, site):
        page = tree(site.get("/topic/tariffs"))
        topic = load().topics["tariffs"]
        assert text(page.cssselect("h1")[0]) == topic.name["en"]
        assert text(page.cssselect(".other-name")[0]) == topic.name["zh"]
        assert text(page.cssselect(".scope")[0]) == topic.scope["en"]
        assert {text(each) for each in page.cssselect(".names li")} >= {"关税", "加征关税", "tariff"}
        assert [text(each) for each in page.cssselect(".results h3")] == [RELEASES[0].title]
        assert page.cssselect(".timeline tbody tr")

    def test_has_the_feeds_of_its_search(self, site):
        page = tree(site.get("/place/california"))
        found = links(page)
        assert (found["2 releases"], found["Atom feed"], found["JSON"]) == (
            "/search?place=california", "/search.atom?place=california", "/search.json?place=california")
        assert found["also those that only mention it"] == "/search?place=california&mentions=1"
        assert {each.get("href") for each in page.cssselect("link[rel=alternate]")} == {
            "/search.atom?place=california", "/search.rss?place=california", "/search.json?place=california"}
        for each in found.values():
            assert site.get(each).status_code == 200

    def test_links_its_parts_and_what_it_is_a_part_of(self, site):
        page = tree(site.get("/place/california"))
        assert {text(each) for each in page.cssselect("section[aria-labelledby=parts] li")} == {"Los Angeles 1"}
        assert links(page)["United States"] == "/place/united-states"
        assert "China CAMC Engineering 1" in {
            text(each) for each in tree(site.get("/org/sinomach")).cssselect("section[aria-labelledby=parts] li")}

    def test_is_in_the_language_of_the_reader(self, site):
        page = tree(site.get("/place/california?ui=zh"))
        assert (text(page.cssselect("h1")[0]), text(page.cssselect(".other-name")[0])) == ("加利福尼亚", "California")
        assert "其中的地点" in text(page)
        assert "must" not in text(page.cssselect(".side")[0])

    def test_without_releases_says_so(self, site):
        assert "No release in this archive is about it yet." in text(tree(site.get("/place/tuvalu")))

    def test_tells_which_forms_need_company(self, site):
        assert "法方 (only beside another name of it)" in {
            text(each) for each in tree(site.get("/place/france")).cssselect(".names li")}

    @pytest.mark.parametrize("facet", LISTS)
    def test_every_entry_has_a_page_in_both_languages(self, site, facet):
        groups = {"topic": "topics", "org": "organizations", "place": "places"}
        for entry in list(load().entries(groups[facet]))[::23]:
            for ui in ("en", "zh"):
                assert site.get(f"/{facet}/{entry}?ui={ui}").status_code == 200


class TestUnknown:
    @pytest.mark.parametrize(("address", "nearest"), [
        ("/place/calfornia", "/place/california"), ("/place/加州", "/place/california"),
        ("/org/MOFCOM", "/org/mofcom"), ("/topic/tarifs", "/topic/tariffs")])
    def test_is_404_with_the_nearest(self, site, address, nearest):
        page = tree(site.get(address), 404)
        assert nearest in {each.get("href") for each in page.cssselect("main a")}
        assert LISTS[address.split("/")[1]] in {each.get("href") for each in page.cssselect("main a")}

    @pytest.mark.parametrize("name", ["zzzzzzzz", "%00%1b", "x" * 5000, "<script>", "%F0%9F%90%BC", "../status"])
    def test_of_any_form_is_404_with_the_list(self, site, name):
        response = site.get(f"/place/{name}")
        assert response.status_code == 404
        assert "<script>" not in response.text
        assert len(response.data) < 20_000


class TestLists:
    @pytest.mark.parametrize(("facet", "address"), LISTS.items())
    def test_have_every_entry_once_with_the_count_of_its_search(self, site, facet, address):
        page = tree(site.get(address))
        linked = [each.get("href") for each in page.cssselect(".entries a")]
        groups = {"topic": "topics", "org": "organizations", "place": "places"}
        assert sorted(linked) == sorted(f"/{facet}/{each}" for each in load().entries(groups[facet]))
        for each in page.cssselect(".tree li")[:6]:
            entry = each.cssselect("a")[0].get("href").rpartition("/")[2]
            total = site.get(f"/search.json?{facet}={entry}").get_json()["total"]
            assert text(each.cssselect(".count")[0]) == str(total)

    def test_show_places_below_those_that_they_are_in(self, site):
        page = tree(site.get("/places"))
        roots = {text(each.cssselect("a")[0]): each for each in page.cssselect(".tree > ul > li")}
        assert [text(each) for each in roots["United States"].cssselect("ul ul a")] == ["Los Angeles"]

    @pytest.mark.parametrize("address", [*LISTS.values(), *ENTRIES])
    def test_are_made_by_one_search_and_cached(self, counted, searches, address):
        first = counted.get(address)
        assert (first.status_code, searches.count) == (200, 1)
        assert counted.get(address).data == first.data
        assert counted.get(address, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
        assert searches.count == 1

    @pytest.mark.parametrize("address", [*LISTS.values(), *ENTRIES])
    def test_without_an_engine_are_unavailable(self, serve, places, address):
        assert serve(no_engine, data=places).get(address).status_code == 503

    @pytest.mark.parametrize("address", LISTS.values())
    def test_are_bounded(self, site, address):
        assert len(site.get(address).data) < 150_000


def test_pages_lead_to_the_lists_and_entries(site):
    home = tree(site.get("/"))
    assert set(LISTS.values()) <= {each.get("href") for each in home.cssselect("footer a")}
    found = tree(site.get("/search?place=california"))
    assert {"/place/california", "/places"} <= {each.get("href") for each in found.cssselect(".entry-links a")}
    identity = site.get("/search.json?place=los-angeles").get_json()["results"][0]["id"]
    article = tree(site.get(f"/article/{identity}"))
    assert {"/place/los-angeles", "/place/california", "/topic/tariffs"} <= {
        each.get("href") for each in article.cssselect("ul.tags a")}
