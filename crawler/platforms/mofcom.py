"""The Ministry of Commerce's page template of 2024 (G3) and links between languages, shared by its sites.

Its metas (ArticleTitle, PubDate, ContentSource, ColumnName) are those of the standard for Chinese government sites.
"""

from crawler.extract.fields import css, date_in, date_in_url, element, first, first_body, linked_image, meta, published
from crawler.source import Layout

NOTICE_HEADER = ".art-con-gonggao"
# 来源：外贸司 类型：原创 2025-09-26 16:56: the group is the time after the labels and their values
SHOWN_TIME = r"^(?:.*[^\d\s][:：]\s*(?:\D\S*\s+)?)?((?=.*[\d〇○零]).+)$"
# 来源：外贸司 · 来 源: 新华社
SHOWN_SOURCE = r"来\s*源[:：]\s*(?!\S*[:：]|\d{4}\D)(\S+)"

# A small flag links to the release in the other language; links to tzswj lead to a list.
COUNTERPART = linked_image("img[src$='ch.gif'], img[src$='ev.gif']",
                    r"^(?!https?://tzswj).*(?:/\d{6}/\d{14}\.s?html|/art/\d{4}/art_[0-9a-f]{32}\.html)")

# MakeTime is when the page was built, at times days after the publication: evidence, never the date.
G3 = Layout(
    name="G3",
    url=r"/art/\d{4}/art_[0-9a-f]{32}\.html",
    title=first(css("div.art-title"), meta("ArticleTitle")),
    body=first_body(element("[ergodic=article]"), element(".art-con", without=NOTICE_HEADER), element(".art_con")),
    published=published(
        date_in(meta("PubDate")), date_in(css(".article-tool .at-left", SHOWN_TIME)),
        date_in(css(NOTICE_HEADER, r"【发文日期】([^【]+)")),
        date_in_url(r"/art/(\d{4})/art_"), seen=(date_in(meta("MakeTime")),)),
    source_label=first(meta("ContentSource"), css(".article-tool .at-left", SHOWN_SOURCE)),
    number=css(NOTICE_HEADER, r"【发布文号】\s*([^【]+)"),
    category=meta("ColumnName"),
    counterpart=COUNTERPART,
)
