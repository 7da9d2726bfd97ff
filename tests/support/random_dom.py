"""Random DOM renderer for releases, to test readers that use landmarks.

`render` wraps the visible text of a release in random markup: tables, nested boxes, labels split over elements,
`&nbsp;`, comments, decoy scripts, hidden text, menus, footers, open tags. `enriched` adds lists, tables, deadlines,
contacts, signatures and annexes, which real releases have.
"""

import html
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from random import Random

MENU = ("Home", "About us", "News", "Members", "Exhibitions", "Services", "Contact us", "Download", "Policies",
        "首页", "关于我们", "新闻中心", "会员服务", "联系我们", "Investment", "Photo gallery", "Video")
NEIGHBOURS = (
    "Delegation visits machinery park", "Annual meeting of the branch held", "Notice on the spring fair",
    "Port throughput grows in the first quarter", "商会组团参加春季展", "Training course for exporters opens",
    "New members join the working group", "Report on overseas warehouses published")
FOOTERS = (
    "Copyright © 2014-2020 All Rights Reserved.", "版权所有 机电商会 京ICP备05004093号",
    "Copyright 2019 Example Chamber", "Technical support: Example Net Co.", "Powered by SiteEngine 3.2",
    "主办单位：某某商会 技术支持：某某网络", "© 2021 Trade Resources. All rights reserved. Terms of use")
HEADINGS = ("Related news", "Hot News", "Latest news", "相关新闻", "热点新闻", "Recommended articles")
NAMES = ("content", "main", "wrap", "box1", "txt", "zw", "c12", "left", "right", "col-9", "article", "detail", "x7f",
         "TRS_Editor", "news_show", "con", "bd", "page", "inner")
SHARES = (
    'Share to: <a href="#">Weibo</a> <a href="#">WeChat</a> <a href="#">Facebook</a>', "分享到：<a href=#>微博</a>",
    "<a href=#>Print</a> <a href=#>Close</a> <a href=#>Back to Top</a>", "【打印】【关闭】")
DEADLINES = (
    "Applications are accepted until 2011-11-30.", "Please register before December 1, 2012, at the latest.",
    "报名截止日期为2013年3月15日，逾期不再受理。", "The fair was held for the first time on 2009-05-18.")
CONTACTS = (
    ("Contact: Ms. Li", "Tel: 010-58280863"), ("联系人：李伟", "电话：010-58280863"),
    ("联系人：王芳 电话：010-65197000",), ("Contact: Zhang Wei, Tel: 86-10-58280910, E-mail: zhang@example.org",))
SIGNATURES = (
    ("商务部办公厅", "2010年5月6日"), ("Working Group for the Visit", "October 9, 2013"), ("机电商会",))
LISTS = (
    ("Pumps", "Valves", "Cranes and hoists"), ("Opening at nine o'clock", "Visit to the port", "Signing of contracts"),
    ("一、展会时间", "二、展会地点", "三、参展费用"), ("Steel, 2014-03-01 to 2014-03-05", "Cement", "Glass", "Paper"))
TABLES = (
    (("Item", "2014", "2015"), ("Pumps", "1,204", "1,377"), ("Valves", "88.5", "91.0")),
    (("税号", "商品"), ("8501", "电动机"), ("8482.10", "滚珠轴承")),
    (("Time", "Place"), ("9:30", "Hall 4"), ("14:00", "Hall 5")))
ANNEXES = ("附件：1. 报名表.doc", "Attachment: Registration form.pdf", "附件2 产品清单.xlsx")
BLOCKS = ("<ul", "<ol", "<table")


@dataclass(frozen=True)
class Items:
    """A list in a text."""

    texts: Sequence[str]


@dataclass(frozen=True)
class Rows:
    """A table in a text."""

    rows: Sequence[Sequence[str]]


Part = str | Items | Rows


@dataclass(frozen=True)
class VisibleRelease:
    """Visible text of a release: breadcrumb, title, labels with their values, body, lines after it.

    `head` is the site's own markup before the title; `title_tag` and `body_tag` are its own elements around title and
    body, if known.
    """

    title: str
    body: Sequence[Part]
    crumb: str = ""
    labels: Sequence[tuple[str, str]] = ()
    after: Sequence[str] = ()
    metas: Sequence[tuple[str, str]] = ()
    head: str = ""
    title_tag: str = ""
    body_tag: str = ""
    decoys: Sequence[str] = field(default=("Add Time:2001-01-01 00:00:00", "Posted: 1999-09-09 09:09:09",
                                           "Release Date: 2003-03-03", "发布时间:2002-02-02"))


