"""The site in a real browser: both languages, narrow and wide screens."""

import threading

import pytest
from sqlalchemy import select
from werkzeug.serving import make_server

from archive.db.store import Store
from archive.db.tables import captures
from archive.settings import ArchiveSettings
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
    app = create_app(WebSettings(data=data))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
    app.extensions["gongbao"].close()


@pytest.fixture(scope="module")
def browser(chromium):
    playwright = pytest.importorskip("playwright.sync_api", reason="no Playwright: install the dev extra")
    with playwright.sync_playwright() as running:
        opened = running.chromium.launch(executable_path=chromium)
        yield opened
        opened.close()


@pytest.fixture(params=[(width, ui) for width in WIDTHS for ui in WORDS], ids=lambda each: f"{each[1]}-{each[0]}")
def reader(request, browser, address):
    """A browser page with one language and one screen width; collects its console messages."""
    width, ui = request.param
    context = browser.new_context(viewport={"width": width, "height": HEIGHT}, base_url=address,
                                  locale={"en": "en-GB", "zh": "zh-CN"}[ui])
    page = context.new_page()
    page.ui, page.wide, page.complaints = ui, width > 1000, []
    page.on("console", lambda message: page.complaints.append(message))
    yield page
    context.close()


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
                 "/status", "/archived/1", "/archived/1/source?find=kept",
                 *(f"/article/{each}" for each in ids.values())):
        reader.goto(path)
        assert overflow(reader) <= 0, path
        assert ours(reader.complaints) == [], path


def test_error_pages_fit_too(reader):
    for path in ("/search?q=tea&from=soon&to=2019&topic=" + "z" * 120, "/nothing", "/article/0123456789abcdef"):
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
    assert reader.locator(".skip").bounding_box()["y"] >= 0
    reader.keyboard.press("Enter")
    reader.keyboard.press("Tab")
    assert reader.evaluate("document.activeElement.id") == "q"


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
