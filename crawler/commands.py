"""The commands of the crawler room."""

import click

from crawler.crawling import crawl
from crawler.importing import import_captures
from crawler.readout import read

COMMANDS: list[click.Command] = [crawl, import_captures, read]
