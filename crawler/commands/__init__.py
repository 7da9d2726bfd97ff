"""Commands of the crawler package: crawl, import and read."""

import click

from crawler.commands.crawl import crawl
from crawler.commands.import_ import import_captures
from crawler.commands.read import read

COMMANDS: list[click.Command] = [crawl, import_captures, read]
