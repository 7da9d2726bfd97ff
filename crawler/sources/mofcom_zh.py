"""商务部 (Ministry of Commerce), the Chinese site: policy, announcements, news; the template of 2024."""

from crawler.platforms.mofcom import G3
from crawler.source import TRACKING, Expect, Listing, Source

WWW = "https://www.mofcom.gov.cn"

SOURCE = Source(
    id="mofcom_zh",
    name={"zh": "商务部中文网站", "en": "Ministry of Commerce (Chinese site)"},
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
        Listing(f"{WWW}/zcfb/blgg/gg/{{year}}/index.html", first_year=2025),
    ),
    layouts=(G3,),
    expect=Expect(pages=3, articles=10, dated=0.98, body=0.98),
    tracking=TRACKING,
)
