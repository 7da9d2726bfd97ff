"""ccdp-me.com: notices of chambers of commerce, republished in machine translation with an empty release date."""

from crawler.extract.fields import date_in, published
from crawler.extract.landmarks import Landmarks
from crawler.source import TRACKING, Expect, Layout, Listing, Source

# title; Release Date:; text
PAGE = Landmarks(labels=("Release Date",), anchor="Release Date")

SOURCE = Source(
    id="ccdp_me",
    name={"zh": "ccdp-me.com 转载", "en": "ccdp-me.com (republisher)"},
    organization=None,
    hosts=("www.ccdp-me.com",),
    articles=(r"/en/news/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/?$",),
    listings=(Listing("https://www.ccdp-me.com/en/news"), Listing("https://www.ccdp-me.com/en")),
    layouts=(
        Layout(name="landmarks", title=PAGE.title, body=PAGE.body,
               published=published(date_in(PAGE.value("Release Date")))),
    ),
    expect=Expect(pages=1, articles=1, dated=0.0, body=0.98),
    republisher=True,
    tracking=TRACKING,
)
