"""Settings of the indexer."""

from dataclasses import dataclass
from pathlib import Path

from archive.settings import ArchiveSettings, one_of, setting

ENGINES = one_of("embedded")


@dataclass(frozen=True, slots=True)
class IndexerSettings(ArchiveSettings):
    """Settings of the archive and its search engine."""

    engine: str = setting("embedded", "Which search engine holds the documents.", ENGINES)

    def index_folder(self) -> Path:
        """The folder of the embedded engine."""
        return self.data / "index"
