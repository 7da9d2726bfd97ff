"""Mojibake: text that was decoded with the wrong charset before it was published."""

import re

from archive.text import HAN

# UTF-8 read as GB 18030 (鍟嗗姟閮 for 商务部): its bytes are three of UTF-8's three-byte characters in a row, or two
# that stand alone. GB 18030 writes no Chinese text so, since it would be of rare characters only.
_AS_GB = re.compile(rb"(?:[\xe2-\xef][\x80-\xbf]{2}){3}"
                    rb"|(?<![\x80-\xff])(?:[\xe3-\xe9\xef][\x80-\xbf]{2}){2}(?![\x80-\xff])"
                    # don鈥檛: a curly quote, a dash or an ellipsis
                    rb"|\xe2\x80[\x93\x94\x98\x99\x9c\x9d\xa6]")
# One of UTF-8's three-byte characters; where they are as many as a third of the line's, the others lost a byte.
_UTF_8 = re.compile(rb"[\xe2-\xef][\x80-\xbf]{2}")
_SHARE = 0.35
# 鈥?the · years鈥: what is left of a curly quote whose last byte was lost
_CUT_QUOTE = re.compile(r"[A-Za-z]鈥|鈥[?\ufffd€]?[A-Za-z]")
# 锟斤拷: two U+FFFD read as GB 18030; in quotation marks it is spoken of
_LOST = re.compile(r"(?<![“‘「『《\"'])锟斤拷")
# donâ€™t · CafÃ© · å•†åŠ¡ · ï»¿: UTF-8 read as Latin-1
_AS_LATIN = re.compile(r"â€[\u0080-\u00bf–—‘’“”…˜™œ]|[ÂÃ][\u0080-\u00a9\u00ab-\u00b9\u00bb-\u00bf]|ï»¿"
                       r"|(?:[ä-é][\u0080-\u00bf\u0152-\u2122]{2}){2}")
# ÉÌÎñ²¿: GB 18030 read as Latin-1
_LATIN_RUN = re.compile(r"[\u00a1-\u00ff]{6,}")
# ϲƷ˾: GB 18030 read as UTF-8, what was no UTF-8 left out; letters of old or far scripts, of which no word mixes two
_SCRIPTS = tuple(re.compile(rf"[{each}]") for each in (
    "\u0180-\u01cc\u01dd-\u02af", "\u0370-\u0377\u03cf-\u03ff", "\u0460-\u052f", "\u0531-\u05f4", "\u0620-\u06ff",
    "\u0700-\u07ff"))
_WORD = re.compile(r"[^\W\d_\x00-\x7f]{2,}")
# What a Chinese page writes in three bytes of UTF-8; 飓风，飓风 as bytes would be Korean, 查看存储设备 of the Yi.
_MEANT = re.compile(r"[\u2010-\u203b\u3000-\u301f\u4e00-\u9fa5\uff01-\uff5e\ufffd]*")
# This many marks, and more than one in ten characters, are no stray bytes.
_MARKS = 3
_MARKED = 0.1


def mojibake(text: str) -> str | None:
    """The first piece of the text, line by line, that was decoded with the wrong charset; None if there is none.

    One rare character is no mojibake, a few stray bytes are none either.

    >>> mojibake("I don鈥檛 have any announcement"), mojibake("“鈥”字读作hé")
    ('鈥檛', None)
    """
    if text.isascii():
        return None
    return next((piece for line in text.split("\n") if (piece := _garbled(line))), None)


def _garbled(line: str) -> str | None:
    if line.isascii():
        return None
    as_gb = _as_gb(line)
    if as_gb:
        return as_gb
    match = _CUT_QUOTE.search(line) or _LOST.search(line) or _AS_LATIN.search(line)
    if match:
        return match[0]
    marks = line.count("\ufffd")
    if marks >= _MARKS and marks > len(line) * _MARKED:
        return "\ufffd" * marks
    return _latin_run(line) or _mixed(line)


def _as_gb(line: str) -> str | None:
    # Half a pair of UTF-16, as numeric entities make it, is no character of any charset.
    written = line.encode("gb18030", "ignore")
    begun = 0
    for match in _AS_GB.finditer(written):
        if _is_whole(written[begun:match.start()]) and _MEANT.fullmatch(match[0].decode("utf-8", "replace")):
            return written[match.start():match.end() + 1].decode("gb18030", "ignore")
        begun = match.start() - 1  # the bytes only look so: they begin in the middle of a character
    several = sum(bool(_MEANT.fullmatch(each.decode("utf-8", "replace"))) for each in _UTF_8.findall(written))
    dense = several >= _MARKS and several > _SHARE * (len(line) - len(line.encode("ascii", "ignore")))
    return line[:_MARKS] if dense else None


def _is_whole(written: bytes) -> bool:
    try:
        written.decode("gb18030")
    except UnicodeDecodeError:
        return False
    return True


def _latin_run(line: str) -> str | None:
    for match in _LATIN_RUN.finditer(line):
        meant = match[0].encode("latin-1").decode("gb18030", "ignore")
        if len(set(match[0])) > _MARKS and len(HAN.findall(meant)) >= len(match[0]) / 3:
            return match[0]
    return None


def _mixed(line: str) -> str | None:
    return next(filter(_is_mixed, _WORD.findall(line)), None) if _is_mixed(line) else None


def _is_mixed(text: str) -> bool:
    return sum(bool(script.search(text)) for script in _SCRIPTS) > 1
