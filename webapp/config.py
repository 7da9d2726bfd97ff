"""What can be set about the site."""

from dataclasses import dataclass
from pathlib import Path

from crawler.config import setting


@dataclass(frozen=True, slots=True)
class WebSettings:
    """Which archive is shown, where the site listens and how it greets. The site needs no secret."""

    data: Path = setting(Path("data"), "The folder that holds the archive: WARC files, the store and the index.")
    database: str = setting("", "Database URL of the store; empty means the file gongbao.sqlite in the data folder.")
    engine: str = setting("embedded", "Which search engine holds the documents.")
    host: str = setting("127.0.0.1", "Address that the site listens on; 0.0.0.0 opens it to other machines.")
    port: int = setting(8000, "Port that the site listens on; 0 takes any free one.")
    threads: int = setting(4, "Requests that the site answers at the same time.")
    language: str = setting("en", "Language of the site (en or zh) for readers whose browser asks for neither.")
    page_size: int = setting(10, "Releases on one page of results.")
    feed_size: int = setting(50, "Releases in a feed.")
    notice: str = setting("", "A sentence shown on top of every page, for instance about planned downtime.")
