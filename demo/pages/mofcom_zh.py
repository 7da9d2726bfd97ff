"""Replica of www.mofcom.gov.cn since 2024: lists from the unit API under /xwfb/, static lists under /zcfb/."""

from collections.abc import Sequence
from functools import partial

from demo.pages import unit_api
from demo.pages.mofcom import column_of, columns, g3_article, heading
from demo.pages.responses import (
    NOTE,
    Response,
    SiteFixtures,
    SiteRoutes,
    esc,
    html,
    path_of,
    redirect,
    robots,
    route_key,
)
from demo.samples import Release

HOST = "www.mofcom.gov.cn"
NOT_FOUND = html(f"<html><head>{NOTE}<title>商务部</title></head><body><div class='main'>抱歉，您访问的页面不存在！"
                 "<a href='/index.html'>返回首页</a></div></body></html>")
HUB = "/zcfb/index.html"
# Columns that list the releases of all columns below a path.
COMBINED = {"/zwgk/zcfb/": "/zcfb/", "/xwfb/ldrhd/": "/xwfb/"}


def build(fixtures: SiteFixtures) -> SiteRoutes:
    """The routes of the site."""
    releases = fixtures.releases
    found: dict[str, Sequence[Release]] = dict(columns(releases))
    for url in fixtures.listings:
        if url.endswith("/index.html"):
            found.setdefault(route_key(url).removesuffix("index.html"), ())
    for column, path in COMBINED.items():
        own = found.get(HOST + column, ())
        found[HOST + column] = own or [each for each in releases if column_of(each.url).startswith(path)]
    routes = {route_key(each.url): html(g3_article(each, fixtures)) for each in releases}
    for column, inside in found.items():
        routes.update(_column(column, inside))
    policies = [each for each in releases if column_of(each.url).startswith("/zcfb/")]
    routes[HOST + HUB] = html(_hub(policies))
    routes[f"{HOST}/index.html"] = html(_home(releases))
    routes[f"{HOST}/"] = redirect(f"https://{HOST}/index.html")
    routes[f"{HOST}/robots.txt"] = robots()
    return SiteRoutes((HOST,), routes, NOT_FOUND, partial(_api_response, found))


def _api_response(found: dict[str, Sequence[Release]], url: str) -> Response | None:
    return unit_api.response(found, url) if route_key(url).startswith(HOST + unit_api.PATH) else None


def _column(column: str, releases: Sequence[Release]) -> dict[str, Response]:
    path = column.removeprefix(HOST)
    name = heading(releases[0]) if releases else path.strip("/").rsplit("/", 1)[-1]
    static = path.startswith("/zcfb/")
    page = html(_static(name, releases, "txtList_01")) if static else unit_api.shell(name, column)
    return {f"{column}index.html": page, column: redirect(f"https://{column}index.html")}


def _hub(releases: Sequence[Release]) -> str:
    shown = {each.category for each in releases}
    groups = "".join(f"<option>{esc(each)}</option>" for each in sorted(filter(None, shown)))
    return _page("政策发布", f"<select>{groups}</select>" + _items(releases, "policy-list f-mt20"))


def _static(name: str, releases: Sequence[Release], style: str) -> str:
    return _page(name, _items(releases, style))


def _items(releases: Sequence[Release], style: str) -> str:
    return f'<ul class="{style}">' + "\n".join(_item(each, number) for number, each in enumerate(releases)) + "</ul>"


def _item(release: Release, number: int) -> str:
    # The real list mixes absolute and root-relative URLs.
    href = release.url if number % 3 == 2 else path_of(release.url)
    title = f"{release.number} {release.title}" if release.number else release.title
    return (f"  <li>\n    <em>【{esc(heading(release))}】</em>\n"
            f'    <a href="{esc(href)}" title="{esc(title)}" target="_blank">{esc(title)}</a>\n'
            f"    <span>{release.day}</span>\n  </li>")


def _home(releases: Sequence[Release]) -> str:
    paths = sorted({column_of(each.url) for each in releases})
    menu = "".join(f'<li><a href="{each}index.html">{each.strip("/")}</a></li>' for each in paths)
    newest = "".join(f'<li><a href="{esc(path_of(each.url))}">{esc(each.title)}</a></li>' for each in releases[:12])
    return _page("商务部", f'<ul class="menu">{menu}</ul><div class="swiper-slide">{newest}</div>')


def _page(title: str, inner: str) -> str:
    return f"""<!DOCTYPE html>
<html lang="zh-cn"><head>{NOTE}<meta charset="utf-8"><title>{esc(title)}</title>
<meta name="ColumnName" content="{esc(title)}"><meta name="MakeTime" content="2026-11-20 14:39:31">
<meta id="pagetype" content="2"></meta></meta></head>
<body class="channel-page"><section class="main">
<nav class="sNav"><ul><li><a class="navlink" href="/index.html">首页</a></li>
<li><a href="{HUB}">政策发布</a></li></ul></nav>
<section class="channel-con">{inner}</section></section>
<footer><p>网站地图 | 联系我们 | 版权所有 2026</p></footer></body></html>"""
