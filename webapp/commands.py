"""`gongbao serve`: the site on gunicorn, a production WSGI server, in one process for each core."""

import os
import socket
from dataclasses import replace

import click

from archive.errors import GongbaoError
from archive.options import WholeNumber
from archive.settings import from_environment
from webapp.hosts import links_notice
from webapp.settings import WebSettings

BACKLOG = 1024  # connections that the system keeps until a worker accepts them


class ServeError(GongbaoError):
    """The server cannot listen on the host and port of the settings."""


@click.command()
@click.option("--host", help="Address to listen on (GONGBAO_HOST); 0.0.0.0 opens the site to other machines.")
@click.option("--port", type=WholeNumber(0, 65535), help="Port to listen on (GONGBAO_PORT); 0 takes any free one.")
@click.option("--workers", type=WholeNumber(0, 256), metavar="N",
              help="Processes of the site (GONGBAO_WORKERS); 0 means one for each core.")
def serve(host: str | None, port: int | None, workers: int | None) -> None:
    """Serve the archive as a web site until Ctrl+C."""
    settings = from_environment(WebSettings, os.environ)
    settings = replace(settings, host=host or settings.host, port=settings.port if port is None else port,
                       workers=settings.workers if workers is None else workers)
    listening = listen(settings)
    if not settings.has_store():
        click.echo(f"gongbao: there is no archive in {settings.data.absolute()} yet; the site shows one as soon as "
                   "it is filled. If there should be one, name its folder with --data or GONGBAO_DATA", err=True)
    if notice := links_notice(settings):
        click.echo(notice)
    click.echo(f"The archive in {settings.data} is at {browser_url(settings.host, listening.getsockname()[1])}")
    _run(settings, listening)


def listen(settings: WebSettings) -> socket.socket:
    """A socket bound to the host and port of the settings; raises ServeError if they cannot be bound.

    A missing database driver raises StoreError, because one that is installed later is not found without a restart.
    """
    from archive.db.store import require_driver

    require_driver(settings)
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise ServeError(f"cannot listen on {settings.host} port {settings.port}: {error.strerror or error}; "
                         "choose another with --host and --port") from error


def _run(settings: WebSettings, listening: socket.socket) -> None:
    """Serve on a bound socket. A missing archive is no error: the site opens one that appears later."""
    from webapp import create_app
    from webapp.backend import EXTENSION
    from webapp.server.master import Site

    app = create_app(settings)
    # Warm-up: dictionaries and templates are loaded once, and all workers share them. Store and engine are closed
    # again, since neither connections nor threads survive the fork.
    app.test_client().get("/search?q=公报")
    app.extensions[EXTENSION].close()
    Site(settings, app, listening).run()


def browser_url(host: str, port: int) -> str:
    """URL to open in a browser on this machine.

    >>> browser_url("0.0.0.0", 8000), browser_url("::1", 80)
    ('http://127.0.0.1:8000/', 'http://[::1]:80/')
    """
    reachable = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "": "127.0.0.1"}.get(host, host)  # noqa: S104
    return f"http://{f'[{reachable}]' if ':' in reachable.strip('[]') and '[' not in reachable else reachable}:{port}/"


COMMANDS: list[click.Command] = [serve]
