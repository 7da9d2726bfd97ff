"""The labelled lines between a title and its text: "Soruce:… Author:… Add Time:2014-10-13 00:00:00"."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from archive.messages import message
from crawler.extract.dates import date_end, find_date, is_date, opens_sentence, parse_date
from crawler.extract.fields import FieldMatch
from crawler.extract.visible_text import Line, TextFlow

# Between two labels that belong together stands at most this much.
_VALUE_LENGTH = 160
_VALUE_LINES = 2
_SHORT_LABEL = 5
# Labels that sites put beside their own, and that say nothing about the release.
_BESIDE = (
    "Views", "Hits", "Clicks", "Click", "Reads", "Reading times", "Editor", "Category", "Column", "Visits", "Number",
    "FontSize", "Font Size", "Text size", "阅读次数", "阅读", "点击", "点击数", "浏览", "浏览次数", "责任编辑", "编辑",
    "栏目", "类别", "字体", "字号")
_COUNTER = 20
# 1,204 · 23次
_NUMBER = re.compile(r"[\d,.\s]+次?$")
# A line longer than this that ends as a sentence does is no value of a label.
_SAID = 40
# Below its label a name is not longer than this, and does not end as a salutation of several words does.
_NAME = 80
_FEW_WORDS = 2
# The second edition was printed.
_STOP = re.compile(r"[.。!！?？]\W?$")
# To all enterprises: · Beijing.
_ENDS = re.compile(r"[.!?。！？:：,，]$")


@dataclass(frozen=True, slots=True)
class LabelGroup:
    """Where labels begin and end in the flow, the last line they reach to, what each says (an empty one says '')."""

    start: int
    end: int
    last_line: int
    values: dict[str, FieldMatch]


def find_label_groups(flow: TextFlow, labels: Sequence[str], anchor: str) -> list[LabelGroup]:
    """Every group of labels in the flow that holds the anchor, in order.

    Counters, editors and categories that a site may put beside its labels belong to the group, though nobody asks.
    """
    labels = (*labels, *(each for each in _BESIDE if each not in labels))
    matches = [each for each in _pattern(labels).finditer(flow.text) if not _is_said(flow, each)]
    groups: list[list[re.Match[str]]] = []
    for match in matches:
        if groups and _belongs(flow, groups[-1], match):
            groups[-1].append(match)
        else:
            groups.append([match])
    return [_info(flow, labels, group, anchor) for group in groups
            if any(_name(labels, each) == anchor for each in group)]


@cache
def _pattern(labels: tuple[str, ...]) -> re.Pattern[str]:
    r"""Each label as a group of its own, blanks and line ends anywhere between its words: Add\s*Time\s*[:：]+."""
    return re.compile("(?:" + "|".join(f"({_spelled(each)})" for each in labels) + r")\s*[:：]+")


def _spelled(label: str) -> str:
    """A label as it may stand, 来 源 spaced out; only short words must not be the end of a longer one (Nearby:)."""
    if not label.isascii():
        return r"\s*".join(map(re.escape, label))
    words = r"\s*".join(map(re.escape, label.split()))
    return words if len(label) > _SHORT_LABEL else rf"(?<![A-Za-z]){words}"


def _name(labels: Sequence[str], match: re.Match[str]) -> str:
    return labels[(match.lastindex or 1) - 1]


def _is_said(flow: TextFlow, match: re.Match[str]) -> bool:
    """Whether a sentence begins with a label's words: "Release Date: 1 May was set for the second edition."."""
    rest, end = flow.rest_of_line(match.end(), _VALUE_LENGTH).strip(), flow.line_end(match.end())
    return bool(_STOP.search(flow.text[max(match.end(), end - 2):end])) and (rest[:1].islower() or opens_sentence(rest))


def _belongs(flow: TextFlow, group: list[re.Match[str]], match: re.Match[str]) -> bool:
    between = flow.text[group[-1].end():match.start()]
    fresh = match.lastindex not in {each.lastindex for each in group}
    beside, *below = between.split("\n")
    said = (len(beside) > _SAID and _ENDS.search(beside)) or any(
        len(line) > _NAME or (_ENDS.search(line) and len(line.split()) > _FEW_WORDS) for line in below)
    return fresh and not said and len(between) <= _VALUE_LENGTH and between.count("\n") <= _VALUE_LINES


def _info(flow: TextFlow, labels: Sequence[str], group: list[re.Match[str]], anchor: str) -> LabelGroup:
    values = {}
    for match, following in pairwise(group):
        text = " ".join(flow.text[match.end():following.start()].split())
        if _name(labels, match) == anchor and not date_end(text) and find_date(text):
            text = ""  # the time of something else
        values[_name(labels, match)] = FieldMatch(text, message("label", label=match[0].strip()))
    last = group[-1]
    timed = _name(labels, last) == anchor
    text, end = _last_time(flow, last.end()) if timed else _last_value(flow, last.end())
    values[_name(labels, last)] = FieldMatch(text, message("label", label=last[0].strip()))
    return LabelGroup(group[0].start(), end, flow.line_at(max(last.start(), end - 1)), values)


def _last_time(flow: TextFlow, start: int) -> tuple[str, int]:
    """The time after the last label and where it ends: on its line or alone on the next; '' where no time stands."""
    rest = flow.rest_of_line(start, _VALUE_LENGTH)
    end = date_end(rest) or (len(rest) if _is_time(rest) else 0)
    if end:
        return rest[:end].strip(), start + end
    below = flow.line_at(start) + 1
    if not rest.strip() and below < len(flow.lines) and _is_time(flow.lines[below].text):
        return flow.lines[below].text, flow.starts[below] + len(flow.lines[below].text)
    return "", start


def _is_time(text: str) -> bool:
    """Whether a line is a time, a month or a year and nothing else."""
    return is_date(text) or bool(len(text) <= _VALUE_LENGTH and not find_date(text) and parse_date(text))


def _last_value(flow: TextFlow, start: int) -> tuple[str, int]:
    """What the last label says, up to the end of its line, or a counter, or a short name beside it, on the next."""
    rest = flow.rest_of_line(start, _VALUE_LENGTH).strip()
    if rest:
        return rest, flow.line_end(start)
    last = flow.line_at(start)
    below = flow.lines[last + 1] if last + 1 < len(flow.lines) else None
    if below and len(below.text) <= _COUNTER and (_NUMBER.match(below.text) or _is_cell(below, flow.lines[last])):
        return below.text, flow.starts[last + 1] + len(below.text)
    return "", flow.line_end(start)


def _is_cell(line: Line, label: Line) -> bool:
    """Whether a line stands in the row or list of a label."""
    around = line.owner.getparent()
    return (around is not None and around.tag in ("tr", "dl", "ul", "ol") and label.owner.getparent() is around
            and not _ENDS.search(line.text))
