"""File paths of the server appear in its log only, never on a page."""

import json
import shutil

import pytest

from indexer.errors import EngineError
from webapp import create_app
from webapp.http.error_handlers import strip_paths
from webapp.settings import WebSettings

PATHS = ("/search?q=tea", "/search.json?q=tea", "/search.atom?q=tea", "/status", "/archived/1", "/archived/1/page",
         "/archived/1/source", "/archived/1/sent", "/")


@pytest.fixture(params=["no engine", "no WARC files", "no store", "broken store"])
def broken(request, serve, data, tmp_path):
    """A site over an archive with a part missing, and its data folder."""
    place = shutil.copytree(data, tmp_path / "place")
    lost = {"no WARC files": "*.warc.gz", "no store": "gongbao.sqlite", "broken store": "gongbao.sqlite"}
    files = list(place.rglob(lost.get(request.param, "nothing")))
    assert bool(files) == (request.param in lost)
    for each in files:
        each.unlink()
        if request.param == "broken store":
            each.write_bytes(b"no database")

    def opener():
        raise EngineError(f"the index in {place} is damaged")

    return serve(*([opener] if request.param == "no engine" else []), data=place), place


@pytest.mark.parametrize("path", PATHS)
def test_no_page_contains_the_data_folder(broken, path):
    client, data = broken
    answer = client.get(path)
    assert str(data) not in answer.text
    assert str(data) not in json.dumps(list(answer.headers))


def test_of_an_archive_that_is_not_there_the_log_does_not_say_that_its_index_is_missing(serve, tmp_path, caplog):
    def none():
        raise EngineError("there is no index")

    assert serve(none, data=tmp_path / "nothing").get("/search?q=tea").status_code == 503
    assert f"there is no archive at {tmp_path / 'nothing'}" in caplog.text
    assert "there is no index" not in caplog.text


def test_the_log_has_the_error_with_its_path(broken, caplog):
    client, data = broken
    answers = [client.get(path) for path in PATHS]
    assert {500, 503} & {each.status_code for each in answers}
    assert str(data) in caplog.text


def test_the_log_names_the_request_without_what_was_searched_for(serve, caplog):
    serve().get("/search?q=secret")
    assert "GET /search: there is no archive at" in caplog.text
    assert "secret" not in caplog.text


@pytest.mark.parametrize(("broken", "message"), [
    ("no engine", "The search engine does not answer. The log of the server says more."),
    ("no store", "There is no archive in the folder that this site was started with; the log of the server names it. "
                 "Fill it with gongbao crawl or gongbao import, or start the site with another."),
    ("broken store", "The store cannot be read. The log of the server says more.")], indirect=["broken"])
def test_json_says_what_is_wrong_and_who_knows_more(broken, message):
    answer = broken[0].get("/search.json?q=tea")
    assert (answer.status_code, answer.get_json()["error"]["message"]) == (503, message)


def test_a_sentence_of_a_run_names_no_place_either(app, data):
    with app.test_request_context("/status"):
        assert strip_paths(f"stopped: {data}/warc/1.warc.gz.open cannot be written: No space left on device") == (
            "stopped: …/warc/1.warc.gz.open cannot be written: No space left on device")


@pytest.mark.parametrize(("database", "named"), [
    ("sqlite:////var/lib/gongbao.sqlite", "/var/lib/gongbao.sqlite"),
    ("postgresql://me:secret@db.internal/gongbao", "postgresql://me:***@db.internal/gongbao")])
def test_no_page_contains_the_url_of_the_store(data, database, named):
    app = create_app(WebSettings(data=data, database=database))
    with app.test_request_context("/status"):
        assert strip_paths(f"stopped: the store {named} cannot be used: database is locked") == (
            "stopped: the store … cannot be used: database is locked")
