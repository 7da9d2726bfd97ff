"""The whole way with the store on a PostgreSQL server: crawl, import, index, search, serve, and writers at once."""

import json
import os
import signal
import subprocess
from time import monotonic, sleep
from urllib.parse import quote
from urllib.request import urlopen

import pytest
from sqlalchemy import func, select

from archive.db.store import Store
from archive.db.tables import captures, pages, rejects, runs
from crawler.settings import CrawlerSettings
from demo.replica import Replica
from demo.samples import load_releases
from indexer.document_tables import documents
from support import forks
from support.archive import release_url
from support.crawl import COMMAND
from support.warc_records import response_record, save_page, write_warc

RELEASES = tuple(each for each in load_releases() if each.source in ("camce", "ccdp_me") and not each.clone_of)


class Site:
    """An archive with its store on a server, used by commands in processes of their own."""

    def __init__(self, settings, replica):
        self.settings = settings
        self.environment = {**os.environ, "GONGBAO_DATA": str(settings.data), "GONGBAO_DATABASE": settings.database,
                            "GONGBAO_VIA": replica.url, "PYTHONUNBUFFERED": "1"}

    def start(self, *words):
        return subprocess.Popen([*COMMAND, *words], env=self.environment, text=True, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE)

    def run(self, *words):
        done = forks.run(words, self.environment, timeout=120)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def count_second_crawl(self, source):
        """Crawl a source once more; `asked_twice` is the number of releases that were fetched again."""
        count = select(func.count()).select_from(captures).where(captures.c.kind == "response").join(pages).where(
            pages.c.urlkey.like("%/t20%"))
        [before] = self.scalars(count)
        assert before
        self.run("crawl", source)
        [after] = self.scalars(count)
        self.asked_twice = after - before

    def wait_for_run(self, source):
        """Wait until a crawl of this source has begun."""
        limit = monotonic() + 60
        while not self.scalars(select(runs.c.id).where(runs.c.source == source)):
            assert monotonic() < limit
            sleep(0.05)

    def scalars(self, query):
        with Store.open(self.settings, readonly=True) as store, store.read() as connection:
            return connection.scalars(query).all()


@pytest.fixture(scope="module")
def site(postgresql, tmp_path_factory):
    """An archive after a crawl, an import of a WARC file and a crawl of another source beside it."""
    folder = tmp_path_factory.mktemp("whole")
    settings = CrawlerSettings(data=folder / "data", database=postgresql.empty())
    warc = write_warc(folder / "old.warc.gz", *(response_record(
        b"<h1>one</h1>", b"Content-Type: text/html\r\nETag: \x00\r\n", number=number) for number in range(1, 4)))
    with Replica(load_releases()) as replica:
        made = Site(settings, replica)
        made.run("crawl", "camce")
        made.count_second_crawl("camce")
        crawl = made.start("crawl", "ccdp_me")
        made.wait_for_run("ccdp_me")  # a crawl of the replica does not begin in an archive with other captures
        for process in (crawl, made.start("import", str(warc)), made.start("index")):
            _, said = process.communicate(timeout=120)
            assert process.returncode == 0, said
        yield made
    postgresql.drop()


@pytest.fixture(scope="module")
def get(site):
    """The text of a path at the site that `gongbao serve` serves."""
    with site.start("serve", "--port", "0") as server:
        address = server.stdout.readline().split()[-1].rstrip("/")

        def read(path):
            with urlopen(address + quote(path, safe="/?=&:")) as answer:  # noqa: S310
                return answer.read().decode()

        yield read
        server.send_signal(signal.SIGINT)
        server.communicate(timeout=20)
        assert server.returncode == 0


def test_every_release_has_one_document(site):
    titles = [json.loads(line)["title"] for line in site.run(
        "search", "--json", "--limit", "1000", "--source", "camce", "--source", "ccdp_me").splitlines()]
    assert sorted(titles) == sorted(each.title for each in RELEASES)


def test_what_was_written_at_once_is_whole(site):
    found = site.scalars(select(captures.c.record_id))
    assert len(found) == len(set(found))
    keys = site.scalars(select(pages.c.urlkey))
    assert len(keys) == len(set(keys))
    revs = site.scalars(select(documents.c.rev))
    assert sorted(revs) == list(range(1, len(revs) + 1))
    assert sorted(site.scalars(select(documents.c.seq))) == sorted(revs)
    assert site.scalars(select(rejects.c.reason)) == []


def test_what_was_imported_is_there(site):
    assert set(site.scalars(select(captures.c.url).where(captures.c.provenance.like("import%")))) == {
        release_url(number) for number in range(1, 4)}


def test_an_import_and_an_index_add_nothing_twice(site, tmp_path):
    page = tmp_path / save_page(tmp_path, "a.html")
    for count in (1, 0):
        said = site.run("import", "--no-index", str(page), "--url", release_url(9), "--fetched-at", "2025-09-27")
        assert said.startswith(f"{count} capture")
    assert site.run("index").startswith("0 new, 0 changed, 0 gone, rev ")
    assert site.run("index", "--rebuild").startswith("index rebuilt; 0 new, 0 changed, 0 gone, rev ")


def test_a_second_crawl_asks_for_nothing_twice(site):
    assert site.asked_twice == 0


def test_the_site_shows_results_releases_archived_pages_and_status(site, get):
    release = RELEASES[0]
    assert release.title in get(f"/search?q={release.title}&source={release.source}")
    hit = json.loads(site.run("search", "--json", f'"{release.title}"').splitlines()[0])
    assert release.title in get(f"/article/{hit['id']}")
    assert release.title in get(f"/search.atom?source={release.source}")
    assert "camce" in get("/status")
    capture = site.scalars(select(captures.c.id).where(captures.c.url == hit["url"]))[0]
    assert hit["url"] in get(f"/archived/{capture}")
