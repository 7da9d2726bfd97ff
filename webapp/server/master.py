"""Gunicorn's master process, set up from WebSettings: it forks the workers, replaces dead ones, and stops them."""

import gc
import os
import signal
import socket
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter

from webapp.server.worker import BLOCKED_AT_FORK, EventLoopWorker
from webapp.settings import WebSettings

STUCK_SECONDS = 60  # a request that runs for longer costs its worker: the master replaces it
GARBAGE = (20_000, 20, 20)  # a page makes some ten thousand objects, nearly all freed without the collector
STOP_SECONDS = 30  # for what runs when the server is stopped
_LINE = '%(h)s %(t)s "%(m)s {address} %(H)s" %(s)s %(B)s %(M)sms %(p)s'
# No Referer: within the site it is the address of the search before.
LOG_FORMATS = {"full": _LINE.format(address="%(U)s?%(q)s"), "paths": _LINE.format(address="%(U)s")}


class Site(BaseApplication):  # type: ignore[misc]  # the library has no types
    """The Flask application with gunicorn's configuration of these settings."""

    def __init__(self, settings: WebSettings, application: Flask, listening: socket.socket) -> None:
        self.settings, self._application = settings, application
        self._descriptor = listening.detach()  # gunicorn closes it
        super().__init__()

    def load_config(self) -> None:
        """Set gunicorn's options; it reads neither its environment variables nor a configuration file."""
        options: dict[str, Any] = {
            "bind": f"fd://{self._descriptor}", "workers": worker_count(self.settings),
            "worker_class": EventLoopWorker, "timeout": STUCK_SECONDS, "graceful_timeout": STOP_SECONDS,
            "loglevel": "error", "proc_name": "gongbao", "control_socket_disable": True,
            "limit_request_line": 0, "limit_request_field_size": 16 * 1024,  # the worker limits the whole head
            # Nothing that a client sends changes scheme, host or path of a request.
            "forwarded_allow_ips": "", "secure_scheme_headers": {}, "forwarder_headers": ""}
        if self.settings.access_log != "off":
            options |= {"accesslog": "-", "access_log_format": LOG_FORMATS[self.settings.access_log]}
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """The application, the same in every worker."""
        return self._application

    def run(self) -> None:
        """Serve until SIGTERM or Ctrl+C; ends with SystemExit."""
        gc.collect()
        gc.freeze()  # what the workers share stays shared: their garbage collectors do not write to it
        gc.set_threshold(*GARBAGE)
        _Master(self).run()


class _Master(Arbiter):  # type: ignore[misc]  # the library has no types
    """Gunicorn's master, where Ctrl+C also lets requests finish; a second one does not."""

    def handle_int(self) -> None:
        self.handle_term()

    def spawn_worker(self) -> Any:
        signal.pthread_sigmask(signal.SIG_BLOCK, BLOCKED_AT_FORK)
        try:
            return super().spawn_worker()
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, BLOCKED_AT_FORK)


def worker_count(settings: WebSettings) -> int:
    """Worker processes: as set, or one for each core that this process may use."""
    if settings.workers:
        return settings.workers
    available = getattr(os, "sched_getaffinity", None)  # missing on macOS
    return len(available(0)) if available else os.cpu_count() or 1
