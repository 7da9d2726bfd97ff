"""Bad days of a site in a first crawl: the run says that it fell short, and later runs find what it missed."""

from dataclasses import replace

import pytest

from demo.faults import Fault
from demo.pages.responses import Response
from demo.replica import Replica
from demo.samples import Release, load_releases
from support.crawl import Archived, crawl, requested_urls
from support.hostile_replica import ARTICLE_FAULTS, LIST_FAULTS, LISTS

LIST = LISTS[0]
AT_ONCE = {"GONGBAO_REVISIT": "0"}  # nothing waits for its next request


def many(count: int) -> tuple[Release, ...]:
    """Releases on one paged list of mofcom_en, six on a page."""
    like = next(each for each in load_releases() if each.url.startswith(LIST))
    return tuple(replace(
        like, id=f"many-{number}", url=f"{LIST}202001/{20200100000000 + number}.shtml", counterpart=None,
        title=f"Sample release number {number} of many", published=f"2020-01-{1 + number % 28:02} 10:00")
        for number in range(count))


RELEASES = many(40)
SITE = (*RELEASES, *(each for each in load_releases() if each.source == "mofcom_en" and not each.clone_of))


# Faults at the articles of one crawl, three releases each, and at a later page of a list in another.
AT_ARTICLES = ("202", "206", "home", "403", "404", "500", "challenge", "empty", "soft 404")
AT_LISTS = ("challenge", "soft 404", "404", "202", "home", "empty", "first page")


def faults_at_articles(replica: Replica) -> dict[str, Fault]:
    struck = iter(RELEASES)
    return {each.url: ARTICLE_FAULTS[name](replica.response(each.url)) for name in AT_ARTICLES
            for each in (next(struck), next(struck), next(struck))}


def without_entries(page: Response) -> Response:
    return replace(page, body=page.body.split(b"<ul")[0] + page.body.split(b"</ul>")[1])


@pytest.fixture(scope="module")
def bad_articles(tmp_path_factory):
    """A crawl on a bad day and one on a good day: exit codes and archives."""
    data = tmp_path_factory.mktemp("articles") / "data"
    with Replica(SITE) as replica:
        replica.set_faults(faults_at_articles(replica))
        bad, first = crawl(data, replica, "mofcom_en", settings=AT_ONCE), Archived.read(data)
        replica.set_faults({})
        good = crawl(data, replica, "mofcom_en", settings=AT_ONCE)
    return {"bad": bad, "first": first, "good": good, "found": Archived.read(data)}


def test_a_run_in_which_articles_were_not_sent_is_short(bad_articles):
    assert bad_articles["bad"].returncode == 4
    assert bad_articles["first"].run_of("mofcom_en").verdict == "short"


@pytest.mark.parametrize("number", range(len(AT_ARTICLES)), ids=AT_ARTICLES)
def test_an_answer_that_is_no_article_is_not_taken_for_one_and_asked_for_again(bad_articles, number):
    struck = [each.url for each in RELEASES[3 * number:3 * number + 3]]
    assert [url for url in struck if bad_articles["first"].article(url)] == []
    assert {bad_articles["first"].entry(url).state for url in struck} == {"waiting"}
    assert [url for url in struck if not bad_articles["found"].article(url)] == []


def test_the_run_after_a_bad_day_is_healthy_and_complete(bad_articles):
    run = bad_articles["found"].run_of("mofcom_en")
    assert (bad_articles["good"].returncode, run.counts["complete"]) == (0, 1), bad_articles["good"].stderr
    assert {row.state for row in bad_articles["found"].rows["frontier"]} == {"read"}


@pytest.mark.parametrize("name", AT_LISTS)
def test_a_list_page_that_was_not_sent_is_told_and_read_later(tmp_path, name):
    with Replica(SITE) as replica:
        first_page, none = replica.response(LIST), without_entries(replica.response(f"{LIST}?5"))
        replica.set_faults({f"{LIST}?5": LIST_FAULTS[name](first_page, none)})
        bad, first = crawl(tmp_path, replica, "mofcom_en"), Archived.read(tmp_path)
        replica.set_faults({})
        good, found = crawl(tmp_path, replica, "mofcom_en"), Archived.read(tmp_path)
    assert [each.url for each in RELEASES if not first.article(each.url)], "the fault missed"
    assert (bad.returncode, first.run_of("mofcom_en").verdict) == (4, "short")
    assert [each.url for each in RELEASES if not found.article(each.url)] == []
    assert (good.returncode, found.run_of("mofcom_en").counts["complete"]) == (0, 1), good.stderr


def test_one_dead_link_is_told_once(tmp_path):
    dead = RELEASES[0].url
    with Replica(SITE) as replica:
        replica.set_faults({dead: Fault(status=404)})
        codes = [crawl(tmp_path, replica, "mofcom_en").returncode for _ in range(3)]
    found = Archived.read(tmp_path)
    assert codes == [4, 0, 0]
    assert found.entry(dead).state == "waiting"
    assert found.run_of("mofcom_en").counts["complete"] == 1


def test_a_dead_link_does_not_make_lists_be_read_again(tmp_path):
    with Replica(SITE) as replica:
        replica.set_faults({RELEASES[0].url: Fault(status=500)})
        crawl(tmp_path, replica, "mofcom_en")
        before = len(replica.requests)
        crawl(tmp_path, replica, "mofcom_en")
        again = requested_urls(replica, before)
    assert [url for url in again if url.startswith(f"{LIST}?")] == []
    assert RELEASES[0].url in again


