"""Output of commands: every command of ours that a message names can be pasted as it stands."""

import re
import shlex

import click

_FOLDER = f"{__name__}.folder"  # in the meta data of click's context, which a command shares with its group
# `gongbao index --rebuild`
_COMMAND = re.compile(r"`(gongbao (?!--)[^`]+)`")


def remember_folder(context: click.Context, folder: str) -> None:
    """Keep the folder that the command line names: commands in messages repeat it."""
    context.meta[_FOLDER] = folder


def echo(text: str, *, err: bool = False) -> None:
    """Print a message; its commands repeat the option `--data` that this command was given."""
    click.echo(pasteable(text), err=err)


def pasteable(text: str) -> str:
    """The text with `--data FOLDER` in the commands of ours that it names, if this command was given that option."""
    context = click.get_current_context(silent=True)
    folder = context.meta.get(_FOLDER) if context else None
    return text if folder is None else _COMMAND.sub(lambda found: f"`{_with_folder(found[1], folder)}`", text)


def _with_folder(command: str, folder: str) -> str:
    return command if " --data " in command else f"{command} --data {shlex.quote(folder)}"
