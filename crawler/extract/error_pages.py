"""Pages that are no articles though they were sent as such: missing pages, redirects by script, failures of a server.

A release may speak of all this and its page may hold a script that leads on: what counts is that nothing else is said.
"""

import re
from urllib.parse import urljoin

from w3lib.html import get_meta_refresh

from archive.messages import Message, message
from archive.records import Capture
from archive.text import text_width
from crawler.errors import PageFault
from crawler.extract.body import Content
from crawler.extract.boilerplate import is_end
from crawler.extract.dates import find_date, is_date
from crawler.extract.page import Page

# window.location.href='http://…' · location.replace("…") · _cofing1={href:"…",type:1} (a script of MOFCOM's sites)
_SENT_ON = re.compile(
    r"""(?:location(?:\.href)?\s?=\s?|location\.(?:replace|assign)\(\s?|_cofing1\s?=\s?\{\s?href\s?:\s?)["']([^"'<>\s]+)["']""")
_SSI_FAILURE = "[an error occurred while processing this directive]"
_DOING = (r"(?:(?:is|are|has\s+been|will\s+be)\s+)?(?:currently\s+|temporarily\s+)?"
          r"(?:being\s+|under\s+|undergoing\s+|down\s+for\s+)*")
# We are sorry, but · 非常抱歉， · 温馨提示：
_GREETING = (r"(?:(?:we(?:['’]re| are)\s+)?sorry|oops|(?:非常|十分|很)?抱歉|(?:温馨|系统|友情|错误)?提示"
             r"|对不起|出错[了啦]|error)\W*(?:but\s+)?")
_GONE = (r"(?:n[o'’]t\s+(?:be\s+)?(?:found|exist)|removed|deleted|no\s+longer|unavailable|missing"
         r"|(?:不存在|不见|删除|找不到|无法找到|没有找到|未找到|下线|失效)了?(?:或\w{0,6})?(?!\w))")
_SOUGHT = r"(?:找不到|无法找到|没有找到|未找到)"
# The page you are looking for could not be found. · 您访问的页面不存在！ · 404 Not Found
_MISSING = (
    rf"(?:(?:the|this|that)\s+)?(?:requested\s+)?(?:page|url)\s+(?!of\b|on\b)[^.!?\n“\"]{{0,60}}?{_GONE}"
    rf"|(?:the\s+)?(?:\w+\s+)?(?:file|document|article|information)\s+(?:that\s+)?you\b[^.!?\n“\"]{{0,60}}?{_GONE}"
    r"|(?:we\s+)?(?:can\s?not|can['’]t|could\s+not|unable\s+to)\s+find\s+(?:the|this|that)\s+page"
    rf"|[您你][^。！\n“\"]{{0,12}}?(?:页面|网页|文章|信息|内容|文件)[^。！\n“\"]{{0,6}}?{_GONE}"
    rf"|[该此本]?(?:页面|网页)[^。！\n“\"]{{0,4}}?{_GONE}|{_SOUGHT}\w{{0,6}}(?:页面|网页)"
    r"|(?:(?:http|error|错误|页面)\s*){0,3}404(?:\W*(?:error|(?:\w+\s+)?not\s+found|页面?|错误|不存在)){0,3}\W*$"
    r"|not\s+found\W*$"
    r"|(?:系统|错误)?提示(?:信息)?\W*$"
    # This article has been deleted. · 该文章已被删除
    rf"|(?:the|this|that)\s+(?:article|document|content|information|file|news)\s+(?:has|have|is|was|does|could|can)\b[^.!?\n“\"]{{0,40}}?{_GONE}"
    rf"|[该此本]?(?:文章|信息|内容|新闻|稿件)[^。！\n“\"]{{0,4}}?{_GONE}")
