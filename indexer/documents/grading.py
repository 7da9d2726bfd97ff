"""Grades of tags: what a release is about, by title, lead, repetition and form. Pure.

A topic is what the release is about if it stands in the title; in the lead, and again; or often enough in the text.
In a press conference on many subjects the opening counts as lead, and a topic needs two questions or a quarter of the
text; a question is about what it names, or what its answer names twice. An organization is what the release is about
if it stands in the title or lead, or does something in the text.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from indexer.documents.alias_matches import Match
from indexer.documents.document import Reason
from indexer.documents.release_text import ReleaseText

MOST_TOPICS = 5  # an editor files a release under few
_OFTEN = {True: 350, False: 1100}  # characters of a Chinese text, and of others, per mention
_SHARE = 4  # a topic of one question alone fills at least this part of a conference: a quarter
_OWN_MENTIONS = 4  # so often named, an organization acts, whatever the verbs
_INDENT, _BLANKS = 20, " \t\u3000\xa0"  # around a signature
_ACTING = 60  # characters after a name in which its verb stands

# What an organization does, right after its name: "商务部[新闻发言人表示]"
_ACT_ZH = re.compile(
    "[^ 　，。；、,;\\n]{0,14}?(?:宣布|决定|发布|公布|表示|指出|强调|称|回应|举行|举办|召开|会见|"
    "出席|签署|印发|启动|介绍|认为|通报|修订|更新|列入|提出|说|批准|要求|推出|发起|作出|采取|组织|牵头|"
    "派|赴|访问|承建|中标)")
# The same in English: "MOFCOM [spokesperson announced]", "CMEC ([the company) has signed]"
_ACT_EN = re.compile(
    r"(?:'s? )?(?: ?\([^)]{1,30}\))?(?: [\w.,'-]+){0,4}? (?:announce[sd]?|said|says|release[sd]?|issue[sd]?|held|"
    r"holds?|hosts?|hosted|decide[sd]?|state[sd]|signed?|signs|launch(?:ed|es)?|published|met|meets?|attend(?:s|ed)?|"
    r"visit(?:s|ed)?|le[da]d?|organi[sz]ed|impose[sd]?|determine[sd]|initiate[sd]|propose[sd]?|welcome[sd]?|urge[sd]?|"
    r"responded|spoke|delivered|won|undertook|has|have|will|is|was|are|were)\b")
# Before a name that is only referred to: "根据[世贸组织]规则", "经[国务院]批准", "in line with [WTO] rules"
_REFERRED = re.compile(
    r"(?:根据|按照|依据|依照|遵守|履行|符合|违反|经|报|在|向|"
    r"(?:\bin|under|according to|members? of|rules of|line with|consistent with) (?:the )?)\Z")
# After a name that is only referred to: "[世贸组织]规则", "[WTO] rules", "[国务院]批准"
_REFERRED_AFTER = re.compile(
    "成员|规则|框架|宪章|安理会|大会|授权|决议|改革|有关规定|其他|批准|同意|出口|进口|市场|国家|有关部门|主管部门|商务主管|"
    " rules| member| charter| framework| reform|'s rules| agreement| laws?")


@dataclass(frozen=True, slots=True)
class Places:
    """The matches of one entry in a release."""

    title: tuple[Match, ...]
    body: tuple[Match, ...]


def topic_reason(text: ReleaseText, places: Places, generic: bool) -> Reason:
    """The reason of a topic's grade; NAMED where the release only mentions it."""
    if places.title:
        return Reason.TITLE
    if text.parts:
        return _conference_reason(text, places.body, generic)
    in_lead = [each for each in places.body if each.start < text.lead_end]
    enough = len(places.body) >= (3 if generic else 2)
    if in_lead and enough:
        return Reason.LEAD
    wanted = max(5 if generic else 3, len(text.body.text) / _OFTEN[text.is_chinese])
    return Reason.REPEATED if len(places.body) >= wanted else Reason.NAMED


def _conference_reason(text: ReleaseText, found: Sequence[Match], generic: bool) -> Reason:
    """The reason where the text has questions on many subjects."""
    counts: dict[int, int] = {}
    for each in found:
        part = text.part_of(each.start)
        asked = part > 0 and not generic and each.start < text.question_end(part)
        counts[part] = counts.get(part, 0) + (2 if asked else 1)
    strong = [part for part, count in counts.items() if count >= (3 if generic else 2)]
    opening = text.parts[0]
    if 0 in strong and opening[1] - opening[0] > 60:
        return Reason.LEAD
    size = sum(text.parts[part][1] - text.parts[part][0] for part in strong)
    return Reason.REPEATED if len(strong) > 1 or size * _SHARE >= len(text.body.text) else Reason.NAMED


def organization_reason(text: ReleaseText, places: Places) -> Reason:
    """The reason of an organization's grade; NAMED where the release only mentions it."""
    if any(not _is_referred(text.title.folded, each) for each in places.title):
        return Reason.TITLE
    own = [each for each in places.body if not _is_referred(text.body.folded, each)]
    if any(_stands_alone(text.body.text, each) for each in places.body):
        return Reason.SIGNATURE
    if not text.parts and any(each.start < text.lead_end for each in own):
        return Reason.LEAD
    acts = sum(_acts(text, each) for each in own)
    if acts >= (2 if text.parts else 1) or len(own) >= _OWN_MENTIONS:
        return Reason.REPEATED
    return Reason.NAMED


def _is_referred(folded: str, match: Match) -> bool:
    return (_REFERRED.search(folded, max(0, match.start - 12), match.start) is not None
            or _REFERRED_AFTER.match(folded, match.end, match.end + 20) is not None)


def _stands_alone(body: str, match: Match) -> bool:
    """True for a name that is a line of its own, as a signature is."""
    before = "\n" + body[:match.start] if match.start < _INDENT else body[match.start - _INDENT:match.start]
    after = body[match.end:match.end + _INDENT] + ("\n" if match.end + _INDENT >= len(body) else "")
    is_whole = match.end - match.start == len(body.strip())
    return before.rstrip(_BLANKS).endswith("\n") and after.lstrip(_BLANKS).startswith("\n") and not is_whole


def _acts(text: ReleaseText, match: Match) -> bool:
    pattern = _ACT_ZH if text.body.text[match.end - 1] >= "\u2e80" or text.is_chinese else _ACT_EN
    return pattern.match(text.body.folded, match.end, match.end + _ACTING) is not None
