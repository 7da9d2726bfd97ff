"""The generated parts of commands.md and settings.md; their cog blocks call these functions (`make docs`)."""

import inspect
from collections.abc import Iterable
from dataclasses import fields
from typing import cast

import click

import gongbao
from archive.settings import ArchiveSettings, variable


def command(words: str) -> str:
    """Usage line, help text and option table of a command, which is named without `gongbao`: "demo build"."""
    found: click.Command = gongbao.main
    for word in words.split():
        found = cast(click.Group, found).commands[word]
    usage = " ".join(["gongbao", words, *found.collect_usage_pieces(click.Context(found, **found.context_settings))])
    parts = [f"    {usage}", inspect.cleandoc(found.help or "")]
    if options := [each for each in found.params if isinstance(each, click.Option)]:
        parts.append(_table(("option", "what it does"), map(_option_row, options)))
    return _block(parts)


def settings(kind: type[ArchiveSettings]) -> str:
    """Table of the settings of a package."""
    rows = ((f"`{variable(each.name)}`", "empty" if each.default in ("", None) else f"`{each.default}`",
             each.metadata["rule"].description, each.metadata["help"]) for each in fields(kind))
    return _block([_table(("variable", "default", "has to be", "what it is"), rows)])


def _option_row(option: click.Option) -> tuple[str, str]:
    """The names of an option with its value in capitals, and its help text with the default."""
    word = option.metavar or ("N" if option.type.name.startswith("whole number") else "TEXT")
    names = ", ".join(f"`{name}`" for name in sorted(option.opts, key=len))
    takes = "" if option.is_flag else f" {word}"
    default = f" Default: {option.default}." if option.show_default else ""
    return f"{names[:-1]}{takes}`", f"{option.help}{default}"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" if row else "|---" * len(head) + "|" for row in (head, (), *rows))


def _block(parts: Iterable[str]) -> str:
    """Blank lines around each part, so that Markdown tells them from the comments of cog."""
    return "\n" + "".join(f"{each}\n\n" for each in parts).rstrip("\n") + "\n"
