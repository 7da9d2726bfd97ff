"""Replica of cnus.cccme.org.cn. Only texts of its pages are known, so the markup (tables) is a guess."""

from collections.abc import Sequence

from demo.pages.responses import NOTE, Response, SiteFixtures, SiteRoutes, esc, html, link_list, robots, route_key
from demo.samples import Release

HOST = "cnus.cccme.org.cn"
NOT_FOUND = html(f"<html><head>{NOTE}<title>CNUS CCCME</title></head><body><p>The page cannot be found.</p>"
                 "</body></html>", status=404)


def build(fixtures: SiteFixtures) -> SiteRoutes:
    """The routes of the site."""
    releases = fixtures.releases
    routes = {route_key(each.url): _encoded(_article(each), number) for number, each in enumerate(releases)}
    for url in (f"http://{HOST}/", *fixtures.listings):
        routes.setdefault(route_key(url), html(_list(releases)))
    routes[f"{HOST}/news/en_news/content-237852.aspx"] = html(_section())
    routes[f"{HOST}/robots.txt"] = robots("Disallow: /admin/")
    return SiteRoutes((HOST,), routes, NOT_FOUND)


def _encoded(text: str, number: int) -> Response:
    """Every second page in GB2312, as on older parts of such sites, if it can encode the text; else in UTF-8."""
    try:
        return html(text.replace("charset=utf-8", "charset=gb2312"), "gb2312") if number % 2 else html(text)
    except UnicodeEncodeError:
        return html(text)


def _article(release: Release) -> str:
    label = f"Soruce:{esc(release.source_label)} Author:{esc(release.author)} Add Time:{release.day} 00:00:00"
    text = "<br>\n<br>\n".join(f"&nbsp;{esc(each)}" for each in release.body)
    return _frame(release.title, f"""<tr><td class="where"><a href="/">Home</a>&gt;News Content</td></tr>
<tr><td align="center"><b>{esc(release.title)}</b></td></tr>
<tr><td align="center">{label}</td></tr>
<tr><td class="text">{text}</td></tr>""")


def _section() -> str:
    return _frame("About the Working Group", """<tr><td class="where"><a href="/">Home</a>&gt;News Content</td></tr>
<tr><td align="center"><b>About the Working Group</b></td></tr>
<tr><td align="center">Add Time:2014-09-01 00:00:00</td></tr>
<tr><td class="text">&nbsp;This sample section page tells what the working group is. It is no news.</td></tr>""")


def _list(releases: Sequence[Release]) -> str:
    about = '<p><a href="/about/index.aspx">About us</a></p>'
    return _frame("CNUS CCCME", f"<tr><td>{about}{link_list(releases)}</td></tr>")


def _frame(title: str, rows: str) -> str:
    return f"""<html><head>{NOTE}<meta http-equiv="Content-Type" content="text/html; charset=utf-8">
<title>{esc(title)}</title></head><body><table width="980" align="center">
<tr><td>Welcome to CNUS CCCME| <a href="/index_cn.aspx">中文版</a></td></tr>
{rows}
<tr><td class="bottom">Copyright CNUS CCCME 2026</td></tr></table></body></html>"""
