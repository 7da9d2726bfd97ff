"""Types of command-line options."""

import click


class WholeNumber(click.IntRange):
    """A whole number in a range; click would call it an "integer range" when it refuses a word."""

    name = "whole number"
