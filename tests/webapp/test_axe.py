"""axe-core finds no violation on any kind of page: both languages, narrow and wide, by day and by night."""

from contextlib import ExitStack

import pytest

from indexer.errors import EngineError
from support.browser import running
from support.releases import IDS, index_releases
from webapp import create_app
from webapp.settings import WebSettings

pytestmark = pytest.mark.browser
WIDTHS = (390, 1280)
# Details of violations only: a report of all that is well is many times as long.
BRIEF = {"iframes": False, "resultTypes": ["violations"]}
# With rules that axe leaves out by default; iframes hold other people's pages, and axe cannot look into their sandbox.
OPTIONS = {**BRIEF, "rules": {each: {"enabled": True} for each in (
    "target-size", "p-as-heading", "label-content-name-mismatch", "focus-order-semantics")}}
# What depends on the colour scheme
COLOURS = {**BRIEF, "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
# Sites, and the addresses of every kind of page on them; {…} is the id of a release
PAGES = {
    "whole": (
        "/", "/search", "/search?q=report&page=2", "/search?q=graphene&org=mofcom&lang=en&from=2024&to=2025-12",
        "/search?q=qqqqqq", '/search?q="inister"', "/search?q=tea&from=soon&to=2019&topic=zz&limit=5",
        "/search?q=report&page=9", "/nothing", "/status", "/status/quarantine", "/archived/1", "/archived/1/source",
        "/archived/1/source?find=kept", "/archived/9999", "/topics", "/organizations", "/places", "/topic/tariffs",
        "/org/sinomach", "/place/china", "/place/calfornia", "/search?org=mofcom&org=cccme&all=org&alone=1",
        *(f"/article/{{{each}}}" for each in IDS)),
    "samples": ("/", "/status"),
    "empty": ("/",),
    "missing": ("/", "/search?q=tea", "/status"),
    "without engine": ("/", "/search?q=tea&lang=en", "/status"),
}
CASES = [(site, address) for site, addresses in PAGES.items() for address in addresses]


def no_engine():
    raise EngineError("there is no index")


@pytest.fixture(scope="module")
def roots(data, tmp_path_factory):
    """The root URLs of the sites of PAGES."""
    samples, empty = (tmp_path_factory.mktemp(each) for each in ("samples", "empty"))
    sites = {
        "whole": create_app(WebSettings(data=data, notice="Down at noon.")),
        "samples": create_app(WebSettings(data=index_releases(samples, [], provenance="replica"))),
        "empty": create_app(WebSettings(data=index_releases(empty, []))),
        "missing": create_app(WebSettings(data=empty / "none")),
        "without engine": create_app(WebSettings(data=data), no_engine),
    }
    with ExitStack() as stack:
        yield {name: stack.enter_context(running(app)) for name, app in sites.items()}


@pytest.fixture(scope="module", params=["en", "zh"])
def page(request, browser):
    """A browser page of a reader of one language."""
    context = browser.new_context(locale={"en": "en-GB", "zh": "zh-CN"}[request.param])
    yield context.new_page()
    context.close()


@pytest.fixture(scope="module")
def axe():
    """The source text of axe."""
    module = pytest.importorskip("axe_playwright_python.sync_playwright", reason="no axe: install the dev extra")
    return module.Axe().axe_script


def violations(page, options=OPTIONS):
    """Rule and element of each violation, on a page in which axe was evaluated."""
    found = page.evaluate("options => axe.run(document, options)", options)["violations"]
    return [(each["id"], node["html"][:120]) for each in found for node in each["nodes"]]


@pytest.mark.parametrize(("site", "address"), CASES, ids=[f"{site} {address}" for site, address in CASES])
def test_no_page_violates_a_rule(roots, page, axe, site, address):
    page.goto(roots[site] + address.format(**IDS))
    page.evaluate(axe)
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
    found = {}
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 844})
        page.emulate_media(color_scheme="light")
        found[width, "light"] = violations(page)
        page.emulate_media(color_scheme="dark")
        found[width, "dark"] = violations(page, COLOURS)
    assert found == {each: [] for each in found}


def test_a_violation_is_seen(roots, page, axe):
    page.goto(roots["whole"] + "/status")
    page.evaluate(axe)
    page.evaluate("document.querySelector('h1').outerHTML = '<img src=x>'")
    assert "image-alt" in {name for name, _ in violations(page)}
