"""Which lines of a page are its machinery (menus, tools, footers) and not what it says."""

import re

from lxml.etree import _Element as Element

from archive.text import HAN, text_width
from crawler.extract.visible_text import Line

# From such a line on there is no article any more.
_END = re.compile(
    r"""^\W*(?:
      copyright\s*(?:©|\(c\)|@|(?:19|20)\d\d|by\b|reserved|\W*$|policy|.{1,60}(?:19|20)\d\d\W*$)|©|\(c\)\s*(?:19|20)\d\d|版权所有|著作权归
      |主办单位|承办单位|技术支持|网站标识码|网站地图|友情链接|相关链接|ICP\s+licen[cs]e|(?:sponsored|hosted)\s+by\s*[:：]
      |(?:previous|prev|next)(?:\s+(?:article|page|news|one|post))?\s*[:：]|[上下]一[篇页条则](?:\W*$|\s*[:：】\]>»])|(?:previous|prev)\W*$
      |related\s+(?:articles?|news|readings?|links?|information|stories|posts?|content)\s*(?:\W*$|[:：])
      |相关(?:新闻|阅读|文章|报道|信息)\W*$|推荐(?:阅读|新闻|文章)\W*$|热[点门](?:新闻|文章|推荐)|最新(?:新闻|文章|动态)\W*$
      |recommended\b.{0,20}$|(?:hot|latest|popular|recent)\s+(?:news|topics?|articles?|posts?)\W*$
      |most\s+(?:read|viewed|popular)\W*$|(?:top|more)\s+(?:stories|news)\W*$|comments?\s*\(\d+\)|leave\s+a\s+comment|发表评论
      |powered\s+by\b|technical(?:ly)?\s+support\s*[:：]|designed\s+(?:and\s+\w+\s+)?by\b|contribute\s+copyright\s+policy
      |add\s+to\s+favou?rites?|(?:xml|sitemap)\s*地图|big\s+medium(?:-sized)?\s+small|friend(?:ly|ship)?\s+links?\W*$
      |about\s+(?:us|the\s+(?:chamber|company|organi[sz]ation|site))\W*$|contact\s+us\W*$
      |(?:add(?:ress)?|地址)\s*[:：].*(?:tel|fax|zip|post\s?code|e-?mail|电话|传真|邮编)
      |disclaimer\W*(?:$|[:：])|(?:免责|版权)声明\s*[:：]|扫描?(?:下方|上方)?二维码
      |last\s+(?:updated?|modified)(?:\s+(?:on|at|time|date))?\s*[:：]|you\s+may\s+(?:also\s+)?(?:like|be\s+interested)
    )|\ball\s+rights\s+reserved\b(?!\s+\w+\s+the)|ICP\s*(?:备|Bei|No)|公网安备|版权所有
      |\b(?:hosted|sponsored)\s+by\s+the\s+\w+\s+department\W*$""",
    re.IGNORECASE | re.VERBOSE)
# 上一篇 商会组团参加春季展, as a link
_NEIGHBOUR = re.compile(r"\W*[上下]一[篇页条则]")
# Copyright 2014 CCCME · 京ICP备05004093号: whatever stands below it.
_FOOTER = re.compile(
    r"^\W*(?:copyright\s*(?:©|\(c\)|@|(?:19|20)\d\d|.{1,60}(?:19|20)\d\d\W*$)|©|\(c\)\s*(?:19|20)\d\d)|版权所有|ICP\s*(?:备|Bei|No)|公网安备"
    r"|\ball\s+rights\s+reserved\W*(?:$|\d|[^\sa-z])", re.IGNORECASE)
# Tools and menu words that may stand between title and text, or between paragraphs: no text, but no end either.
_TOOL = re.compile(
    r"""^(?:\W*(?:
      home|about(?:\s+us)?|contact(?:\s+us)?|site\s*map|privacy(?:\s+policy)?|terms(?:\s+of\s+(?:use|service))?|legal(?:\s+notices?)?|disclaimers?|feedback|help|faq
      |links?|back(?:\s+to\s+(?:top|list))?|top|print(?:\s+this\s+page)?|close(?:\s+(?:this\s+)?window)?|share(?:\s+(?:to|on|this)\b.{0,40})?
      |bookmark|next|more(?:\s+news)?|font\s*size\s*[:：]?.{0,30}|text\s+size.{0,20}|big|middle|medium(?:-sized)?|small|large|(?:A[+-]?\s*){1,4}
      |member\s+login|sign\s+in(?:to\s+your\s+account)?|log\s*in|register|join\s+free|search|subscribe|follow\s+us|english|menu|confirm|cancel|ok|x
      |full\s+text\s+of\s+press\s+conference|save|e-?mail\s+this|download\s+app|wechat|weibo|facebook|twitter|linkedin
      |中文版?|简体中文版?|繁體中文|網站地圖|首页|联系我们|关于我们|打印(?:本页|此页)?|关闭(?:窗口|本页)?|收藏(?:本页|本站)?|设为首页|分享(?:到|至)?[:：]?.{0,20}|返回(?:顶部|列表|首页)?
      |字[号体][:：]?.{0,12}|大\s*中\s*小|【?\s*(?:大|中|小)\s*】?|登录|注册|搜索|扫一扫.{0,20}|微信|微博
    )(?![A-Za-z])){1,4}\W*$""", re.IGNORECASE | re.VERBOSE)
