"""Error pages sent with status 200: missing pages, log-ins, challenges, redirects, server failures, truncated pages.

A release may mention all of these, and its page may contain a redirect script: an error page holds no other text.
"""

import re

from w3lib.html import get_meta_refresh

from archive.messages import Message, message
from archive.records import Capture
from archive.text import text_width
from archive.urls import absolute_url, urlkey
from crawler.errors import PageFault
from crawler.extract.body import Content
from crawler.extract.boilerplate import PARAGRAPH_END, SENTENCE, is_end
from crawler.extract.dates import find_date, is_date
from crawler.extract.page import Page

# window.location.href='http://…' · location.replace("…") · _cofing1={href:"…",type:1} (a script of MOFCOM's sites)
_REDIRECT_SCRIPT = re.compile(
    r"""(?:location(?:\.href)?\s?=\s?|location\.(?:replace|assign)\(\s?|_cofing1\s?=\s?\{\s?href\s?:\s?)["']([^"'<>\s]+)["']""")
_SSI_FAILURE = "[an error occurred while processing this directive]"
# is currently under · has been temporarily down for
_STATE_WORDS = (r"(?:(?:is|are|has\s+been|will\s+be)\s+)?(?:currently\s+|temporarily\s+)?"
                r"(?:being\s+|under\s+|undergoing\s+|down\s+for\s+)*")
# We are sorry, but · 非常抱歉， · 温馨提示：
_GREETING = (r"(?:(?:we(?:['’]re| are)\s+)?sorry|oops|(?:非常|十分|很)?抱歉|(?:温馨|系统|友情|错误)?提示"
             r"|对不起|出错[了啦]|error)\W*(?:but\s+)?")
# not found · no longer · 已删除
_GONE = (r"(?:n[o'’]t\s+(?:be\s+)?(?:found|exist)|removed|deleted|no\s+longer|unavailable|missing"
         r"|(?:不存在|不见|删除|找不到|无法找到|没有找到|未找到|下线|失效)了?(?:或\w{0,6})?(?!\w))")
_NOT_FOUND_ZH = r"(?:找不到|无法找到|没有找到|未找到)"
# The page you are looking for could not be found. · 您访问的页面不存在！ · 404 Not Found
_MISSING = (
    rf"(?:(?:the|this|that)\s+)?(?:requested\s+)?(?:page|url)\s+(?!of\b|on\b)[^.!?\n“\"]{{0,60}}?{_GONE}"
    rf"|(?:the\s+)?(?:\w+\s+)?(?:file|document|article|information)\s+(?:that\s+)?you\b[^.!?\n“\"]{{0,60}}?{_GONE}"
    r"|(?:we\s+)?(?:can\s?not|can['’]t|could\s+not|unable\s+to)\s+find\s+(?:the|this|that)\s+page"
    rf"|[您你][^。！\n“\"]{{0,12}}?(?:页面|网页|文章|信息|内容|文件)[^。！\n“\"]{{0,6}}?{_GONE}"
    rf"|[该此本]?(?:页面|网页)[^。！\n“\"]{{0,4}}?{_GONE}|{_NOT_FOUND_ZH}\w{{0,6}}(?:页面|网页)"
    r"|(?:(?:http|error|错误|页面)\s*){0,3}404(?:\W*(?:error|(?:\w+\s+)?not\s+found|页面?|错误|不存在)){0,3}\W*$"
    r"|not\s+found\W*$|no\s+such\s+(?:page|file|url)\W*$"
    r"|(?:系统|错误)?提示(?:信息)?\W*$"
    # This article has been deleted. · 该文章已被删除
    rf"|(?:the|this|that)\s+(?:article|document|content|information|file|news)\s+(?:has|have|is|was|does|could|can)\b[^.!?\n“\"]{{0,40}}?{_GONE}"
    rf"|[该此本]?(?:文章|信息|内容|新闻|稿件)[^。！\n“\"]{{0,4}}?{_GONE}")
# Website under maintenance · 网站正在升级维护中 · Please log in · 正在加载，请稍候…
_UNAVAILABLE = (
    rf"(?:the\s+|this\s+|our\s+)?(?:web\s?site|site|system|service|page)\s+{_STATE_WORDS}(?:maintenance|maintained|upgrad(?:ed|e|ing)|construction)"
    r"|(?:(?:scheduled|system)\s+)?maintenance\W*$|under\s+(?:maintenance|construction)"
    r"|(?:本|该)?(?:网站|系统|栏目|页面|网页|服务)(?:正在|处于)?(?:进行)?(?:系统)?(?:维护|升级|建设|改版)"
    r"|(?:please\s+|you\s+(?:must|need\s+to|have\s+to)\s+(?:be\s+a\s+)?)(?:log\s?in|sign\s?in|logged\s+in|member|register)"
    r"|请(?:先)?登[录陆]|[您你](?:还|尚)?(?:没有|未)登[录陆]|(?:member\s+|user\s+)?(?:log\s?in|sign\s?in)\W*$|(?:用户|会员)?登[录陆]\W*$"
    r"|(?:正在)?加载(?:中|数据)?\W*(?:$|请)|loading\W*$|please\s+wait\b|\[an\s+error\s+occurred\s+while\s+processing\s+this\s+directive\]")
