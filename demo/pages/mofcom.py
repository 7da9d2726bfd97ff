"""Pages that both MOFCOM sites share: the article template of 2024 (G3), columns, attachments."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from urllib.parse import urlsplit

from demo.pages.responses import NOTE, SiteFixtures, esc, paragraphs, path_of
from demo.samples import Release

# The template leaves the head's elements unclosed and closes them all at its end.
HEAD_END = "</link></meta></meta></meta></META></head>"

WORD_STYLE = ('<style>@font-face{ font-family:"Times New Roman"; } @font-face{ font-family:"宋体"; } '
              "p.MsoNormal{ margin:0pt; text-indent:32pt; line-height:150%; }</style>")


def column_of(url: str) -> str:
    """The path of the column of an article, with its slash.

    >>> column_of("https://www.mofcom.gov.cn/xwfb/rcxwfb/art/2025/art_9d.html")
    '/xwfb/rcxwfb/'
    >>> column_of("http://english.mofcom.gov.cn/article/newsrelease/press/201908/20190802886623.shtml")
    '/article/newsrelease/press/'
    """
    path = urlsplit(url).path
    if "/art/" in path:
        return path.split("/art/")[0] + "/"
    return path.rsplit("/", 2)[0] + "/"


def columns(releases: Iterable[Release]) -> dict[str, list[Release]]:
    """The releases by "host/column/", newest first as given."""
    found: dict[str, list[Release]] = defaultdict(list)
    for each in releases:
        found[f"{urlsplit(each.url).hostname}{column_of(each.url)}"].append(each)
    return found


def g3_article(release: Release, fixtures: SiteFixtures) -> str:
    """An article page of the template of 2024, with its three different times and its two bodies of one class."""
    return f"""<!DOCTYPE html SYSTEM "about:legacy-compat">
<html>
<head>
{NOTE}
<META http-equiv="Content-Type" content="text/html; charset=UTF-8">
<meta charset="utf-8">
<link href="/cms_files/default/css/article.css" rel="stylesheet">
<title>{esc(release.title)}</title>
{_metas(release)}
{HEAD_END}
<body>
<section class="main"><section class="container">
{_location(release)}
<section class="article-tool f-cb"><div class="at-left">{_tool_line(release)}</div>
<div class="at-right"><a href="javascript:window.print()">{_word(release, "打印", "Print")}</a></div></section>
<div class="art-title">{esc(release.title)}<span class="zc-word"></span></div>
{_info_block(release)}
<div ergodic="article" class="art-con art-con-bottonmLine">{counterpart(release, fixtures)}
{_g3_body(release)}</div>
{_sidebar(fixtures.releases)}
</section></section>
{_footer(release)}
</body></html>"""


def counterpart(release: Release, fixtures: SiteFixtures) -> str:
    """The image that links to the release in the other language, "" where there is none."""
    href = fixtures.urls.get(release.counterpart or "")
    if href is None:
        return ""
    image = "ch.gif" if release.language == "en" else "ev.gif"
    return (f'<DIV align="center"><a href="{esc(href)}" target="_blank">'
            f'<img style="width: 100px;" src="/images/{image}" border="0"></a></DIV>')


def attachments(release: Release) -> str:
    """The list of linked files under a body, "" where there are none."""
    if not release.attachments:
        return ""
    label = _word(release, "附件：", "Attachment:")
    links = "".join(f'<p><a href="{esc(each.url)}" target="_blank">{esc(each.name)}</a></p>'
                    for each in release.attachments)
    return f"<p>{label}</p>\n{links}"


def heading(release: Release) -> str:
    """The name of the release's column."""
    return release.category or release.section.rsplit("/", 1)[-1]


def _metas(release: Release) -> str:
    # MakeTime is when the page was built; on real pages it may be days after the publication.
    metas = {
        "SiteName": _word(release, "中华人民共和国商务部", "Ministry of Commerce"),
        "SiteDomain": urlsplit(release.url).hostname,
        "ColumnName": heading(release),
        "ArticleTitle": release.title,
        "PubDate": release.published,
        "ContentSource": release.source_label or release.department,
        "Keywords": "", "Author": release.author or "wz",
        "Description": release.body[0][:120],
        "Url": path_of(release.url),
        "MakeTime": release.timestamp(26 * 60, ":46"),
    }
    lines = "\n".join(f'<meta name="{name}" content="{esc(value)}">' for name, value in metas.items())
    return f'{lines}\n<meta id="pagetype" content="1">'


def _location(release: Release) -> str:
    column = column_of(release.url)
    home = _word(release, "首页", "Home")
    return (f'<section class="location f-mt20 location_bottomLine"><a href="/index.html">{home}</a>'
            f'<i>&gt;</i>\n<a href="{column}index.html">{esc(heading(release))}</a></section>')


def _tool_line(release: Release) -> str:
    label, kind = _word(release, "来源：", "Source: "), _word(release, "类型：原创", "Type: Original")
    shown = release.timestamp(-38, "") if release.has_time else release.day
    return (f"<p> {label}{esc(release.source_label or release.department)} <span> {kind}</span> "
            f"<span> {shown}</span> </p>")


def _info_block(release: Release) -> str:
    if not release.number:
        return ""
    written = datetime.fromisoformat(release.day or "2025-01-01").strftime("%Y年%m月%d日")
    return ('<div class="art-con art-con-bottonmLine"> <div class="art-con-gonggao">'
            f"【发布单位】{esc(release.department or release.source_label)}<br> 【发布文号】{esc(release.number)}<br> "
            f"【发文日期】{written} </br></br></div></div>")


def _g3_body(release: Release) -> str:
    sign_off = '<p style="text-align:right">' + "&#xa0; " * 30 + "</p>" if release.number else ""
    return f"<p>{WORD_STYLE}</p>{paragraphs(release)}{sign_off}{attachments(release)}"


def _sidebar(others: Sequence[Release]) -> str:
    items = "".join(f'<li><a href="{esc(each.url)}" title="{esc(each.title)}">{esc(each.title)}</a>'
                    f"<span>[{each.day}]</span></li>" for each in others[:3])
    return f'<aside><ul class="txtList_02">{items}</ul></aside>'


def _footer(release: Release) -> str:
    return _word(release, "<footer><p>网站地图 | 联系我们 | 版权所有 2026</p></footer>",
                 "<footer><p>Site map | Contact us | Copyright 2026</p></footer>")


def _word(release: Release, chinese: str, english: str) -> str:
    return chinese if release.language == "zh" else english
