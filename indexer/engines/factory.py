"""Opens the engine that the settings name."""

from pathlib import Path

from indexer.engines.base import Engine
from indexer.errors import EngineError
from indexer.settings import IndexerSettings


def open_engine(settings: IndexerSettings, *, writable: bool, folder: Path | None = None) -> Engine:
    """The search engine of these settings, in `folder` where it is given.

    Raises EngineError for an unknown engine or a missing index.
    """
    if settings.engine != "embedded":
        raise EngineError(f"no search engine is called {settings.engine!r}; GONGBAO_ENGINE can be embedded")
    from indexer.engines.embedded.engine import EmbeddedEngine  # loads tantivy

    return EmbeddedEngine.open(folder or settings.index_folder(), writable=writable)