# 页面正在跳转，请稍候 · You will be redirected in 5 seconds. · This page has moved to
_MOVED = (r"(?:本|该)?(?:页面|网站)?(?:正在|即将|将)(?:为您)?(?:自动)?(?:跳转|转向)"
          r"|(?:you\s+(?:are\s+being|will\s+be)\s+)?redirect(?:ing|ed)\b|(?:the|this)\s+page\s+has\s+(?:been\s+)?moved|if\s+(?:you|your\s+browser)\s[^.\n]{0,40}redirect")
# 正在进行安全验证 · 请完成滑块验证 · 系统检测到您的访问异常 · 您的请求已被拦截 · 请开启JavaScript
_CHALLENGE_ZH = (
    r"(?:正在)?(?:为您|对您的?)?(?:进行|执行)?(?:网站|系统|访问|浏览器|环境)?(?:的)?(?:人机|滑块|身份|真人)?(?:安全)?(?:验证|检测|检查|校验|核验)(?:中|码|页面)?\W*(?:$|请)"
    r"|正在(?:安全)?(?:验证|检测|校验)|(?:[^。！\n]{0,20}[，,])?请[^。！\n]{0,16}?(?:完成|进行|点击|通过|输入|拖动|滑动|按住)[^。！\n]{0,16}?(?:验证|滑块|校验)"
    r"|[您你]?的?(?:访问|请求|操作)[^。！\n]{0,10}?(?:频繁|拦截|阻断|异常|可疑|受限|被拒绝|存在威胁)"
    r"|系统检测到[^。！\n]{0,16}?(?:异常|频繁|可疑|风险)|[^。！\n]{0,12}?不是机器人"
    r"|(?:请|需要?)[^。！\n]{0,10}?(?:开启|启用|打开|允许|支持)[^。！\n]{0,8}?(?:javascript|js\b|cookie)"
    r"|[^。！\n]{0,16}?(?:不支持|未启用|未开启|禁用了?|关闭了?)[^。！\n]{0,8}?(?:javascript|js\b|cookie)")
# Just a moment... · Checking your browser before accessing · Please enable JavaScript and cookies · Are you human?
_CHALLENGE = (
    rf"{_CHALLENGE_ZH}|just\s+a\s+moment\W*$|one\s+more\s+step\W*$|attention\s+required\b.{{0,20}}$"
    r"|(?:we\s+are\s+)?checking\s+(?:your\s+browser|if\s+the\s+site\s+connection)"
    r"|(?:please\s+)?(?:verify(?:ing)?|confirm)\s+(?:that\s+)?you(?:['’]re|\s+are)\s+(?:not\s+a\s+robot|(?:a\s+)?human)"
    r"|(?:please\s+)?(?:complete|pass|solve)\s+(?:the|this|a)\s+(?:security|captcha|verification)\b"
    r"|are\s+you\s+(?:a\s+)?(?:human|robot)|(?:human|security|browser|robot)\s+(?:verification|check|challenge)\W*$"
    r"|(?:please\s+)?(?:enable|turn\s+on|allow)\s+(?:java\s?script|cookies|js\b)"
    r"|(?:java\s?script|cookies)\s+(?:(?:is|are|must\s+be|needs?\s+to\s+be|and\s+cookies)\s+)+(?:required|disabled|enabled|turned|not)"
    r"|this\s+(?:page|site|website|app)\s+(?:requires|needs|works\s+best\s+with)\s+(?:java\s?script|cookies)"
    r"|your\s+browser\s+(?:does\s+not|doesn['’]t)\s+support\s+(?:java\s?script|cookies)")
