"""Sites as processes of their own: `gongbao serve`, or gunicorn's master with an application given as a program."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import BinaryIO

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 10

# A site whose one page says on stdout that it runs, then waits for a line on stdin of the master.
WAITING = """
import os, sys
from flask import Flask
from webapp.commands import listen
from webapp.server.master import Site
from webapp.settings import WebSettings
app = Flask("waiting")
gate = int(sys.argv[1])

@app.get("/wait")
def wait():
    print("running", flush=True)
    return os.read(gate, 1)

@app.get("/")
def home():
    return "home"

settings = WebSettings(port=0, workers=1, threads=1, queue=1)
listening = listen(settings)
print(f"at http://127.0.0.1:{listening.getsockname()[1]}/", flush=True)
Site(settings, app, listening).run()
"""


@dataclass(frozen=True)
class Served:
    """A running site."""

    port: int
    process: "subprocess.Popen[str]"

    def get(self, path: str, **headers: str) -> HTTPResponse:
        """The answer to a request on a new connection; its body was read into `answer.text`."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)
        try:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            answer.text = answer.read().decode()
            return answer
        finally:
            connection.close()

    def connect(self) -> socket.socket:
        """An open connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=SECONDS)

    def refuses_connections(self) -> bool:
        """True if nobody listens any more."""
        try:
            self.connect().close()
        except ConnectionError:
            return True
        return False

    def send(self, data: bytes) -> bytes:
        """What the server answers to these bytes until it closes the connection."""
        with self.connect() as client:
            client.sendall(data)
            return read_all(client)

    def line(self) -> str:
        """The next line on stdout."""
        return self.process.stdout.readline()


def read_all(client: socket.socket) -> bytes:
    """Everything that is sent until the connection is closed."""
    parts = []
    while part := client.recv(65536):
        parts.append(part)
    return b"".join(parts)


@contextmanager
def served(data: Path, *options: str, **settings: str) -> Iterator[Served]:
    """`gongbao serve` on a free port: options as on the command line, settings as `access_log="full"`."""
    environment = {f"GONGBAO_{name.upper()}": value for name, value in settings.items()}
    command = [sys.executable, "gongbao.py", "serve", "--port", "0", *options]
    with _running(command, GONGBAO_DATA=str(data), **environment) as site:
        yield site


@contextmanager
def waiting_site() -> Iterator[tuple[Served, BinaryIO]]:
    """A site with one thread and one place in its queue; its /wait ends when a byte is written to the file."""
    gate, opener = os.pipe()
    # The opener is closed before the site is stopped, so that nothing waits any more.
    with (open(gate, "rb"), _running([sys.executable, "-c", WAITING, str(gate)], pass_fds=(gate,)) as site,
          open(opener, "wb", buffering=0) as opened):
        yield site, opened


@contextmanager
def _running(command: list[str], pass_fds: tuple[int, ...] = (), **environment: str) -> Iterator[Served]:
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONUNBUFFERED": "1", **environment},
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, pass_fds=pass_fds)
    try:
        line = process.stdout.readline()
        assert "http://" in line, process.stderr.read()
        yield Served(int(re.findall(r":(\d+)/", line)[-1]), process)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
