"""The readers that go by landmarks hold in markup drawn at random: exact or quarantined, no date wrong or invented."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from random import Random

import pytest

from archive.records import Article, Capture
from crawler.reader import read_capture
from demo.samples import Release, load_releases
from support.random_dom import VisibleRelease, body_text, enriched, render

DRAWS = 150
FETCHED = datetime(2026, 11, 1, tzinfo=UTC)
CRUMB = '<section class="location"><a href="/">首页</a><i>&gt;</i><a href="/zcfb/">政策发布</a></section>'
FOOT = ("Big Medium-sized Small", "Jing ICP Bei No.05004093", "Add: No.2 Dong Chang'an Av")


def cnus_cccme(release: Release) -> VisibleRelease:
    return VisibleRelease(release.title, release.body, "Home>News Content", (
        ("Soruce:", release.source_label or ""), ("Author:", release.author or ""),
        ("Add Time:", f"{release.published[:10]} 00:00:00")))


def camce(release: Release) -> VisibleRelease:
    at = release.published
    if "/en/enNews" in release.url:
        crumb = "Group NewsLocation: Home(旧) / News / Group News / Content"
        return VisibleRelease(release.title, release.body, crumb, (
            ("By:", ""), ("From:", ""), ("Posted:", f"{at}:00" if len(at) > 10 else f"{at} 00:00:00"),
            ("FontSize:", "BIG MIDDLE SMALL")), after=("Add to FavoritesPrint",))
    return VisibleRelease(release.title, release.body, "Media Reports", (
        ("发布时间:", at[:10]), ("文章来源:", release.source_label or ""), ("阅读次数:", "")))


def ccdp_me(release: Release) -> VisibleRelease:
    return VisibleRelease(release.title, release.body, "", (("Release Date:", ""),))


def ccdp_me_dated(release: Release) -> VisibleRelease:
    return VisibleRelease(release.title, release.body, "", (("Release Date:", "2024-05-06"),))


def made_in_china(release: Release) -> VisibleRelease:
    cited = (f"Source: {release.cites}",) if release.cites else ()
    return VisibleRelease(release.title, release.body, f"Trade Resources Policy & Opinion {release.title}",
                          after=(*cited, "Contribute Copyright Policy", "Topics: Machinery"))


def mofcom_en(release: Release) -> VisibleRelease:
    return VisibleRelease(release.title, release.body, "Home > News>Significant News",
                          metas=(("PubDate", release.published),), after=FOOT)


def mofcom_en_visible(release: Release) -> VisibleRelease:
    """Without metadata: the date stands alone below the title."""
    return replace(mofcom_en(release), metas=(("MakeTime", "2026-01-11 10:00:00"),), labels=(("", release.published),))


def mofcom_en_g2(release: Release) -> VisibleRelease:
    return replace(mofcom_en(release), title_tag='div class="art-title"',
                   body_tag='div class="art-con art-con-bottonmLine"')


def mofcom_g3(release: Release) -> VisibleRelease:
    """The template of 2024; its visible time is a little before that of its metadata, the build a day after."""
    tools = (f'<section class="article-tool"><div class="at-left"><p>来源：外贸司<span> 类型：原创</span><span> '
             f'{release.published[:10]} 00:10</span></p></div></section>')
    info = ('<div class="art-con art-con-bottonmLine"><div class="art-con-gonggao">【发布单位】外贸司<br>【发文日期】'
            '2011年1月11日</br></br></div></div>')
    metas = (("PubDate", release.published), ("MakeTime", "2026-01-11 10:00:00"))
    return replace(mofcom_en_g2(release), metas=metas, after=(), head=CRUMB + tools + info,
                   body_tag='div ergodic="article" class="art-con art-con-bottonmLine"')


FORMS: dict[str, tuple[Callable[[Release], VisibleRelease], str]] = {
    "cnus_cccme": (cnus_cccme, ""),
    "camce": (camce, ""),
    "made_in_china": (made_in_china, ""),
    "ccdp_me": (ccdp_me, ""),
    "ccdp_me dated": (ccdp_me_dated, ""),
    "mofcom_en bare": (mofcom_en, r"\.shtml$"),
    "mofcom_en bare, dated below its title": (mofcom_en_visible, r"\.shtml$"),
    "mofcom_en G2": (mofcom_en_g2, r"\.shtml$"),
    "mofcom_en G3": (mofcom_g3, r"/art/"),
    "mofcom_zh G3": (mofcom_g3, r"/art/"),
}


@dataclass(frozen=True)
class Drawn:
    """A page drawn at random and what was read from it; `dates` are the values that a reader may give."""

    release: Release
    shown: VisibleRelease
    dates: tuple[str | None, ...]
    article: Article | None


def dates(name: str, release: Release) -> tuple[str | None, ...]:
    """The date as far as the page shows it."""
    if name == "made_in_china":
        cited = re.search(r"/(\d{4})(\d\d)?/", release.cites or "")
        return ("-".join(filter(None, cited.groups())) if cited else None,)
    if name == "ccdp_me":
        return (None,)
    if name == "ccdp_me dated":
        return ("2024-05-06",)
    at = release.published.replace(" ", "T")
    return (at[:10],) if name.startswith("cnus") or len(at) == 10 or "/xben/" in release.url else (f"{at}+08:00",)


def words(text: str) -> Counter[str]:
    return Counter(re.findall(r"[A-Za-z0-9]+|[\u4e00-\u9fff]", text))


def draw(name: str) -> Iterator[Drawn]:
    form, url = FORMS[name]
    releases = [each for each in load_releases() if each.source == name.split()[0] and re.search(url, each.url)]
    for seed in range(DRAWS):
        release, random = releases[seed % len(releases)], Random(f"{name} {seed}")
        shown = form(release)
        shown = enriched(shown, random) if seed % 3 else shown
        found = read_capture(Capture(release.url, render(shown, random).encode(), FETCHED, "text/html"))
        yield Drawn(release, shown, dates(name, release), found if isinstance(found, Article) else None)


@pytest.fixture(scope="module", params=FORMS)
def drawn(request) -> list[Drawn]:
    return list(draw(request.param))


def test_few_pages_are_quarantined(drawn):
    assert sum(each.article is None for each in drawn) <= len(drawn) * 0.05


def test_titles_are_exact(drawn):
    wrong = [(each.shown.title, each.article.title) for each in drawn
             if each.article and each.article.title != " ".join(each.shown.title.split())]
    assert len(wrong) <= len(drawn) * 0.02, wrong[:3]


def test_texts_are_whole_and_hold_nothing_else(drawn):
    precision = recall = 0.0
    read = [each for each in drawn if each.article]
    for each in read:
        got, want = words(each.article.body), words(body_text(each.shown))
        common = (got & want).total()
        precision += common / got.total() / len(read)
        recall += common / want.total() / len(read)
    assert precision >= 0.99
    assert recall >= 0.99


def test_no_date_is_wrong_or_invented(drawn):
    wrong = [(each.release.id, each.dates, each.article.published) for each in drawn
             if each.article and each.article.published.value not in (*each.dates, None)]
    assert wrong == []


def test_what_is_dated_on_the_page_is_dated(drawn):
    dated = [each for each in drawn if each.article and each.dates != (None,)]
    lost = [each.release.id for each in dated if each.article.published.value is None]
    assert len(lost) <= len(dated) * 0.02, lost[:3]