# Website under maintenance · 网站正在升级维护中 · Please log in · 正在加载，请稍候…
_NOT_YET = (
    rf"(?:the\s+|this\s+|our\s+)?(?:web\s?site|site|system|service|page)\s+{_DOING}(?:maintenance|maintained|upgrad(?:ed|e|ing)|construction)"
    r"|(?:(?:scheduled|system)\s+)?maintenance\W*$|under\s+(?:maintenance|construction)"
    r"|(?:本|该)?(?:网站|系统|栏目|页面|网页|服务)(?:正在|处于)?(?:进行)?(?:系统)?(?:维护|升级|建设|改版)"
    r"|(?:please\s+|you\s+(?:must|need\s+to|have\s+to)\s+(?:be\s+a\s+)?)(?:log\s?in|sign\s?in|logged\s+in|member|register)"
    r"|请(?:先)?登[录陆]|[您你](?:还|尚)?(?:没有|未)登[录陆]|(?:member\s+|user\s+)?(?:log\s?in|sign\s?in)\W*$|(?:用户|会员)?登[录陆]\W*$"
    r"|(?:正在)?加载(?:中|数据)?\W*(?:$|请)|loading\W*$|please\s+wait\b|\[an\s+error\s+occurred\s+while\s+processing\s+this\s+directive\]")
# 页面正在跳转，请稍候 · You will be redirected in 5 seconds. · This page has moved to
_MOVED = (r"(?:本|该)?(?:页面|网站)?(?:正在|即将|将)(?:为您)?(?:自动)?(?:跳转|转向)"
          r"|(?:you\s+(?:are\s+being|will\s+be)\s+)?redirect(?:ing|ed)\b|(?:the|this)\s+page\s+has\s+(?:been\s+)?moved|if\s+(?:you|your\s+browser)\s[^.\n]{0,40}redirect")
_START = rf"[^\w“\"'‘「《]*(?:{_GREETING}){{0,3}}"
# What any line of a page may say, and what besides only counts where it stands for the text: menus say "Log in" too.
_NOTICE = re.compile(rf"{_START}(?:{_MISSING}|{_MOVED})", re.IGNORECASE | re.MULTILINE)
_NO_TEXT = re.compile(rf"{_START}(?:{_MISSING}|{_NOT_YET}|{_MOVED})", re.IGNORECASE | re.MULTILINE)
# 返回首页 · 5秒后自动跳转 · Please check the address or go back to the home page.
_HELP = re.compile(
    r"首页|返回|点击|跳转|\d\s*秒|检查|网址|地址|刷新|稍[后候]|联系|管理员|链接|删除|抱歉|对不起|sorry|home\s?page|\bback\b|return|click"
    r"|user\s?name|password|register|member|log\s?in|sign\s?in|用户名|密码|注册|登[录陆]|approved|审核|wait|please"
    r"|check|address|\burl\b|try\s+again|redirect|second|search|contact|administrator|apologi[sz]e|inconvenience|browser|link|removed",
    re.IGNORECASE)
# We are sorry. · 请稍后再试！
_SENTENCE = re.compile(r"[^.。!！?？\n]+")
# What a notice may say beside its notice and the ways out, in Latin letters; a page with less visible text than this.
_REST = 40
# The same below a title that is a notice and nothing else.
_REST_BELOW_NOTICE = 400
# No notice is longer; no text that is nothing else is.
_LONGEST_NOTICE = 300
_LONGEST_BODY = 4000
_SHORT = 100
# A page that only sends the browser on is no larger than this.
_LARGEST_REDIRECT = 4096
# Where a page is looked at first for its end.
_TAIL = 2000
# A list has so many links and so large a part of the lines; beside the link an entry has a date of so many characters.
_ENTRIES = 3
_MOST = 0.7
_DATE = 24
# <body class="news">
_OPENED = re.compile(r"<(?:html|body)\b", re.IGNORECASE)
# They signed it.” · 特此公告。 · (end)
_FINISHED = re.compile(r"[.!?。！？；;:：…”\"’』」)）\]】]\s*$")
# </BODY >
_CLOSED = re.compile(r"</(?:html|body)\s*>", re.IGNORECASE)


def script_target(text: str) -> str | None:
    """The address that a script sends the browser to, as it stands there; None where no script does.

    >>> script_target("<script>window.location.href='/a/art/2025/art_1.html'</script>")
    '/a/art/2025/art_1.html'
    """
    match = _SENT_ON.search(text)
    return match[1] if match else None


