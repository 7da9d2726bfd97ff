"""商务部 (Ministry of Commerce), the English site: news, press conferences, announcements; templates since 2020."""

from crawler.extract.fields import (
    css,
    date_in,
    date_in_url,
    element,
    first,
    first_body,
    meta,
    published,
    script_variable,
)
from crawler.extract.landmarks import BESIDE_TITLE, Landmarks
from crawler.platforms.mofcom import COUNTERPART, G3, SHOWN_TIME
from crawler.source import TRACKING, Expect, Layout, Listing, Source

HOME = "https://english.mofcom.gov.cn"
OLD = "http://english.mofcom.gov.cn/article"
ENTRY = "ul.txtList_01 > li:not(.listline)"
OLD_ARTICLE = r"/a?article/(?:[\w-]+/)+\d{6}/\d{14}\.s?html"

# Visible in every template: Home > News > Significant News / tag line (at times) / title / text
PAGE = Landmarks(
    crumb=r"^Home(?:\s*>\s*[^\n>]{1,40})+",
    tools=r"(?:MOFCOM\s+)?Original\s+News|【发[布文](?:单位|文号|日期)】.*"
          r"|(?:(?:Source|Type|Tags?|来源|类型|标签词)\s*[:：][^:：]{0,40}){2,}(?::\d\d)*",
    title_meta="ArticleTitle",
    not_title_metas=("ContentSource",),
)

G2 = Layout(
    name="G2-new",
    url=OLD_ARTICLE,
    title=first(css("div.art-title"), PAGE.title),
    body=first_body(element(".art-con.art-con-bottonmLine"), element(".art-con")),
    published=published(date_in(meta("PubDate")), date_in(css(".article-tool .at-left", SHOWN_TIME)),
                        date_in(script_variable("tm")), date_in_url(r"/(\d{6})/\d{14}\.s?html")),
    source_label=first(meta("ContentSource"), script_variable("source")),
    counterpart=COUNTERPART,
)

BY_LANDMARKS = Layout(
    name="landmarks",
    title=PAGE.title,
    body=PAGE.body,
    published=published(date_in(meta("PubDate")), date_in(PAGE.value(BESIDE_TITLE)), date_in(script_variable("tm")),
                        date_in_url(r"/(\d{6})/\d{14}\.s?html"),
                        date_in_url(r"/art/(\d{4})/art_")),
    source_label=first(meta("ContentSource"), script_variable("source")),
)

SOURCE = Source(
    id="mofcom_en",
    name={"zh": "商务部英文网站", "en": "Ministry of Commerce (English site)"},
    organization="mofcom",
    hosts=("english.mofcom.gov.cn",),
    articles=(r"/art/\d{4}/art_[0-9a-f]{32}\.html", OLD_ARTICLE),
    listings=(
        Listing(f"{HOME}/News/SignificantNews/index.html", unit=True),
        Listing(f"{HOME}/News/PressConference/index.html", unit=True),
        Listing(f"{HOME}/"),
        Listing(f"{OLD}/newsrelease/significantnews/", item=ENTRY, paging="{url}?{page}"),
        Listing(f"{OLD}/newsrelease/press/", item=ENTRY, paging="{url}?{page}"),
        Listing(f"{OLD}/newsrelease/policyreleasing/", item=ENTRY, paging="{url}?{page}"),
        Listing(f"{OLD}/policyrelease/announcement/", item=ENTRY, paging="{url}?{page}"),
    ),
    layouts=(G3, G2, BY_LANDMARKS),
    expect=Expect(pages=3, articles=10, dated=0.98, body=0.98),
    clones=("bjjial.com/english", "bjdzzs.com/english", "lebaneesh.com", "art116.com", "yad22.com"),
    tracking=TRACKING,
)
