"""商务部 (Ministry of Commerce), the Chinese site: policy, announcements, news, in the template of 2024 and after."""

from crawler.extract.fields import address, css, element, first, first_body, linked_image, meta, published, time
from crawler.source import Expect, Layout, Listing, Source

WWW = "https://www.mofcom.gov.cn"
ISSUED = ".art-con-gonggao"
# 来源：外贸司 类型：原创 2025-09-26 16:56: what stands after the labels and their values; the value of the first
CLOCK = r"^(?:.*[^\d\s][:：]\s*(?:\D\S*\s+)?)?((?=.*[\d〇○零]).+)$"
# 来源：外贸司 · 来 源: 新华社
ORIGIN = r"来\s*源[:：]\s*(?!\S*[:：]|\d{4}\D)(\S+)"

# The two languages of one release link each other by a small flag; links to tzswj lead to a list instead.
TWIN = linked_image("img[src$='ch.gif'], img[src$='ev.gif']",
                    r"^(?!https?://tzswj).*(?:/\d{6}/\d{14}\.s?html|/art/\d{4}/art_[0-9a-f]{32}\.html)")

# The template of 2024 (G3) is the same on the ministry's Chinese and English sites. MakeTime is when the page was
# built, at times days after its publication: it is shown as evidence and never taken as the date.
G3 = Layout(
    name="G3",
    url=r"/art/\d{4}/art_[0-9a-f]{32}\.html",
    title=first(css("div.art-title"), meta("ArticleTitle")),
    body=first_body(element("[ergodic=article]"), element(".art-con", without=ISSUED), element(".art_con")),
    published=published(
        time(meta("PubDate")), time(css(".article-tool .at-left", CLOCK)), time(css(ISSUED, r"【发文日期】([^【]+)")),
        address(r"/art/(\d{4})/art_"), seen=(time(meta("MakeTime")),)),
    source_label=first(meta("ContentSource"), css(".article-tool .at-left", ORIGIN)),
    number=css(ISSUED, r"【发布文号】\s*([^【]+)"),
    category=meta("ColumnName"),
    counterpart=TWIN,
)

SOURCE = Source(
    id="mofcom_zh",
    name={"zh": "商务部", "en": "Ministry of Commerce (Chinese site)"},
    organization="mofcom",
    hosts=("www.mofcom.gov.cn",),
    articles=(r"/art/\d{4}/art_[0-9a-f]{32}\.html",),
    listings=(
        Listing(f"{WWW}/xwfb/rcxwfb/index.html", item="ul.txtList_01 > li", unit=True),
        Listing(f"{WWW}/xwfb/xwfyrth/index.html", item="ul.txtList_01 > li", unit=True),
        Listing(f"{WWW}/xwfb/ldrhd/index.html", item="ul.txtList_01 > li", unit=True),
        Listing(f"{WWW}/xwfb/bldhd/index.html", item="ul.txtList_01 > li", unit=True),
        Listing(f"{WWW}/xwfb/sjfzrfb/index.html", item="ul.txtList_01 > li", unit=True),
        Listing(f"{WWW}/xwfb/ztxwfbh/index.html", item="ul.txtList_01 > li", unit=True, may_be_empty=True),
        Listing(f"{WWW}/zwgk/zcfb/index.html", item="ul.txtList_01 > li", unit=True),
        Listing(f"{WWW}/zcfb/index.html", item="ul.policy-list > li"),
        Listing(f"{WWW}/zcfb/blgg/gg/2026/index.html", may_be_empty=True),
        Listing(f"{WWW}/zcfb/blgg/gg/2025/index.html"),
    ),
    layouts=(G3,),
    expect=Expect(pages=3, articles=10, dated=0.98, body=0.98),
)
