"""Boilerplate: the lines of a page that are menus, tools or footers; what running text is, and how sentences end."""

import re

from lxml.etree import _Element as Element

from archive.text import HAN, text_width
from crawler.extract.visible_text import Line

# Copyright 2014 CCCME · 上一篇：旧闻 · Related News · Add: 1 Road, Tel: 010: lines after which no article goes on
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
# Copyright 2014 CCCME · 京ICP备05004093号: the footer, whatever line follows
_FOOTER = re.compile(
    r"^\W*(?:copyright\s*(?:©|\(c\)|@|(?:19|20)\d\d|.{1,60}(?:19|20)\d\d\W*$)|©|\(c\)\s*(?:19|20)\d\d)|版权所有|ICP\s*(?:备|Bei|No)|公网安备"
    r"|\ball\s+rights\s+reserved\W*(?:$|\d|[^\sa-z])", re.IGNORECASE)
# Print · Font size: A A A · 打印本页: between title and text or between paragraphs; not text, but no end of it either
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
_TOOL_SEPARATOR = re.compile(r"[\[\]【】()（）|·•/>]+")
_ZONE_TAGS = frozenset(("nav", "footer", "aside", "menu", "dialog", "header"))
_ZONE_ROLES = frozenset(("navigation", "contentinfo", "complementary", "search", "dialog", "banner", "menu", "menubar"))
# class="page-footer", id="relatedReading", class="side_bar login-box"
_ZONE_NAME = re.compile(
    r"(?:^|[^a-z])(?:foot(?:er)?|copy-?right|nav(?:bar|igation)?|menu|side-?bar|related?|share|log-?in|dialog|modal|pop-?up|pager|"
    r"pagination|bread-?crumbs?|crumbs?|tool-?bar|recommend(?:ed)?|friend-?links?|comments?|sitemap|qr-?code)(?:$|[^a-z])",
    re.IGNORECASE)
# relatedReading -> related-Reading
_CAMEL_CASE = re.compile(r"(?<=[a-z])(?=[A-Z])")
# … [more] · 详细>>
_READ_MORE = re.compile(r"(?:more|details|详细|详情|更多|全文)[\]\s>»…）)]*$", re.IGNORECASE)
# Hits: 23 · Edited by: Zhao.
_LABEL = re.compile(r"^\W*(?:\w+\s+){0,2}\w+\s*[:：]\s*\S{0,20}$")

# Sentence ends. No two of these patterns match the same: a title, a salutation and a paragraph end in different ways.
_STOPS = ".!?。！？"
# The second edition was printed. · “第二版已印发。”
SENTENCE_END = re.compile(rf"[{_STOPS}]\W*$")
# The second edition was printed. · “第二版已印发。” (only quotes and brackets may follow: not "Read on. >>")
CLOSED_SENTENCE_END = re.compile(rf"[{_STOPS}][”\"’)）]*$")
# The two sides met on May 6. · 双方举行会谈。 (a title may end in a question or exclamation mark, but not in these)
FULL_STOP_END = re.compile(r"[.。]\W*$")
# The list of the projects is published here. (no ellipsis: not "Read more..."; matched on the last two characters)
PERIOD_END = re.compile(r"[^\s.…][.。]$")
# The fair will be held again; · 现将有关事项公告如下： · He called it “a success”
CLAUSE_END = re.compile(rf"[{_STOPS};；:：”\"]\W*$")
# To all relevant enterprises: · Dear members, · The fair will be held again.”
SALUTATION_OR_SENTENCE_END = re.compile(rf"[{_STOPS}:：,，][\W_]*$")
# To all enterprises: · Beijing. (nothing may follow, not even a space)
BARE_SALUTATION_OR_SENTENCE_END = re.compile(rf"[{_STOPS}:：,，]$")
# They signed it.” · 特此公告。 · (end) · To be continued…
PARAGRAPH_END = re.compile(rf"[{_STOPS};；:：…”\"’』」)）\]】]\s*$")
# It has 10,000 members. It serves trade. · 双方举行会谈。会谈…… (an end inside a text)
SENTENCE_BREAK = re.compile(r"[a-z0-9)]{3}\.\s[A-Z]|[\u4e00-\u9fff]。")
# "We are sorry" and "请稍后再试" of "We are sorry. 请稍后再试！"
SENTENCE = re.compile(rf"[^{_STOPS}\n]+")

