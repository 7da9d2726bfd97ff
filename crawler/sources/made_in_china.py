"""Made-in-China.com's "Trade Resources": texts of ministries, republished without a date."""

from crawler.extract.fields import date_in_url, published, visible
from crawler.extract.landmarks import Landmarks
from crawler.source import TRACKING, Expect, Layout, Listing, Source

# Trade Resources / Policy & Opinion / title; title; text; Source: http://…; Contribute Copyright Policy; Topics: …
PAGE = Landmarks(
    slug=r"/article/[\w-]+/\w+/([^/?#]+)",
    ends=(r"^Source\s*[:：]\s*(?:https?:|$)", r"^Contribute\s+Copyright\s+Policy",
          r"^Topics\s*[:：](?!\s*[a-z].*[.!?]$)"),  # but not the sentence "Topics: the round table went on."
)
CITED = visible(r"^Source\s*[:：]\s*(https?://\S+)")

SOURCE = Source(
    id="made_in_china",
    name={"zh": "中国制造网贸易资源", "en": "Made-in-China.com Trade Resources"},
    organization=None,
    hosts=("resources.made-in-china.com",),
    articles=(r"/article/[\w-]+/(?P<id>\w{8,16})/[^/?#]+/?$",),
    listings=(
        Listing("http://resources.made-in-china.com/article/policy-opinion/"),
        Listing("http://resources.made-in-china.com/"),
    ),
    layouts=(
        Layout(
            name="landmarks",
            title=PAGE.title,
            body=PAGE.body,
            # The page has no date: take the month or year in the URL of the release that it cites.
            published=published(date_in_url(r"/((?:19|20)\d{4})/(?:\d{14}|t?\d{8}_\d+)\.s?html?", of=CITED),
                                date_in_url(r"/art/((?:19|20)\d\d)/art_", of=CITED)),
            cites=CITED,
        ),
    ),
    expect=Expect(pages=1, articles=1, dated=0.0, body=0.98),
    republisher=True,
    tracking=TRACKING,
)
