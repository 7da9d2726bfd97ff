"""Mojibake: text that was decoded with the wrong charset before it was published."""

import re

from archive.text import HAN

# 鍟嗗姟閮 (商务部): UTF-8 read as GB 18030. Encoded again, it is three three-byte characters of UTF-8 in a row, or two
# alone. Ordinary Chinese text never is: in GB 18030 such bytes are rare characters.
_AS_GB = re.compile(rb"(?:[\xe2-\xef][\x80-\xbf]{2}){3}"
                    rb"|(?<![\x80-\xff])(?:[\xe3-\xe9\xef][\x80-\xbf]{2}){2}(?![\x80-\xff])"
                    # don鈥檛 (don’t): a curly quote, a dash or an ellipsis
                    rb"|\xe2\x80[\x93\x94\x98\x99\x9c\x9d\xa6]")
# "\xe5\x95\x86" (商): a three-byte character of UTF-8. Mojibake that lost bytes still has more of them than this share
# of the line's characters beyond ASCII.
_UTF_8 = re.compile(rb"[\xe2-\xef][\x80-\xbf]{2}")
_UTF_8_SHARE = 0.35
# 鈥?the · years鈥: a curly quote whose last byte was lost
_CUT_QUOTE = re.compile(r"[A-Za-z]鈥|鈥[?\ufffd€]?[A-Za-z]")
# 锟斤拷: two U+FFFD read as GB 18030; in quotation marks a text mentions it
_TWO_MARKS = re.compile(r"(?<![“‘「『《\"'])锟斤拷")
# donâ€™t · CafÃ© · å•†åŠ¡ · ï»¿: UTF-8 read as Latin-1
_AS_LATIN = re.compile(r"â€[\u0080-\u00bf–—‘’“”…˜™œ]|[ÂÃ][\u0080-\u00a9\u00ab-\u00b9\u00bb-\u00bf]|ï»¿"
                       r"|(?:[ä-é][\u0080-\u00bf\u0152-\u2122]{2}){2}")
# ÉÌÎñ²¿: GB 18030 read as Latin-1
_LATIN_RUN = re.compile(r"[\u00a1-\u00ff]{6,}")
# ϲƷ˾: GB 18030 read as UTF-8, invalid bytes dropped. Its words mix letters of several rare scripts.
_SCRIPTS = tuple(re.compile(rf"[{each}]") for each in (
    "\u0180-\u01cc\u01dd-\u02af", "\u0370-\u0377\u03cf-\u03ff", "\u0460-\u052f", "\u0531-\u05f4", "\u0620-\u06ff",
    "\u0700-\u07ff"))
# ϲƷ˾
_WORD = re.compile(r"[^\W\d_\x00-\x7f]{2,}")
# 商务部 · “…”: the three-byte characters of Chinese pages. The GB 18030 bytes of 飓风，飓风 decode as Korean, those of
# 查看存储设备 as Yi: these are Chinese, not mojibake.
_CHINESE = re.compile(r"[\u2010-\u203b\u3000-\u301f\u4e00-\u9fa5\uff01-\uff5e\ufffd]*")
# Fewer U+FFFD than this, or no larger share of a line's characters, are stray bytes, not mojibake.
_FEWEST_MARKS = 3
_MARK_SHARE = 0.1


def mojibake(text: str) -> str | None:
    """First mojibake in the text, line by line; None if there is none. A rare character or a few stray bytes are none.

    >>> mojibake("I don鈥檛 have any announcement"), mojibake("“鈥”字读作hé")
    ('鈥檛', None)
    """
    if text.isascii():
        return None
    return next((piece for line in text.split("\n") if (piece := _first_in_line(line))), None)


def _first_in_line(line: str) -> str | None:
    if line.isascii():
        return None
    as_gb = _as_gb(line)
    if as_gb:
        return as_gb
    match = _CUT_QUOTE.search(line) or _TWO_MARKS.search(line) or _AS_LATIN.search(line)
    if match:
        return match[0]
    marks = line.count("\ufffd")
    if marks >= _FEWEST_MARKS and marks > len(line) * _MARK_SHARE:
        return "\ufffd" * marks
    return _latin_run(line) or _mixed_scripts(line)


def _as_gb(line: str) -> str | None:
    # "ignore" drops lone surrogates, which come from numeric entities (&#55357;) and cannot be encoded.
    written = line.encode("gb18030", "ignore")
    start = 0
    for match in _AS_GB.finditer(written):
        if _is_gb18030(written[start:match.start()]) and _CHINESE.fullmatch(match[0].decode("utf-8", "replace")):
            return written[match.start():match.end() + 1].decode("gb18030", "ignore")
        start = match.start() - 1  # no match: these bytes begin inside a character
    chinese = sum(bool(_CHINESE.fullmatch(each.decode("utf-8", "replace"))) for each in _UTF_8.findall(written))
    dense = chinese >= _FEWEST_MARKS and chinese > _UTF_8_SHARE * (len(line) - len(line.encode("ascii", "ignore")))
    return line[:_FEWEST_MARKS] if dense else None


def _is_gb18030(written: bytes) -> bool:
    try:
        written.decode("gb18030")
    except UnicodeDecodeError:
        return False
    return True


def _latin_run(line: str) -> str | None:
    for match in _LATIN_RUN.finditer(line):
        decoded = match[0].encode("latin-1").decode("gb18030", "ignore")
        if len(set(match[0])) > _FEWEST_MARKS and len(HAN.findall(decoded)) >= len(match[0]) / 3:
            return match[0]
    return None


def _mixed_scripts(line: str) -> str | None:
    return next(filter(_has_mixed_scripts, _WORD.findall(line)), None) if _has_mixed_scripts(line) else None


def _has_mixed_scripts(text: str) -> bool:
    return sum(bool(script.search(text)) for script in _SCRIPTS) > 1
