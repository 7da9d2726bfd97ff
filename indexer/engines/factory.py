"""Opens the engine that the settings name."""

from collections.abc import Iterator
from pathlib import Path

from indexer.engines.base import Engine
from indexer.errors import UnavailableError
from indexer.settings import IndexerSettings


def damaged_files(settings: IndexerSettings) -> Iterator[Path]:
    """The index's files that are not what they were written as; reads all of them."""
    from indexer.engines.embedded.checksums import damaged_files as damaged_segment_files

    return damaged_segment_files(settings.index_folder())


def open_engine(settings: IndexerSettings, *, writable: bool, folder: Path | None = None) -> Engine:
    """The search engine of these settings, in `folder` where it is given.

    Raises UnavailableError for an unknown engine, NoIndexError where there is no index to read.
    """
    if settings.engine != "embedded":
        raise UnavailableError(f"no search engine is called {settings.engine!r}; GONGBAO_ENGINE can be embedded")
    from indexer.engines.embedded.engine import EmbeddedEngine  # loads tantivy

    return EmbeddedEngine.open(folder or settings.index_folder(), writable=writable)
