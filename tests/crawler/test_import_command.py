"""`gongbao import` on the command line: output and exit codes."""

import pytest
from click.testing import CliRunner

from archive.ingest.importer import import_outcome, store_end
from crawler.commands.import_ import import_captures
from support.archive import Archive, exchange, read_as_title, release_url
from support.warc_records import response_record, save_page, write_warc


@pytest.fixture
def archive(tmp_path, database):
    with Archive.open(tmp_path / "data") as opened:
        yield opened


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "saved"
    made.mkdir()
    return made


@pytest.fixture
def run(archive, monkeypatch):
    """The command as a user starts it, with a reader that the tests know."""
    monkeypatch.setenv("GONGBAO_DATA", str(archive.data))
    monkeypatch.setattr("crawler.reader.read_capture", read_as_title)

    def running(*arguments):
        done = CliRunner().invoke(import_captures, [str(each) for each in arguments])
        return done.exit_code, done.stdout, done.stderr

    return running


def test_the_command_imports_one_page_with_its_address(archive, run, folder):
    path = folder / save_page(folder, "a.html")
    asked = (path, "--url", release_url(), "--fetched-at", "2025-09-27")
    assert run(*asked) == (0, "1 capture new, 0 known, 0 faults\nof the new: 1 read\n", "")
    assert run(*asked) == (0, "0 captures new, 1 known, 0 faults\n", "")
    row = archive.rows("captures")[0]
    assert (row.fetched_at, row.provenance) == ("2025-09-27T00:00:00Z", "import a.html")


def test_the_command_tells_what_came_of_new_captures(run, folder):
    rows = [("a.html", release_url(), b"<h1>read</h1>"), ("b.html", release_url(2), b"<p>unreadable"),
            ("c.html", release_url(3), b"<p>unreadable, too"),
            ("d.html", "https://english.mofcom.gov.cn/about.html", b"<h1>about</h1>"),
            ("e.html", "https://www.example.org/1.html", b"<h1>elsewhere</h1>")]
    listed = [f"{save_page(folder, name, body)},{url}\n" for name, url, body in rows]
    (folder / "index.csv").write_text("".join(["file,url\n", *listed]), encoding="utf-8")
    assert run(folder) == (0, "5 captures new, 0 known, 0 faults\n"
                              "of the new: 1 read, 2 in quarantine, 1 no release by address or answer, "
                              "1 of no source known here\n"
                              "  quarantined: 2 × no title was found\n", "")
    assert run(folder) == (0, "0 captures new, 5 known, 0 faults\n", "")


def test_the_command_tells_faults_and_ends_with_1(run, tmp_path, folder):
    path = write_warc(tmp_path / "a.warc.gz", response_record())
    path.write_bytes(path.read_bytes() * 2 + b"torn")
    page = folder / save_page(folder, "a.html")
    code, out, err = run(path, tmp_path / "missing.warc", page)
    assert (code, out) == (1, "1 capture new, 1 known, 3 faults\nof the new: 1 read\n")
    lines = err.splitlines()
    assert [line.partition(": ")[0] for line in lines] == ["gongbao"] * 3
    assert "this is not a whole gzip member" in lines[0]
    assert "missing.warc cannot be read: No such file or directory" in lines[1]
    assert "a saved page needs its address: --url" in lines[2]


@pytest.mark.parametrize(("arguments", "said"), [
    (["a", "b", "--url", "http://a.cn/"], "--url is the address of one file"),
    (["--url", "http://a.cn/", "."], "--url is the address of one file"),
    (["a.warc.gz", "--url", "http://a.cn/"], "a.warc.gz is a WARC file, whose records name their addresses"),
    (["a", "--url", "nonsense"], "'nonsense' is not an http(s) address"),
    (["a", "--url", "http://a.cn/", "--fetched-at", "soon"], "'soon' is not a time"),
    (["a", "--fetched-at", "2025-09-27"], "--fetched-at belongs to --url"),
    ([], "Missing argument"),
])
def test_what_the_command_cannot_understand_ends_with_2(run, arguments, said):
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert said in err


def test_a_missing_page_is_a_fault(run, tmp_path):
    code, _, err = run(tmp_path / "gone.html", "--url", release_url())
    assert code == 1
    assert "gone.html: No such file or directory" in err


def test_a_capture_that_a_crawl_keeps_meanwhile_is_none_of_the_import_s(archive, tmp_path):
    last = store_end(archive.store)
    with archive.writer("crawl") as crawl:
        crawl.keep(exchange(release_url(7), b"<p>unreadable"))
    assert list(import_outcome(archive.store, last)) == []
    assert archive.import_files(write_warc(tmp_path / "a.warc.gz", response_record())) == ((1, 0), [])
    assert list(import_outcome(archive.store, last)) == ["of the new: 1 read"]
