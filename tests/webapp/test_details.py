"""Where the archive stands on the server is said to a reader at that machine alone; to others the log says it."""

import json
import shutil

import pytest

from indexer.errors import EngineError
from webapp.details import placeless

ELSEWHERE = ({"REMOTE_ADDR": "203.0.113.9"}, {"HTTP_HOST": "archive.example.org"})
HERE = ({}, {"HTTP_HOST": "127.0.0.1:8000"}, {"HTTP_HOST": "[::1]:8000", "REMOTE_ADDR": "::1"})
PATHS = ("/search?q=tea", "/search.json?q=tea", "/search.atom?q=tea", "/status", "/archived/1", "/archived/1/page",
         "/archived/1/sent", "/")


@pytest.fixture(params=["no engine", "no WARC files", "no store"])
def broken(request, serve, room, tmp_path):
    """A site whose archive lost a part, and the folder that it is in."""
    data = tmp_path / "place"
    shutil.copytree(room.settings.data, data)
    lost = {"no WARC files": "*.warc.gz", "no store": "gongbao.sqlite"}.get(request.param, "nothing")
    files = list(data.rglob(lost))
    assert bool(files) == (lost != "nothing")
    for each in files:
        each.unlink()

    def opener():
        raise EngineError(f"the index in {data} is damaged")

    return serve(*([opener] if request.param == "no engine" else []), data=data), data


@pytest.mark.parametrize("reader", ELSEWHERE, ids=["another machine", "another name"])
@pytest.mark.parametrize("path", PATHS)
def test_nobody_else_learns_where_the_archive_stands(broken, path, reader):
    client, data = broken
    answer = client.get(path, environ_overrides=reader)
    assert str(data) not in answer.text
    assert str(data) not in json.dumps(list(answer.headers))


@pytest.mark.parametrize("reader", HERE)
def test_who_runs_it_is_told_on_the_page_and_all_others_in_the_log(serve, tmp_path, reader, caplog):
    client = serve(data=tmp_path / "place")
    said = client.get("/search.json?q=tea", environ_overrides=reader).get_json()["error"]["message"]
    assert f"there is no archive at {tmp_path / 'place'}" in said
    assert not caplog.records
    assert client.get("/search.json?q=tea", environ_overrides=ELSEWHERE[0]).get_json()["error"]["message"] == (
        "The log of the server says more.")
    assert said in caplog.text


def test_a_sentence_of_a_run_names_no_place_either(app, room):
    data = room.settings.data
    reason = f"stopped: {data}/warc/1.warc.gz.open cannot be written: No space left on device"
    with app.test_request_context("/status", environ_overrides={"REMOTE_ADDR": "127.0.0.1"}):
        assert placeless(reason) == reason
    with app.test_request_context("/status", environ_overrides=ELSEWHERE[0]):
        assert placeless(reason) == "stopped: …/warc/1.warc.gz.open cannot be written: No space left on device"
