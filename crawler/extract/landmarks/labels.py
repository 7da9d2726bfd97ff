"""Labels with their values, between a title and its text: "Soruce:… Author:… Add Time:2014-10-13 00:00:00"."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from archive.messages import message
from crawler.extract.boilerplate import BARE_SALUTATION_OR_SENTENCE_END, SENTENCE_END
from crawler.extract.dates import date_end, find_date, is_date, is_dated_sentence, parse_date
from crawler.extract.fields import FieldMatch
from crawler.extract.visible_text import Line, TextFlow

# Two labels of one group are at most this far apart.
_LONGEST_VALUE = 160
_MOST_LINES = 2
# A label up to this length could be the end of a longer word: By: in Nearby:.
_SHORT_LABEL = 5
# Labels of counters, editors and categories: part of a label group on any site, and of no use as fields.
_COMMON_LABELS = (
    "Views", "Hits", "Clicks", "Click", "Reads", "Reading times", "Editor", "Category", "Column", "Visits", "Number",
    "FontSize", "Font Size", "Text size", "阅读次数", "阅读", "点击", "点击数", "浏览", "浏览次数", "责任编辑", "编辑",
    "栏目", "类别", "字体", "字号")
_LONGEST_COUNTER = 20
# 1,204 · 23次
_NUMBER = re.compile(r"[\d,.\s]+次?$")
# Text between two labels is no value where it is longer than this and ends as a sentence does.
_LONGEST_SENTENCE_VALUE = 40
# A line below its label is no value where it is longer than this, or ends as a salutation of more words does.
_LONGEST_NAME = 80
_FEW_WORDS = 2


@dataclass(frozen=True, slots=True)
class LabelGroup:
    """Labels side by side: their offsets in the flow, the last line they reach, their values ('' where empty)."""

    start: int
    end: int
    last_line: int
    values: dict[str, FieldMatch]


def find_label_groups(flow: TextFlow, labels: Sequence[str], anchor: str) -> list[LabelGroup]:
    """Label groups that hold the anchor, in the order of the text.

    Counters, editors and categories beside the labels belong to their group, though `labels` does not name them.
    """
    labels = (*labels, *(each for each in _COMMON_LABELS if each not in labels))
    matches = [each for each in _labels_regex(labels).finditer(flow.text) if not _is_sentence_start(flow, each)]
    groups: list[list[re.Match[str]]] = []
    for match in matches:
        if groups and _continues_group(flow, groups[-1], match):
            groups[-1].append(match)
        else:
            groups.append([match])
    return [_label_group(flow, labels, group, anchor) for group in groups
            if any(_label_of(labels, each) == anchor for each in group)]


@cache
def _labels_regex(labels: tuple[str, ...]) -> re.Pattern[str]:
    r"""Regex with one group for each label; any white space may part its words: Add\s*Time\s*[:：]+."""
    return re.compile("(?:" + "|".join(f"({_label_regex(each)})" for each in labels) + r")\s*[:：]+")


def _label_regex(label: str) -> str:
    """Regex of one label, 来源 also as 来 源; a short English one does not match the end of a longer word (Nearby:)."""
    if not label.isascii():
        return r"\s*".join(map(re.escape, label))
    words = r"\s*".join(map(re.escape, label.split()))
    return words if len(label) > _SHORT_LABEL else rf"(?<![A-Za-z]){words}"


def _label_of(labels: Sequence[str], match: re.Match[str]) -> str:
    return labels[(match.lastindex or 1) - 1]


def _is_sentence_start(flow: TextFlow, match: re.Match[str]) -> bool:
    """True for a label's words that begin a sentence: "Release Date: 1 May was set for the second edition."."""
    rest, end = flow.rest_of_line(match.end(), _LONGEST_VALUE).strip(), flow.line_end(match.end())
    line_end = flow.text[max(match.end(), end - 2):end]
    return bool(SENTENCE_END.search(line_end)) and (rest[:1].islower() or is_dated_sentence(rest))


def _continues_group(flow: TextFlow, group: list[re.Match[str]], match: re.Match[str]) -> bool:
    """True for a label that the group does not hold yet, with no more than a value between it and the last one."""
    between = flow.text[group[-1].end():match.start()]
    is_new = match.lastindex not in {each.lastindex for each in group}
    beside, *below = between.split("\n")
    ends = BARE_SALUTATION_OR_SENTENCE_END.search
    is_text = (len(beside) > _LONGEST_SENTENCE_VALUE and ends(beside)) or any(
        len(line) > _LONGEST_NAME or (ends(line) and len(line.split()) > _FEW_WORDS) for line in below)
    return is_new and not is_text and len(between) <= _LONGEST_VALUE and between.count("\n") <= _MOST_LINES


def _label_group(flow: TextFlow, labels: Sequence[str], group: list[re.Match[str]], anchor: str) -> LabelGroup:
    values = {}
    for match, following in pairwise(group):
        text = " ".join(flow.text[match.end():following.start()].split())
        if _label_of(labels, match) == anchor and not date_end(text) and find_date(text):
            text = ""  # a date inside other text is the date of something else
        values[_label_of(labels, match)] = FieldMatch(text, message("label", label=match[0].strip()))
    last = group[-1]
    is_anchor = _label_of(labels, last) == anchor
    text, end = _last_date(flow, last.end()) if is_anchor else _last_value(flow, last.end())
    values[_label_of(labels, last)] = FieldMatch(text, message("label", label=last[0].strip()))
    return LabelGroup(group[0].start(), end, flow.line_at(max(last.start(), end - 1)), values)


def _last_date(flow: TextFlow, start: int) -> tuple[str, int]:
    """Date after the last label and its end offset: on the label's line, or alone on the next; '' if there is none."""
    rest = flow.rest_of_line(start, _LONGEST_VALUE)
    end = date_end(rest) or (len(rest) if _is_partial_date(rest) else 0)
    if end:
        return rest[:end].strip(), start + end
    below = flow.line_at(start) + 1
    if not rest.strip() and below < len(flow.lines) and _is_partial_date(flow.lines[below].text):
        return flow.lines[below].text, flow.starts[below] + len(flow.lines[below].text)
    return "", start


def _is_partial_date(text: str) -> bool:
    """True for a text that is a day, a month or a year and nothing else."""
    return is_date(text) or bool(len(text) <= _LONGEST_VALUE and not find_date(text) and parse_date(text))


def _last_value(flow: TextFlow, start: int) -> tuple[str, int]:
    """Value of the last label and its end offset: the rest of its line, else a counter or a cell on the next line."""
    rest = flow.rest_of_line(start, _LONGEST_VALUE).strip()
    if rest:
        return rest, flow.line_end(start)
    last = flow.line_at(start)
    below = flow.lines[last + 1] if last + 1 < len(flow.lines) else None
    if below and len(below.text) <= _LONGEST_COUNTER and (
            _NUMBER.match(below.text) or _is_cell(below, flow.lines[last])):
        return below.text, flow.starts[last + 1] + len(below.text)
    return "", flow.line_end(start)


def _is_cell(line: Line, label: Line) -> bool:
    """True for a line in the table row or list of a label, unless it ends as a sentence or salutation does."""
    parent = line.owner.getparent()
    return (parent is not None and parent.tag in ("tr", "dl", "ul", "ol") and label.owner.getparent() is parent
            and not BARE_SALUTATION_OR_SENTENCE_END.search(line.text))
