"""The commands of the crawler room."""

import click

from crawler.crawling import crawl
from crawler.importing import import_captures

COMMANDS: list[click.Command] = [crawl, import_captures]
