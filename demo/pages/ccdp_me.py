"""Replica of www.ccdp-me.com, whose releases carry an empty release date. The markup is a guess."""


from demo.pages.responses import NOTE, Shelf, Site, esc, html, link_list, place, sitemap
from demo.samples import Release

HOST = "www.ccdp-me.com"
MISSING = html(f"<html><head>{NOTE}<title>404</title></head><body><div id='app'>404 Error</div></body></html>",
               status=404)


def build(shelf: Shelf) -> Site:
    """The site of a shelf; it has no robots.txt."""
    releases = shelf.releases
    pages = {place(each.url): html(_article(each)) for each in releases}
    for url in (f"https://{HOST}/", f"https://{HOST}/en/", *shelf.listings):
        pages.setdefault(place(url), html(_frame("News", link_list(releases))))
    pages[f"{HOST}/sitemap.xml"] = sitemap(releases)
    return Site((HOST,), pages, MISSING)


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
