"""The front door: one command line, whose commands live in the packages."""

import copy
import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import version
from typing import Any

import click

import crawler.commands
import demo.commands
import indexer.commands
import webapp.commands
from crawler.config import CrawlerSettings, from_environment
from crawler.errors import CrawlerError
from indexer.config import IndexerSettings
from indexer.errors import IndexerError
from webapp.config import WebSettings
from webapp.errors import WebError

ROOMS = (crawler.commands, indexer.commands, webapp.commands, demo.commands)
OURS = (CrawlerError, IndexerError, WebError)
SETTINGS = (CrawlerSettings, IndexerSettings, WebSettings)


@contextmanager
def _told() -> Iterator[None]:
    """One line on stderr for what a person can mend, which ends here: an error of ours, of the system, or Ctrl+C."""
    try:
        yield
    except OURS as error:
        _tell(str(error))
    except OSError as error:
        if error.errno == errno.EPIPE:
            raise  # whoever read what is printed has had enough; click ends then without a word
        _tell(f"the system refused something: {error}; look at the disk's space and rights, then run the command again")
    except KeyboardInterrupt:
        _tell("stopped; what was done is kept, and the same command does the rest")


def _tell(text: str) -> None:
    click.echo(f"gongbao: {' '.join(text.split())}", err=True)


class FrontDoor(click.Group):
    """A group that tells what cannot be done in one line on stderr, with exit code 1."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a defect of the program keeps its traceback, what a person can mend has none."""
        with _told():
            return super().invoke(ctx)
        return ctx.exit(1)


@click.group(cls=FrontDoor, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(version("gongbao"), prog_name="gongbao")
def main() -> None:
    """Gongbao 公报 keeps Chinese trade press releases as they were sent and makes them searchable."""


def then_index(command: click.Command) -> click.Command:
    """The same command, after which documents and index are brought up to date unless `--no-index` is given.

    What ends with an exit code (a crawl that fell short, an import with a damaged place) is indexed too, before the
    code is given: what it did keep shall be found. What ends with an error is not. The exit code is the command's own;
    only where the index cannot be made at all, a command that did its work ends with 1.
    """
    inner = _callback(command)

    def run(*args: Any, no_index: bool, **kwargs: Any) -> Any:
        skip = no_index or bool(kwargs.get("dry_run"))
        try:
            answer = inner(*args, **kwargs)
        except (SystemExit, click.exceptions.Exit):
            if not skip:
                with _told():
                    _index()
            raise
        if not skip:
            _index()
        return answer

    followed = copy.copy(command)
    followed.callback = run
    followed.params = [
        *command.params, click.Option(["--no-index"], is_flag=True, help="Leave documents and index as they are.")]
    return followed


def after_settings(command: click.Command) -> click.Command:
    """The same command, which does not begin while any setting is wrong: it might take hours to come to that one."""
    inner = _callback(command)

    def run(*args: Any, **kwargs: Any) -> Any:
        for each in SETTINGS:
            from_environment(each, os.environ)
        return inner(*args, **kwargs)

    checked = copy.copy(command)
    checked.callback = run
    return checked


def _callback(command: click.Command) -> Callable[..., Any]:
    if command.callback is None:
        raise TypeError(f"the command {command.name} does nothing by itself")
    return command.callback


def _index() -> None:
    """The index command. Captures of earlier days that it cannot read again it tells; they are no fault of today's."""
    with suppress(SystemExit):
        click.get_current_context().invoke(main.commands["index"])


def _collect() -> None:
    for command in (each for room in ROOMS for each in room.COMMANDS):
        main.add_command(after_settings(then_index(command) if command.name in ("crawl", "import") else command))


_collect()
if __name__ == "__main__":
    main()
