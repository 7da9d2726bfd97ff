"""Scripts of text: Han characters, the width of mixed text, its language; and names that resemble a mistyped one."""

import re
from collections.abc import Sequence
from difflib import get_close_matches

# 贸 · 貿
HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
# T · é
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]")
HAN_WIDTH = 2.5  # Latin letters that carry as much text as one Han character


def text_width(text: str) -> float:
    """The length of a text in Latin letters: a Han character counts as HAN_WIDTH of them.

    >>> text_width("WTO规则")
    8.0
    """
    return len(text) + len(HAN.findall(text)) * (HAN_WIDTH - 1)


def language(text: str) -> str:
    """The language of a text by its script: "zh", "en", or "und" without letters of either.

    >>> language("商务部 MOFCOM 发布公告"), language("CCCME (机电商会) held a conference"), language("2025-10")
    ('zh', 'en', 'und')
    """
    han, latin = len(HAN.findall(text)), len(_LATIN.findall(text))
    if not han and not latin:
        return "und"
    return "zh" if han * HAN_WIDTH >= latin else "en"


def nearest_name(typed: str, known: Sequence[str]) -> str | None:
    """The known name that a mistyped one resembles most, None if there is none.

    >>> nearest_name("organisation", ("topic", "org")), nearest_name("GONGBAO_DTAA", ("GONGBAO_DATA",))
    ('org', 'GONGBAO_DATA')
    >>> nearest_name("limit", ("topic", "org"))
    """
    close = get_close_matches(typed, known, n=1, cutoff=0.7)
    begun = [each for each in known if typed and (typed.startswith(each) or each.startswith(typed))]
    return next(iter([*close, *begun]), None)
