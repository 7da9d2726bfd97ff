"""Replica of resources.made-in-china.com, which republishes others' releases without a date. The markup is a guess."""

from demo.pages.responses import (
    NOTE,
    SiteFixtures,
    SiteRoutes,
    esc,
    html,
    link_list,
    paragraphs,
    robots,
    route_key,
    sitemap,
)
from demo.samples import Release

HOST = "resources.made-in-china.com"
NOT_FOUND = html(f"<html><head>{NOTE}<title>Trade Resources</title></head><body>Sorry, no such page.</body></html>",
                 status=404)


def build(fixtures: SiteFixtures) -> SiteRoutes:
    """The routes of the site."""
    releases = fixtures.releases
    routes = {route_key(each.url): html(_article(each)) for each in releases}
    for url in (f"http://{HOST}/", *fixtures.listings):
        routes.setdefault(route_key(url), html(_frame("Trade Resources", link_list(releases))))
    routes[f"{HOST}/sitemap.xml"] = sitemap(releases)
    routes[f"{HOST}/robots.txt"] = robots(f"Sitemap: http://{HOST}/sitemap.xml")
    return SiteRoutes((HOST,), routes, NOT_FOUND)


def _article(release: Release) -> str:
    category = release.category or "Policy & Opinion"
    cited = f'<p>Source: <a href="{esc(release.cites)}">{esc(release.cites)}</a></p>' if release.cites else ""
    return _frame(release.title, f"""<div class="path"><a href="/">Trade Resources</a>
<a href="/article/policy-opinion/">{esc(category)}</a> <span>{esc(release.title)}</span></div>
<h1>{esc(release.title)}</h1>
<div class="detail">{paragraphs(release)}
{cited}</div>
<div class="about"><a href="/contribute/">Contribute</a> <a href="/copyright/">Copyright Policy</a></div>
<div class="topics">Topics: <a href="/topic/machinery/">Machinery</a></div>""")


def _frame(title: str, inner: str) -> str:
    return f"""<!DOCTYPE html>
<html><head>{NOTE}<meta charset="utf-8"><title>{esc(title)}</title></head>
<body>{inner}
<div class="footer">Copyright 2026 Trade Resources (replica)</div></body></html>"""
