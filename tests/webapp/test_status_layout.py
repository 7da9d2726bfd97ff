"""The status page in a real browser: healthy and short sources, long addresses in reasons, narrow and wide screens."""

from datetime import timedelta

import pytest

from archive.db.frontier import Naming, name_releases
from archive.messages import message
from archive.times import utc_now
from support.archive import Archive, add_index, an_article, release_url
from support.browser import running
from webapp import create_app
from webapp.settings import WebSettings

pytestmark = pytest.mark.browser
LONG = "http://www.camce.com.cn/en/" + "press-release-of-the-company/" * 8 + "2024.html?" + "x" * 120


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """The root of a site with a short, a healthy and four sources that were never crawled."""
    folder, now = tmp_path_factory.mktemp("status"), utc_now()
    cause = message("refused_by_replica", via="http://127.0.0.1:9")
    with Archive.open(folder) as archive:
        archive.capture(an_article(1))
        with archive.store.begin() as connection:
            name_releases(connection, Naming("camce", None, now - timedelta(days=9)),
                          {str(each): release_url(each) for each in (7, 8)})
        for source, verdict, reasons in (
                ("mofcom_en", "healthy", ()),
                ("camce", "short", (message("lists_unread", count=7),
                                    message("lists_failed", count=7, cause=cause, url=LONG)))):
            for _ in range(3):
                run = archive.store.start_run(source, now - timedelta(days=5), live=False)
                archive.store.finish_run(run, now, verdict, reasons)
        add_index(archive)
    with running(create_app(WebSettings(data=folder))) as root:
        yield root


@pytest.fixture(params=[(width, ui) for width in (390, 800, 1280) for ui in ("en", "zh")],
                ids=lambda each: f"{each[1]}-{each[0]}")
def page(request, browser, address):
    width, ui = request.param
    context = browser.new_context(viewport={"width": width, "height": 844}, base_url=address)
    shown = context.new_page()
    shown.goto(f"/status?ui={ui}")
    shown.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
    yield shown
    context.close()


def test_no_text_is_cut_or_leaves_the_screen(page):
    outside = page.evaluate("""[...document.querySelectorAll("main *")].filter(each => {
        const box = each.getBoundingClientRect()
        return box.right > document.documentElement.clientWidth || each.scrollWidth > each.clientWidth + 1
            && getComputedStyle(each).display !== "inline"
    }).map(each => each.outerHTML.slice(0, 80))""")
    assert outside == []


def test_no_heading_of_a_number_is_broken(page):
    """One line each: a column of single characters cannot be read."""
    heights = page.locator("#camce dt, #camce th, .figures dt, thead th").evaluate_all(
        "all => all.map(each => each.getBoundingClientRect().height / parseFloat(getComputedStyle(each).lineHeight))")
    assert heights
    assert max(heights) < 1.5


def test_reasons_are_as_wide_as_the_list_of_sources(page):
    reason, main = (page.locator(each).first.bounding_box()["width"] for each in ("#camce .other", "main"))
    assert reason > main * .8
