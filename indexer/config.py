"""The indexer's settings."""

from dataclasses import dataclass
from pathlib import Path

from crawler.config import DATA, one_of, setting

ENGINES = one_of("embedded")


@dataclass(frozen=True, slots=True)
class IndexerSettings:
    """Where documents are searched."""

    data: Path = setting(*DATA)
    engine: str = setting("embedded", "Which search engine holds the documents.", ENGINES)

    def index_folder(self) -> Path:
        """The folder of the embedded engine."""
        return self.data / "index"
