"""Commands and programs in forks of a process that has imported ours: a new interpreter would import for a second.

Everything else is as in a process of its own: environment, signals, exit code, output. This module is that process's
program too: `python -W error -m support.forks NUMBER`, NUMBER being its end of the socket.
"""

import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from runpy import run_module
from tempfile import TemporaryFile
from types import ModuleType
from typing import Any

from support.house import ROOT

# What commands import, but for gongbao.py, which changes them when it runs, and Twisted's reactor: each process makes
# its own.
PRELOADED = ("archive.commands", "crawler.commands", "demo.commands", "indexer.commands", "webapp.commands",
             "crawler.commands.crawl", "crawler.spiders.process", "crawler.spiders.spider", "demo.build",
             "crawler.spiders.replica_handler", "scrapy.core.engine", "scrapy.core.downloader.handlers.http11",
             "archive.db.migrations.upgrade", "sqlalchemy.dialects.sqlite", "sqlalchemy.dialects.postgresql.psycopg",
             "multiprocessing.popen_spawn_posix")
# libfaketime reads these when a process starts: each fork then has the day that its own FAKETIME says.
FAKETIME = {"FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
SIZE = 1024 * 1024  # of a message


class Fork:
    """A running command; `outputs` are the files that stdout and stderr go to."""

    def __init__(self, words: Sequence[str], environment: Mapping[str, str], outputs: tuple[int, int],
                 program: str = "") -> None:
        self._server = _server(environment.get("LD_PRELOAD", ""))
        order = {"words": [*words], "environment": {**environment}, "program": program}
        socket.send_fds(self._server, [json.dumps(order).encode()], outputs)
        self._process = int(self._server.recv(SIZE))
        self._code: int | None = None

    def wait(self, timeout: float) -> int | None:
        """The exit code; None if it still runs after so many seconds."""
        if self._code is None and select.select([self._server], [], [], timeout)[0]:
            self._code = int(self._server.recv(SIZE))
        return self._code

    def kill(self) -> None:
        """Kill it, and wait for its end."""
        if self._code is None:
            os.kill(self._process, signal.SIGKILL)
            self.wait(60)


def start(words: Sequence[str], environment: Mapping[str, str], output: int) -> Fork:
    """Start `gongbao WORDS`; all that it prints goes to one file. It has to end before the next command starts."""
    return Fork(["gongbao", *words], environment, (output, output))


def run(words: Sequence[str], environment: Mapping[str, str], timeout: float) -> "subprocess.CompletedProcess[str]":
    """Run `gongbao WORDS` to its end; what it printed is captured."""
    return _run(["gongbao", *words], environment, timeout)


def run_program(text: str, *words: str,
                environment: Mapping[str, str] | None = None) -> "subprocess.CompletedProcess[str]":
    """Run `python -c TEXT WORDS` to its end, in this process's environment if no other is given."""
    return _run(["-c", *words], os.environ if environment is None else environment, 60, text)


def _run(words: Sequence[str], environment: Mapping[str, str], timeout: float,
         program: str = "") -> "subprocess.CompletedProcess[str]":
    with TemporaryFile("w+", encoding="utf-8") as out, TemporaryFile("w+", encoding="utf-8") as errors:
        fork = Fork(words, environment, (out.fileno(), errors.fileno()), program)
        code = fork.wait(timeout)
        fork.kill()
        for each in (out, errors):
            each.seek(0)
        if code is None:
            raise subprocess.TimeoutExpired([*words], timeout, out.read(), errors.read())
        return subprocess.CompletedProcess([*words], code, out.read(), errors.read())


@cache
def _server(preload: str) -> socket.socket:
    """The socket of the process that forks, which ends with this one; `preload` is libfaketime or ''."""
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    paths = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    clock = {"LD_PRELOAD": preload, "FAKETIME": "+0s", **FAKETIME} if preload else {}
    with there:
        command = [sys.executable, "-W", "error", "-m", "support.forks", str(there.fileno())]
        process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **clock, "PYTHONPATH": paths},
                                   pass_fds=[there.fileno()])
    atexit.register(_stop, here, process)
    return here


def _stop(server: socket.socket, process: "subprocess.Popen[bytes]") -> None:
    server.close()
    process.wait(60)


def serve(orders: socket.socket) -> None:
    """Fork for each order, answer with the process id, then with the exit code, until the other end is closed."""
    for each in PRELOADED:
        import_module(each)
    assert "twisted.internet.reactor" not in sys.modules
    while True:
        order, outputs, _, _ = socket.recv_fds(orders, SIZE, 2)
        if not order:
            return None
        child = os.fork()
        if child == 0:
            orders.close()
            return _command(json.loads(order), outputs)  # the fork ends as every program does
        for each in outputs:
            os.close(each)
        orders.send(str(child).encode())
        orders.send(str(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])).encode())


def _command(order: dict[str, Any], outputs: list[int]) -> None:
    """Run a command as `python -m gongbao` does, or a program as `python -c`."""
    for number, each in zip((1, 2), outputs, strict=True):
        os.dup2(each, number)
        os.close(each)
    os.environ.clear()
    os.environ.update(order["environment"])
    sys.argv = order["words"]
    if order["program"]:
        sys.modules["__main__"] = main = ModuleType("__main__")
        exec(compile(order["program"], "-c", "exec"), main.__dict__)  # noqa: S102
    else:
        run_module("gongbao", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as given:
        serve(given)