def redirect_target(capture: Capture) -> str | None:
    """The absolute URL that a page's script or meta refresh sends every browser to, None for a page with a text.

    >>> from datetime import UTC, datetime
    >>> body = b"<script>window.location.href='/a/art/2025/art_1.html'</script>"
    >>> redirect_target(Capture("https://www.mofcom.gov.cn/old", body, datetime.now(UTC)))
    'https://www.mofcom.gov.cn/a/art/2025/art_1.html'
    """
    if len(capture.body) > _LARGEST_REDIRECT:
        return None
    text = capture.body.decode("utf-8", "replace")
    target = script_target(text) or get_meta_refresh(text, capture.url, ignore_tags=())[1]
    return urljoin(capture.url, target) if target else None


def is_notice(title: str, body: str) -> bool:
    """Whether what was read as an article only says that there is none: gone, being worked on, for members.

    >>> is_notice("商务部", "抱歉，您访问的页面不存在！5秒后返回首页。"), is_notice("网页“不存在”的说明", "已修复。")
    (True, False)
    """
    if len(body) > _LONGEST_BODY:
        return False
    named = _begins(_NO_TEXT, title)
    if not (named or any(_begins(_NO_TEXT, line) for line in body.split("\n"))):
        return False
    nothing_else = named and not title[named.end():].strip(" 。.!！")
    rest = "".join(each for each in _SENTENCE.findall(body) if not (_HELP.search(each) or _begins(_NO_TEXT, each)))
    return text_width(rest) < (_REST_BELOW_NOTICE if nothing_else else _REST)


def _begins(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    return pattern.match(text) if len(text) <= _LONGEST_NOTICE else None


def is_list(page: Page, content: Content) -> bool:
    """Whether what was read as the text of an article is a list of other ones: links, each perhaps with its date."""
    if sum(1 for element in content.elements for _ in element.iter("a")) < _ENTRIES:
        return False
    paragraphs = frozenset(content.paragraphs)
    own = [line for line in page.lines if line.text in paragraphs]
    entries = [line for line in own if line.linked and not line.to_file]
    dated = [line for line in entries if find_date(line.text) and len(line.text) - line.linked <= _DATE]
    bare = [line for line in entries if line.linked == len(line.text)]
    return len(dated) >= max(_ENTRIES, len(own) * _MOST) or len(bare) >= max(2 * _ENTRIES, len(own) * _MOST)


def ends_open(page: Page, content: Content) -> bool:
    """Whether the page was opened, never closed, and ends where the text does: some of it may be missing."""
    return _is_open(page) and content.paragraphs[-1].endswith(page.lines[-1].text)


def is_cut_off(page: Page, content: Content) -> bool:
    """Whether a page that was never closed ends in the middle of a tag or of a sentence of its text."""
    rest = page.text[page.text.rfind(">") + 1:]
    if not rest.strip() or not _is_open(page):
        return False
    *before, last = page.lines[-2:]
    ends = [last] if is_end(last) else [*before, last]
    finished = "<" not in rest and (_FINISHED.search(last.text) or is_date(last.text))
    return not finished and any(content.paragraphs[-1].endswith(line.text) for line in ends)


def _is_open(page: Page) -> bool:
    source = page.text
    closed = _CLOSED.search(source, len(source) - _TAIL) or _CLOSED.search(source)
    return not closed and _OPENED.search(source) is not None


def refuse_notices(page: Page) -> None:
    """Raise PageFault where a page without a single link of a list tells why it is none."""
    why = notice(page)
    if why:
        raise PageFault(why)


def notice(page: Page) -> Message | None:
    """Why a page that no layout reads is no article, where the page itself tells; None where it does not."""
    seen = " ".join(line.text for line in page.lines)
    if _SSI_FAILURE in seen:
        return message("ssi_error")
    missing = next((line.text for line in page.lines if _begins(_NOTICE, line.text)), None)
    if missing is None and _begins(_NOTICE, page.head_title):
        missing = page.head_title
    if missing is not None:
        return message("missing_page", text=missing[:80])
    target = script_target(page.scripts) if len(seen) < _SHORT else None
    return message("redirect_only", url=target) if target else None
