"""Commands of the crawler package: crawl, status, import and read."""

import click

from crawler.commands.crawl import crawl
from crawler.commands.import_ import import_captures
from crawler.commands.read import read
from crawler.commands.status import status

COMMANDS: list[click.Command] = [crawl, status, import_captures, read]