# Prose is this wide (archive.text.text_width), or a little shorter with this many words; two Han characters are a word.
_PROSE_WIDTH = 60
_SHORT_PROSE_WIDTH = 40
_SHORT_PROSE_WORDS = 7
_HAN_PER_WORD = 2
# A line of which a larger share is link text counts as a link; a short line of which this share is, as a tool.
_LINK_SHARE = 0.5
_TOOL_LINK_SHARE = 0.7
_LONGEST_TOOL = 160
# A footer is shorter than this; how a line ends is searched in this much of it, to stay linear.
_LONGEST_END = 400
_TAIL = 80


def is_end(line: Line) -> bool:
    """True for a line after which no article goes on: footer, previous/next link, heading of related releases."""
    if len(line.text) >= _LONGEST_END:
        return False
    return bool(_END.search(line.text) or (line.linked and _NEIGHBOUR.match(line.text))) or is_footer(line)


def is_footer(line: Line) -> bool:
    """True for the footer of the page: copyright or ICP number. Surer than `is_end`, which matches headings too."""
    return len(line.text) < _LONGEST_END and any(map(_FOOTER.search, line.text.split("|")))


def is_link(line: Line) -> bool:
    """True for a line that is mostly link text, as the title of another release is; a link to a file does not count."""
    return line.linked > len(line.text) * _LINK_SHARE and not line.to_file


def is_teaser(line: Line) -> bool:
    """True for a teaser of another release: text that ends in a link to the rest ("[more]")."""
    return bool(line.linked and _READ_MORE.search(line.text[-_TAIL:]))


def is_sentence(line: Line) -> bool:
    """True for a line that ends as a sentence or a salutation does; a label and its value ("Hits: 23.") are none."""
    return (bool(SALUTATION_OR_SENTENCE_END.search(line.text[-_TAIL:])) and not is_label(line.text)
            and not is_link(line))


def is_label(text: str) -> bool:
    """True for a label alone or with a value of one word: "Editor:", "Hits: 23"."""
    return bool(_LABEL.match(text))


def is_tool(line: Line) -> bool:
    """True for a menu entry, a page tool ("Print") or a link of a list, wherever on the page it is."""
    words = [each for each in _TOOL_SEPARATOR.split(line.text) if each.strip()]
    if not any(character.isalnum() for character in line.text):
        return True
    if words and all(_TOOL.match(each) for each in words):
        return True
    return line.linked >= len(line.text) * _TOOL_LINK_SHARE and len(line.text) < _LONGEST_TOOL and not line.to_file


def is_long(line: Line) -> bool:
    """True for a line as long as running text, however it ends, that is not mostly link text."""
    return line.linked <= len(line.text) * _LINK_SHARE and text_width(line.text) >= _PROSE_WIDTH


def is_prose(line: Line) -> bool:
    """True for running text: a long line that ends as a clause does, or a shorter one of several words and a stop."""
    if line.linked > len(line.text) * _LINK_SHARE:
        return False
    width = text_width(line.text)
    if width >= _PROSE_WIDTH:
        return bool(CLAUSE_END.search(line.text[-_TAIL:])) or len(line.text) > 2 * _PROSE_WIDTH
    words = line.text.count(" ") + len(HAN.findall(line.text)) / _HAN_PER_WORD
    return width >= _SHORT_PROSE_WIDTH and words >= _SHORT_PROSE_WORDS and bool(CLOSED_SENTENCE_END.search(line.text))


def in_zone(line: Line, below: Element) -> bool:
    """True for a line in a menu, sidebar or footer inside `below`, as the tag, role, class or id of an element says."""
    for element in [line.owner, *line.owner.iterancestors()]:
        if element is below:
            return False
        if _is_zone(element):
            return True
    return False


def _is_zone(element: Element) -> bool:
    if element.tag in _ZONE_TAGS or element.get("role", "") in _ZONE_ROLES:
        return True
    names = f"{element.get('class', '')} {element.get('id', '')}"
    return names != " " and bool(_ZONE_NAME.search(_CAMEL_CASE.sub("-", names)))
