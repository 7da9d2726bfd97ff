"""The `gongbao` command line: collects the commands of the packages, prepares captures and indexes around them."""

import copy
import errno
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import archive.commands
import crawler.commands
import demo.commands
import indexer.commands
import webapp.commands
from archive.errors import GongbaoError
from archive.output import echo, remember_folder
from archive.settings import FOLDER, ArchiveSettings, from_environment, known_variables, unknown_variables, variable
from crawler.commands.prepare import prepare_captures
from crawler.settings import CrawlerSettings
from crawler.source import all_sources
from indexer.settings import IndexerSettings
from webapp.settings import WebSettings

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from archive.check.faults import Checked, Fault

PACKAGES = (archive.commands, crawler.commands, indexer.commands, webapp.commands, demo.commands)
SETTINGS = (CrawlerSettings, IndexerSettings, WebSettings)
HELP = {"help_option_names": ["-h", "--help"]}
DATA = variable("data")
DEMO_FOLDER = "data/demo"  # sample releases stay out of the folder of real crawls
# Commands that may be the first of an archive, or need none: for all others a missing folder is a mistyped one.
BEFORE_AN_ARCHIVE = ("crawl", "import", "read", "restore", "demo")


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
        place = f": {error.filename}" if error.filename else ""
        _print_error(f"operating system error: {error.strerror or error}{place}; check disk space and permissions, "
                     "then run the command again")
    except KeyboardInterrupt:
        _print_error("stopped; what was done is kept, and the same command does the rest")


def _print_error(text: str) -> None:
    echo(f"gongbao: {' '.join(text.split())}", err=True)


class CommandGroup(click.Group):
    """A click group that prints expected errors as one line on stderr and exits with 1.

    Its help ends with the folder, the sources and the settings.
    """

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; unexpected exceptions keep their traceback."""
        with _one_line_errors():
            return super().invoke(ctx)
        return ctx.exit(1)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the end of the help: folder, sources and settings, which every command uses."""
        for title, text in (
                ("Folder", f"Commands use the archive in the folder {ArchiveSettings().data}, unless --data or {DATA} "
                           f"names another. `gongbao demo build` fills {DEMO_FOLDER}."),
                ("Sources", " ".join(each.id for each in all_sources())),
                ("Settings", "Environment variables, explained in docs/settings.md: "
                             f"{' '.join(known_variables(SETTINGS))}")):
            with formatter.section(title):
                formatter.write_text(text)


@click.group(cls=CommandGroup, context_settings={**HELP, "max_content_width": 100})
@click.version_option(version("gongbao"), prog_name="gongbao")
def main() -> None:
    """Gongbao 公报 keeps Chinese trade press releases as they were sent and makes them searchable.

    gongbao COMMAND --help, or -h, tells more about a command.
    """
    for name, nearest in unknown_variables(os.environ, SETTINGS):
        _print_error(f"{name} is no setting and has no effect"
                     f"{f'; did you mean {nearest}?' if nearest else '; `gongbao --help` lists the settings'}")


@contextmanager
def _environment(name: str, value: str) -> Iterator[None]:
    """An environment variable for the time of a command."""
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        os.environ.pop(name)
        if before is not None:
            os.environ[name] = before


def _with_common_options(command: click.Command, default: str | None = None) -> click.Command:
    """A copy of the command with `-h` and `--data`, which overrides GONGBAO_DATA for it and the index step after it.

    `default` is the folder of a command that does not use that of the settings where neither is given.
    """
    def choose(ctx: click.Context, _param: click.Parameter, value: str | None) -> None:
        if value and not FOLDER.accepts(Path(value)):
            raise click.BadParameter(f"{value!r} is refused: it has to be {FOLDER.description}")
        folder = value or (default if not os.environ.get(DATA, "").strip() else None)
        if folder:
            ctx.with_resource(_environment(DATA, folder))
            remember_folder(ctx, folder)

    copied = copy.copy(command)
    copied.context_settings = {**HELP, **command.context_settings}
    copied.params = [*command.params, click.Option(
        ["--data"], metavar="FOLDER", expose_value=False, is_eager=True, callback=choose,
        help=f"Folder of the archive, instead of {DATA}; {default or ArchiveSettings().data} where neither is given.")]
    return copied


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
    inner = _callback(command)

    def run(*, from_files: bool, **kwargs: Any) -> Any:
        return inner(from_files=from_files, prepare=partial(prepare_captures, from_files=from_files), **kwargs)

    return _with_callback(command, run)


def _with_checks(command: click.Command) -> click.Command:
    """A copy of the check command with the checks of the other packages."""
    def crawled(checked: "Checked") -> "Iterator[Fault]":
        from crawler.check import check_crawled  # loads the readers

        return check_crawled(checked)

    def indexed(checked: "Checked") -> "Iterator[Fault]":
        from indexer.check import check_index  # loads the engine

        return check_index(checked, from_environment(IndexerSettings, os.environ))

    return _with_callback(command, partial(_callback(command), checks=(crawled, indexed)))


def _with_figures(command: click.Command) -> click.Command:
    """A copy of the status command with the figures of documents and index."""
    def figures() -> "Callable[[Connection], tuple[Mapping[str, int], Sequence[str]]]":
        from indexer.status import ask_index, documents_by_source, index_status, status_lines  # loads the engine

        asked = ask_index(from_environment(IndexerSettings, os.environ))
        return lambda connection: (documents_by_source(connection), [*status_lines(index_status(connection, asked))])

    return _with_callback(command, partial(_callback(command), figures=figures))


def _after_settings(command: click.Command) -> click.Command:
    """A copy of the command that validates all settings first, not hours later when one is used.

    It also refuses a folder that does not exist, unless the command may be the first of an archive.
    """
    inner = _callback(command)

    def run(*args: Any, **kwargs: Any) -> Any:
        for each in SETTINGS:
            from_environment(each, os.environ)
        if command.name not in BEFORE_AN_ARCHIVE and not kwargs.get("backup_folder"):
            from_environment(ArchiveSettings, os.environ).require_folder()
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
    main.params = _with_common_options(main).params  # `gongbao --data FOLDER serve` works as well
    for command in (each for package in PACKAGES for each in package.COMMANDS):
        if command.name in ("crawl", "import", "restore"):
            command = then_index(command)
        elif command.name == "index":
            command = _with_preparation(command)
        elif command.name == "check":
            command = _with_checks(command)
        elif command.name == "status":
            command = _with_figures(command)
        elif isinstance(command, click.Group):  # demo
            command.add_command(_with_common_options(then_index(command.commands["build"]), DEMO_FOLDER))
        main.add_command(_with_common_options(_after_settings(command)))


_collect()
if __name__ == "__main__":
    main()
