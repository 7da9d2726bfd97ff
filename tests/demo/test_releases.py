"""The sample releases: well-formed, in each site's own URL forms, consistent with each other, marked as samples."""

import re
from collections import Counter
from itertools import groupby
from pathlib import Path

import pytest

from crawler.source import source
from demo.samples import FOLDER, Release, SampleError, load_releases, read_releases

RELEASES = load_releases()
BY_ID = {each.id: each for each in RELEASES}
SENTENCE = {
    "zh": "（示例：本文为公报项目编写，并非官方发布。）",
    "en": "(Sample: written for the Gongbao project, not an official release.)",
}
# 2024-05-17 10:30 or 2024-05-17
PUBLISHED = re.compile(r"20\d\d-[01]\d-[0-3]\d( [0-2]\d:[0-5]\d)?")

each_release = pytest.mark.parametrize("release", RELEASES, ids=lambda each: each.id)


def dates_in(url: str) -> list[str]:
    """The digits of an address that name a time, in the forms that the sources use.

    >>> dates_in("http://www.camce.com.cn/en/enNews/enGN/202009/t20200915_253104.htm")
    ['202009', '20200915']
    """
    # /art/2025/art_… · /202012/20201202276834.shtml · /202009/t20200915_253104.htm
    forms = (r"/art/(\d{4})/art_", r"/(\d{6})/(?:\d{14}\.|t\d{8}_)", r"/\d{6}/(\d{6})\d{8}\.s?html", r"/t(\d{8})_")
    return [found for form in forms for found in re.findall(form, url)]


def test_a_file_holds_one_source() -> None:
    for path in FOLDER.glob("*.yaml"):
        assert {each.source for each in read_releases(path)} == {path.stem}


def test_each_file_says_first_that_it_holds_samples() -> None:
    for path in FOLDER.glob("*.yaml"):
        first = path.read_text(encoding="utf-8").splitlines()[0]
        assert first.startswith(("# 示例", "# Samples")), path.name


@pytest.mark.parametrize("field", ["id", "url"])
def test_no_id_and_no_address_twice(field: str) -> None:
    counts = Counter(getattr(each, field) for each in RELEASES)
    assert [value for value, count in counts.items() if count > 1] == []


@each_release
def test_address_is_an_article_of_its_source(release: Release) -> None:
    home = source(release.source)
    if release.clone_of:
        assert home.original_of(release.url) == BY_ID[release.clone_of].url
    else:
        assert home.is_article(release.url)
    assert f"/{release.section}/" in release.url


@each_release
def test_address_and_date_agree(release: Release) -> None:
    day = (release.published or "").replace("-", "")
    assert [found for found in dates_in(release.url) if not day.startswith(found)] == []


@each_release
def test_date_is_a_past_day_in_the_known_form(release: Release) -> None:
    if release.published is None:
        assert source(release.source).expect.dated == 0
    else:
        assert PUBLISHED.fullmatch(release.published)
        assert release.published < "2026-11"


@each_release
def test_language_is_that_of_the_text(release: Release) -> None:
    text = "".join(release.body[:-1])
    chinese = len(re.findall(r"[一-鿿]", text)) / len(text)
    assert chinese > 0.5 if release.language == "zh" else chinese < 0.02


@each_release
def test_last_paragraph_says_that_it_is_a_sample(release: Release) -> None:
    assert release.body[-1] == SENTENCE[release.language]
    assert not any(sentence in "".join(release.body[:-1]) for sentence in SENTENCE.values())


@each_release
def test_paragraphs_are_clean(release: Release) -> None:
    assert [text for text in (*release.body, release.title) if text != text.strip() or "\n" in text] == []


def test_counterparts_are_mutual_and_of_the_other_language() -> None:
    pairs = [each for each in RELEASES if each.counterpart]
    for each in pairs:
        other = BY_ID[each.counterpart or ""]
        assert other.counterpart == each.id
        assert {each.language, other.language} == {"zh", "en"}
        assert {each.source, other.source} == {"mofcom_zh", "mofcom_en"}
    assert pairs


