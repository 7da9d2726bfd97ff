"""The indexer's settings."""

from dataclasses import dataclass
from pathlib import Path

from crawler.config import setting


@dataclass(frozen=True, slots=True)
class IndexerSettings:
    """Where documents are searched."""

    data: Path = setting(Path("data"), "The folder that holds the archive: WARC files, the store and the index.")
    engine: str = setting("embedded", "Which search engine holds the documents.")

    def index_folder(self) -> Path:
        """The folder of the embedded engine."""
        return self.data / "index"
