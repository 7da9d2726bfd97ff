"""`gongbao demo`: serve the replica of the sites; `gongbao demo build`: fill an archive with the sample releases."""

import os

import click

from archive.options import WholeNumber
from archive.settings import from_environment
from crawler.settings import CrawlerSettings
from demo.errors import DemoError


@click.group(invoke_without_command=True)
@click.option("--port", type=WholeNumber(0, 65535), default=8100, show_default=True,
              help="Port of the replica; 0 takes any free one.")
@click.pass_context
def demo(context: click.Context, port: int) -> None:
    """Serve a local replica of the sites with sample releases.

    It runs until it is stopped with Ctrl+C, and works as a proxy: `GONGBAO_VIA=http://127.0.0.1:8100 gongbao crawl`
    collects from it instead of the real sites.
    """
    if context.invoked_subcommand is None:
        _serve(port)


def _serve(port: int) -> None:
    from demo.replica import Replica
    from demo.samples import load_releases

    try:
        replica = Replica(load_releases(), port=port)
    except OSError as error:
        raise DemoError(f"cannot listen on port {port}: {error.strerror}; choose another with --port") from error
    click.echo(f"The replica is at {replica.url}")
    replica.serve()


@demo.command()
def build() -> None:
    """Fill an archive with the sample releases.

    They are crawled from the replica, kept, read and indexed like real ones. A folder that holds captures of the live
    sites is refused.
    """
    from demo.build import build_archive
    build_archive(from_environment(CrawlerSettings, os.environ))


COMMANDS: list[click.Command] = [demo]
