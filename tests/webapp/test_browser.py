"""The site in a real browser: both languages, narrow and wide screens."""

import pytest
from sqlalchemy import select

from archive.db.store import Store
from archive.db.tables import captures
from archive.settings import ArchiveSettings
from support.browser import running
from support.releases import LINKS
from webapp import create_app
from webapp.settings import WebSettings

pytestmark = pytest.mark.browser
WIDTHS = (390, 1280)
HEIGHT = 844
WORDS = {"en": ("Search", "All releases"), "zh": ("检索", "全部新闻稿")}


@pytest.fixture(scope="module")
def address(data):
    """The root of a running site over the test archive."""
    with running(create_app(WebSettings(data=data))) as root:
        yield root


@pytest.fixture(scope="module", params=[(width, ui) for width in WIDTHS for ui in WORDS],
                ids=lambda each: f"{each[1]}-{each[0]}")
def window(request, browser, address):
    """A browser page with one language and one screen width; collects its console messages."""
    width, ui = request.param
    context = browser.new_context(viewport={"width": width, "height": HEIGHT}, base_url=address,
                                  locale={"en": "en-GB", "zh": "zh-CN"}[ui])
    page = context.new_page()
    page.ui, page.wide, page.complaints = ui, width > 1000, []
    page.on("console", lambda message: page.complaints.append(message))
    yield page
    context.close()


@pytest.fixture
def reader(window):
    """The page of `window` as if it were new: a new one for each test costs more than the test."""
    window.goto("about:blank")
    window.context.clear_cookies()
    window.emulate_media(media="null", forced_colors="null")
    window.complaints.clear()
    return window


def follow(page, link):
    """Click on a link and wait for the page that it leads to: a click returns before it is there."""
    with page.expect_navigation():
        page.locator(link).click() if isinstance(link, str) else link.click()


def ours(complaints):
    """Console errors of our own pages; archived pages report their blocked scripts."""
    return [each.text for each in complaints if each.type in ("error", "warning")
            and not each.location["url"].endswith("/page") and "/page'" not in each.text]


def overflow(page):
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def test_no_page_scrolls_sideways_or_complains(reader, ids):
    for path in ("/", "/search", "/search?q=report&lang=en&from=2024&org=mofcom&source=mofcom_en", "/search?q=qqqqqq",
                 "/status", "/topics", "/organizations", "/places", "/topic/tariffs", "/org/mofcom", "/place/china",
                 "/place/france", "/archived/1", "/archived/1/source?find=kept",
                 *(f"/article/{each}" for each in ids.values())):
        reader.goto(path)
        assert overflow(reader) <= 0, path
        assert ours(reader.complaints) == [], path


def test_error_pages_fit_too(reader):
    for path in ("/search?q=tea&from=soon&to=2019&topic=" + "z" * 120, "/nothing", "/place/" + "z" * 120,
                 "/article/0123456789abcdef"):
        assert reader.goto(path).status in (400, 404)
        assert overflow(reader) <= 0, path


def test_the_reader_is_greeted_in_their_language_and_can_switch(reader):
    reader.goto("/search?q=report&sort=oldest")
    search, _ = WORDS[reader.ui]
    assert reader.locator(".words button").inner_text() == search
    follow(reader, ".switch")
    other = next(each for each in WORDS if each != reader.ui)
    assert reader.locator(".top nav a").first.inner_text() == WORDS[other][1]
    assert "q=report&sort=oldest" in reader.url
    follow(reader, ".brand")
    assert reader.locator(".words button").inner_text() == WORDS[other][0]


def test_from_a_search_to_the_archived_page(reader, ids):
    reader.goto("/")
    reader.fill("#q", "石墨烯")
    with reader.expect_navigation():
        reader.press("#q", "Enter")
    assert reader.locator(".results li").count() == 1
    follow(reader, ".results h3 a")
    assert reader.url.endswith(f"/article/{ids['notice']}")
    follow(reader, ".captures li:last-child a")
    assert "/archived/" in reader.url
    frame = reader.frame_locator("iframe.archived-frame")
    assert "kept page 商务部" in frame.locator("body").inner_text()
    assert ours(reader.complaints) == []


def test_nothing_of_an_archived_page_runs(reader):
    alerts = []
    reader.on("dialog", lambda dialog: (alerts.append(dialog.message), dialog.dismiss()))
    reader.goto("/archived/1/page")
    assert reader.locator("p").inner_text() == "kept page 商务部"
    assert alerts == []