def body_text(shown: VisibleRelease) -> str:
    """Text of the body, lists and tables included."""
    words = []
    for part in shown.body:
        match part:
            case Items(texts):
                words += texts
            case Rows(rows):
                words += [cell for row in rows for cell in row]
            case _:
                words.append(part)
    return " ".join(words)


def enriched(shown: VisibleRelease, random: Random) -> VisibleRelease:
    """The release with random lists, tables and deadlines inserted after its first paragraph, and random endings."""
    body: list[Part] = list(shown.body)
    for parts in (DEADLINES, [Items(each) for each in LISTS], [Rows(each) for each in TABLES]):
        if random.random() < 0.3:
            body.insert(random.randint(1, len(body)), random.choice(parts))
    for endings in (SIGNATURES, CONTACTS, [(each,) for each in ANNEXES]):
        if random.random() < 0.2:
            body += random.choice(endings)
    return replace(shown, body=body)


def render(shown: VisibleRelease, random: Random) -> str:
    """HTML page of the release with randomly chosen markup."""
    return _Renderer(shown, random).page()


class _Renderer:
    def __init__(self, shown: VisibleRelease, random: Random) -> None:
        self.shown, self.random = shown, random
        self.upper = random.random() < 0.2
        self.unclosed = random.random() < 0.2

    def page(self) -> str:
        metas = "".join(f'<meta name="{name}" content="{html.escape(value)}">' for name, value in self.shown.metas)
        head = f"<meta charset=utf-8>{metas}{self._head_title()}{self._decoy()}<style>.zz1{{display:none}}</style>"
        before = [self._menu() for _ in range(self.random.randint(0, 2))]
        if self.random.random() < 0.3:
            before.append(self._login())
        after = [self._neighbours() for _ in range(self.random.randint(0, 1))] + [self._footer()]
        article = self._article()
        layout = self.random.choice((self._stacked, self._stacked, self._columns, self._nested))
        return f"<!DOCTYPE html><html><head>{head}</head><body>{layout(before, article, after)}</body></html>"

    # -- the page around the article

    def _stacked(self, before: list[str], article: str, after: list[str]) -> str:
        return "".join([*before, article, *after])

    def _columns(self, before: list[str], article: str, after: list[str]) -> str:
        side = self._neighbours()
        cells = [f"<td valign=top width=200>{side}</td>", f"<td valign=top>{article}</td>"]
        if self.random.random() < 0.5:
            cells.reverse()
        return "".join(before) + f"<table width=1000><tr>{''.join(cells)}</tr></table>" + "".join(after)

    def _nested(self, before: list[str], article: str, after: list[str]) -> str:
        top, end = f"<div id=top>{''.join(before)}</div>", f"<div id=end>{''.join(after)}</div>"
        return f"{top}<div class={self._name()}>{article}</div>{end}"

    def _menu(self) -> str:
        words = self.random.sample(MENU, self.random.randint(4, 8))
        kind = self.random.randint(0, 3)
        links = [f'<a href="/{index}/">{word}</a>' for index, word in enumerate(words)]
        if kind == 0:
            return f"<ul class={self._name()}>" + "".join(f"<li>{link}</li>" for link in links) + "</ul>"
        if kind == 1:
            return "<table><tr>" + "".join(f"<td>{link}</td>" for link in links) + "</tr></table>"
        if kind == 2:
            return f"<div>{' | '.join(links)}</div>"
        return f"<nav>{''.join(links)}</nav>"

    def _share(self) -> str:
        return f"<div class={self._name()}>{self.random.choice(SHARES)}</div>"

    def _prev_next(self) -> str:
        older, newer = (f"<a href='/news/{text[:3]}'>{text}</a>" for text in self.random.sample(NEIGHBOURS, 2))
        return self.random.choice((
            f"<div><p>Previous: {older}</p><p>Next: {newer}</p></div>",
            f"<div>上一篇：{older}<br>下一篇：{newer}</div>",
            f"<ul><li>Prev article: {older}</li><li>Next article: {newer}</li></ul>"))

    def _login(self) -> str:
        return ("<div class=layer><p>Confirm</p><p>Cancel</p><p>x</p><p>Sign into your account</p><form><input name=id>"
                "Member ID or Email <a href=/join>Join Free</a></form></div>")

    def _neighbours(self) -> str:
        heading = self.random.choice(HEADINGS)
        items = self.random.sample(NEIGHBOURS, self.random.randint(2, 5))
        form = self.random.choice(("2012-0{}-11", "[2012-0{}-11 10:00]", "2012年{}月11日", "(0{}-11)", "2012/{}/11"))
        rows = "".join(f'<li><a href="/news/{index}">{text}</a> <span>{form.format(index + 1)}</span></li>'
                       for index, text in enumerate(items))
        tag = self.random.choice(("div", "aside", "section"))
        return f"<{tag} class={self._name()}><h3>{heading}</h3><ul>{rows}</ul></{tag}>"

    def _footer(self) -> str:
        lines = self.random.sample(FOOTERS, self.random.randint(1, 2))
        links = " | ".join(f'<a href="/f{i}">{word}</a>' for i, word in enumerate(self.random.sample(MENU, 3)))
        parts = [f"<p>{line}</p>" for line in lines]
        if self.random.random() < 0.6:
            parts.insert(0, f"<div>{links}</div>")
        tag = self.random.choice(("div", "footer", "div", "center"))
        return f"<{tag}>{''.join(parts)}</{tag}>"

    # -- the article

    def _article(self) -> str:
        crumb = [self._crumb()] if self.shown.crumb else []
        labels = [self._labels()] if self.shown.labels else []
        parts = [*crumb, self.shown.head, self._title(), *labels, self._noise(), self._body()]
        after = [self._block(text) for text in self.shown.after]
        after += [self._share()] * (self.random.random() < 0.2) + [self._prev_next()] * (self.random.random() < 0.2)
        shape = self.random.randint(0, 4)
        if shape == 0:
            return "".join([*parts, *after])
        if shape == 1:
            rows = [*parts, *after]
            return "<table>" + "".join(f"<tr><td>{part}</td>{self._close('</tr>')}" for part in rows) + "</table>"
        if shape == 2:
            return f"<div class={self._name()}>{''.join([*parts, *after])}</div>"
        if shape == 3:
            head = "".join(parts[:-1])
            return f"<div class={self._name()}><div class={self._name()}>{head}</div>{parts[-1]}{''.join(after)}</div>"
        return f"<div>{''.join(parts[:-1])}<div><div class={self._name()}>{parts[-1]}</div></div></div>{''.join(after)}"

    def _crumb(self) -> str:
        text = html.escape(self.shown.crumb)
        if self.random.random() < 0.3:
            text = text.replace("Home", '<a href="/">Home</a>', 1)
        return self._block(text, raw=True)

    def _title(self) -> str:
        text = self._inline(self.shown.title)
        if self.shown.title_tag:
            return self._within(self.shown.title_tag, text)
        form = self.random.randint(0, 6)
        if form == 0:
            return f"<h1>{text}</h1>"
        if form == 1:
            return f"<h2 class={self._name()}>{text}</h2>"
        if form == 2:
            return f"<div align=center><b>{text}</b></div>"
        if form == 3:
            return f"<p><font size=4><strong>{text}</strong></font>{self._close('</p>')}"
        if form == 4:
            return f"<center><span class=t>{text}</span></center>"
        if form == 5:
            return f"<table><tr><td align=center>{text}</td></tr></table>"
        return f"<div class={self._name()}><div>{text}</div></div>"

    def _labels(self) -> str:
        pairs = [(self._split(label), html.escape(value)) for label, value in self.shown.labels]
        form = self.random.randint(0, 4)
        if form == 0:
            return "<p>" + " ".join(f"{label}{value}" for label, value in pairs) + self._close("</p>")
        if form == 1:
            spans = (f"<span>{label}</span><span>{value}</span>" for label, value in pairs)
            return f"<div>{'&nbsp;&nbsp;'.join(spans)}</div>"
        if form == 2:
            cells = (f"<td>{label}</td><td>{value}</td>" for label, value in pairs)
            return f"<table><tr>{''.join(cells)}</tr></table>"
        if form == 3:
            return "<div class=info>" + "".join(f"<div>{label}{value}</div>" for label, value in pairs) + "</div>"
        items = (f"<li>{label}<em>{value}</em>{self._close('</li>')}" for label, value in pairs)
        return f"<ul>{''.join(items)}</ul>"

    def _split(self, label: str) -> str:
        text = html.escape(label)
        choice = self.random.randint(0, 4)
        if choice == 0 and " " in text:
            return text.replace(" ", "&nbsp;")
        if choice == 1 and " " in text:
            first, rest = text.split(" ", 1)
            return f"<b>{first}</b> <b>{rest}</b>"
        if choice == 2:
            return f"<!-- {label} 2000-01-01 -->{text}"
        if choice == 3:
            return f"{text[:2]}<span>{text[2:]}</span>"
        return text

    def _noise(self) -> str:
        choice = self.random.randint(0, 5)
        decoy = html.escape(self.random.choice(self.shown.decoys))
        if choice == 0:
            return f'<div style="display: none">{decoy}</div>'
        if choice == 1:
            return f"<div class=zz1><p>{decoy}</p></div>"
        if choice == 2:
            return f"<script>var old = '<p>{decoy}</p>';</script>"
        if choice == 3:
            return f"<!-- <p>{decoy}</p> -->"
        return ""

    def _body(self) -> str:
        paragraphs = [self._part(part) for part in self.shown.body]
        form = self.random.choice((0, 2, 3, 4)) if self._has_blocks() else self.random.randint(0, 6)
        if form == 0:
            inner = "".join(self._paragraph("p", text) for text in paragraphs)
        elif form == 1:
            inner = "<br><br>".join(f"&nbsp;&nbsp;{text}" for text in paragraphs)
        elif form == 2:
            inner = "".join(self._paragraph("div", text) for text in paragraphs)
        elif form == 3:
            inner = "\n".join(text if text.startswith(BLOCKS) else
                              f'<p style="text-indent:2em"><span style="font-size:16px">{text}</span></p>'
                              for text in paragraphs)
        elif form == 4 and not self.shown.body_tag:
            return "".join(self._paragraph("p", text) for text in paragraphs)
        elif form == 4:
            inner = "".join(self._paragraph("p", text) for text in paragraphs)
        elif form == 5:
            inner = "<table>" + "".join(f"<tr><td>{text}</td></tr>" for text in paragraphs) + "</table>"
        else:
            inner = "<p>" + "<br/>".join(paragraphs) + "</p>"
        if self.shown.body_tag:
            return self._within(self.shown.body_tag, inner)
        tags = ("div", "section") if self._has_blocks() else ("div", "div", "section", "span", "font")
        tag = self.random.choice(tags)
        return f"<{tag} class={self._name()}>{inner}</{tag}>"

    def _has_blocks(self) -> bool:
        return not all(isinstance(part, str) for part in self.shown.body)

    def _within(self, tag: str, inner: str) -> str:
        return f"<{tag}>{inner}</{tag.split()[0]}>"

    def _paragraph(self, tag: str, text: str) -> str:
        if text.startswith(BLOCKS):
            return text
        return f"<p>{text}{self._close('</p>')}" if tag == "p" else f"<{tag}>{text}</{tag}>"

    def _part(self, part: Part) -> str:
        match part:
            case Items(texts):
                tag = self.random.choice(("ul", "ol"))
                items = (f"<li>{self._inline(text)}{self._close('</li>')}" for text in texts)
                return f"<{tag}>{''.join(items)}</{tag}>"
            case Rows(rows):
                cells = ("".join(f"<td>{self._inline(text)}</td>" for text in row) for row in rows)
                return "<table border=1>" + "".join(f"<tr>{row}</tr>" for row in cells) + "</table>"
        return self._inline(part)

    # -- inline markup, blocks, tags

    def _inline(self, text: str) -> str:
        words = html.escape(text, quote=False)
        choice = self.random.randint(0, 5)
        if choice == 0 and " " in words:
            first, rest = words.split(" ", 1)
            return f"<span>{first}</span> {rest}"
        if choice == 1 and len(text) > 12 and "&" not in words:
            cut = self.random.randint(3, len(words) - 3)
            return f"{words[:cut]}<span>{words[cut:]}</span>"
        if choice == 2 and " " in words:
            return words.replace(" ", "&nbsp;", 1)
        if choice == 3:
            return f"<!-- start -->{words}<!-- end -->"
        return words

    def _block(self, text: str, *, raw: bool = False) -> str:
        tag = self.random.choice(("div", "p", "span style='display:block'", "h4" if not raw else "div"))
        words = text if raw else html.escape(text)
        name = tag.split()[0]
        if name == "span":
            return f"<div><span>{words}</span></div>"
        return f"<{name}>{words}</{name}>"

    def _close(self, tag: str) -> str:
        return "" if self.unclosed else (tag.upper() if self.upper else tag)

    def _name(self) -> str:
        return self.random.choice(NAMES)

    def _head_title(self) -> str:
        choice = self.random.randint(0, 3)
        if choice == 0:
            return "<title>CCCME</title>"
        if choice == 1:
            return f"<title>{html.escape(self.shown.title)}</title>"
        if choice == 2:
            return f"<title>{html.escape(self.shown.title)}-Example Site</title>"
        return ""

    def _decoy(self) -> str:
        decoy = self.random.choice(self.shown.decoys)
        return f"<script>var a='{decoy}';</script>" if self.random.random() < 0.5 else ""
