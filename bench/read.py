"""Reader of an article with all fields against trafilatura with metadata, on the same saved page."""

import sys
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from trafilatura import bare_extraction  # noqa: E402

from archive.records import Article, Capture  # noqa: E402
from corpus import SHARED, require_shared  # noqa: E402
from crawler.reader import read_capture  # noqa: E402
from harness import at_least, compare, report  # noqa: E402

PAGE = SHARED / "pages" / "mofcom_zh_article_2025.html"
URL = "https://www.mofcom.gov.cn/zcfb/dwmygl/art/2025/art_9db78dcb84714e8e8ff75793f18e6f24.html"
TIMES = 20


def main() -> None:
    """Compare and report; exits with a message if the saved page is missing."""
    body = require_shared(PAGE).read_bytes()
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