_LINE_START = rf"[^\w“\"'‘「《]*(?:{_GREETING}){{0,3}}"
# 您访问的页面不存在！ · 页面正在跳转，请稍候: matches any line of a page
_ERROR_LINE = re.compile(rf"{_LINE_START}(?:{_MISSING}|{_MOVED})", re.IGNORECASE | re.MULTILINE)
# 请先登录 · Loading...: matches menu entries ("Log in") too, so use it on an extracted title and body only
_ERROR_TEXT = re.compile(rf"{_LINE_START}(?:{_MISSING}|{_UNAVAILABLE}|{_MOVED})", re.IGNORECASE | re.MULTILINE)
# 正在验证 · Just a moment...
_CHALLENGE_TEXT = re.compile(rf"{_LINE_START}(?:{_CHALLENGE})", re.IGNORECASE | re.MULTILINE)
# Ray ID: 8f1c · Performance & security by Cloudflare · 事件编号：1024 · 请按住滑块，拖动到最右边
_CHALLENGE_WORDS = re.compile(
    r"\bray\s+id|cloudflare|\bip\b|\bid\b|编号|安全|验证|校验|防护|拦截|滑块|拖动|按住|浏览器|security|protect|human|robot|captcha"
    r"|continue|proceed|before\s+accessing|moment|java\s?script|cookie|verif|ddos|access", re.IGNORECASE)
# 返回首页 · 5秒后自动跳转 · Please check the address or go back to the home page.
_HELP_WORDS = re.compile(
    r"首页|返回|点击|跳转|\d\s*秒|检查|网址|地址|刷新|稍[后候]|联系|管理员|链接|删除|抱歉|对不起|sorry|home\s?page|\bback\b|return|click"
    r"|user\s?name|password|register|member|log\s?in|sign\s?in|用户名|密码|注册|登[录陆]|approved|审核|wait|please"
    r"|check|address|\burl\b|try\s+again|redirect|second|search|contact|administrator|apologi[sz]e|inconvenience|browser|link|removed",
    re.IGNORECASE)
# The text of an error page besides its error and its ways out is narrower than this (archive.text.text_width).
_WIDEST_REST = 40
# The same below a title that is an error and nothing else.
_WIDEST_REST_BELOW_ERROR = 400
# A line with an error is no longer than this, the text of an error page no longer than _LONGEST_BODY.
_LONGEST_ERROR = 300
_LONGEST_BODY = 4000
# A page with as much visible text as this is no redirect, whatever its scripts do; nor is a response of more bytes.
_SHORTEST_PAGE = 100
_LARGEST_REDIRECT = 4096
# The closing tags are searched in so many last characters first.
_TAIL = 2000
# A list has at least so many entries, and so large a share of its lines are entries.
_FEWEST_ENTRIES = 3
_ENTRY_SHARE = 0.7
# The date beside the link of an entry is no longer than this.
_LONGEST_DATE = 24
# <body class="news">
_OPENING_TAG = re.compile(r"<(?:html|body)\b", re.IGNORECASE)
# </BODY >
_CLOSING_TAG = re.compile(r"</(?:html|body)\s*>", re.IGNORECASE)


def script_target(text: str) -> str | None:
    """URL that a script sends the browser to, as written in the script; None if no script does.

    >>> script_target("<script>window.location.href='/a/art/2025/art_1.html'</script>")
    '/a/art/2025/art_1.html'
    """
    match = _REDIRECT_SCRIPT.search(text)
    return match[1] if match else None


def redirect_target(capture: Capture) -> str | None:
    """Absolute URL of a page's script redirect or meta refresh; None without one, and for a page too large for it.

    >>> from datetime import UTC, datetime
    >>> body = b"<script>window.location.href='/a/art/2025/art_1.html'</script>"
    >>> redirect_target(Capture("https://www.mofcom.gov.cn/old", body, datetime.now(UTC)))
    'https://www.mofcom.gov.cn/a/art/2025/art_1.html'
    """
    if len(capture.body) > _LARGEST_REDIRECT:
        return None
    text = capture.body.decode("utf-8", "replace")
    target = script_target(text) or _meta_refresh(text)
    return absolute_url(capture.url, target) if target else None


def _meta_refresh(text: str) -> str | None:
    """URL of a meta refresh as written; None if there is none, or it is malformed."""
    try:
        return get_meta_refresh(text, ignore_tags=())[1]
    except ValueError:
        return None


def is_error_text(title: str, body: str) -> bool:
    """True for the title and body of an error page that was read as an article: missing, in maintenance, log-in.

    >>> is_error_text("商务部", "抱歉，您访问的页面不存在！5秒后返回首页。")
    True
    >>> is_error_text("网页“不存在”的说明", "已修复。")
    False
    """
    if len(body) > _LONGEST_BODY:
        return False
    in_title = _match_error(_ERROR_TEXT, title)
    if not (in_title or _has_line(_ERROR_TEXT, body)):
        return False
    is_whole_title = in_title and not title[in_title.end():].strip(" 。.!！")
    return _rest_width(body, _ERROR_TEXT, _HELP_WORDS) < (
        _WIDEST_REST_BELOW_ERROR if is_whole_title else _WIDEST_REST)


