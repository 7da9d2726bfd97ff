"""`gongbao serve`: a real server on a real port."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest
from click.testing import CliRunner

from archive.errors import StoreError
from webapp.commands import ServeError, browser_url, listen, serve
from webapp.settings import WebSettings

ROOT = Path(__file__).resolve().parents[2]


def test_the_command_serves_until_it_is_stopped(tmp_path):
    environment = {**os.environ, "GONGBAO_DATA": str(tmp_path), "PYTHONUNBUFFERED": "1"}
    server = subprocess.Popen([sys.executable, "gongbao.py", "serve", "--port", "0"], cwd=ROOT, env=environment,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        line = server.stdout.readline()
        with urlopen(line.split()[-1]) as answer:  # noqa: S310
            assert "Gongbao" in answer.read().decode()
            assert answer.headers["Server"] == "gongbao"
        server.send_signal(signal.SIGINT)
        assert server.wait(20) == 0
    finally:
        server.kill()
        server.communicate()


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


@pytest.mark.parametrize(("host", "port", "shown"), [
    ("127.0.0.1", 8000, "http://127.0.0.1:8000/"), ("0.0.0.0", 1, "http://127.0.0.1:1/"),  # noqa: S104
    ("::1", 2, "http://[::1]:2/"),
    ("archive.example", 80, "http://archive.example:80/")])
def test_the_printed_address_can_be_opened(host, port, shown):
    assert browser_url(host, port) == shown
