"""Replica of www.camce.com.cn, templates before and since 2021, and of its clones. The markup is a guess."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from demo.pages.mofcom import columns
from demo.pages.responses import (
    NOTE,
    Response,
    SiteFixtures,
    SiteRoutes,
    esc,
    html,
    link_list,
    paragraphs,
    robots,
    route_key,
)
from demo.samples import Release

HOST = "www.camce.com.cn"
CLONE_TAIL = '<div><a href="/sitemap.xml">XML 地图</a> | <a href="/sitemap.html">Sitemap 地图</a></div>'
NOT_FOUND = html(f"<html><head>{NOTE}<title>CAMCE</title></head><body><p>404 Not Found</p></body></html>", status=404)


def build(fixtures: SiteFixtures) -> SiteRoutes:
    """The routes of the site, the clones' hosts among them."""
    releases = fixtures.releases
    routes = {route_key(each.url): html(_article(each)) for each in releases}
    own = [each for each in releases if not each.clone_of]
    for column, inside in columns(own).items():
        routes[column] = routes[f"{column}index.htm"] = routes[f"{column}index.html"] = html(_list(inside))
    for url in (f"http://{HOST}/", f"http://{HOST}/en/", *fixtures.listings):
        routes.setdefault(route_key(url), _listing(url, own))
    hosts = tuple(sorted({urlsplit(each.url).hostname or HOST for each in releases} | {HOST}))
    routes.update({f"{host}/robots.txt": robots() for host in hosts})
    return SiteRoutes(hosts, routes, NOT_FOUND)


def _listing(url: str, releases: Sequence[Release]) -> Response:
    folder = urlsplit(url).path.rsplit("/", 1)[0] + "/"
    return html(_list([each for each in releases if urlsplit(each.url).path.startswith(folder)]))


def _article(release: Release) -> str:
    return _new(release) if "/xben/" in release.url else _old(release)


def _old(release: Release) -> str:
    group = "Engineering News" if "/enEN/" in release.url else "Group News"
    home = "Home(英)" if release.clone_of else "Home(旧)"
    tail = CLONE_TAIL if release.clone_of else ""
    posted = release.timestamp() if release.has_time else f"{release.day} 00:00:00"
    return _frame(release.title, f"""<div class="bar"><span>{group}</span>Location: <a href="/en/">{home}</a> /
<a href="/en/enNews/">News</a> / <a href="../">{group}</a> / Content</div>
<div class="title">{esc(release.title)}</div>
<div class="info">By: {esc(release.author)} From: {esc(release.source_label)} Posted: <span>{posted}</span>
FontSize: <a href="#">BIG</a> <a href="#">MIDDLE</a> <a href="#">SMALL</a></div>
<div class="text">{paragraphs(release)}</div>
<div class="tools"><a href="#">Add to Favorites</a><a href="#">Print</a></div>{tail}""")


def _new(release: Release) -> str:
    return _frame(release.title, f"""<div class="crumb">Media Reports</div>
<h3>{esc(release.title)}</h3>
<p class="marks"><span>发布时间:{release.day}</span>
<span>文章来源: {esc(release.source_label)}</span> <span>阅读次数:</span></p>
<div class="words">{paragraphs(release)}</div>""")


def _list(releases: Sequence[Release]) -> str:
    return _frame("CAMCE News", link_list(releases))


def _frame(title: str, inner: str) -> str:
    return f"""<!DOCTYPE html>
<html><head>{NOTE}<meta charset="utf-8"><title>{esc(title)}</title></head>
<body><div class="top"><a href="/en/">CAMCE</a> <a href="/en/enNews/enGN/">Group News</a>
<a href="/xben/enxwzx/enmtbd/">Media Reports</a></div>
{inner}
<div class="foot">Copyright 2026 CAMCE (replica)</div></body></html>"""
