"""The readers that go by landmarks hold in markup drawn at random: exact or quarantined, no date wrong or invented."""

import re
from collections import Counter
from datetime import UTC, datetime
from random import Random

import pytest

from crawler.capture import Capture
from crawler.extract.article import Article
from crawler.reading import read_capture
from demo.samples import Release, load_releases
from random_dom import Shown, render

SOURCES = ("cnus_cccme", "camce", "made_in_china", "ccdp_me", "mofcom_en")
DRAWS = 150
FETCHED = datetime(2026, 11, 1, tzinfo=UTC)


def shown(release: Release) -> Shown:
    """The release as its site shows it."""
    at = release.published or ""
    if release.source == "cnus_cccme":
        return Shown(release.title, release.body, "Home>News Content", (
            ("Soruce:", release.source_label or ""), ("Author:", release.author or ""),
            ("Add Time:", f"{at[:10]} 00:00:00")))
    if release.source == "camce" and "/en/enNews" in release.url:
        return Shown(release.title, release.body, "Group NewsLocation: Home(旧) / News / Group News / Content", (
            ("By:", ""), ("From:", ""), ("Posted:", f"{at}:00" if len(at) > 10 else f"{at} 00:00:00"),
            ("FontSize:", "BIG MIDDLE SMALL")), after=("Add to FavoritesPrint",))
    if release.source == "camce":
        return Shown(release.title, release.body, "Media Reports", (
            ("发布时间:", at[:10]), ("文章来源:", release.source_label or ""), ("阅读次数:", "")))
    if release.source == "ccdp_me":
        return Shown(release.title, release.body, "", (("Release Date:", ""),))
    if release.source == "made_in_china":
        cited = (f"Source: {release.cites}",) if release.cites else ()
        return Shown(release.title, release.body, f"Trade Resources Policy & Opinion {release.title}",
                     after=(*cited, "Contribute Copyright Policy", "Topics: Machinery"))
    return Shown(release.title, release.body, "Home > News>Significant News", metas=(("PubDate", at),),
                 after=("Big Medium-sized Small", "Jing ICP Bei No.05004093", "Add: No.2 Dong Chang'an Av"))


def day(release: Release) -> str | None:
    """The day that a reader of the page can know; months of cited addresses are compared elsewhere."""
    return release.published[:10] if release.published else None


def words(text: str) -> Counter[str]:
    return Counter(re.findall(r"[A-Za-z0-9]+|[\u4e00-\u9fff]", text))


def draw(name: str) -> list[tuple[Release, Article | None]]:
    releases = [each for each in load_releases() if each.source == name
                and (name != "mofcom_en" or each.url.endswith(".shtml"))]
    pages = [(releases[seed % len(releases)], seed) for seed in range(DRAWS)]
    read = []
    for release, seed in pages:
        source_text = render(shown(release), Random(seed))
        found = read_capture(Capture(release.url, source_text.encode(), FETCHED, "text/html"))
        read.append((release, found if isinstance(found, Article) else None))
    return read


@pytest.fixture(scope="module", params=SOURCES)
def drawn(request) -> list[tuple[Release, Article | None]]:
    return draw(request.param)


def test_few_pages_are_quarantined(drawn):
    assert sum(article is None for _, article in drawn) <= len(drawn) * 0.1


def test_titles_are_exact(drawn):
    wrong = [(release.title, article.title) for release, article in drawn
             if article and article.title != " ".join(release.title.split())]
    assert len(wrong) <= len(drawn) * 0.05, wrong[:3]


def test_texts_are_whole_and_hold_nothing_else(drawn):
    precision = recall = 0.0
    read = [(release, article) for release, article in drawn if article]
    for release, article in read:
        got, want = words(article.body), words(" ".join(release.body))
        common = (got & want).total()
        precision += common / got.total() / len(read)
        recall += common / want.total() / len(read)
    assert precision >= 0.98
    assert recall >= 0.98


def test_no_date_is_wrong_or_invented(drawn):
    for release, article in drawn:
        if article is None or article.published.value is None:
            continue
        known = day(release)
        if release.source == "made_in_china":
            cited = re.search(r"/(\d{4})(\d\d)?/", release.cites or "")
            assert cited
            assert article.published.value == "-".join(filter(None, cited.groups()))
        else:
            assert known, (release.id, article.published)
            assert article.published.value[:10] == known[:len(article.published.value)], release.id
