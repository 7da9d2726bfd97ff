"""The labelled lines between a title and its text: "Soruce:… Author:… Add Time:2014-10-13 00:00:00"."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from crawler.extract.dates import find_moment, is_moment
from crawler.extract.fields import Found
from crawler.extract.flow import Flow

# Between two labels that belong together stands at most this much.
_VALUE_LENGTH = 160
_VALUE_LINES = 2


@dataclass(frozen=True, slots=True)
class Info:
    """Where the labels begin in the flow, the last line they reach to, what each says (an empty label says ''), and
    what else follows on that line."""

    start: int
    last_line: int
    values: dict[str, Found]
    remainder: str


def find_infos(flow: Flow, labels: Sequence[str], anchor: str) -> list[Info]:
    """Every group of labels in the flow that holds the anchor, in order."""
    matches = list(_pattern(tuple(labels)).finditer(flow.text))
    groups: list[list[re.Match[str]]] = []
    for match in matches:
        if groups and _belongs(flow, groups[-1], match):
            groups[-1].append(match)
        else:
            groups.append([match])
    return [_info(flow, labels, group) for group in groups if any(_name(labels, each) == anchor for each in group)]


@cache
def _pattern(labels: tuple[str, ...]) -> re.Pattern[str]:
    r"""Each label as a group of its own, blanks and line ends anywhere between its words: Add\s*Time\s*[:：]+."""
    spelled = (r"\s*".join(map(re.escape, label.split())) for label in labels)
    return re.compile(r"(?<![A-Za-z])(?:" + "|".join(f"({each})" for each in spelled) + r")\s*[:：]+")


def _name(labels: Sequence[str], match: re.Match[str]) -> str:
    return labels[(match.lastindex or 1) - 1]


def _belongs(flow: Flow, group: list[re.Match[str]], match: re.Match[str]) -> bool:
    between = flow.text[group[-1].end():match.start()]
    fresh = match.lastindex not in {each.lastindex for each in group}
    return fresh and len(between) <= _VALUE_LENGTH and between.count("\n") <= _VALUE_LINES


def _info(flow: Flow, labels: Sequence[str], group: list[re.Match[str]]) -> Info:
    values = {}
    for match, following in pairwise(group):
        text = " ".join(flow.text[match.end():following.start()].split())
        values[_name(labels, match)] = Found(text, f"label {match[0].strip()!r}")
    last = group[-1]
    text, end = _last_value(flow, last.end())
    values[_name(labels, last)] = Found(text, f"label {last[0].strip()!r}")
    return Info(group[0].start(), flow.line_at(max(last.start(), end - 1)), values, flow.rest_of_line(end).strip())


def _last_value(flow: Flow, start: int) -> tuple[str, int]:
    """The value of the last label and the offset of its end: a time on its line or alone on the next, else the line."""
    rest = flow.rest_of_line(start)
    moment = re.match(r"\s*[\d年月日/:.\-\s]+", rest)
    if moment and find_moment(moment[0]):
        return moment[0].strip(), start + moment.end()
    if not rest.strip():
        below = flow.line_at(start) + 1
        if below < len(flow.lines) and is_moment(flow.lines[below].text):
            return flow.lines[below].text, flow.starts[below] + len(flow.lines[below].text)
        return "", start + len(rest)
    return rest.strip()[:_VALUE_LENGTH], start + len(rest)
