"""One crawl of a replica that fails in every way known: each fault ends as a retry, a quarantine or a clear failure."""

import os
import resource
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from archive.warc.coding import BodyError
from demo.faults import Fault
from demo.pages.responses import Response
from demo.replica import Replica
from demo.samples import load_releases, sampled_sources
from support.archive import load_capture
from support.crawl import COMMAND, Archived, crawl, environment, requested_urls, sentences

RELEASES = tuple(each for each in load_releases() if not each.clone_of)
EMPTY = "http://english.mofcom.gov.cn/article/newsrelease/policyreleasing/"
MOVED = "http://english.mofcom.gov.cn/article/newsrelease/significantnews/202001/20200100000001.shtml"
LIMIT = 8 * 1024 * 1024


def _pick(source: str) -> Callable[[], Any]:
    chosen = iter([each for each in RELEASES if each.source == source and not each.url.startswith(EMPTY)])
    return lambda: next(chosen)


@dataclass(frozen=True)
class Case:
    """A fault at a release's address: `statuses` are what must have been kept, `ending` what must have come of it
    ("article", "quarantine", "lost"), `reason` words of the quarantine's sentence, or the outcome in the frontier."""

    name: str
    fault: Callable[[Response], Fault]
    statuses: tuple[int, ...]
    ending: str
    reason: str = ""


