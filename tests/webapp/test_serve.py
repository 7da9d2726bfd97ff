"""`gongbao serve`: real processes on a real port."""

import json
import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from click.testing import CliRunner

from archive.errors import StoreError
from indexer.settings import IndexerSettings
from indexer.sync import rebuild
from support.archive import Archive, add_documents, add_index, an_article
from support.served import SECONDS, read_all, served, waiting_site
from webapp.commands import ServeError, browser_url, listen, serve
from webapp.server.master import worker_count
from webapp.settings import WebSettings


@pytest.fixture(scope="module")
def site(data):
    """The usual archive on two workers with an access log."""
    with served(data, "--workers", "2", access_log="paths") as running:
        yield running


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_the_command_serves_until_it_is_stopped(tmp_path, stop):
    with served(tmp_path, "--workers", "2") as running:
        answer = running.get("/")
        assert "Gongbao" in answer.text
        assert answer.headers["Server"] == "gongbao"
        running.process.send_signal(stop)
        assert running.process.wait(SECONDS) == 0


def test_workers_end_when_the_master_is_killed(tmp_path):
    with served(tmp_path, "--workers", "2") as running:
        running.get("/")
        running.process.kill()
        assert running.process.stdout.read() == ""  # the end comes when the last worker has closed it


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_a_running_request_is_finished_before_the_server_ends(stop):
    with waiting_site() as (running, gate), running.connect() as client:
        client.sendall(b"GET /wait HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert running.line() == "running\n"
        running.process.send_signal(stop)
        while not running.refuses_connections():
            pass
        gate.write(b"x")
        assert read_all(client).startswith(b"HTTP/1.1 200 OK")
        assert running.process.wait(SECONDS) == 0


def test_a_full_queue_gets_an_early_503():
    with waiting_site() as (running, gate), ExitStack() as stack:
        clients = [stack.enter_context(running.connect()) for _ in range(2)]
        for client in clients:
            client.sendall(b"GET /wait HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        assert running.line() == "running\n"
        refused = [answer for answer in (running.get("/") for _ in range(3)) if answer.status == 503]
        gate.write(b"xx")
        assert [answer.headers["Retry-After"] for answer in refused][-1] == "2"
        assert all(read_all(client).startswith(b"HTTP/1.1 200") for client in clients)
        assert running.get("/").text == "home"  # recovered at once


def test_half_sent_requests_hold_nobody_up(site):
    with ExitStack() as stack:
        for _ in range(200):
            stack.enter_context(site.connect()).sendall(b"GET /search HTTP/1.1\r\nHost: loc")
        assert site.get("/search?q=report").status == 200


@pytest.mark.parametrize(("request_line", "status"), [
    (b"GET /?q=" + b"x" * 40_000 + b" HTTP/1.1\r\nHost: localhost", b"431"),
    (b"GET / HTTP/1.1\r\nHost: localhost\r\nCookie: " + b"x" * 40_000, b"431"),
    (b"POST /search HTTP/1.1\r\nHost: localhost\r\nContent-Length: 80000000", b"413"),
    (b"POST /search HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked", b"411"),
    (b"nonsense", b"400")],
    ids=["long address", "large header", "large body", "body of unknown length", "no HTTP"])
def test_a_request_over_a_limit_is_refused(site, request_line, status):
    assert site.send(request_line + b"\r\n\r\n").split(b" ", 2)[1] == status


def test_the_longest_search_fits(site):
    longest = "%E5%85%AC" * 2000
    assert site.get(f"/search?q={longest}").status == 200


def test_a_small_body_is_read_and_the_connection_goes_on(site):
    post = b"POST /search HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\na=b"
    last = b"GET /robots.txt HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    answers = site.send(post + last)
    assert answers.startswith(b"HTTP/1.1 405 ")
    assert b"HTTP/1.1 200 OK" in answers


def test_an_unknown_host_gets_400_and_an_address_of_this_machine_does_not(site):
    assert site.get("/status", Host="evil.example").status == 400
    assert site.get("/status", Host=f"127.0.0.1:{site.port}").status == 200


def test_forwarded_headers_change_nothing(site):
    answer = site.get("/search.json?q=report", **{"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https",
                                                 "Script-Name": "/evil"})
    assert f'"http://127.0.0.1:{site.port}/article/' in answer.text
    assert "evil" not in answer.text


@pytest.mark.parametrize(("kept", "logged"), [("full", "/search?q=steel"), ("paths", '"GET /search HTTP/1.1"')])
def test_the_access_log_keeps_what_it_is_set_to(data, kept, logged):
    with served(data, "--workers", "1", access_log=kept) as running:
        running.get("/search?q=steel", Referer="http://localhost/search?q=secret")
        line = running.line()
    assert logged in line
    assert "secret" not in line
    assert ("steel" in line) == (kept == "full")


def pids_and_totals(site, path):
    """The workers that answered requests, and the totals that the last answers gave, once both have answered."""
    seen, totals = set(), set()
    with ThreadPoolExecutor(4) as readers:
        while len(seen) < 2:
            totals = {json.loads(answer.text)["total"] for answer in readers.map(site.get, [path] * 4)}
            seen |= {site.line().split()[-1] for _ in range(4)}
    return seen, totals


def test_every_worker_sees_a_rebuilt_index(tmp_path):
    with Archive.open(tmp_path) as archive:
        archive.capture(an_article(1))
        add_index(archive)
        with served(tmp_path, "--workers", "2", access_log="paths") as running:
            workers, totals = pids_and_totals(running, "/search.json")
            assert totals == {1}
            add_documents(archive, [2])
            rebuild(archive.store, IndexerSettings(data=tmp_path))
            again, totals = pids_and_totals(running, "/search.json")
    assert again == workers
    assert totals == {2}


def test_a_store_that_appears_later_is_served(tmp_path):
    with served(tmp_path, "--workers", "1") as running:
        assert running.get("/search.json").status == 503
        with Archive.open(tmp_path) as archive:
            archive.capture(an_article(1))
            add_index(archive)
        assert running.get("/search.json").status == 200


def test_a_taken_port_is_refused_with_what_to_do():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = CliRunner().invoke(serve, ["--port", str(taken.getsockname()[1])])
    assert isinstance(result.exception, ServeError)
    assert "choose another with --host and --port" in str(result.exception)


def test_a_database_that_needs_a_package_is_refused_before_anything_is_served(monkeypatch):
    def missing(url, **_options):
        raise ModuleNotFoundError(f"No module named 'psycopg' for {url}", name="psycopg")

    monkeypatch.setattr("archive.db.dialects.create_engine", missing)
    with pytest.raises(StoreError, match="pip install"):
        listen(WebSettings(port=0, database="postgresql://host/gongbao"))


def test_by_default_there_is_a_worker_for_each_core():
    assert worker_count(WebSettings()) >= 1
    assert worker_count(WebSettings(workers=3)) == 3


@pytest.mark.parametrize(("host", "port", "shown"), [
    ("127.0.0.1", 8000, "http://127.0.0.1:8000/"), ("0.0.0.0", 1, "http://127.0.0.1:1/"),  # noqa: S104
    ("::1", 2, "http://[::1]:2/"),
    ("archive.example", 80, "http://archive.example:80/")])
def test_the_printed_address_can_be_opened(host, port, shown):
    assert browser_url(host, port) == shown
