"""Page templates that the ministry's sites share: the one of 2024 (G3), and the flags that link both languages."""

from crawler.extract.fields import address, css, element, first, first_body, linked_image, meta, published, time
from crawler.source import Layout

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
