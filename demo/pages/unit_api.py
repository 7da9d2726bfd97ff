"""The JPaaS unit API: list pages without entries (shells), and the API that their script gets the entries from."""

import hashlib
import json
from collections.abc import Sequence
from urllib.parse import parse_qs, quote, urlsplit

from demo.pages.responses import NOTE, Response, esc, html, path_of
from demo.samples import Release

PATH = "/api-gateway/jpaas-publish-server/front/page/build/unit"
ROWS = 6  # a real page has 15; fewer here, so that the lists of a small demo have several pages
TAG = "分页列表"
WEB_ID = "8f43c7ad3afc411fb56f281724b73708"
SET_ID = "52551ea0e2c14bca8c84792f7aa37ead"
FIXED = {"parseType": "bulidstatic", "webId": WEB_ID, "tplSetId": SET_ID, "pageType": "column", "tagId": TAG}
FAILURE = Response(b'{"success":false,"data":{}}', "application/json;charset=UTF-8")


def page_id(column: str) -> str:
    """The id of a column in the API: 32 hex digits."""
    return hashlib.md5(column.encode(), usedforsecurity=False).hexdigest()


def shell(title: str, column: str) -> Response:
    """The page of a column before its script has run: no entries, only the parameters of the API call."""
    parameters = {**FIXED, "editType": "null", "pageId": page_id(column)}
    query = "{" + ",".join(f"'{key}':'{value}'" for key, value in parameters.items()) + "}"
    return html(f"""<!DOCTYPE html>
<html lang="zh-cn"><head>{NOTE}<meta charset="utf-8"><title>{esc(title)}</title>
<meta name="ColumnName" content="{esc(title)}"><meta id="pagetype" content="2"></head>
<body class="channel-page"><section class="main"><nav><a href="/index.html">首页</a></nav><h2>{esc(title)}</h2>
<script id="{page_id('script' + column)}" src="/cms_files/default/script/AuthorizedRead/unitbuild.js?v=4.3.0-SWB-U19"
 url="{PATH}" queryData="{query}"></script>
</section></body></html>""")


def response(columns: dict[str, Sequence[Release]], url: str) -> Response:
    """A page of a column's list; a failure with status 200, as the real API sends it, where any parameter is wrong."""
    query = urlsplit(url).query
    given = {name: values[-1] for name, values in parse_qs(query, encoding="utf-8", errors="replace").items()}
    column = next((each for each in columns if page_id(each) == given.get("pageId")), None)
    wrong = any(given.get(name) != value for name, value in FIXED.items())
    if column is None or wrong or f"tagId={quote(TAG)}" not in query:
        return FAILURE
    number = _page_number(given.get("paramJson"))
    return FAILURE if number is None else _list(columns[column], number)


def _page_number(text: str | None) -> int | None:
    if text is None:
        return 1
    try:
        asked = json.loads(text)
        return int(asked["pageNo"]) if int(asked["pageSize"]) == ROWS else None
    except (ValueError, TypeError, KeyError):
        return None


def _list(releases: Sequence[Release], number: int) -> Response:
    shown = releases[(number - 1) * ROWS:number * ROWS]
    items = "".join(f'<li><a href="{esc(path_of(each.url))}" title="{esc(each.title)}" target="_blank">'
                    f"{esc(each.title)}</a><span>[{each.day}]</span></li>" for each in shown)
    text = (f'<div id="{TAG}"><div class="page-content"><ul class="txtList_01">{items}</ul></div>'
            f'<div class="pagination" rows="{ROWS}" count="{len(releases)}" pageNo="{number}" unitUrl="{PATH}">'
            "</div></div>")
    data = {"roles": None, "permissions": None, "success": True, "message": "", "code": "200", "data": {"html": text},
            "traceId": "replica"}
    return Response(json.dumps(data, ensure_ascii=False).encode(), "application/json;charset=UTF-8")
