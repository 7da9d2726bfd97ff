"""While captures are read again, every page, list, feed and JSON answer of the site is whole."""

from dataclasses import replace

import pytest
from lxml import etree

from archive.ingest import reread as reread_module
from archive.ingest.catalog import Catalog
from archive.ingest.reread import reread
from indexer.documents.update import DocumentUpdate
from indexer.vocabulary.loader import load
from support.archive import NOW, Archive, FunctionReader
from support.releases import IDS, RELEASES, index_releases

ATOM = "{http://www.w3.org/2005/Atom}"
KNOWN = {each.url: each for each in RELEASES}


@pytest.fixture
def data(tmp_path):
    return index_releases(tmp_path, RELEASES)


def shown(client):
    """The status of every release's page, and the ids or numbers of entries that each kind of list shows."""
    pages = {name: client.get(f"/article/{identity}").status_code for name, identity in IDS.items()}
    feed = etree.fromstring(client.get("/search.atom").data)
    return (set(pages.values()), len(feed.findall(f"{ATOM}entry")), len(client.get("/search.json").json["results"]),
            client.get("/search").text.count("<h3"), client.get("/").status_code)


def test_nothing_is_missing_from_the_site(data, serve, monkeypatch):
    monkeypatch.setattr(reread_module, "PAGES", 2)
    client = serve(data=data)
    before, seen = shown(client), []

    def better(capture):
        seen.append(shown(client))
        article = KNOWN[capture.url]
        return replace(article, title=f"Better: {article.title}", body=article.body[::-1])

    with Archive.open(data) as archive:
        update = DocumentUpdate(archive.store, load(), NOW)
        reread(Catalog(archive.store, FunctionReader(2, better), update.follow), data, pytest.fail)
    assert before[0] == {200}
    assert before[1] == before[2] == len(RELEASES)
    assert seen == [before] * len(RELEASES)
    assert shown(client) == before
