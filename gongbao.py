"""The `gongbao` command line: collects the commands of the packages, prepares captures and indexes around them."""

import copy
import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from importlib.metadata import version
from typing import Any

import click

import crawler.commands
import demo.commands
import indexer.commands
import webapp.commands
from archive.errors import GongbaoError
from archive.settings import from_environment
from crawler.commands.prepare import prepare_captures
from crawler.settings import CrawlerSettings
from indexer.settings import IndexerSettings
from webapp.settings import WebSettings

PACKAGES = (crawler.commands, indexer.commands, webapp.commands, demo.commands)
SETTINGS = (CrawlerSettings, IndexerSettings, WebSettings)


@contextmanager
def _one_line_errors() -> Iterator[None]:
    """Print GongbaoError, OSError and Ctrl-C as one line on stderr, and suppress them."""
    try:
        yield
    except GongbaoError as error:
        _print_error(str(error))
    except OSError as error:
        if error.errno == errno.EPIPE:
            raise  # broken pipe (`| head`): let click exit quietly
        _print_error(f"operating system error: {error}; check disk space and permissions, "
                     "then run the command again")
    except KeyboardInterrupt:
        _print_error("stopped; what was done is kept, and the same command does the rest")


def _print_error(text: str) -> None:
    click.echo(f"gongbao: {' '.join(text.split())}", err=True)


class CommandGroup(click.Group):
    """A click group that prints expected errors as one line on stderr and exits with 1."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; unexpected exceptions keep their traceback."""
        with _one_line_errors():
            return super().invoke(ctx)
        return ctx.exit(1)


@click.group(cls=CommandGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(version("gongbao"), prog_name="gongbao")
def main() -> None:
    """Gongbao 公报 keeps Chinese trade press releases as they were sent and makes them searchable."""


def then_index(command: click.Command) -> click.Command:
    """A copy of the command that runs `gongbao index` afterwards, with the option `--no-index`.

    It also runs if the command exits with a code (a crawl that fell short, an import with faults), not if it raises.
    The exit code stays the command's; only an index that cannot be written turns success into 1.
    """
    inner = _callback(command)

    def run(*args: Any, no_index: bool, **kwargs: Any) -> Any:
        skip = no_index or bool(kwargs.get("dry_run"))
        try:
            result = inner(*args, **kwargs)
        except (SystemExit, click.exceptions.Exit):
            if not skip:
                with _one_line_errors():
                    _index()
            raise
        if not skip:
            _index()
        return result

    indexing = _with_callback(command, run)
    indexing.params = [
        *command.params, click.Option(["--no-index"], is_flag=True, help="Leave documents and index as they are.")]
    return indexing


def _with_preparation(command: click.Command) -> click.Command:
    """A copy of the index command that catalogues and re-reads captures first."""
    return _with_callback(command, partial(_callback(command), prepare=prepare_captures))


def _after_settings(command: click.Command) -> click.Command:
    """A copy of the command that validates all settings first, not hours later when one is used."""
    inner = _callback(command)

    def run(*args: Any, **kwargs: Any) -> Any:
        for each in SETTINGS:
            from_environment(each, os.environ)
        return inner(*args, **kwargs)

    return _with_callback(command, run)


def _callback(command: click.Command) -> Callable[..., Any]:
    if command.callback is None:
        raise TypeError(f"the command {command.name} does nothing by itself")
    return command.callback


def _with_callback(command: click.Command, callback: Callable[..., Any]) -> click.Command:
    copied = copy.copy(command)
    copied.callback = callback
    return copied


def _index() -> None:
    """Run the index command, and ignore its exit code for captures that cannot be re-read."""
    with suppress(SystemExit):
        click.get_current_context().invoke(main.commands["index"])


def _collect() -> None:
    for command in (each for package in PACKAGES for each in package.COMMANDS):
        if command.name in ("crawl", "import"):
            command = then_index(command)
        elif command.name == "index":
            command = _with_preparation(command)
        elif isinstance(command, click.Group):  # demo
            command.add_command(then_index(command.commands["build"]))
        main.add_command(_after_settings(command))


_collect()
if __name__ == "__main__":
    main()
