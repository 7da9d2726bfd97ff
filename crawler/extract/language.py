"""Which language a text is in, by its script; what counts as a Chinese character."""

import re

# 贸 · 貿
HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
# T · é
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]")
# A Chinese character says about as much as three Latin letters.
_WEIGHT = 3


def language(text: str) -> str:
    """"zh", "en" or, where there are no letters of either, "und".

    >>> language("商务部 MOFCOM 发布公告"), language("CCCME (机电商会) held a conference"), language("2025-10")
    ('zh', 'en', 'und')
    """
    han, latin = len(HAN.findall(text)), len(_LATIN.findall(text))
    if not han and not latin:
        return "und"
    return "zh" if han * _WEIGHT >= latin else "en"
