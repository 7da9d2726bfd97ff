"""Cache of finished result pages, feeds and JSON answers."""

import gzip
import shutil
from dataclasses import replace

import pytest

from archive.db.store import Store
from archive.messages import message
from indexer.refusals import record_refusals
from webapp import backend as backend_module
from webapp.settings import WebSettings

ADDRESSES = ("/search?q=tea", "/search.json?q=tea", "/search.atom?q=tea", "/search.rss?q=tea", "/topics",
             "/place/china")


@pytest.mark.parametrize("address", ADDRESSES)
class TestCache:
    def test_answers_the_second_request_without_a_search(self, counted, searches, address):
        first, second = counted.get(address), counted.get(address)
        assert (first.data, first.headers["ETag"]) == (second.data, second.headers["ETag"])
        assert searches.count == 1

    def test_answers_304_without_a_search(self, counted, searches, address):
        first = counted.get(address)
        again = counted.get(address, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.data, searches.count) == (304, b"", 1)
        assert again.headers["Cache-Control"] == first.headers["Cache-Control"]

    def test_keeps_compressed_and_plain_bodies_apart(self, counted, address):
        for _ in range(2):
            packed, plain = counted.get(address, headers={"Accept-Encoding": "gzip"}), counted.get(address)
            assert gzip.decompress(packed.data)[:14] == plain.data[:14]
            assert "Content-Encoding" not in plain.headers

    def test_has_the_headers_of_an_uncached_answer(self, counted, address):
        first, second = counted.get(address), counted.get(address)
        assert dict(first.headers) == dict(second.headers)

    def test_keeps_languages_and_hosts_apart(self, counted, searches, address):
        variants = [{}, {"base_url": "http://127.0.0.1"}, {"base_url": "https://localhost"}]
        if ".json" not in address:  # it is the same in every language
            variants.append({"headers": {"Accept-Language": "zh"}})
        tags = {counted.get(address, **each).headers["ETag"] for each in variants}
        assert len(tags) == searches.count == len(variants)

    def test_ends_with_a_change_of_the_index(self, counted, engine, searches, address):
        first = counted.get(address)
        reached = engine.checkpoint()
        engine.write((), (), replace(reached, rev=reached.rev - 1))
        assert counted.get(address, headers={"If-None-Match": first.headers["ETag"]}).status_code == 200
        assert searches.count == 2


@pytest.fixture
def copied(data, tmp_path, serve, engine, searches):
    """A site over a copy of the store, which may be written to; its store."""
    shutil.copy(data / "gongbao.sqlite", tmp_path / "gongbao.sqlite")
    with Store.open(WebSettings(data=tmp_path)) as store:
        yield serve(lambda: engine, data=tmp_path), store


def test_a_rebuild_that_takes_a_refused_document_ends_the_cache(copied, ids, searches):
    """The checkpoint of the rebuilt index is the former one, and no document has changed."""
    client, store = copied
    client.get("/search?q=tea")
    record_refusals(store, {ids["english"]: 1}, {ids["english"]: message("document_unreadable", error="an example")})
    client.get("/search?q=tea")
    assert searches.count == 2


def test_an_error_is_not_kept(counted, searches):
    for _ in range(2):
        assert counted.get("/search?q=tea&page=9999").status_code == 400
    assert searches.count == 2


def test_the_bytes_of_the_cache_are_bounded(serve, data, monkeypatch):
    monkeypatch.setattr(backend_module, "CACHED_BYTES", 60_000)
    client = serve(data=data)
    for number in range(60):
        client.get(f"/search?q=tea+{number}")
    bodies = client.application.extensions["gongbao"].bodies
    kept = [weight for _, weight in bodies._kept.values()]
    assert 1 < len(kept) < 60
    assert sum(kept) <= 60_000