def _cut(body: bytes) -> bytes:
    return body[:len(body) // 2]


def _gbk(answer: Response) -> bytes:
    return answer.body.decode("utf-8").replace("charset=utf-8", "").replace("charset=UTF-8", "").encode("gb18030")


def _padded(answer: Response) -> bytes:
    return answer.body.replace(b"</body>", b"<p>" + b"x" * (LIMIT + 2_000_000) + b"</p></body>")


CHINESE = (
    Case("gzip cut once", lambda _: Fault(mangle=_cut, times=1), (200, 200), "article"),
    Case("gzip always cut", lambda _: Fault(mangle=_cut), (200, 200, 200), "quarantine", "cut"),
    Case("GBK served as UTF-8", lambda good: Fault(body=_gbk(good)), (200,), "article"),
    Case("no charset at all", lambda good: Fault(
        body=good.body.replace(b'<meta charset="utf-8">', b"").replace(b"; charset=UTF-8", b""),
        content_type="text/html"), (200,), "article"),
    Case("the header says GBK, the meta UTF-8", lambda _: Fault(content_type="text/html; charset=gbk"), (200,),
         "article"),
    Case("an empty body", lambda _: Fault(body=b""), (200,), "quarantine", "empty"),
    Case("a soft 404", lambda _: Fault(body="<html><body>抱歉，您访问的页面不存在！</body></html>".encode()), (200,),
         "quarantine", "您访问的页面不存在"),
    Case("a page of 10 MB", lambda good: Fault(body=_padded(good)), (200,), "quarantine", "bytes"),
    Case("100,000 nested tags", lambda good: Fault(
        body=good.body.replace(b"<body>", b"<body>" + b"<div>" * 100_000)), (200,), "quarantine", "tree"),
    Case("a PDF served as HTML", lambda _: Fault(body=b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n" + bytes(500)), (200,),
         "quarantine", "PDF"),
    Case("bytes served as HTML", lambda _: Fault(body=bytes(range(256)) * 8), (200,), "quarantine", "binary"),
)
ENGLISH = (
    Case("an English soft 404", lambda _: Fault(body=b"<html><body><h1>404 Error</h1></body></html>"), (200,),
         "quarantine", "404 Error"),
    Case("forbidden", lambda _: Fault(status=403), (403,), "lost", "forbidden"),
    Case("429 with Retry-After, once", lambda _: Fault(status=429, headers=(("Retry-After", "2"),), times=1),
         (429, 200), "article"),
    Case("503 once", lambda _: Fault(status=503, times=1), (503, 200), "article"),
    Case("503 for ever", lambda _: Fault(status=503), (503, 503, 503), "lost", "server_error"),
    Case("reset once", lambda _: Fault(action="reset", times=1), (200,), "article"),
    Case("reset for ever", lambda _: Fault(action="reset"), (), "lost", "disconnected"),
    Case("no answer once", lambda _: Fault(action="hang", times=1), (200,), "article"),
    Case("no answer for ever", lambda _: Fault(action="hang"), (), "lost", "timed_out"),
    Case("cut before its length, once", lambda _: Fault(action="cut", times=1), (200,), "article"),
    Case("500 for ever", lambda _: Fault(status=500), (500, 500, 500), "lost", "server_error"),
    Case("gone", lambda _: Fault(status=404), (404,), "lost", "missing"),
)
_chinese, _english = _pick("mofcom_zh"), _pick("mofcom_en")
PLACED = [(case, _chinese()) for case in CHINESE] + [(case, _english()) for case in ENGLISH]
SENT_ON = _english()
LOOP = next(each for each in RELEASES if each.source == "camce")
ABROAD = [each for each in RELEASES if each.source == "camce"][1]


def _faults(replica: Replica) -> dict[str, Fault]:
    found = {release.url: case.fault(replica.response(release.url)) for case, release in PLACED}
    script = f'<html><body><script>window.location.href="{MOVED}"</script></body></html>'
    return found | {
        SENT_ON.url: Fault(body=script.encode()),
        MOVED: Fault(body=replica.response(SENT_ON.url).body),
        LOOP.url: Fault(status=302, headers=(("Location", LOOP.url),), body=b""),
        ABROAD.url: Fault(status=302, headers=(("Location", "http://elsewhere.example/"),), body=b""),
        EMPTY: Fault(body=b"<html><body><ul class='txtList_01'></ul></body></html>"),
        "http://cnus.cccme.org.cn/": Fault(status=500),
        "https://www.ccdp-me.com/robots.txt": Fault(status=503),
    }


@pytest.fixture(scope="module")
def failing(tmp_path_factory):
    """One crawl with all faults: the process, its archive, and the requests that the replica got."""
    data = tmp_path_factory.mktemp("failing") / "data"
    with Replica(RELEASES) as replica:
        replica.set_faults(_faults(replica))
        ids = [each.id for each in sampled_sources()]
        done = crawl(data, replica, *ids, settings={"GONGBAO_TIMEOUT": "1.5", "GONGBAO_PATIENCE": "3"})
        return {"done": done, "found": Archived.read(data), "asked": requested_urls(replica),
                "requests": replica.requests}


def test_a_crawl_full_of_faults_ends_by_itself_and_says_that_it_fell_short(failing):
    assert failing["done"].returncode == 4, failing["done"].stderr
    assert "Traceback" not in failing["done"].stderr
    assert failing["found"].run_of("mofcom_en").verdict == "short"


def test_the_log_holds_no_traceback_of_ours(failing):
    log = (failing["found"].data / "logs" / "crawl.log").read_text(encoding="utf-8")
    assert "Spider closed" in log
    assert "crawler/" not in log


@pytest.mark.parametrize(("case", "release"), PLACED, ids=[case.name for case, _ in PLACED])
def test_a_fault_ends_as_it_must(failing, case, release):
    found = failing["found"]
    article = found.article(release.url)
    assert tuple(found.statuses(release.url)) == case.statuses
    ending = "article" if article else "quarantine" if found.of("quarantine", release.url) else "lost"
    assert ending == case.ending, found.reasons(release.url)
    if article:
        assert article.title == release.title
    else:
        assert case.reason in (found.reasons(release.url) or found.entry(release.url).outcome)


def test_a_page_that_was_read_in_spite_of_a_fault_is_whole(failing):
    for case, release in PLACED:
        if case.ending == "article":
            assert release.body[-1] in failing["found"].article(release.url).body, case.name


def test_every_other_release_is_an_article(failing):
    struck = {each.url for _, each in PLACED} | {SENT_ON.url, LOOP.url, ABROAD.url}
    others = [each.url for each in RELEASES if each.url not in struck and not each.url.startswith(EMPTY)]
    assert [url for url in others if not failing["found"].article(url)] == []


def test_every_capture_can_be_loaded_again(failing):
    data, broken = failing["found"].data, 0
    for row in failing["found"].rows["captures"]:
        try:
            load_capture(data, row)
        except BodyError:
            broken += 1
    assert broken == 4  # gzip cut once, and three times


def test_a_server_is_left_alone_as_long_as_it_asks(failing):
    url = next(release.url for case, release in PLACED if case.name == "429 with Retry-After, once")
    first, second = failing["found"].of("captures", url)
    assert second.fetched_at > first.fetched_at


def test_a_redirect_loop_is_followed_a_few_times_and_kept(failing):
    assert failing["found"].statuses(LOOP.url) == [302] * 6
    assert failing["found"].entry(LOOP.url).outcome == "redirect_loop"


def test_a_redirect_to_another_host_is_kept_and_not_followed(failing):
    assert failing["found"].statuses(ABROAD.url) == [302]
    assert not [url for url in failing["asked"] if "elsewhere" in url]
    assert failing["found"].entry(ABROAD.url).outcome == "other_host"


def test_a_page_that_sends_on_by_script_is_followed_to_the_release(failing):
    assert "sends the browser on" in failing["found"].reasons(SENT_ON.url)
    assert failing["found"].article(MOVED).title == SENT_ON.title


def test_a_list_without_releases_is_an_alarm_and_the_run_says_what_it_fell_back_to(failing):
    run = failing["found"].run_of("mofcom_en")
    assert f"lists (1): it names no release; the first is {EMPTY}" in sentences(run)
    assert any(reason.startswith("fell back to http://english.mofcom.gov.cn/") for reason in sentences(run))
    assert run.counts["silent"] == 1
    assert run.counts["complete"] == 0


def test_a_list_that_cannot_be_fetched_is_made_up_for(failing):
    run = failing["found"].run_of("cnus_cccme")
    assert ("lists (1): the server answered with status 500; the first is http://cnus.cccme.org.cn/"
            in sentences(run))
    assert run.counts["articles"] == len([each for each in RELEASES if each.source == "cnus_cccme"])


def test_the_next_run_fetches_what_was_lost(failing, tmp_path_factory):
    data = failing["found"].data
    with Replica(RELEASES) as replica:
        crawl(data, replica, "mofcom_en")
    found = Archived.read(data)
    lost = [release.url for case, release in PLACED if case.ending == "lost" and release.source == "mofcom_en"]
    assert [url for url in lost if not found.article(url)] == []


def test_the_unit_api_is_asked_again_when_it_fails_softly_and_given_up_when_it_goes_on(tmp_path):
    soft = {"body": b'{"success":false,"data":{}}', "content_type": "application/json"}
    with Replica(RELEASES) as replica:
        crawl(tmp_path / "probe", replica, "mofcom_zh", "--dry-run")
        [once, always] = [url for url in requested_urls(replica) if "build/unit" in url and "paramJson" not in url][:2]
        replica.set_faults({once: Fault(**soft, times=1), always: Fault(**soft)})
        crawl(tmp_path / "data", replica, "mofcom_zh")
    found = Archived.read(tmp_path / "data")
    assert (len(found.of("captures", once)), len(found.of("captures", always))) == (2, 3)
    assert [reason for reason in found.notes("mofcom_zh") if "the unit API answered" in reason]


def test_a_list_whose_markup_changed_is_harvested(tmp_path):
    hub = "https://www.mofcom.gov.cn/zcfb/index.html"
    with Replica(RELEASES) as replica:
        body = replica.response(hub).body.replace(b"policy-list", b"other-list")
        replica.set_faults({hub: Fault(body=body)})
        crawl(tmp_path / "data", replica, "mofcom_zh")
    run = Archived.read(tmp_path / "data").run_of("mofcom_zh")
    assert (run.verdict, run.counts["fallbacks"]) == ("healthy", 1)
    assert [reason for reason in sentences(run) if "not laid out as described" in reason]


def test_an_archive_that_cannot_be_written_stops_the_crawl_with_one_sentence(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "warc").write_text("a file where the folder should be")
    with Replica(RELEASES) as replica:
        done = crawl(tmp_path / "data", replica, "camce")
    assert done.returncode == 1
    [sentence] = [line for line in done.stderr.splitlines() if line.startswith("gongbao: ")]
    assert "warc" in sentence
    found = Archived.read(tmp_path / "data")
    assert (found.rows["captures"], found.rows["articles"]) == ([], [])
    assert found.run_of("camce").verdict == "failed"


def _small_files() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (3_000_000, 3_000_000))


def test_a_disk_that_fills_while_writing_loses_nothing_that_was_reported(tmp_path):
    data, noise = tmp_path / "data", os.urandom(4_000_000)
    with Replica(RELEASES) as replica:
        replica.set_faults({urls("camce")[2]: Fault(body=noise, mangle=lambda _: noise, content_type="text/html")})
        done = subprocess.run([*COMMAND, "crawl", "--no-index", "camce"], env=environment(data, replica), text=True,
                              capture_output=True, timeout=60, check=False, preexec_fn=_small_files)
        stopped = Archived.read(data)
        again = crawl(data, replica, "camce")
    assert done.returncode == 1, done.stderr
    assert "gongbao: " in done.stderr
    assert "Traceback" not in done.stderr
    run = stopped.run_of("camce")
    assert (run.verdict, sentences(run)[1:]) == ("failed", [])  # the pages that were left are counted, not listed
    assert run.counts["postponed"]
    assert all(load_capture(data, row).body is not None for row in stopped.rows["captures"])
    assert again.returncode == 4, again.stderr  # one page is noise
    found = Archived.read(data)
    assert [url for url in urls("camce") if not found.article(url)] == [urls("camce")[2]]


def urls(source: str) -> list[str]:
    return [each.url for each in RELEASES if each.source == source]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda each: each.name)
def test_a_signal_stops_a_crawl_cleanly(tmp_path, number):
    stuck = Fault(action="hang")
    with Replica(RELEASES) as replica:
        replica.set_faults({urls("camce")[3]: stuck})
        settings = environment(tmp_path / "data", replica, {"GONGBAO_TIMEOUT": "1"})
        command = [*COMMAND, "crawl", "--no-index", "camce"]
        with subprocess.Popen(command, env=settings, stderr=subprocess.PIPE) as process:
            assert stuck.triggered.wait(timeout=20)
            process.send_signal(number)
            _, said = process.communicate(timeout=20)
    found = Archived.read(tmp_path / "data")
    assert process.returncode == 4, said
    assert found.run_of("camce").verdict == "short"
    assert "it was stopped before its end, by Ctrl+C or by the system" in found.notes("camce")[0]
    assert not list((tmp_path / "data" / "warc").rglob("*.open"))