@pytest.fixture
def linked_page(browser, address, data):
    """An archived page with links in its frame; responses of the real sites are faked and run a script."""
    with Store.open(ArchiveSettings(data=data), readonly=True) as store, store.read() as connection:
        number = connection.scalar(select(captures.c.id).where(captures.c.url == LINKS))
    context = browser.new_context(base_url=address)
    context.route("**://*.mofcom.gov.cn/**", lambda route: route.fulfill(
        content_type="text/html", body="<script>document.title = 'the site itself'</script>"))
    page = context.new_page()
    page.goto(f"/archived/{number}")
    yield page
    context.close()


@pytest.mark.parametrize(("link", "target"), [
    ("near", "https://www.mofcom.gov.cn/list/near.html"), ("root", "https://www.mofcom.gov.cn/root"),
    ("top", "https://english.mofcom.gov.cn/top")])
def test_a_link_of_an_archived_page_opens_its_site_in_a_tab_of_its_own(linked_page, link, target):
    around, frame = linked_page.url, linked_page.frames[1]
    with linked_page.context.expect_page() as opened:
        frame.click(f"#{link}")
    opened.value.wait_for_load_state()
    assert opened.value.url == target
    assert opened.value.title() == "the site itself"
    assert opened.value.evaluate("window.opener") is None
    assert (linked_page.url, frame.url) == (around, f"{around}/page")


def test_a_script_in_a_link_of_an_archived_page_does_not_run(linked_page):
    alerts = []
    linked_page.context.on("dialog", lambda dialog: (alerts.append(dialog.message), dialog.dismiss()))
    linked_page.frames[1].click("#script")
    with linked_page.context.expect_page() as opened:
        linked_page.frames[1].click("#near")
    opened.value.wait_for_load_state()
    assert (len(linked_page.context.pages), alerts) == (2, [])


def test_lists_that_narrow_are_open_on_a_desk_and_folded_on_a_phone(reader):
    reader.goto("/search")
    value = reader.locator(".facet a", has_text="Ministry of Commerce" if reader.ui == "en" else "商务部").first
    assert value.is_visible() is reader.wide
    if not reader.wide:
        reader.click("#facets > summary")
    follow(reader, value)
    assert reader.locator("a.chip").count() == 1
    follow(reader, "a.chip")
    assert reader.locator("a.chip").count() == 0


def test_a_bar_of_the_timeline_is_a_link(reader):
    reader.goto("/search?q=report")
    reader.locator(".timeline svg a").last.click()
    reader.wait_for_url("**from=2024-12&to=2024-12")
    assert reader.locator(".timeline svg a").count() == 1


def test_the_keyboard_reaches_the_content_first(reader):
    reader.goto("/search")
    reader.keyboard.press("Tab")
    assert reader.locator(".skip").first.bounding_box()["y"] >= 0
    reader.keyboard.press("Enter")
    reader.keyboard.press("Tab")
    assert reader.evaluate("document.activeElement.id") == "q"


def test_the_filters_come_after_the_results_for_the_eye_and_the_keyboard(reader):
    reader.goto("/search?q=report")
    results, filters = (reader.locator(each).bounding_box() for each in (".results", "#facets"))
    assert filters["x" if reader.wide else "y"] > results["x" if reader.wide else "y"]
    assert reader.evaluate("""document.querySelector(".results").compareDocumentPosition(
        document.querySelector("#facets")) & Node.DOCUMENT_POSITION_FOLLOWING""")
    way = reader.locator(".to-facets a")
    assert way.is_visible() is not reader.wide
    if not reader.wide:
        way.click()
        reader.wait_for_url("**#facets")


def test_the_results_are_near_for_the_keyboard(reader):
    reader.goto("/search?q=report")
    reader.keyboard.press("Tab")
    reader.keyboard.press("Tab")
    assert reader.evaluate("document.activeElement.hash") == "#found"
    reader.keyboard.press("Enter")
    for _ in range(8):
        reader.keyboard.press("Tab")
        if reader.evaluate("document.activeElement.closest('.results') !== null"):
            return
    raise AssertionError("the first result is more than eight stops away")


