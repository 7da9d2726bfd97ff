"""The JPaaS unit API: the shell page that asks for a list, and the answers it gets, page by page."""

import hashlib
import json
from collections.abc import Sequence
from urllib.parse import parse_qs, quote, urlsplit

from demo.pages.responses import NOTE, Answer, esc, html, path_of
from demo.pages.times import day
from demo.samples import Release

PATH = "/api-gateway/jpaas-publish-server/front/page/build/unit"
ROWS = 6  # a real page has 15; fewer here so that a small demo has pages to turn
TAG = "分页列表"
WEB_ID = "8f43c7ad3afc411fb56f281724b73708"
SET_ID = "52551ea0e2c14bca8c84792f7aa37ead"
FIXED = {"parseType": "bulidstatic", "webId": WEB_ID, "tplSetId": SET_ID, "pageType": "column", "tagId": TAG}
REFUSED = Answer(b'{"success":false,"data":{}}', "application/json;charset=UTF-8")


def page_id(column: str) -> str:
    """The id that the replica gives a column: 32 hex digits, different for each."""
    return hashlib.md5(column.encode(), usedforsecurity=False).hexdigest()


def shell(title: str, column: str) -> Answer:
    """The page of a column before its script has run: no entries, only what to ask the API for."""
    asked = {**FIXED, "editType": "null", "pageId": page_id(column)}
    query = "{" + ",".join(f"'{key}':'{value}'" for key, value in asked.items()) + "}"
    return html(f"""<!DOCTYPE html>
<html lang="zh-cn"><head>{NOTE}<meta charset="utf-8"><title>{esc(title)}</title>
<meta name="ColumnName" content="{esc(title)}"><meta id="pagetype" content="2"></head>
<body class="channel-page"><section class="main"><nav><a href="/index.html">首页</a></nav><h2>{esc(title)}</h2>
<script id="{page_id('script' + column)}" src="/cms_files/default/script/AuthorizedRead/unitbuild.js?v=4.3.0-SWB-U19"
 url="{PATH}" queryData="{query}"></script>
</section></body></html>""")


def answer(columns: dict[str, Sequence[Release]], url: str) -> Answer:
    """What the API says: a page of the column's list, or the soft failure where any parameter is not as it must be."""
    query = urlsplit(url).query
    given = {name: values[-1] for name, values in parse_qs(query, encoding="utf-8", errors="replace").items()}
    column = next((each for each in columns if page_id(each) == given.get("pageId")), None)
    wrong = any(given.get(name) != value for name, value in FIXED.items())
    if column is None or wrong or f"tagId={quote(TAG)}" not in query:
        return REFUSED
    number = _page_number(given.get("paramJson"))
    return REFUSED if number is None else _list(columns[column], number)


def _page_number(text: str | None) -> int | None:
    if text is None:
        return 1
    try:
        asked = json.loads(text)
        return int(asked["pageNo"]) if int(asked["pageSize"]) == ROWS else None
    except (ValueError, TypeError, KeyError):
        return None


def _list(releases: Sequence[Release], number: int) -> Answer:
    shown = releases[(number - 1) * ROWS:number * ROWS]
    items = "".join(f'<li><a href="{esc(path_of(each.url))}" title="{esc(each.title)}" target="_blank">'
                    f"{esc(each.title)}</a><span>[{day(each)}]</span></li>" for each in shown)
    text = (f'<div id="{TAG}"><div class="page-content"><ul class="txtList_01">{items}</ul></div>'
            f'<div class="pagination" rows="{ROWS}" count="{len(releases)}" pageNo="{number}" unitUrl="{PATH}">'
            "</div></div>")
    data = {"roles": None, "permissions": None, "success": True, "message": "", "code": "200", "data": {"html": text},
            "traceId": "replica"}
    return Answer(json.dumps(data, ensure_ascii=False).encode(), "application/json;charset=UTF-8")
