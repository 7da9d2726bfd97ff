"""Replica of english.mofcom.gov.cn: lists and articles of 2020-2024 (G2-new) and since 2024 (G3)."""

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit

from archive.times import BEIJING
from demo.pages.mofcom import attachments, column_of, columns, counterpart, g3_article, heading
from demo.pages.responses import (
    NOTE,
    Response,
    SiteFixtures,
    SiteRoutes,
    esc,
    html,
    paragraphs,
    path_of,
    redirect,
    robots,
    route_key,
)
from demo.samples import Release

HOST = "english.mofcom.gov.cn"
PER_PAGE = 6
DISCLAIMER = ("(All information published on this website is authentic in Chinese. "
              "English is provided for reference only.)")
NOT_FOUND = html(f"<html><head>{NOTE}<title>Ministry of Commerce</title></head><body><h1>404 Error</h1>"
                 "<p><a href='/'>Home</a></p></body></html>")


def build(fixtures: SiteFixtures) -> SiteRoutes:
    """The routes of the site."""
    releases = fixtures.releases
    found: dict[str, Sequence[Release]] = dict(columns(releases))
    for url in fixtures.listings:
        found.setdefault(route_key(url).removesuffix("index.html"), ())
    routes = {route_key(each.url): html(_article(each, fixtures)) for each in releases}
    for column, inside in found.items():
        routes.update(_list_g2(column, inside) if "/article/" in column else _list_g3(column, inside))
    routes[f"{HOST}/"] = html(_home(releases))
    routes[f"{HOST}/index.html"] = redirect(f"https://{HOST}/")
    hosts = tuple(sorted({urlsplit(each.url).hostname or HOST for each in releases} | {HOST}))
    routes.update({f"{host}/robots.txt": robots() for host in hosts})
    return SiteRoutes(hosts, routes, NOT_FOUND)


def _article(release: Release, fixtures: SiteFixtures) -> str:
    return g3_article(release, fixtures) if "/art/" in release.url else _g2_article(release, fixtures)


def _g2_article(release: Release, fixtures: SiteFixtures) -> str:
    return f"""<!DOCTYPE html>
<html><head>{NOTE}<meta charset="utf-8"><title>{esc(release.title)}</title>
<meta name="PubDate" content="{esc(release.published)}">
<meta name="ContentSource" content="{esc(release.source_label)}">
<meta name="MakeTime" content="{release.timestamp(47 * 60, ':12')}"></head>
<body><div class="header"><a href="/">Home</a> > News>
<a href="{column_of(release.url)}">{esc(heading(release))}</a></div>
<div class="art-title">{esc(release.title)}</div>
<div class="art-info">Source: {esc(release.source_label)} Type: <span></span> Tag: <span></span></div>
<DIV class="art-con art-con-bottonmLine">{counterpart(release, fixtures)}
{_unclosed(release)}
{attachments(release)}
<p>{DISCLAIMER if release.language == "en" else ""}</p></DIV>
<div class="footer">Big Medium-sized Small / Jing ICP Bei No.00000000 / Copyright 2026</div></body></html>"""


def _unclosed(release: Release) -> str:
    # The site's editor nests paragraphs and never closes them.
    opening = '<p style="text-indent: 2em;">'
    return paragraphs(release, opening * 2)


def _list_g2(column: str, releases: Sequence[Release]) -> dict[str, Response]:
    count = max(1, -(-len(releases) // PER_PAGE))
    pages = {}
    for number in range(1, count + 1):
        shown = releases[(number - 1) * PER_PAGE:number * PER_PAGE]
        pages[column if number == 1 else f"{column}?{number}"] = html(_g2_page(column, shown, number, count))
    return pages


def _g2_page(column: str, releases: Sequence[Release], number: int, count: int) -> str:
    items = '\n<li class="listline"></li>\n'.join(_g2_item(each) for each in releases)
    turn = "".join(f'<a href="?{each}">{each}</a> ' for each in range(1, count + 1))
    pager = f'<div class="page">Page {number} of {count} {turn}</div>'
    return _page(column, f'<ul class="txtList_01">\n{items}\n</ul>{pager}')


def _g2_item(release: Release) -> str:
    # A script in the list writes the date; without scripts the span is empty.
    written = release.timestamp() if release.has_time else f"{release.day} 00:00:00"
    return (f'<li><a href="{esc(path_of(release.url))}" title="{esc(release.title)}">{esc(release.title)}</a>'
            f'<span><script>var tm = "{written}"; document.write(tm.substring(0, 10));</script></span></li>')


def _list_g3(column: str, releases: Sequence[Release]) -> dict[str, Response]:
    blocks = "\n".join(_g3_item(each) for each in releases)
    return {f"{column}index.html": html(_page(column, blocks)), column: redirect(f"https://{column}index.html")}


def _g3_item(release: Release) -> str:
    when = datetime.fromisoformat(release.published).replace(tzinfo=BEIJING) if release.published else None
    date = f"<script>parseToData({int(when.timestamp() * 1000)},1)</script>" if when else ""
    return (f'<section class="news-item"><a href="{esc(path_of(release.url))}" target="_blank">{esc(release.title)}</a>'
            f"<span>{date}</span></section>")


def _home(releases: Sequence[Release]) -> str:
    newest = [each for each in releases if "/art/" in each.url][:10]
    return _page("Home", "\n".join(_g3_item(each) for each in newest))


def _page(title: str, inner: str) -> str:
    return f"""<!DOCTYPE html>
<html lang="en"><head>{NOTE}<meta charset="utf-8"><title>{esc(title)}</title></head>
<body><div class="header"><a href="/">Home</a> <a href="/News/SignificantNews/index.html">Significant News</a></div>
<div class="main">{inner}</div>
<div class="footer">Copyright 2026</div></body></html>"""