def test_bars_are_no_stops_of_the_keyboard_but_have_names(reader):
    reader.goto("/search?q=report")
    bars = reader.locator(".timeline svg a")
    assert bars.count() > 1
    assert bars.evaluate_all("all => all.every(each => each.tabIndex === -1)")
    name = reader.locator(".timeline svg title").first.text_content()
    assert name.endswith({"en": "releases", "zh": "篇新闻稿"}[reader.ui])


def test_small_links_are_large_enough_to_hit(reader, ids):
    reader.goto(f"/article/{ids['notice']}")
    heights = reader.locator(".tags li > a").evaluate_all("all => all.map(each => each.getBoundingClientRect().height)")
    assert heights
    assert min(heights) >= 24


def test_text_may_be_twice_as_large(browser, address, ids):
    context = browser.new_context(viewport={"width": 390, "height": HEIGHT}, base_url=address, bypass_csp=True)
    page = context.new_page()
    for path in ("/", "/search?q=report&org=mofcom&source=mofcom_en", "/search?q=tea&from=soon", "/status",
                 f"/article/{ids['notice']}"):
        page.goto(path)
        page.add_style_tag(content="html { font-size: 200% !important }")
        assert overflow(page) <= 0, path
    context.close()


def test_names_of_filters_in_force_are_shown_whole(reader):
    reader.goto("/search?source=mofcom_en&org=mofcom")
    labels = reader.locator(".chip .label")
    assert labels.evaluate_all("all => all.every(each => each.scrollHeight <= each.clientHeight)")


def test_on_paper_a_search_says_what_was_searched_and_a_capture_what_it_is(reader):
    reader.emulate_media(media="print")
    reader.goto("/search?q=report&lang=en")
    assert "report" in reader.locator(".chips").inner_text()
    assert not reader.locator("form.search").is_visible()
    reader.goto("/archived/1")
    assert not reader.locator("iframe").is_visible()
    assert reader.locator("dl.facts").is_visible()


def test_the_button_has_an_edge_where_colours_are_forced(reader):
    reader.emulate_media(forced_colors="active")
    reader.goto("/search")
    assert reader.locator(".words button").evaluate("each => getComputedStyle(each).borderTopWidth") == "1px"


def test_the_night_is_dark(browser, address):
    seen = {}
    for scheme in ("light", "dark"):
        page = browser.new_page(color_scheme=scheme)
        page.goto(address)
        seen[scheme] = page.evaluate("getComputedStyle(document.body).backgroundColor")
        page.close()
    assert seen == {"light": "rgb(248, 245, 238)", "dark": "rgb(23, 22, 20)"}


def fits(page, field):
    return page.eval_on_selector(field, "each => each.scrollWidth <= each.clientWidth")


def test_what_fields_hold_and_suggest_can_be_read(reader):
    reader.goto("/search?from=2026-11-20&to=2026年12月31日")
    assert fits(reader, "#from")
    assert fits(reader, "#to")
    reader.fill("#q", reader.get_attribute("#q", "placeholder"))
    assert fits(reader, "#q")


def test_a_long_query_does_not_take_over_the_page(reader):
    for words in ("关税" * 300, "x" * 600, "trade in services " * 20):
        reader.goto(f"/search?q={words}")
        assert overflow(reader) <= 0
        assert reader.locator(".chip").bounding_box()["height"] < 70


def test_no_dot_between_facts_hangs_at_the_end_of_a_line(reader):
    reader.goto("/search?q=graphene")
    margin = reader.locator(".results h3").first.evaluate("each => each.getBoundingClientRect().left")
    after, lefts = reader.locator(".results .meta").first.evaluate("""row => [
        [...row.children].map(each => getComputedStyle(each, "::after").content),
        [...row.children].map(each => [
            each.getBoundingClientRect().left + parseFloat(getComputedStyle(each).paddingLeft),
            getComputedStyle(each, "::before").content])]""")
    assert set(after) == {"none"}
    assert {dot for _, dot in lefts} == {'"·"'}
    assert min(left for left, _ in lefts) == pytest.approx(margin, abs=.1)


def test_the_help_unfolds_where_it_stands_and_its_examples_search(reader):
    reader.goto("/search")
    before = reader.locator(".help summary").bounding_box()
    reader.click(".help summary")
    assert reader.locator(".help summary").bounding_box() == before
    assert overflow(reader) <= 0
    follow(reader, ".help a >> nth=2")
    assert reader.input_value("#q") == "tariff"
