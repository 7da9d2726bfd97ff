"""The commands of the crawler room."""

import click

from crawler.crawling import crawl

COMMANDS: list[click.Command] = [crawl]
