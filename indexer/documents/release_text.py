"""Text of a release as tagging reads it: folded title and body, its lead, its questions. Pure."""

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from indexer.documents.alias_matches import grams
from indexer.vocabulary.entry import normalize_text

LEAD = {True: 120, False: 320}
"""Characters of the lead, of a Chinese text and of others, where its first paragraph is longer."""
_SHORT = {True: 400, False: 1000}
"""Characters up to which a text is all lead."""
_LEAST_QUESTIONS = 3

# A paragraph with which a question begins: "问：…", "Q: …", "Xinhua News Agency: …?"
_QUESTION = re.compile(
    r"^\s*(?:(?:追?问|有?记者问?)[:：]|q ?[:：]|follow.?up[:：]|[^\n]{2,60}[:：][^\n]{0,600}[?？])", re.MULTILINE)

# The end of a sentence: "决定。", "decided. The"
_SENTENCE_END = re.compile(r"[。！？\n]|\. (?=[a-z\"“(])|\.$")


@dataclass(frozen=True)
class FieldText:
    """Title or body: the text as given and its folded form, which is as long."""

    name: str
    text: str
    folded: str

    @cached_property
    def grams(self) -> set[str]:
        """The grams of the folded text, by which aliases are looked up."""
        return grams(self.folded)


@dataclass(frozen=True)
class ReleaseText:
    """Title and body of a release."""

    title: FieldText
    body: FieldText

    @classmethod
    def of(cls, title: str, body: str) -> "ReleaseText":
        """The text of these fields."""
        return cls(FieldText("title", title, normalize_text(title)), FieldText("body", body, normalize_text(body)))

    @property
    def fields(self) -> tuple[FieldText, FieldText]:
        """Title and body."""
        return self.title, self.body

    @cached_property
    def is_chinese(self) -> bool:
        """True where a third of the body's first characters are Chinese."""
        head = self.body.text[:600] or self.title.text
        return sum("\u4e00" <= each <= "\u9fff" for each in head) * 3 > len(head)

    @cached_property
    def lead_end(self) -> int:
        """The end of the lead: of the first paragraph, at least of LEAD characters; of a short text its end."""
        body, chinese = self.body.text, self.is_chinese
        if len(body) <= _SHORT[chinese]:
            return len(body)
        start = len(body) - len(body.lstrip())
        paragraph = body.find("\n", start + LEAD[chinese] // 3)
        return min(paragraph if paragraph >= 0 else len(body), start + LEAD[chinese] * 2)

    @cached_property
    def first_sentence_end(self) -> int:
        """The end of the body's first sentence; of a conference the start of the body, since it has many subjects."""
        found = None if self.parts else _SENTENCE_END.search(self.body.folded, 20)
        return 0 if self.parts else found.start() if found else len(self.body.folded)

    @cached_property
    def parts(self) -> tuple[tuple[int, int], ...]:
        """The spans of the opening and of each question with its answer; none below _LEAST_QUESTIONS."""
        starts = [each.start() for each in _QUESTION.finditer(self.body.folded)]
        if len(starts) < _LEAST_QUESTIONS:
            return ()
        bounds = [0, *starts, len(self.body.folded)]
        return tuple((start, end) for start, end in pairwise(bounds) if end > start or not start)

    def question_end(self, part: int) -> int:
        """The end of the question with which a part begins: of its first paragraph."""
        start, end = self.parts[part]
        line = self.body.folded.find("\n", start + 1, end)
        return line if line >= 0 else end

    def part_of(self, offset: int) -> int:
        """The number of the part of the body that an offset is in, 0 for the opening."""
        return max(0, bisect_right(self._part_starts, offset) - 1)

    @cached_property
    def _part_starts(self) -> list[int]:
        return [-1, *(start for start, _ in self.parts[1:])]
