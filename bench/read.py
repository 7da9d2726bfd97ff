"""Reading an article with every field against trafilatura with metadata, on the same saved page."""

from datetime import UTC, datetime

from trafilatura import bare_extraction

from archive.records import Article, Capture
from corpus import SHARED, beside
from crawler.reader import read_capture
from harness import at_least, compare, report

PAGE = SHARED / "pages" / "mofcom_zh_article_2025.html"
URL = "https://www.mofcom.gov.cn/zcfb/dwmygl/art/2025/art_9db78dcb84714e8e8ff75793f18e6f24.html"
TIMES = 20


def main() -> None:
    """Print the comparison; ends at once where the saved page is not beside the checkout."""
    body = beside(PAGE).read_bytes()
    text = body.decode("utf-8")
    capture = Capture(URL, body, datetime(2025, 9, 27, tzinfo=UTC))

    def ours() -> None:
        for _ in range(TIMES):
            assert isinstance(read_capture(capture), Article)

    def theirs() -> None:
        for _ in range(TIMES):
            assert bare_extraction(text, url=URL, with_metadata=True) is not None

    result = compare("read", ours, theirs, at_least(5.0))
    report(result, pages_per_second=round(TIMES / result.ours_seconds))


if __name__ == "__main__":
    main()
