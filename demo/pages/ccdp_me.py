"""Replica of www.ccdp-me.com, whose releases have an empty release date. The markup is a guess."""

from demo.pages.responses import NOTE, SiteFixtures, SiteRoutes, esc, html, link_list, route_key, sitemap
from demo.samples import Release

HOST = "www.ccdp-me.com"
NOT_FOUND = html(f"<html><head>{NOTE}<title>404</title></head><body><div id='app'>404 Error</div></body></html>",
                 status=404)


def build(fixtures: SiteFixtures) -> SiteRoutes:
    """The routes of the site; it has no robots.txt."""
    releases = fixtures.releases
    routes = {route_key(each.url): html(_article(each)) for each in releases}
    for url in (f"https://{HOST}/", f"https://{HOST}/en/", *fixtures.listings):
        routes.setdefault(route_key(url), html(_frame("News", link_list(releases))))
    routes[f"{HOST}/sitemap.xml"] = sitemap(releases)
    return SiteRoutes((HOST,), routes, NOT_FOUND)


def _article(release: Release) -> str:
    text = "\n".join(f"<div><span>{esc(each)}</span></div>" for each in release.body)
    return _frame(release.title, f"""<div class="news-head"><h2>{esc(release.title)}</h2>
<div><label>Release Date:</label> <span>{esc(release.published)}</span></div></div>
<div class="news-text">{text}</div>""")


def _frame(title: str, inner: str) -> str:
    return f"""<!DOCTYPE html>
<html><head>{NOTE}<meta charset="utf-8"><title>{esc(title)}</title></head>
<body><nav><a href="/en/">Home</a> <a href="/en/news">News</a></nav>{inner}
<footer>Copyright © 2026 (replica)</footer></body></html>"""
