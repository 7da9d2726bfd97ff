"""Spans of names in which the words of a topic do not count: of organizations, posts and laws. Pure."""

import re
from bisect import bisect_right
from collections.abc import Sequence

from indexer.documents.alias_matches import Match
from indexer.documents.release_text import FieldText

_AROUND = 8  # names that begin before a match and may hold it
_REACH = 90  # characters around a match that a name may extend over
_GROUNDS = ("根据", "依据", "按照", "依照", "为", "In accordance with", "Pursuant to")  # begin a sentence of law

# A Han character that a name can have: none that joins or separates, such as 的, 和, 对
_HAN = "(?![的和与对在及或等将是为了、])[\u4e00-\u9fff]"
_ZH_BODY = ("(?:(?<!公)司(?!机|法)|局(?!势|面|部)|署(?!名)|委员会|协会|学会|商会|联合会|联盟|有限公司|股份|集团|"
            "总公司|研究院|研究所|学院|大学|实验室|博物馆|仲裁|基金|党)")
# "[外贸]与发展援助部向…", but not "部门" or "部分"
_ZH_MINISTRY = "部(?![门分署件落位队级际委])"
_ZH_POST = "(?:部长|大臣|专员|司长|局长|处长|委员|秘书|总监|国务秘书)"
_ZH_LAW = "(?:法(?!律|规|院|治|人|定|庭|官|制|案|国|兰|语|方|务)|条例|办法|管理令|法案)"
# "[对外贸易]发展局", "[汽车]工业协会", "[农业]大臣"
_AFTER_ZH = re.compile(f"(?:{_HAN}){{0,8}}?(?:{_ZH_BODY}|{_ZH_POST})|(?:[与和、]?{_HAN}){{0,6}}?{_ZH_MINISTRY}")
# "[出口管制]法"
_LAW_AFTER_ZH = re.compile(f"(?:{_HAN}){{0,8}}?{_ZH_LAW}")
_UNITS = (r"(?:Department|Division|Bureau|Office|Administration|Commission(?!er)|Committee|Association|Federation|"
          r"Institute|Academy|University|Ministry|Council|Agency|Authority|Chamber|Union|Society|Center|Centre|"
          r"Corporation|Corp|Co\b|Company|Group|Inc|Ltd|Holdings|Limited|Bank|Fund|Board|Party|Branch|Secretariat|"
          r"Journal|News|Daily)")
_POSTS = (r"(?:Minister|Secretary|Commissioner|Director|Representative|Ambassador|Counsel{1,2}or|Manager|"
          r"Chair(?:man|woman)?|President|Head|Officer)")
# "[Engineering Contracting] Division", "[Foreign Trade] and Economic Commission", "[Agriculture] Commissioner"
_AFTER_EN = re.compile(rf"(?: (?:[A-Z][\w'’-]*|and|of|for|&))*? (?:{_UNITS}|{_POSTS})\b")
# "Department of [Foreign Trade]", "Minister for [Foreign Trade]"
_BEFORE_EN = re.compile(rf"(?:{_UNITS}|{_POSTS}) (?:of|for|on|in charge of) (?:the )?"
                        r"(?:[A-Z][\w'’-]*,? |and |of |the |& |for )*\Z")
# "[Foreign Trade] Law", "[Export Control] Regulations"
_LAW_AFTER_EN = re.compile(r"(?: [A-Z][\w'’-]*){0,3} (?:Law|Act|Regulations|Ordinance)\b(?! [Rr]eview)")


def without_names(found: Sequence[Match], field: FieldText, organizations: Sequence[Match]) -> list[Match]:
    """The matches of topics that are words of a text of their own, none of a name.

    A title names a law because the release is about it, unless it begins with the grounds; in the body a law is cited.
    """
    starts = [each.start for each in organizations]
    return [each for each in found
            if not _is_inside(each, _before(organizations, bisect_right(starts, each.start)))
            and not in_name(field.text, each.start, each.end)
            and (_is_subject(field) or not in_law(field.text, each.start, each.end))]


def _before(names: Sequence[Match], index: int) -> Sequence[Match]:
    return names[max(0, index - _AROUND):index]


def _is_inside(match: Match, names: Sequence[Match]) -> bool:
    return any(match.end <= each.end and (each.start, each.end) != (match.start, match.end) for each in names)


def _is_subject(field: FieldText) -> bool:
    return field.name == "title" and not field.text.startswith(_GROUNDS)


def in_name(text: str, start: int, end: int) -> bool:
    """True where the words at these offsets belong to the name of an organization or of a post.

    >>> in_name("对外贸易发展局", 0, 4), in_name("对外贸易的发展", 0, 4)
    (True, False)
    """
    if text[start] >= "\u2e80":
        return _AFTER_ZH.match(text, end, end + _REACH) is not None
    if not text[start].isupper():
        return False
    return (_AFTER_EN.match(text, end, end + _REACH) is not None
            or _BEFORE_EN.search(text, max(0, start - _REACH), start) is not None)


def in_law(text: str, start: int, end: int) -> bool:
    """True where the words at these offsets belong to the title of a law.

    >>> in_law("《中华人民共和国对外贸易法》", 8, 12), in_law("对外贸易法律服务", 0, 4)
    (True, False)
    """
    if text[start] >= "\u2e80":
        return _LAW_AFTER_ZH.match(text, end, end + _REACH) is not None
    return text[start].isupper() and _LAW_AFTER_EN.match(text, end, end + _REACH) is not None
