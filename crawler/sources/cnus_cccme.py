"""中美省州合作专题子站: CCCME's site for cooperation between Chinese provinces and US states."""

from crawler.extract.fields import date_in, first, published
from crawler.extract.landmarks import Landmarks
from crawler.source import TRACKING, Expect, Layout, Listing, Source

# Home>News Content; title; Soruce:… Author:… Add Time:2014-10-13 00:00:00; text. "Soruce" is the site's spelling.
PAGE = Landmarks(
    crumb=r"Home\s*>\s*News\s+Content",
    labels=("Soruce", "Source", "Author", "Add Time"),
    anchor="Add Time",
)

SOURCE = Source(
    id="cnus_cccme",
    name={"zh": "机电商会中美省州合作专题子站", "en": "CCCME, China Provinces and US States Cooperation"},
    organization="cccme",
    hosts=("cnus.cccme.org.cn",),
    articles=(r"/news/en_news/content-\d+\.aspx",),
    listings=(
        Listing("http://cnus.cccme.org.cn/"),
        Listing("http://cnus.cccme.org.cn/news/en_news/index.aspx"),
    ),
    layouts=(
        Layout(
            name="landmarks",
            title=PAGE.title,
            body=PAGE.body,
            # The clock is always 00:00:00.
            published=published(date_in(PAGE.value("Add Time"), clock=False)),
            source_label=first(PAGE.value("Soruce"), PAGE.value("Source")),
            author=PAGE.value("Author"),
        ),
    ),
    expect=Expect(pages=1, articles=3, dated=0.98, body=0.98),
    clones=("eximftp.com/cnus",),
    tracking=TRACKING,
)