# [Print] [Close] · 首页 | 收藏本站
_BETWEEN_TOOLS = re.compile(r"[\[\]【】()（）|·•/>]+")
_ZONES = frozenset(("nav", "footer", "aside", "menu", "dialog", "header"))
_ROLES = frozenset(("navigation", "contentinfo", "complementary", "search", "dialog", "banner", "menu", "menubar"))
# class="page-footer", id="relatedReading", class="side_bar login-box"
_HINT = re.compile(
    r"(?:^|[^a-z])(?:foot(?:er)?|copy-?right|nav(?:bar|igation)?|menu|side-?bar|related?|share|log-?in|dialog|modal|pop-?up|pager|"
    r"pagination|bread-?crumbs?|crumbs?|tool-?bar|recommend(?:ed)?|friend-?links?|comments?|sitemap|qr-?code)(?:$|[^a-z])",
    re.IGNORECASE)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
# To all relevant enterprises: · The fair will be held again. · 现将有关事项公告如下：
_SAID = re.compile(r"(?:[.!?]|[。！？：:，,])[\W_]*$")
# … [more] · 详细>>
_MORE = re.compile(r"(?:more|details|详细|详情|更多|全文)[\]\s>»…）)]*$", re.IGNORECASE)
# Hits: 23 · Edited by: Zhao.
_LABEL = re.compile(r"^\W*(?:\w+\s+){0,2}\w+\s*[:：]\s*\S{0,20}$")
_SENTENCE = re.compile(r"[.!?。！？；;:：”\"]\W*$")
_FULL_STOP = re.compile(r"[.!?。！？][”\"’)）]*$")
_PROSE = 60
_SHORT_PROSE = 40
_WORDS = 7
_MENU = 160
# A footer is shorter than this; how a line ends is seen in this much of it.
_LONGEST_END = 400
_TAIL = 80


def is_end(line: Line) -> bool:
    """Whether no article goes on after this line: footers, neighbours, related releases."""
    if len(line.text) >= _LONGEST_END:
        return False
    return bool(_END.search(line.text) or (line.linked and _NEIGHBOUR.match(line.text))) or is_footer(line)


def is_footer(line: Line) -> bool:
    """Whether the line is the foot of the page, beyond doubt."""
    return len(line.text) < _LONGEST_END and any(map(_FOOTER.search, line.text.split("|")))


def is_link(line: Line) -> bool:
    """Whether a line leads elsewhere: the title of another release, perhaps with its date."""
    return line.linked > len(line.text) * 0.5 and not line.to_file


def is_teaser(line: Line) -> bool:
    """Whether a line is the beginning of another release: a text that ends in a link to the rest."""
    return bool(line.linked and _MORE.search(line.text[-_TAIL:]))


def is_sentence(line: Line) -> bool:
    """Whether a short line is said, not labelled: it ends as a sentence or a salutation does.

    A label with its value ("Hits: 23.") is no sentence.
    """
    return bool(_SAID.search(line.text[-_TAIL:])) and not is_label(line.text) and not is_link(line)


def is_label(text: str) -> bool:
    """Whether a line is nothing but a label, with or without a value of one word: "Hits: 23", "Editor:"."""
    return bool(_LABEL.match(text))


def is_tool(line: Line) -> bool:
    """Whether a line is a menu entry, a tool or a list link: nothing that the page says, wherever it stands."""
    words = [each for each in _BETWEEN_TOOLS.split(line.text) if each.strip()]
    if not any(character.isalnum() for character in line.text):
        return True
    if words and all(_TOOL.match(each) for each in words):
        return True
    return line.linked >= len(line.text) * 0.7 and len(line.text) < _MENU and not line.to_file


def is_long(line: Line) -> bool:
    """Whether a line is as long as running text, however it ends, and leads nowhere."""
    return line.linked <= len(line.text) * 0.5 and text_width(line.text) >= _PROSE


def is_prose(line: Line) -> bool:
    """Whether a line is running text beyond doubt."""
    if line.linked > len(line.text) * 0.5:
        return False
    length = text_width(line.text)
    if length >= _PROSE:
        return bool(_SENTENCE.search(line.text[-_TAIL:])) or len(line.text) > 2 * _PROSE
    words = line.text.count(" ") + len(HAN.findall(line.text)) / 2
    return length >= _SHORT_PROSE and words >= _WORDS and bool(_FULL_STOP.search(line.text))


def in_zone(line: Line, below: Element) -> bool:
    """Whether the line stands in an element under `below` that is by tag, role, class or id no part of an article."""
    for element in [line.owner, *line.owner.iterancestors()]:
        if element is below:
            return False
        if _is_zone(element):
            return True
    return False


def _is_zone(element: Element) -> bool:
    if element.tag in _ZONES or element.get("role", "") in _ROLES:
        return True
    names = f"{element.get('class', '')} {element.get('id', '')}"
    return names != " " and bool(_HINT.search(_CAMEL.sub("-", names)))
