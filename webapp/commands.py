"""`gongbao serve`: the site on waitress, a production WSGI server."""

import logging
import os
import socket
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from archive.errors import GongbaoError
from archive.settings import from_environment
from webapp.settings import WebSettings

if TYPE_CHECKING:
    from waitress.server import BaseWSGIServer


class ServeError(GongbaoError):
    """The server cannot listen on the host and port of the settings."""


@click.command()
@click.option("--host", help="Address to listen on (GONGBAO_HOST); 0.0.0.0 opens the site to other machines.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on (GONGBAO_PORT); 0 takes any free one.")
def serve(host: str | None, port: int | None) -> None:
    """Serve the archive as a web site until Ctrl+C."""
    settings = from_environment(WebSettings, os.environ)
    settings = replace(settings, host=host or settings.host, port=settings.port if port is None else port)
    server = listen(settings)
    if not settings.has_store():
        click.echo(f"gongbao: there is no archive in {settings.data.absolute()} yet; the site shows one as soon as "
                   "it is filled. If there should be one, name its folder with --data or GONGBAO_DATA", err=True)
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # it warns whenever a request waits
    click.echo(f"The archive in {settings.data} is at {browser_url(settings.host, server.effective_port)}")
    server.run()


def listen(settings: WebSettings) -> "BaseWSGIServer":
    """A server bound to its port, not running yet; raises ServeError if the port cannot be bound.

    A missing archive is no error: the site opens one that appears later. A missing database driver raises StoreError,
    because a driver that is installed later is not found without a restart.
    """
    from waitress import create_server

    from archive.db.store import require_driver
    from webapp import create_app

    require_driver(settings)
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        listening = socket.create_server((settings.host, settings.port), family=family)
    except OSError as error:
        raise ServeError(f"cannot listen on {settings.host} port {settings.port}: {error.strerror or error}; "
                         "choose another with --host and --port") from error
    app = create_app(settings)
    app.test_client().get("/search?q=公报")  # warm-up: load engine and dictionaries before the first reader searches
    return create_server(app, sockets=[listening], threads=settings.threads, ident="gongbao",
                         clear_untrusted_proxy_headers=True)


def browser_url(host: str, port: int) -> str:
    """URL to open in a browser on this machine.

    >>> browser_url("0.0.0.0", 8000), browser_url("::1", 80)
    ('http://127.0.0.1:8000/', 'http://[::1]:80/')
    """
    reachable = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "": "127.0.0.1"}.get(host, host)  # noqa: S104
    return f"http://{f'[{reachable}]' if ':' in reachable.strip('[]') and '[' not in reachable else reachable}:{port}/"


COMMANDS: list[click.Command] = [serve]
