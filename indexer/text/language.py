"""Which language a text is written in, by its scripts alone."""

import re

# Latin letters with their accents: "Café", not "×" or "÷"
_LATIN = re.compile("[A-Za-zÀ-ÖØ-öø-ɏ]")
# Chinese as documents have it: "商务部", not radicals
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af]")
# Letters of scripts that are neither: "Привет", "カナ", "한국"
_OTHER = re.compile("[Ͱ-῿\u3040-\u30ff\uac00-\ud7a3]")

_WEIGHT = 3  # a Han character says about as much as three Latin letters
_SAMPLE = 4000


def language(text: str) -> str:
    """`zh`, `en`, or `und` where neither script makes up most of the text (as in a table of numbers).

    Latin letters count as English: no other language that uses them is collected.

    >>> language("商务部新闻发言人就WTO裁决答记者问"), language("MOFCOM (商务部) answers"), language("2025-09-26")
    ('zh', 'en', 'und')
    """
    sample = text[:_SAMPLE]
    han, latin, other = (_WEIGHT * len(_HAN.findall(sample)), len(_LATIN.findall(sample)),
                         _WEIGHT * len(_OTHER.findall(sample)))
    if max(han, latin) <= other:
        return "und"
    return "zh" if han >= latin else "en"
