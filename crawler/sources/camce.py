"""中工国际 (CAMCE, China CAMC Engineering, of SINOMACH): its English news, templates before and since 2021."""

from crawler.extract.fields import date_in, date_in_url, published
from crawler.extract.landmarks import Landmarks
from crawler.source import TRACKING, Expect, Layout, Listing, Source

HOME = "http://www.camce.com.cn"
URL_DAY = date_in_url(r"/t(\d{8})_\d+\.html?")

# Location: Home(旧) / News / Group News / Content; title; By: From: Posted: 2020-09-22 01:44:00 FontSize: …; text
OLD = Landmarks(
    crumb=r"Location\s*[:：]\s*Home(?:\s*[(（][^)）\n]{1,4}[)）])?(?:\s*/\s*[^\n/]{1,40}){1,4}",
    labels=("By", "From", "Posted", "FontSize"),
    anchor="Posted",
    tools=r"BIG|MIDDLE|SMALL|BIG\s+MIDDLE\s+SMALL",
    ends=(r"^Add\s*to\s*Favou?rites", r"^XML\s*地图", r"^Sitemap\s*地图"),
)
# Media Reports; title; 发布时间:2021-06-09 文章来源: 阅读次数:; text
NEW = Landmarks(
    crumb=r"^(?:Media\s+Reports|Company\s+News|Group\s+News)\s*$",
    labels=("发布时间", "文章来源", "阅读次数"),
    anchor="发布时间",
    ends=(r"^XML\s*地图", r"^Sitemap\s*地图"),
)

SOURCE = Source(
    id="camce",
    name={"zh": "中工国际英文网站", "en": "CAMCE (SINOMACH)"},
    organization="camce",
    hosts=("www.camce.com.cn",),
    articles=(r"/(?:en/enNews|xben)/(?:\w+/)+\d{6}/t\d{8}_\d+\.html?",),
    listings=(
        Listing(f"{HOME}/en/enNews/enGN/"),
        Listing(f"{HOME}/en/enNews/enEN/"),
        Listing(f"{HOME}/xben/enxwzx/enmtbd/"),
    ),
    layouts=(
        Layout(
            name="until 2020", url=r"/en/enNews/", title=OLD.title, body=OLD.body,
            published=published(date_in(OLD.value("Posted")), URL_DAY),
            source_label=OLD.value("From"), author=OLD.value("By"),
        ),
        Layout(
            name="since 2021", url=r"/xben/", title=NEW.title, body=NEW.body,
            published=published(date_in(NEW.value("发布时间")), URL_DAY),
            source_label=NEW.value("文章来源"),
        ),
    ),
    expect=Expect(pages=1, articles=3, dated=0.98, body=0.98),
    clones=("sino-chart.com", "thinkggek.com"),
    tracking=TRACKING,
)
