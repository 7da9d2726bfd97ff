"""Relations between China and another side: by the pair's word, or by the other side in a text on trade. Pure."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from indexer.documents.alias_matches import Match
from indexer.documents.document import Reason
from indexer.documents.grading import Places, topic_reason
from indexer.documents.release_text import ReleaseText
from indexer.vocabulary.entry import VocabularyEntry

RELATIONS = "relations"

# Words without which a text on another country is politics, defence or travel
_TRADE = re.compile(
    "经贸|贸易|关税|加征|出口|进口|投资|采购|实体清单|"
    "管制|反倾销|反补贴|301|世贸|合作区|承包|"
    "trade|tariff|export|import|invest|duties|duty|dumping")
# Words of business, which are enough where the title names the pair
_BUSINESS = re.compile(
    _TRADE.pattern + "|市场|企业|产业|产品|经济|金融|工程|项目|"
    "compan|enterprise|econom|market|business|project|industr")
# After the other side where its firms are meant, not its government: "3家[美国]相关企业"
_FIRMS = re.compile("[^，。、；]{0,8}?(?:企业|公司|实体|银行|机构)| (?:firm|compan|entit|enterprise|busines)")
# The Chinese side: "就美方…", "对华", "商务部公告", "China"; not "美国商务部"
_CHINA = re.compile(
    "中方|我们|我方|对华|在华|涉华|我国|中国|中企|(?<![国美日韩盟印俄英])"
    "(?:商务部|外交部|海关总署|国务院)|china|chinese|mofcom|prc\\b|people's republic")


@dataclass(frozen=True, slots=True)
class _Paragraphs:
    """Paragraphs of a body: the starts of all, those that name trade, and those that name China too, with offsets."""

    starts: tuple[int, ...]
    trade: frozenset[int]
    with_china: tuple[tuple[int, str], ...]

    @classmethod
    def of(cls, body: str) -> "_Paragraphs":
        """The paragraphs of a folded body."""
        lines = body.split("\n")
        starts = tuple(accumulate((len(each) + 1 for each in lines[:-1]), initial=0))
        trade = [(start, line) for start, line in zip(starts, lines, strict=True) if _TRADE.search(line)]
        with_china = tuple(each for each in trade if _CHINA.search(each[1]))
        return cls(starts, frozenset(start for start, _ in trade), with_china)

    def is_trade(self, offset: int) -> bool:
        """True where the paragraph of an offset names trade."""
        return self.starts[bisect_right(self.starts, offset) - 1] in self.trade


def relation_places(text: ReleaseText, entries: Mapping[str, VocabularyEntry],
                    found: Mapping[str, Places]) -> dict[str, tuple[Places, Reason]]:
    """The relations of a text with their places and reasons.

    A relation needs words of trade beside its own: a naval exercise makes none. In a conference, where most questions
    are politics, it needs as much as a word of everyday use. It is plain without the pair's word where the title names
    the other side beside China.
    """
    relations, paragraphs = {}, _Paragraphs.of(text.body.folded)
    for entry in entries.values():
        if entry.kind != RELATIONS:
            continue
        places = _with_other_side(text, entry, found.get(entry.id, Places((), ())), paragraphs)
        if places.title or places.body:
            relations[entry.id] = _graded(text, entry, places, paragraphs)
    return relations


def _with_other_side(text: ReleaseText, entry: VocabularyEntry, places: Places,
                     paragraphs: _Paragraphs) -> Places:
    """The places of a relation with those of the other side's name, which count where China is the one side."""
    if entry.other_side is None:
        return places
    title = text.title.folded
    sides = tuple(Match(each.start(), each.end(), entry.id) for each in entry.other_side.finditer(title)
                  if not _FIRMS.match(title, each.end()))
    if sides and not places.title and _CHINA.search(title) and (paragraphs.trade or _TRADE.search(title)):
        places = replace(places, title=sides)
    return replace(places, body=_merged(places.body, _sides(paragraphs.with_china, entry.other_side, entry.id)))


def _sides(paragraphs: Sequence[tuple[int, str]], pattern: re.Pattern[str], name: str) -> Iterator[Match]:
    """The first mention of the other side in each of these paragraphs."""
    for start, line in paragraphs:
        if found := pattern.search(line):
            yield Match(start + found.start(), start + found.end(), name)


def _merged(found: Sequence[Match], more: Iterable[Match]) -> tuple[Match, ...]:
    """The matches in reading order, without those of `more` that overlap others."""
    ends = [each.end for each in found]
    kept = [*found]
    for each in more:
        following = bisect_right(ends, each.start)
        if following == len(found) or each.end <= found[following].start:
            kept.append(each)
    return tuple(sorted(kept, key=lambda each: each.start))


def _graded(text: ReleaseText, entry: VocabularyEntry, places: Places,
            paragraphs: _Paragraphs) -> tuple[Places, Reason]:
    near = tuple(each for each in places.body if paragraphs.is_trade(each.start))
    title = places.title if near or any(_BUSINESS.search(each.folded) for each in text.fields) else ()
    if not title and entry.other_side and _is_of_firms(text, entry.other_side):
        return places, Reason.NAMED
    return places, topic_reason(text, Places(title, near), entry.generic or bool(text.parts))


def _is_of_firms(text: ReleaseText, other_side: re.Pattern[str]) -> bool:
    """True where the title names firms of the other side."""
    return any(_FIRMS.match(text.title.folded, each.end()) for each in other_side.finditer(text.title.folded))