def test_a_dead_list_makes_every_run_short_and_no_other_list_is_paged_again(tmp_path):
    with Replica(SITE) as replica:
        replica.set_faults({"https://english.mofcom.gov.cn/News/PressConference/index.html": Fault(status=404)})
        codes = [crawl(tmp_path, replica, "mofcom_en").returncode]
        before = len(replica.requests)
        codes.append(crawl(tmp_path, replica, "mofcom_en").returncode)
        again = requested_urls(replica, before)
    assert codes == [4, 4]
    assert [url for url in again if url.startswith(f"{LIST}?")] == []


def test_a_release_that_redirects_to_another_is_its_alias_and_the_other_is_fetched_once(tmp_path, database):
    alias, target = RELEASES[0].url, RELEASES[1].url
    with Replica(SITE) as replica:
        replica.set_faults({alias: Fault(status=301, headers=(("Location", target),), body=b"")})
        codes = [crawl(tmp_path, replica, "mofcom_en").returncode for _ in range(3)]
        asked = requested_urls(replica)
    found = Archived.read(tmp_path)
    assert codes == [0, 0, 0]
    assert (asked.count(alias), asked.count(target)) == (1, 1)
    assert (found.entry(alias).state, found.entry(alias).alias_of) == ("alias", found.entry(target).page_id)


def test_redirects_to_no_address_stop_nothing(tmp_path):
    """One by header to a port that does not exist, one by script, one by meta refresh: the others are read."""
    bad = [each.url for each in RELEASES[:3]]
    nowhere = RELEASES[4].url.replace(".cn/", ".cn:99999/")
    with Replica(SITE) as replica:
        replica.set_faults({
            bad[0]: Fault(status=301, headers=(("Location", nowhere),), body=b""),
            bad[1]: Fault(body=b"<html><script>window.location.href='http://[x/a'</script></html>"),
            bad[2]: Fault(body=b"<html><meta http-equiv=refresh content='0;url=http://[x/a'></html>")})
        for _ in range(2):
            done = crawl(tmp_path, replica, "mofcom_en", settings=AT_ONCE)
            assert done.returncode == 4, done.stderr
    found = Archived.read(tmp_path)
    assert [found.entry(url).state for url in bad] == ["waiting"] * 3
    assert all(found.article(each.url) for each in RELEASES[3:])
    assert found.run_of("mofcom_en").counts.get("spider_errors", 0) == 0
    assert all(row.urlkey for row in found.rows["frontier"])


def test_an_interrupted_list_goes_on_one_page_earlier(tmp_path):
    with Replica(SITE) as replica:
        replica.set_faults({f"{LIST}?5": Fault(status=500)})
        crawl(tmp_path, replica, "mofcom_en")
        stopped = Archived.read(tmp_path).listing(LIST)
        replica.set_faults({})
        before = len(replica.requests)
        crawl(tmp_path, replica, "mofcom_en")
        again = [url.removeprefix(LIST) for url in requested_urls(replica, before) if url.startswith(LIST)]
    assert (stopped.position, stopped.ended_at) == (4, None)
    assert [each for each in again if "/" not in each] == ["", "?4", "?5", "?6", "?7"]


def test_a_unit_page_that_is_empty_although_the_total_says_more_is_asked_for_again(tmp_path):
    column = "https://www.mofcom.gov.cn/xwfb/rcxwfb/"
    like = next(each for each in load_releases() if each.url.startswith(column))
    releases = [replace(like, id=f"unit-{number}", url=f"{column}art/2025/art_{number:032x}.html",
                        title=f"第{number}号样本新闻稿", counterpart=None) for number in range(40)]
    others = [each for each in load_releases() if each.source == "mofcom_zh"]
    with Replica([*releases, *others]) as replica:
        crawl(tmp_path / "probe", replica, "mofcom_zh", "--dry-run")
        third = next(url for url in requested_urls(replica) if "%22pageNo%22%3A3%2C" in url
                     and "样本新闻稿".encode() in replica.response(url).body)
        body = replica.response(third).body
        start, end = body.index(b"<li>"), body.rindex(b"</li>") + 5
        replica.set_faults({third: Fault(body=body[:start] + body[end:])})
        bad = crawl(tmp_path / "data", replica, "mofcom_zh")
        replica.set_faults({})
        crawl(tmp_path / "data", replica, "mofcom_zh")
    found = Archived.read(tmp_path / "data")
    assert bad.returncode == 4
    assert [each.url for each in releases if not found.article(each.url)] == []


def test_a_host_that_challenges_is_left_alone_for_a_while_and_that_is_said(tmp_path, database):
    with Replica(SITE) as replica:
        replica.set_faults({each.url: Fault(status=412) for each in SITE})
        crawl(tmp_path, replica, "mofcom_en")
        asked = len([url for url in requested_urls(replica) if url in {each.url for each in SITE}])
        before = len(replica.requests)
        again = crawl(tmp_path, replica, "mofcom_en")
        later = requested_urls(replica, before)
    assert asked < len(SITE)
    assert later == []
    assert again.returncode == 4
    assert "it is left alone until" in again.stderr