def is_challenge_text(title: str, body: str) -> bool:
    """True for the title and the whole visible text of a page that checks the browser before it shows anything.

    >>> is_challenge_text("商务部", "正在进行安全验证，请稍候……"), is_challenge_text("Just a moment...", "")
    (True, True)
    >>> is_challenge_text("海关总署开展安全检查", "本次安全检查覆盖全国42个直属海关的316个口岸，历时三个月。")
    False
    """
    if len(body) > _LONGEST_BODY or not (_match_error(_CHALLENGE_TEXT, title) or _has_line(_CHALLENGE_TEXT, body)):
        return False
    return _rest_width(body, _CHALLENGE_TEXT, _CHALLENGE_WORDS, _HELP_WORDS) < _WIDEST_REST


def _has_line(pattern: re.Pattern[str], body: str) -> bool:
    return any(_match_error(pattern, line) for line in body.split("\n"))


def _rest_width(body: str, error: re.Pattern[str], *words: re.Pattern[str]) -> float:
    """The width of the sentences that are neither an error nor hold a word of such pages."""
    return text_width("".join(
        each for each in SENTENCE.findall(body)
        if not (any(pattern.search(each) for pattern in words) or _match_error(error, each))))


def _match_error(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    return pattern.match(text) if len(text) <= _LONGEST_ERROR else None


def is_list(page: Page, content: Content) -> bool:
    """True for a body that is a list of other pages: most of its lines are links, alone or with a date."""
    if sum(1 for element in content.elements for _ in element.iter("a")) < _FEWEST_ENTRIES:
        return False
    paragraphs = frozenset(content.paragraphs)
    lines = [line for line in page.lines if line.text in paragraphs]
    entries = [line for line in lines if line.linked and not line.to_file]
    dated = [line for line in entries if find_date(line.text) and len(line.text) - line.linked <= _LONGEST_DATE]
    bare = [line for line in entries if line.linked == len(line.text)]
    return (len(dated) >= max(_FEWEST_ENTRIES, len(lines) * _ENTRY_SHARE)
            or len(bare) >= max(2 * _FEWEST_ENTRIES, len(lines) * _ENTRY_SHARE))


def may_be_truncated(page: Page, content: Content) -> bool:
    """True for a page without closing tags whose last visible line ends the body: the rest may be missing."""
    return is_unclosed(page) and content.paragraphs[-1].endswith(page.lines[-1].text)


def is_truncated(page: Page, content: Content) -> bool:
    """True for a page without closing tags that ends inside a tag or a sentence of its body."""
    rest = page.text[page.text.rfind(">") + 1:]
    if not rest.strip() or not is_unclosed(page):
        return False
    *before, last = page.lines[-2:]
    ends = [last] if is_end(last) else [*before, last]
    finished = "<" not in rest and (PARAGRAPH_END.search(last.text) or is_date(last.text))
    return not finished and any(content.paragraphs[-1].endswith(line.text) for line in ends)


def is_unclosed(page: Page) -> bool:
    """True for a page that opens an html or body element and closes neither: its end may be missing."""
    source = page.text
    closed = _CLOSING_TAG.search(source, len(source) - _TAIL) or _CLOSING_TAG.search(source)
    return not closed and _OPENING_TAG.search(source) is not None


def raise_for_error_page(page: Page) -> None:
    """Raises PageFault for an error page; see `error_page_reason` for where to use it."""
    reason = error_page_reason(page)
    if reason:
        raise PageFault(reason)


def error_page_reason(page: Page) -> Message | None:
    """Reason why a page is an error page, quoting its error; None for any other page.

    Any line may match, a teaser in a sidebar too: use it only where no layout reads the page or no link was found.
    """
    visible = " ".join(line.text for line in page.lines)
    if _SSI_FAILURE in visible:
        return message("ssi_error")
    missing = next((line.text for line in page.lines if _match_error(_ERROR_LINE, line.text)), None)
    if missing is None and _match_error(_ERROR_LINE, page.head_title):
        missing = page.head_title
    if missing is not None:
        return message("missing_page", text=missing[:80])
    target = page_redirect(page) if len(visible) < _SHORTEST_PAGE else None
    return message("redirect_only", url=target) if target else None


def page_redirect(page: Page) -> str | None:
    """URL that a page's script or meta refresh sends the browser to; None if it is the page itself, or none does."""
    target = script_target(page.scripts) or _meta_refresh(page.text)
    return target if target and urlkey(page.absolute(target)) != urlkey(page.url) else None
