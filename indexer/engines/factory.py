"""Opens the engine that the settings name."""

from pathlib import Path

from indexer.engines.base import Engine
from indexer.errors import UnavailableError
from indexer.settings import IndexerSettings


def open_engine(settings: IndexerSettings, *, writable: bool, folder: Path | None = None) -> Engine:
    """The search engine of these settings, in `folder` where it is given.

    Raises UnavailableError for an unknown engine, NoIndexError where there is no index to read.
    """
    if settings.engine != "embedded":
        raise UnavailableError(f"no search engine is called {settings.engine!r}; GONGBAO_ENGINE can be embedded")
    from indexer.engines.embedded.engine import EmbeddedEngine  # loads tantivy

    return EmbeddedEngine.open(folder or settings.index_folder(), writable=writable)
