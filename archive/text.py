"""Text: scripts (Han characters, width, language), characters that cannot be stored, similar names, plurals."""

import re
from collections.abc import Sequence
from difflib import get_close_matches
from typing import TypeVar, cast

T = TypeVar("T")

# 贸 · 貿
HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
# T · é
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]")
# NUL and lone surrogates: U+0000, U+D800
_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")
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


def counted(number: int, noun: str) -> str:
    """A number with its English noun.

    >>> counted(1, "file"), counted(3, "file")
    ('1 file', '3 files')
    """
    return f"{number} {noun}{'' if number == 1 else 's'}"


def nearest_name(typed: str, known: Sequence[str]) -> str | None:
    """The known name that a mistyped one resembles most, None if there is none.

    >>> nearest_name("organisation", ("topic", "org")), nearest_name("GONGBAO_DTAA", ("GONGBAO_DATA",))
    ('org', 'GONGBAO_DATA')
    >>> nearest_name("limit", ("topic", "org"))
    """
    close = get_close_matches(typed, known, n=1, cutoff=0.7)
    begun = [each for each in known if typed and (typed.startswith(each) or each.startswith(typed))]
    return next(iter([*close, *begun]), None)


def storable(value: T) -> T:
    """A text, or JSON-ready data of any depth, with U+FFFD for the characters that databases or UTF-8 do not take.

    >>> storable({"title": "公\\x00报", "count": 1}) == {"title": "公\\ufffd报", "count": 1}
    True
    """
    if isinstance(value, str):
        return cast(T, value if _is_storable(value) else _UNSTORABLE.sub("\ufffd", value))
    if isinstance(value, dict):
        return cast(T, {storable(key): storable(each) for key, each in value.items()})
    if isinstance(value, list | tuple):
        return cast(T, type(value)(map(storable, value)))
    return value


def _is_storable(text: str) -> bool:
    if "\x00" in text:
        return False
    try:
        text.encode()  # three times as fast as a search for surrogates
    except UnicodeEncodeError:
        return False
    return True