def test_the_english_counterpart_is_never_the_earlier_one() -> None:
    late = [each for each in RELEASES if each.language == "en" and each.counterpart]
    assert late
    assert [each.id for each in late if (each.published or "") < (BY_ID[each.counterpart or ""].published or "")] == []


def test_announcements_with_number_department_and_attachments() -> None:
    chinese = [each for each in RELEASES if each.number and each.source == "mofcom_zh"]
    assert chinese
    for each in chinese:
        assert re.fullmatch(rf"\S.*公告{(each.published or '')[:4]}年第\d+号", each.number or "")
        assert each.department


def test_english_numbers_stand_in_the_text() -> None:
    english = [each for each in RELEASES if each.number and each.language == "en"]
    assert english
    assert [each.id for each in english if (each.number or "") not in each.title + "\n".join(each.body)] == []


def test_attachments_have_the_download_form() -> None:
    attached = [file for each in RELEASES for file in each.attachments]
    assert attached
    # /api-gateway/jpaas-web-server/front/document/download?fileUrl=…&fileName=….pdf or images.mofcom.gov.cn/….pdf
    form = r"https?://(\w+\.)+cn/(api-gateway/jpaas-web-server/front/document/download\?fileUrl=\S+&fileName=)?\S+\.\w+"
    assert [file.url for file in attached if not re.fullmatch(form, file.url)] == []


def test_a_clone_repeats_its_original() -> None:
    clones = [each for each in RELEASES if each.clone_of]
    assert clones
    for each in clones:
        original = BY_ID[each.clone_of or ""]
        assert (each.title, each.body, each.published) == (original.title, original.body, original.published)


def test_republished_pages_cite_and_carry_no_date() -> None:
    pages = [each for each in RELEASES if each.source == "made_in_china"]
    assert pages
    assert [each.id for each in pages if not each.cites or each.published] == []


def test_republished_titles_are_those_of_their_addresses() -> None:
    for each in RELEASES:
        if each.source == "made_in_china":
            assert each.url.rstrip("/").rsplit("/", 1)[1] == re.sub(r"[^\w-]+", "-", each.title)


def test_invitations_carry_no_date() -> None:
    invitations = [each for each in RELEASES if each.source == "ccdp_me"]
    assert invitations
    assert [each.id for each in invitations if each.published] == []


def test_dated_ids_rise_with_time() -> None:
    """The chamber numbers its pages in one sequence, so that the order of ids is the order of days."""
    chamber = sorted((each for each in RELEASES if each.source == "cnus_cccme"), key=lambda each: each.url)
    days = [each.published or "" for each in chamber]
    assert days == sorted(days)


def test_releases_come_file_by_file() -> None:
    files = sorted(path.stem for path in FOLDER.glob("*.yaml"))
    assert [key for key, _ in groupby(each.source for each in RELEASES)] == files


def test_the_english_site_changed_its_addresses_in_july_2024() -> None:
    new = {each.id: "/art/" in each.url for each in RELEASES if each.source == "mofcom_en"}
    assert set(new.values()) == {True, False}
    assert [key for key, late in new.items() if late != ((BY_ID[key].published or "") >= "2024-07")] == []


FIELDS = "id: a, source: b, section: c, url: d, title: e, language: en"
BROKEN = {
    "- id: a\n": "lacks source",
    "id: a\n": "no list of releases",
    "- just text\n": "not a mapping",
    "- [": "not readable YAML",
    f"- {{{FIELDS}, body: [x], published: 2024-05-17}}": "quotation marks",
    f"- {{{FIELDS}, body: x, published: null}}": "list of paragraphs",
    f"- {{{FIELDS}, body: [x], published: null, tag: y}}": "unknown tag",
    f"- {{{FIELDS}, body: [x], published: null, attachments: [y]}}": "give its name and its url",
}


@pytest.mark.parametrize("text", BROKEN)
def test_a_malformed_file_is_refused_with_its_place(tmp_path: Path, text: str) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SampleError, match=rf"broken\.yaml.*{BROKEN[text]}"):
        list(read_releases(path))
